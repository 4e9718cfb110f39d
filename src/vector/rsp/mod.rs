//! NIST `.rsp` files of ML-KEM and ML-DSA, and of the KEMs before them: records of `key = value` lines. The inputs are
//! in the record, or come from its `seed` through the DRBG. One record is one case, of a KEM from before the standards
//! three. Knows neither JSON nor files.

use std::borrow::Cow;
use std::collections::HashSet;

use super::drbg::{Drbg, SEED};
use super::field::{FETCH, Fault, hex, quoted};
use super::readings;
use super::revision::{self, Revision};
use super::{Answer, Case, DsaKeys, Encapsulation, Expected, KemKeys, Message, PrivateKey, Task};
use crate::spec::{Algorithm, Operation, ml_dsa, ml_kem, round3};

/// Every key that a record may have.
const KEYS: [&str; 17] = [
    "count", "ct", "ct_n", "ctx", "d", "mlen", "msg", "pk", "rng", "seed", "sk", "sm", "smlen", "ss", "ss_n",
    "xi", "z",
];

/// Whether `text` begins as these files do: with `count = `, after comments and blank lines.
pub(super) fn knows(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().and_then(pair).is_some_and(|(key, _)| key == "count")
}

/// What a file turns out to be.
pub(super) enum Read {
    /// Vectors of pqcheck's algorithms.
    Cases(Vec<Case<'static>>),
    /// Vectors of something else, by its name.
    Foreign(String),
}

/// Signature schemes of round 3 with the public keys of ML-DSA and shorter private ones, in bytes.
const DILITHIUM: [(usize, &str); 3] = [
    (2528, "Dilithium2, round 3.1 (liboqs 0.9)"),
    (4000, "Dilithium3, round 3.1 (liboqs 0.9)"),
    (4864, "Dilithium5, round 3.1 (liboqs 0.9)"),
];

/// Reads a file. Its first comment may say Kyber or Dilithium and it may hold the standard's values, which the
/// reference code writes under its old name, or the other way round: the first record decides, and the comment where the
/// record does not. `name` is the file's, which may say through which interface was signed.
pub(super) fn read(text: &str, name: &str) -> Result<Read, Fault> {
    let comment = text.lines().next().and_then(|line| line.strip_prefix('#')).map_or("", str::trim);
    let older = comment.parse().ok().and_then(round3::sizes);
    let lower = comment.to_ascii_lowercase();
    let is_old = older.is_some()
        || lower.starts_with("kyber")
        || lower.starts_with("dilithium")
        || lower.ends_with("-ipd");
    let foreign = |otherwise: String| match comment {
        "" => Ok(Read::Foreign(otherwise)),
        comment => Ok(Read::Foreign(comment.to_owned())),
    };
    if older.is_none()
        && let Some(sizes) = fits_nothing(text)
    {
        return foreign(sizes);
    }
    let records = match records(text) {
        Err(_) if is_old && older.is_none() => return foreign(String::new()),
        records => records?,
    };
    let Some(first) = records.first() else { return Ok(Read::Cases(Vec::new())) };
    if let Some((_, name)) = DILITHIUM.iter().find(|(sk, _)| first.length_of("sk") == Some(*sk)) {
        return foreign((*name).to_owned());
    }
    let interface = Interface::of(name);
    let as_standard = first.case(interface);
    let revision = as_standard.as_ref().ok().and_then(|case| revision::of(case.algorithm, &case.task));
    match (older, revision) {
        (_, Some(Revision::Final)) => {}
        (Some(set), None | Some(Revision::Round3)) => {
            return Ok(Read::Cases(each(&records, |record| record.round3(set))?));
        }
        // The revision of the values says more than the name above them.
        (_, Some(revision)) if is_old => {
            let algorithm = as_standard.map_or(Algorithm::MlKem768, |case| case.algorithm);
            return Ok(Read::Foreign(format!("{comment}: {}", revision.words(algorithm))));
        }
        _ if is_old => return foreign(String::new()),
        _ => {}
    }
    Ok(Read::Cases(each(&records, |record| Ok(vec![record.case(interface)?]))?))
}

/// The size of the public keys, where no algorithm of the standards has it.
fn fits_nothing(text: &str) -> Option<String> {
    const OWN: [&str; 6] = ["ct", "d", "sk", "sm", "xi", "z"];
    let fields = || text.lines().filter_map(pair);
    match fields().find_map(|(key, value)| (key == "pk").then_some(value.len() / 2)) {
        None if fields().any(|(key, _)| OWN.contains(&key)) => None,
        None => Some("records without a public key".to_owned()),
        Some(size) => {
            // Another scheme may have public keys of the same size, as Saber has; of the other kind it is no such one.
            let has = |wanted: &str| fields().any(|(key, _)| key == wanted);
            let is_kem = ml_kem::ALL.iter().any(|set| set.ek == size) && (has("ct") || !has("sm"));
            let is_dsa = ml_dsa::ALL.iter().any(|set| set.pk == size) && (has("sm") || !has("ct"));
            (!is_kem && !is_dsa).then(|| format!("public keys of {size} bytes"))
        }
    }
}

/// The cases of all records.
fn each(
    records: &[Record<'_>],
    cases_of: impl Fn(&Record<'_>) -> Result<Vec<Case<'static>>, Fault>,
) -> Result<Vec<Case<'static>>, Fault> {
    let mut counts = HashSet::new();
    let mut cases = Vec::with_capacity(records.len());
    for record in records {
        if !counts.insert(record.count) {
            return Err(record.fault("count", format!("given to two records; {FETCH}")));
        }
        cases.extend(cases_of(record)?);
    }
    Ok(cases)
}

/// Through which interface of FIPS 204 the file's messages were signed. No record says it.
#[derive(Clone, Copy)]
enum Interface {
    Pure,
    Internal,
    PreHash,
}

impl Interface {
    /// By the name of the file, as the KAT repository of the PQC consortium has them: `…_raw`, `…_hashed`, `…_pure`.
    fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        match lower.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| match word {
            "raw" | "internal" => Some(Self::Internal),
            "hashed" | "prehash" | "hash" => Some(Self::PreHash),
            _ => None,
        }) {
            Some(interface) => interface,
            None => Self::Pure,
        }
    }
}

/// The lines from one `count` to the next.
struct Record<'a> {
    count: u64,
    fields: Vec<(&'a str, &'a str)>,
}

fn records(text: &str) -> Result<Vec<Record<'_>>, Fault> {
    let mut records: Vec<Record<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = || format!("line {}", number + 1);
        let Some((key, value)) = pair(line) else {
            return Err(Fault::new(place(), quoted(line), format!("not `key = value`; {FETCH}")));
        };
        if !KEYS.contains(&key) {
            return Err(Fault::new(place(), quoted(key), format!("unknown key; known: {}", KEYS.join(", "))));
        }
        if key == "count" {
            let count = value.parse().map_err(|_| {
                Fault::new(place(), key, format!("`{}` is not a number; {FETCH}", quoted(value)))
            })?;
            records.push(Record { count, fields: Vec::with_capacity(KEYS.len()) });
            continue;
        }
        match records.last_mut() {
            Some(record) if record.fields.iter().any(|(known, _)| *known == key) => {
                return Err(record.fault(key, format!("twice in one record; {FETCH}")));
            }
            Some(record) => record.fields.push((key, value)),
            None => return Err(Fault::new(place(), key, format!("comes before any `count`; {FETCH}"))),
        }
    }
    Ok(records)
}

fn pair(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value.trim()))
}

impl Record<'_> {
    fn case(&self, interface: Interface) -> Result<Case<'static>, Fault> {
        let pk = self.bytes("pk")?;
        let kem = ml_kem::ALL.iter().find(|set| set.ek == pk.len());
        let dsa = ml_dsa::ALL.iter().find(|set| set.pk == pk.len());
        let (algorithm, operation, class, task) = if let Some(set) = kem {
            let task = self.kem(set, pk)?;
            let class = match task {
                Task::KemRoundTrip { rejection: Some(_), .. } => "keygen+encaps+decaps/implicit rejection",
                _ => "keygen+encaps+decaps",
            };
            (set.algorithm, Operation::Decaps, Cow::Borrowed(class), task)
        } else if let Some(set) = dsa {
            let (class, task) = self.dsa(set, pk, interface)?;
            (set.algorithm, Operation::Sign, class, task)
        } else {
            return Err(self.fault("pk", format!("length {} fits no algorithm; {FETCH}", pk.len())));
        };
        Ok(self.named("", algorithm, operation, class, task))
    }

    /// Everything in a row; then the decapsulations alone, for those who cannot wait until a key is made.
    fn round3(&self, set: &ml_kem::ParameterSet) -> Result<Vec<Case<'static>>, Fault> {
        let whole = self.kem(set, self.exactly("pk", set.ek)?)?;
        let dk = || self.exactly("sk", set.dk).map(|dk| PrivateKey::Expanded(dk.into()));
        let decaps = |c: &str, secret: &str, class| {
            let task = Task::KemDecaps {
                key: dk()?,
                ek: None,
                c: self.exactly(c, set.c)?.into(),
                answer: Answer::Accept(self.value(secret, ml_kem::SHARED_SECRET)?),
            };
            Ok((class, task))
        };
        let mut alone = vec![decaps("ct", "ss", "decaps")?];
        if self.has("ct_n") {
            alone.push(decaps("ct_n", "ss_n", "implicit rejection")?);
        }
        let whole = self.named("", set.algorithm, Operation::Keygen, "keygen+encaps+decaps".into(), whole);
        let alone = alone.into_iter().map(|(class, task)| {
            let part = if class == "decaps" { "-decaps" } else { "-rejection" };
            self.named(part, set.algorithm, Operation::Decaps, class.into(), task)
        });
        Ok(std::iter::once(whole).chain(alone).collect())
    }

    fn named(
        &self,
        part: &str,
        algorithm: Algorithm,
        operation: Operation,
        class: Cow<'static, str>,
        task: Task<'static>,
    ) -> Case<'static> {
        let name = Cow::Owned(format!("count{}{part}", self.count));
        Case { name, algorithm, operation, class, bad: None, task }
    }

    fn kem(&self, set: &ml_kem::ParameterSet, ek: Vec<u8>) -> Result<Task<'static>, Fault> {
        let drawn = if set.algorithm == Algorithm::ClassicMcEliece460896 {
            // How much it draws is known only to who runs it.
            vec![(self.exactly("d", round3::MCELIECE_SEED)?, self.bytes("msg")?)]
        } else if self.has("d") || self.has("z") {
            let mut seed = self.exactly("d", ml_kem::SEED)?;
            seed.extend(self.exactly("z", ml_kem::SEED)?);
            vec![(seed, self.exactly("msg", ml_kem::M)?)]
        } else {
            // The reference code of ML-KEM draws d‖z at once, then m; that of Kyber draws d, z and m one by one.
            let mut drbg = self.drbg()?;
            let at_once =
                (drbg.draw::<{ 2 * ml_kem::SEED }>().to_vec(), drbg.draw::<{ ml_kem::M }>().to_vec());
            let mut drbg = self.drbg()?;
            let mut draw = || drbg.draw::<{ ml_kem::SEED }>();
            let by_turns = ([draw(), draw()].concat(), draw().to_vec());
            match set.algorithm {
                Algorithm::Kyber512 => vec![by_turns],
                _ => vec![at_once, by_turns],
            }
        };
        let rejection = match self.has("ct_n") || self.has("ss_n") {
            true => Some((self.bytes("ct_n")?.into(), self.value("ss_n", ml_kem::SHARED_SECRET)?)),
            false => None,
        };
        let keys = KemKeys { ek: Some(Expected::Value(ek.into())), dk: Some(self.value("sk", set.dk)?) };
        let encapsulation = Encapsulation {
            c: self.value("ct", set.c)?,
            shared_secret: self.value("ss", ml_kem::SHARED_SECRET)?,
        };
        let mut tasks: Vec<Task<'static>> = drawn
            .into_iter()
            .map(|(seed, m)| Task::KemRoundTrip {
                seed: seed.into(),
                m: m.into(),
                keys: keys.clone(),
                encapsulation: encapsulation.clone(),
                rejection: rejection.clone(),
            })
            .collect();
        let right = tasks.iter().position(|task| revision::of(set.algorithm, task).is_some());
        Ok(tasks.swap_remove(right.unwrap_or(0)))
    }

    fn dsa(
        &self,
        set: &ml_dsa::ParameterSet,
        pk: Vec<u8>,
        interface: Interface,
    ) -> Result<(Cow<'static, str>, Task<'static>), Fault> {
        let (xi, rnd) = if self.has("xi") {
            // `rng` is there when the signature is hedged.
            let rnd = if self.has("rng") { self.exactly("rng", ml_dsa::RND)? } else { vec![0; ml_dsa::RND] };
            (self.exactly("xi", ml_dsa::XI)?, rnd)
        } else {
            // The reference code draws ξ, then rnd.
            let mut drbg = self.drbg()?;
            (drbg.draw::<{ ml_dsa::XI }>().to_vec(), drbg.draw::<{ ml_dsa::RND }>().to_vec())
        };
        let msg = self.bytes("msg")?;
        self.length("mlen", msg.len())?;
        // `sm` is the signature followed by the message.
        let mut sig = self.exactly("sm", set.sig + msg.len())?;
        self.length("smlen", sig.len())?;
        if sig.split_off(set.sig) != msg {
            return Err(self.fault("sm", format!("does not end in `msg`; {FETCH}")));
        }
        let ctx = if self.has("ctx") { self.bytes("ctx")? } else { Vec::new() };
        let (msg, ctx) = (Cow::Owned(msg), Cow::Owned(ctx));
        let message = match interface {
            // The internal interface knows no context.
            Interface::Internal if self.has("ctx") => Message::Pure { msg, ctx },
            Interface::Pure => Message::Pure { msg, ctx },
            Interface::Internal => Message::Internal(msg),
            Interface::PreHash => Message::PreHash { msg, ctx, hash: readings::usual(set.algorithm) },
        };
        let class = readings::class(&message, &rnd);
        let task = Task::DsaRoundTrip {
            xi: xi.into(),
            rnd: rnd.into(),
            message,
            keys: DsaKeys { pk: Some(Expected::Value(pk.into())), sk: Some(self.value("sk", set.sk)?) },
            sig: Expected::Value(sig.into()),
        };
        Ok((class, task))
    }

    fn drbg(&self) -> Result<Drbg, Fault> {
        let seed = self.exactly("seed", SEED)?;
        match <&[u8; SEED]>::try_from(seed.as_slice()) {
            Ok(seed) => Ok(Drbg::new(seed)),
            Err(_) => Err(self.fault("seed", FETCH)),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|(known, _)| *known == key)
    }

    fn text(&self, key: &str) -> Result<&str, Fault> {
        let found = self.fields.iter().find_map(|(known, value)| (*known == key).then_some(*value));
        found.ok_or_else(|| self.fault(key, format!("missing; {FETCH}")))
    }

    /// How many bytes this field holds, if it is there.
    fn length_of(&self, key: &str) -> Option<usize> {
        self.text(key).ok().map(|digits| digits.len() / 2)
    }

    fn bytes(&self, key: &str) -> Result<Vec<u8>, Fault> {
        hex(self.text(key)?).map_err(|what| self.fault(key, what))
    }

    fn exactly(&self, key: &str, len: usize) -> Result<Vec<u8>, Fault> {
        let bytes = self.bytes(key)?;
        if bytes.len() == len {
            Ok(bytes)
        } else {
            Err(self.fault(key, format!("length {}, expected {len} bytes; {FETCH}", bytes.len())))
        }
    }

    fn value(&self, key: &str, len: usize) -> Result<Expected<'static>, Fault> {
        Ok(Expected::Value(self.exactly(key, len)?.into()))
    }

    /// Checks a length that the record gives besides the bytes.
    fn length(&self, key: &str, len: usize) -> Result<(), Fault> {
        if self.has(key) && self.text(key)?.parse() != Ok(len) {
            let said = quoted(self.text(key)?);
            return Err(self.fault(key, format!("says {said}, there are {len} bytes; {FETCH}")));
        }
        Ok(())
    }

    fn fault(&self, key: &str, what: impl Into<String>) -> Fault {
        Fault::new(format!("count{}", self.count), key, what)
    }
}

#[cfg(test)]
mod tests;
