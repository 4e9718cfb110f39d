//! Wycheproof v1 files of ML-KEM, ML-DSA and ChaCha20-Poly1305. Knows the fields of each schema, no file.

use std::borrow::Cow;
use std::collections::HashSet;

use super::field::{FETCH, Fault, quoted};
use super::json::{Document, Row};
use super::{Answer, Case, Encapsulation, Expected, KemKeys, Message, PrivateKey, Task};
use crate::spec::{Algorithm, Operation, ml_dsa, ml_kem};

/// The name of RFC 8439's AEAD in these files.
const CHACHA: &str = "CHACHA20-POLY1305";

/// Every type of group, with its reader.
const TYPES: [(&str, Read); 7] = [
    ("MLKEMTest", decaps_from_seed),
    ("MLKEMEncapsTest", encaps),
    ("MLKEMKeyGen", keygen),
    ("MLKEMDecapsValidationTest", decaps_expanded),
    ("MlDsaSign", sign),
    ("MlDsaVerify", verify),
    ("AeadTest", aead),
];

type Read = fn(Row<'_, '_>, Algorithm, Expectation) -> Understood;
/// What a row asks.
type Understood = Result<(Operation, Task<'static>), Fault>;

/// The published `result`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expectation {
    Valid,
    Invalid,
    Acceptable,
}

/// Whether `document` is of Wycheproof.
pub(super) fn knows(document: &Document<'_>) -> bool {
    document.groups.is_some() && ["numberOfTests", "schema"].into_iter().any(|name| document.head.has(name))
}

/// The algorithm of a well-formed file that is none of pqcheck's, or the type of its tests where none is named.
pub(super) fn foreign<'d>(document: &'d Document<'_>) -> Option<&'d str> {
    let Ok(algorithm) = document.head.text("algorithm") else {
        let groups = document.groups.as_deref().unwrap_or_default();
        let mut kinds = groups.iter().map(|group| group.fields.text("type").unwrap_or("no algorithm"));
        let first = kinds.next()?;
        let is_known = |kind: &str| TYPES.iter().any(|(name, _)| *name == kind);
        return (!is_known(first) && !kinds.any(is_known)).then_some(first);
    };
    is_foreign(algorithm).then_some(algorithm)
}

/// Whether this is none of pqcheck's algorithms; a composite, `ML-DSA-44-Ed25519`, is an algorithm of its own.
pub(super) fn is_foreign(algorithm: &str) -> bool {
    let near = ["ML-KEM", "ML-DSA", "CHACHA20"].into_iter().any(|start| algorithm.starts_with(start));
    let is_composite_with =
        |known: Algorithm| algorithm.strip_prefix(known.name()).is_some_and(|rest| rest.starts_with('-'));
    !near || Algorithm::STANDARDS.into_iter().any(is_composite_with)
}

/// The cases of a file.
pub(super) fn cases(document: &Document<'_>) -> Result<Vec<Case<'static>>, Fault> {
    let of_file = document.head.text("algorithm")?;
    let mut cases = Vec::new();
    let mut numbers = HashSet::new();
    for row in document.rows() {
        let number = row.number("tcId")?;
        if !numbers.insert(number) {
            return Err(row.fault("tcId", format!("given to two cases; {FETCH}")));
        }
        let algorithm = algorithm(of_file, row)?;
        let (operation, task) = reader(row)?(row, algorithm, expectation(row)?)?;
        cases.push(Case {
            name: Cow::Owned(format!("tc{number}")),
            algorithm,
            operation,
            class: Cow::Owned(class(row, operation)?),
            bad: None,
            task,
        });
    }
    match document.head.number("numberOfTests") {
        Some(number) if usize::try_from(number) != Ok(cases.len()) => {
            let what = format!("says {number}, the file has {}; {FETCH}", cases.len());
            Err(Fault::new("", "numberOfTests", what))
        }
        _ => Ok(cases),
    }
}

/// ML-KEM files give the parameter set by the group, the others name it at the top.
fn algorithm(of_file: &str, row: Row<'_, '_>) -> Result<Algorithm, Fault> {
    let (field, name) = match of_file {
        "ML-KEM" => ("parameterSet", row.text("parameterSet")?),
        name => ("algorithm", name),
    };
    let found = match name {
        CHACHA => Some(Algorithm::ChaCha20Poly1305),
        name => Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name),
    };
    found.ok_or_else(|| {
        let known = Algorithm::ALL.map(|algorithm| match algorithm {
            Algorithm::ChaCha20Poly1305 => CHACHA,
            other => other.name(),
        });
        Fault::unknown(if field == "algorithm" { String::new() } else { row.place() }, field, name, &known)
    })
}

fn reader(row: Row<'_, '_>) -> Result<Read, Fault> {
    let known = TYPES.map(|(name, _)| name);
    let kind = row.choice("type", &known)?;
    let read = TYPES.into_iter().find_map(|(name, read)| (name == kind).then_some(read));
    read.ok_or_else(|| Fault::unknown(row.place(), "type", kind, &known))
}

fn expectation(row: Row<'_, '_>) -> Result<Expectation, Fault> {
    Ok(match row.choice("result", &["valid", "invalid", "acceptable"])? {
        "valid" => Expectation::Valid,
        "invalid" => Expectation::Invalid,
        _ => Expectation::Acceptable,
    })
}

/// The operation and the flags, or the result where there are no flags: `verify/ModifiedSignature`.
fn class(row: Row<'_, '_>, operation: Operation) -> Result<String, Fault> {
    let flags = row.list("flags")?;
    let words = if flags.is_empty() { quoted(row.text("result")?) } else { quoted_flags(flags) };
    Ok(format!("{operation}/{words}"))
}

fn quoted_flags(flags: &[Cow<'_, str>]) -> String {
    flags.iter().map(|flag| quoted(flag)).collect::<Vec<_>>().join("+")
}

impl Expectation {
    /// The answer, whose output is published unless the input is to be refused.
    fn answer<T>(self, output: impl FnOnce() -> Result<T, Fault>) -> Result<Answer<T>, Fault> {
        Ok(match self {
            Self::Valid => Answer::Accept(output()?),
            Self::Invalid => Answer::Reject,
            Self::Acceptable => Answer::Either(output()?),
        })
    }

    /// For what is either true or false, such as a signature.
    fn strict(self, row: Row<'_, '_>) -> Result<bool, Fault> {
        match self {
            Self::Valid => Ok(true),
            Self::Invalid => Ok(false),
            Self::Acceptable => {
                Err(Fault::unknown(row.place(), "result", "acceptable", &["valid", "invalid"]))
            }
        }
    }
}

fn keygen(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    let set = kem(row, algorithm)?;
    let answer = expected.answer(|| {
        Ok(KemKeys { ek: Some(value(row, "ek", set.ek)?), dk: Some(value(row, "dk", set.dk)?) })
    })?;
    Ok((Operation::Keygen, Task::KemKeygen { seed: row.bytes("seed")?.into(), answer }))
}

fn encaps(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    let set = kem(row, algorithm)?;
    let answer = expected.answer(|| {
        Ok(Encapsulation {
            c: value(row, "c", set.c)?,
            shared_secret: value(row, "K", ml_kem::SHARED_SECRET)?,
        })
    })?;
    let task = Task::KemEncaps { ek: row.bytes("ek")?.into(), m: row.bytes("m")?.into(), answer };
    Ok((Operation::Encaps, task))
}

fn decaps_from_seed(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    kem(row, algorithm)?;
    let task = Task::KemDecaps {
        key: PrivateKey::Seed(row.bytes("seed")?.into()),
        ek: row.optional_bytes("ek")?.map(|ek| Expected::Value(ek.into())),
        c: row.bytes("c")?.into(),
        answer: expected.answer(|| value(row, "K", ml_kem::SHARED_SECRET))?,
    };
    Ok((Operation::Decaps, task))
}

/// These tests are about the check of the key and the ciphertext; those of 2025 have no `K`.
fn decaps_expanded(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    kem(row, algorithm)?;
    let secret = || match row.has_own("K") {
        true => value(row, "K", ml_kem::SHARED_SECRET),
        false => Ok(Expected::Unpublished),
    };
    let task = Task::KemDecaps {
        key: PrivateKey::Expanded(row.bytes("dk")?.into()),
        ek: None,
        c: row.bytes("c")?.into(),
        answer: expected.answer(secret)?,
    };
    Ok((Operation::Decaps, task))
}

fn sign(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    let set = dsa(row, algorithm)?;
    // An expanded key is checked by FIPS 204, Algorithm 25, so `InvalidPrivateKey` is a plain rejection here;
    // a library that is known not to check says so itself.
    let key = match row.optional_bytes("privateSeed")? {
        Some(seed) => PrivateKey::Seed(seed.into()),
        None => PrivateKey::Expanded(row.bytes("privateKey")?.into()),
    };
    let pk = match (&key, row.optional_bytes("publicKey")?) {
        (PrivateKey::Seed(_), Some(pk)) => Some(Expected::Value(pk.into())),
        _ => None,
    };
    let rnd = match row.optional_bytes("rnd")? {
        None => row.optional_bytes("randomness")?.unwrap_or_else(|| vec![0; ml_dsa::RND]),
        Some(rnd) => rnd,
    };
    let answer = expected.answer(|| value(row, "sig", set.sig))?;
    let task = Task::DsaSign { key, pk, message: message(row)?, rnd: rnd.into(), answer };
    Ok((Operation::Sign, task))
}

fn verify(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    dsa(row, algorithm)?;
    let task = Task::DsaVerify {
        pk: row.bytes("publicKey")?.into(),
        message: message(row)?,
        sig: row.bytes("sig")?.into(),
        valid: expected.strict(row)?,
    };
    Ok((Operation::Verify, task))
}

/// `msg` with `ctx`; where only `mu` is given, the case is of the internal interface.
fn message(row: Row<'_, '_>) -> Result<Message<'static>, Fault> {
    if row.has_own("mu") && !row.has_own("msg") {
        return Ok(Message::ExternalMu(row.bytes("mu")?.into()));
    }
    let ctx = row.optional_bytes("ctx")?.unwrap_or_default();
    Ok(Message::Pure { msg: row.bytes("msg")?.into(), ctx: ctx.into() })
}

fn aead(row: Row<'_, '_>, algorithm: Algorithm, expected: Expectation) -> Understood {
    if algorithm != Algorithm::ChaCha20Poly1305 {
        return Err(mismatch(row, algorithm));
    }
    let valid = expected.strict(row)?;
    let task = Task::Aead {
        key: row.bytes("key")?.into(),
        nonce: row.bytes("iv")?.into(),
        aad: row.bytes("aad")?.into(),
        plaintext: row.bytes("msg")?.into(),
        ciphertext: row.bytes("ct")?.into(),
        tag: row.bytes("tag")?.into(),
        valid,
    };
    Ok((if valid { Operation::Seal } else { Operation::Open }, task))
}

fn kem(row: Row<'_, '_>, algorithm: Algorithm) -> Result<&'static ml_kem::ParameterSet, Fault> {
    ml_kem::sizes(algorithm).ok_or_else(|| mismatch(row, algorithm))
}

fn dsa(row: Row<'_, '_>, algorithm: Algorithm) -> Result<&'static ml_dsa::ParameterSet, Fault> {
    ml_dsa::sizes(algorithm).ok_or_else(|| mismatch(row, algorithm))
}

fn mismatch(row: Row<'_, '_>, algorithm: Algorithm) -> Fault {
    row.fault("type", format!("does not go with {algorithm}; {FETCH}"))
}

/// A published output, which has the length of the standard.
fn value(row: Row<'_, '_>, name: &str, len: usize) -> Result<Expected<'static>, Fault> {
    Ok(Expected::Value(row.exactly(name, len)?.into()))
}
