//! The cases of ACVP's ML-DSA sets. Knows the fields of one case and its group, and one bad vector.

use sha2::{Digest, Sha256};

use super::super::field::Fault;
use super::super::json::Row;
use super::super::{Answer, DsaKeys, Expected, Message, PrivateKey, Task};
use super::{Question, Read, reason, seeded, value};
use crate::spec::ml_dsa::{self, Hash};
use crate::spec::{Algorithm, Operation};

/// The modes, each with its reader.
pub(super) const MODES: [(&str, Read); 3] = [("keyGen", keygen), ("sigGen", sig_gen), ("sigVer", sig_ver)];

/// Published signatures that are known to be wrong: first bytes, SHA-256 of the whole, and why.
const BAD_SIGNATURES: [([u8; 4], &str, &str); 1] = [(
    [0x20, 0x9c, 0xe9, 0xd0],
    "aade4ae5adb78fb41e4f5a8fa1558b88873b096e0bbbe98e9d72a672c323ace1",
    "the published signature does not verify under its own public key",
)];

fn keygen(row: Row<'_, '_>) -> Result<(Algorithm, Question), Fault> {
    let set = parameter_set(row)?;
    let task = Task::DsaKeygen {
        xi: row.exactly("seed", ml_dsa::XI)?.into(),
        answer: Answer::Accept(DsaKeys {
            pk: Some(value(row, "pk", set.pk)?),
            sk: Some(value(row, "sk", set.sk)?),
        }),
    };
    let class = format!("keyGen/{}", row.choice("testType", &["AFT"])?);
    Ok((set.algorithm, Question { operation: Operation::Keygen, class, bad: None, task }))
}

fn sig_gen(row: Row<'_, '_>) -> Result<(Algorithm, Question), Fault> {
    let set = parameter_set(row)?;
    row.choice("testType", &["AFT"])?;
    let (mut class, message) = message(row)?;
    let (variant, rnd) = if row.flag("deterministic")? {
        ("deterministic", vec![0; ml_dsa::RND])
    } else {
        ("hedged", row.exactly("rnd", ml_dsa::RND)?)
    };
    class = format!("{class}/{variant}");
    let (key, pk) = if seeded(row)? {
        class.push_str("/seed");
        let pk = if row.has_own("pk") { Some(value(row, "pk", set.pk)?) } else { None };
        (PrivateKey::Seed(row.exactly("seed", ml_dsa::XI)?.into()), pk)
    } else {
        (PrivateKey::Expanded(row.bytes("sk")?.into()), None)
    };
    let signature = row.exactly("signature", set.sig)?;
    let bad = known_bad(&signature);
    let answer = Answer::Accept(Expected::Value(signature.into()));
    let task = Task::DsaSign { key, pk, message, rnd: rnd.into(), answer };
    Ok((set.algorithm, Question { operation: Operation::Sign, class, bad, task }))
}

fn sig_ver(row: Row<'_, '_>) -> Result<(Algorithm, Question), Fault> {
    let set = parameter_set(row)?;
    let (class, message) = message(row)?;
    let task = Task::DsaVerify {
        pk: row.bytes("pk")?.into(),
        message,
        sig: row.bytes("signature")?.into(),
        valid: row.flag("testPassed")?,
    };
    let class = format!("{class}/{}", reason(row)?);
    Ok((set.algorithm, Question { operation: Operation::Verify, class, bad: None, task }))
}

/// What is signed, with the axes that lead to it as the class.
fn message(row: Row<'_, '_>) -> Result<(String, Message<'static>), Fault> {
    // The sets of August 2024 name no interface: they are of the internal one.
    let interface = match row.get("signatureInterface") {
        Some(_) => row.choice("signatureInterface", &["external", "internal"])?,
        None => "internal",
    };
    if interface == "internal" {
        return Ok(if row.optional_flag("externalMu")?.unwrap_or(false) {
            let mu = row.exactly("mu", ml_dsa::MU)?;
            ("internal/externalMu".to_owned(), Message::ExternalMu(mu.into()))
        } else {
            ("internal".to_owned(), Message::Internal(row.bytes("message")?.into()))
        });
    }
    let msg = row.bytes("message")?.into();
    let ctx = row.bytes("context")?.into();
    if row.choice("preHash", &["pure", "preHash"])? == "pure" {
        return Ok(("external/pure".to_owned(), Message::Pure { msg, ctx }));
    }
    let name = row.text("hashAlg")?;
    let hash = Hash::from_name(name)
        .ok_or_else(|| Fault::unknown(row.place(), "hashAlg", name, &Hash::ALL.map(Hash::name)))?;
    Ok((format!("external/preHash/{name}"), Message::PreHash { msg, ctx, hash }))
}

fn known_bad(signature: &[u8]) -> Option<&'static str> {
    BAD_SIGNATURES.iter().find_map(|(first, digest, why)| {
        let same = signature.starts_with(first) && const_hex::encode(Sha256::digest(signature)) == *digest;
        same.then_some(*why)
    })
}

fn parameter_set(row: Row<'_, '_>) -> Result<&'static ml_dsa::ParameterSet, Fault> {
    let known = ml_dsa::ALL.each_ref().map(|set| set.algorithm.name());
    let name = row.choice("parameterSet", &known)?;
    let set = ml_dsa::ALL.iter().find(|set| set.algorithm.name() == name);
    set.ok_or_else(|| Fault::unknown(row.place(), "parameterSet", name, &known))
}
