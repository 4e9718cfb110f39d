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
            return Err(Fault::new(place(), quoted(line), format!("is no `key = value`; {FETCH}")));
        };
        if !KEYS.contains(&key) {
            return Err(Fault::new(place(), quoted(key), format!("unknown key; known: {}", KEYS.join(", "))));
        }
        if key == "count" {
            let count = value.parse().map_err(|_| {
                Fault::new(place(), key, format!("`{}` is no number; {FETCH}", quoted(value)))
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
            Err(self.fault(key, format!("{} bytes where {len} belong; {FETCH}", bytes.len())))
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
mod tests {
    use super::*;

    const KEM: &str = include_str!("../../tests/fixtures/rsp/kat_MLKEM_512.rsp");
    const DSA: &str = include_str!("../../tests/fixtures/rsp/kat_MLDSA_44_det_pure.rsp");

    /// The message of the fault that `from`, written as `to`, leads to.
    #[track_caller]
    fn check(text: &str, from: &str, to: &str, expect: &str) {
        assert!(text.contains(from), "{from}");
        assert_eq!(cases(&text.replacen(from, to, 1)).unwrap_err().to_string(), expect);
    }

    #[test]
    fn a_record_is_a_case() {
        let kem = cases(KEM).unwrap();
        assert_eq!(kem.iter().map(|case| &*case.name).collect::<Vec<_>>(), ["count0", "count1"]);
        assert_eq!(kem[0].algorithm, Algorithm::MlKem512);
        assert_eq!(kem[0].class, "keygen+encaps+decaps/implicit rejection");
        let dsa = cases(DSA).unwrap();
        assert_eq!(dsa.iter().map(|case| &*case.name).collect::<Vec<_>>(), ["count0"]);
        assert_eq!(dsa[0].algorithm, Algorithm::MlDsa44);
        assert_eq!(dsa[0].class, "external/pure/deterministic");
    }

    #[test]
    fn the_randomness_of_a_hedged_record_is_its_rng() {
        let hedged = DSA.replace("seed = ", &format!("rng = {}\nseed = ", "5a".repeat(32)));
        let cases = cases(&hedged).unwrap();
        assert_eq!(cases[0].class, "external/pure/hedged");
        assert!(matches!(&cases[0].task, Task::DsaRoundTrip { rnd, .. } if **rnd == [0x5a; 32]));
    }

    #[test]
    fn the_content_tells_the_format() {
        assert!(knows("# ML-KEM-512\n\ncount = 0\nseed = 00"));
        assert!(!knows("COUNT = 0\nKEY = 00"));
        assert!(!knows("{}"));
        assert_eq!(foreign("# Kyber768\n\ncount = 0"), Some("Kyber768"));
        assert_eq!(foreign("# Kyber512\n\ncount = 0"), None);
        assert_eq!(foreign("# ML-DSA-44-ipd\n\ncount = 0"), Some("ML-DSA-44-ipd"));
        assert_eq!(foreign("# ML-KEM-512\n\ncount = 0"), None);
    }

    #[test]
    fn kyber_is_told_by_its_name_alone_and_draws_its_seeds_one_by_one() {
        let hex = |length: usize| "5a".repeat(length);
        let record = format!(
            "count = 0\nseed = {}\npk = {}\nsk = {}\nct = {}\nss = {}\n",
            hex(SEED),
            hex(800),
            hex(1632),
            hex(768),
            hex(32)
        );
        let [ml_kem] = &cases(&record).unwrap()[..] else { panic!() };
        assert_eq!((ml_kem.algorithm, ml_kem.operation), (Algorithm::MlKem512, Operation::Decaps));
        let named = cases(&format!("# Kyber512\n\n{record}")).unwrap();
        let names: Vec<_> = named.iter().map(|case| (&*case.name, case.algorithm, case.operation)).collect();
        let kyber = Algorithm::Kyber512;
        assert_eq!(
            names,
            [("count0", kyber, Operation::Keygen), ("count0-decaps", kyber, Operation::Decaps)]
        );
        let mut drbg = Drbg::new(&[0x5a; SEED]);
        let drawn: [[u8; 32]; 3] = [drbg.draw(), drbg.draw(), drbg.draw()];
        let Task::KemRoundTrip { seed, m, .. } = &named[0].task else { panic!() };
        assert_eq!((seed.to_vec(), m.to_vec()), (drawn[..2].concat(), drawn[2].to_vec()));
    }

    /// The file has what the library drew, because how often it does is the library's to know; here is what it must have been.
    #[test]
    fn the_randomness_of_mceliece_is_what_the_seed_of_its_record_gives() {
        let file = "vectors/liboqs-0.8.0/kat_Classic-McEliece-460896.rsp.gz";
        let text =
            super::super::open::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let record = &records(&text).unwrap()[0];
        let mut drbg = record.drbg().unwrap();
        assert_eq!(record.bytes("d").unwrap(), drbg.draw::<32>());
        let errors = record.bytes("msg").unwrap();
        assert!(!errors.is_empty());
        assert!(errors.chunks(384).all(|drawn| *drawn == drbg.draw::<384>()));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        check(
            KEM,
            "count = 1",
            "count = 0",
            &format!("count0: field `count`: given to two records; {FETCH}"),
        );
        check(KEM, "count = 0", "count = x", &format!("line 1: field `count`: `x` is no number; {FETCH}"));
        check(
            KEM,
            "\nss = 2b",
            "\nss = 2",
            &format!("count0: field `ss`: odd number of hexadecimal digits (63); {FETCH}"),
        );
        check(KEM, "\nss = 2b", "\nss = ", &format!("count0: field `ss`: 31 bytes where 32 belong; {FETCH}"));
        check(
            KEM,
            "\nss = 2b",
            "\nss = zb",
            &format!("count0: field `ss`: `z` at digit 0 is not hexadecimal; {FETCH}"),
        );
        check(KEM, "\nss = ", "\nss_n = ", &format!("count0: field `ss_n`: twice in one record; {FETCH}"));
        check(KEM, "\nz = ", "\ncount = 7\nz = ", &format!("count0: field `pk`: missing; {FETCH}"));
        check(
            KEM,
            "\npk = 80",
            "\npk = ",
            "count0: field `pk`: 799 bytes fit no algorithm; known: ML-KEM-512, ML-KEM-768, ML-KEM-1024, ML-DSA-44, ML-DSA-65, ML-DSA-87",
        );
        check(
            KEM,
            "\nz = ",
            "\ny = ",
            &format!("line 2: field `y`: unknown key; known: {}", KEYS.join(", ")),
        );
        check(
            KEM,
            "\nz = ",
            "\n[z] ",
            &format!(
                "line 2: field `[z] f696484048ec21f96cf50a56d0759c448f3779752f03…`: is no `key = value`; {FETCH}"
            ),
        );
        check(
            DSA,
            "mlen = 16",
            "mlen = 17",
            &format!("count0: field `mlen`: says 17, there are 16 bytes; {FETCH}"),
        );
        check(
            DSA,
            "smlen = 2436",
            "smlen = 2420",
            &format!("count0: field `smlen`: says 2420, there are 2436 bytes; {FETCH}"),
        );
        check(DSA, "msg = 6d", "msg = 6e", &format!("count0: field `sm`: does not end in `msg`; {FETCH}"));
        assert_eq!(
            cases("z = 00\ncount = 0").unwrap_err().to_string(),
            format!("line 1: field `z`: comes before any `count`; {FETCH}")
        );
    }

    /// What the inputs of a record must lead to, by an implementation of its own.
    #[cfg(feature = "rustcrypto")]
    mod against_an_implementation {
        use ::ml_dsa::signature::Keypair as _;
        use ::ml_kem::kem::{Decapsulate as _, KeyExport as _};
        use sha2::{Digest as _, Sha256};

        use super::*;

        fn published<'c>(value: &'c Expected<'_>) -> &'c [u8] {
            match value {
                Expected::Value(bytes) | Expected::Sha256(bytes) => bytes,
            }
        }

        #[test]
        fn the_inputs_of_a_kem_record_lead_to_its_outputs() {
            for case in cases(KEM).unwrap() {
                let Task::KemRoundTrip { seed, m, keys, encapsulation, rejection } = case.task else {
                    panic!()
                };
                let dk = ::ml_kem::DecapsulationKey512::from_seed((&*seed).try_into().unwrap());
                let ek = dk.encapsulation_key();
                assert_eq!(ek.to_bytes()[..], *published(&keys.ek.unwrap()));
                let (c, shared_secret) = ek.encapsulate_deterministic((&*m).try_into().unwrap());
                assert_eq!(c[..], *published(&encapsulation.c));
                assert_eq!(shared_secret[..], *published(&encapsulation.shared_secret));
                let (c, shared_secret) = rejection.unwrap();
                let rejected = dk.decapsulate((&*c).try_into().unwrap());
                assert_eq!(rejected[..], *published(&shared_secret));
            }
        }

        #[test]
        fn the_inputs_of_a_signature_record_lead_to_its_outputs() {
            for case in cases(DSA).unwrap() {
                let Task::DsaRoundTrip { xi, message, keys, sig, .. } = case.task else { panic!() };
                let Message::Pure { msg, ctx } = message else { panic!() };
                let sk = ::ml_dsa::SigningKey::<::ml_dsa::MlDsa44>::from_seed((&*xi).try_into().unwrap());
                assert_eq!(sk.verifying_key().encode()[..], *published(&keys.pk.unwrap()));
                let made = sk.expanded_key().sign_deterministic(&msg, &ctx).unwrap();
                assert_eq!(made.encode()[..], *published(&sig));
            }
        }

        /// Writes record 0 as NIST's program does, and proves by the digest which liboqs publishes for it that
        /// it is the real one; reading it must give back the inputs.
        #[test]
        #[expect(deprecated, reason = "the record holds the expanded key")]
        fn the_inputs_of_nists_records_come_from_the_drbg() {
            use ::ml_kem::ExpandedKeyEncoding as _;

            let seed = Drbg::new(&std::array::from_fn(|i| u8::try_from(i).unwrap())).draw::<SEED>();
            let mut drbg = Drbg::new(&seed);
            let (dz, m): ([u8; 64], [u8; 32]) = (drbg.draw(), drbg.draw());
            let dk = ::ml_kem::DecapsulationKey768::from_seed(dz.into());
            let ek = dk.encapsulation_key();
            let (c, shared_secret) = ek.encapsulate_deterministic(&m.into());
            let upper = const_hex::encode_upper::<&[u8]>;
            let text = format!(
                "count = 0\nseed = {}\npk = {}\nsk = {}\nct = {}\nss = {}\n",
                upper(&seed),
                upper(&ek.to_bytes()),
                upper(&dk.to_expanded_bytes()),
                upper(&c),
                upper(&shared_secret)
            );
            assert_eq!(
                const_hex::encode(Sha256::digest(&text)),
                "5352539586b6c3df58be6158a6250aeff402bd73060b0a3de68850ac074c17c3"
            );
            let case = cases(&text).unwrap().remove(0);
            assert_eq!((case.algorithm, &*case.class), (Algorithm::MlKem768, "keygen+encaps+decaps"));
            let Task::KemRoundTrip { seed: read, m: also_read, rejection: None, .. } = case.task else {
                panic!()
            };
            assert_eq!((&*read, &*also_read), (&dz[..], &m[..]));
        }

        /// The same of ML-DSA, whose record is hedged.
        #[test]
        #[expect(deprecated, reason = "the record holds the expanded key")]
        fn the_inputs_of_nists_signature_records_come_from_the_drbg() {
            let mut outer = Drbg::new(&std::array::from_fn(|i| u8::try_from(i).unwrap()));
            let (seed, msg) = (outer.draw::<SEED>(), outer.draw::<33>());
            let mut drbg = Drbg::new(&seed);
            let (xi, rnd): ([u8; 32], [u8; 32]) = (drbg.draw(), drbg.draw());
            let sk = ::ml_dsa::SigningKey::<::ml_dsa::MlDsa87>::from_seed(&xi.into());
            let sig = sk.expanded_key().sign_internal(&[&[0, 0][..], &msg[..]], &rnd.into()).encode();
            let upper = const_hex::encode_upper::<&[u8]>;
            let text = format!(
                "count = 0\nseed = {}\nmlen = {}\nmsg = {}\npk = {}\nsk = {}\nsmlen = {}\nsm = {}{}\n",
                upper(&seed),
                msg.len(),
                upper(&msg),
                upper(&sk.verifying_key().encode()),
                upper(&sk.expanded_key().to_expanded()),
                sig.len() + msg.len(),
                upper(&sig),
                upper(&msg)
            );
            assert_eq!(
                const_hex::encode(Sha256::digest(&text)),
                "4537905d2aabcf302fab2f242baed293459ecda7c230e6a67063b02c7e2840ed"
            );
            let case = cases(&text).unwrap().remove(0);
            assert_eq!((case.algorithm, &*case.class), (Algorithm::MlDsa87, "external/pure/hedged"));
            let Task::DsaRoundTrip { xi: read, rnd: also_read, .. } = case.task else { panic!() };
            assert_eq!((&*read, &*also_read), (&xi[..], &rnd[..]));
        }
    }
}
