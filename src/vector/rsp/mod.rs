//! NIST `.rsp` files of ML-KEM and ML-DSA, and of the KEMs before them: records of `key = value` lines. The inputs are
//! in the record, or come from its `seed` through the DRBG. One record is one case, of a KEM from before the standards
//! three. Knows neither JSON nor files.

use std::borrow::Cow;
use std::collections::HashSet;

use super::drbg::{Drbg, SEED};
use super::field::{FETCH, Fault, hex, quoted};
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

/// The algorithm that the first comment names, if pqcheck does not test it: the drafts and round 3 have
/// the sizes of the standards and cannot be told by them.
pub(super) fn foreign(text: &str) -> Option<&str> {
    let name = comment(text)?;
    if named(text).is_some() {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    (lower.starts_with("kyber") || lower.starts_with("dilithium") || lower.ends_with("-ipd")).then_some(name)
}

/// The KEM from before the standards that the first comment names.
fn named(text: &str) -> Option<&'static ml_kem::ParameterSet> {
    round3::sizes(comment(text)?.parse().ok()?)
}

fn comment(text: &str) -> Option<&str> {
    Some(text.lines().next()?.strip_prefix('#')?.trim())
}

/// The cases of a file.
pub(super) fn cases(text: &str) -> Result<Vec<Case<'static>>, Fault> {
    let mut cases = Vec::new();
    let mut counts = HashSet::new();
    let named = named(text);
    for record in records(text)? {
        if !counts.insert(record.count) {
            return Err(record.fault("count", format!("given to two records; {FETCH}")));
        }
        match named {
            Some(set) => cases.extend(record.round3(set)?),
            None => cases.push(record.case()?),
        }
    }
    Ok(cases)
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
    fn case(&self) -> Result<Case<'static>, Fault> {
        let pk = self.bytes("pk")?;
        let kem = ml_kem::ALL.iter().find(|set| set.ek == pk.len());
        let dsa = ml_dsa::ALL.iter().find(|set| set.pk == pk.len());
        let (algorithm, operation, class, task) = if let Some(set) = kem {
            let task = self.kem(set, pk)?;
            let class = match task {
                Task::KemRoundTrip { rejection: Some(_), .. } => "keygen+encaps+decaps/implicit rejection",
                _ => "keygen+encaps+decaps",
            };
            (set.algorithm, Operation::Decaps, class, task)
        } else if let Some(set) = dsa {
            let (deterministic, task) = self.dsa(set, pk)?;
            let class = if deterministic { "external/pure/deterministic" } else { "external/pure/hedged" };
            (set.algorithm, Operation::Sign, class, task)
        } else {
            let known = Algorithm::STANDARDS.map(Algorithm::name)[..6].join(", ");
            return Err(self.fault("pk", format!("{} bytes fit no algorithm; known: {known}", pk.len())));
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
        let whole = self.named("", set.algorithm, Operation::Keygen, "keygen+encaps+decaps", whole);
        let alone = alone.into_iter().map(|(class, task)| {
            let part = if class == "decaps" { "-decaps" } else { "-rejection" };
            self.named(part, set.algorithm, Operation::Decaps, class, task)
        });
        Ok(std::iter::once(whole).chain(alone).collect())
    }

    fn named(
        &self,
        part: &str,
        algorithm: Algorithm,
        operation: Operation,
        class: &'static str,
        task: Task<'static>,
    ) -> Case<'static> {
        let (name, class) = (Cow::Owned(format!("count{}{part}", self.count)), Cow::Borrowed(class));
        Case { name, algorithm, operation, class, bad: None, task }
    }

    fn kem(&self, set: &ml_kem::ParameterSet, ek: Vec<u8>) -> Result<Task<'static>, Fault> {
        let (seed, m) = if set.algorithm == Algorithm::ClassicMcEliece460896 {
            // How much it draws is known only to who runs it.
            (self.exactly("d", round3::MCELIECE_SEED)?, self.bytes("msg")?)
        } else if self.has("d") || self.has("z") {
            let mut seed = self.exactly("d", ml_kem::SEED)?;
            seed.extend(self.exactly("z", ml_kem::SEED)?);
            (seed, self.exactly("msg", ml_kem::M)?)
        } else if set.algorithm == Algorithm::Kyber512 {
            // Kyber's reference code draws d, z and m one by one.
            let mut drbg = self.drbg()?;
            let mut draw = || drbg.draw::<{ ml_kem::SEED }>();
            ([draw(), draw()].concat(), draw().to_vec())
        } else {
            // That of ML-KEM draws d‖z at once, then m.
            let mut drbg = self.drbg()?;
            (drbg.draw::<{ 2 * ml_kem::SEED }>().to_vec(), drbg.draw::<{ ml_kem::M }>().to_vec())
        };
        let rejection = match self.has("ct_n") || self.has("ss_n") {
            true => Some((self.bytes("ct_n")?.into(), self.value("ss_n", ml_kem::SHARED_SECRET)?)),
            false => None,
        };
        Ok(Task::KemRoundTrip {
            seed: seed.into(),
            m: m.into(),
            keys: KemKeys { ek: Some(Expected::Value(ek.into())), dk: Some(self.value("sk", set.dk)?) },
            encapsulation: Encapsulation {
                c: self.value("ct", set.c)?,
                shared_secret: self.value("ss", ml_kem::SHARED_SECRET)?,
            },
            rejection,
        })
    }

    fn dsa(&self, set: &ml_dsa::ParameterSet, pk: Vec<u8>) -> Result<(bool, Task<'static>), Fault> {
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
        let deterministic = rnd.iter().all(|byte| *byte == 0);
        let task = Task::DsaRoundTrip {
            xi: xi.into(),
            rnd: rnd.into(),
            message: Message::Pure { msg: msg.into(), ctx: ctx.into() },
            keys: DsaKeys { pk: Some(Expected::Value(pk.into())), sk: Some(self.value("sk", set.sk)?) },
            sig: Expected::Value(sig.into()),
        };
        Ok((deterministic, task))
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
