//! The records against second implementations, and what is refused.

use super::*;

const KEM: &str = include_str!("../../../tests/fixtures/rsp/kat_MLKEM_512.rsp");
const DSA: &str = include_str!("../../../tests/fixtures/rsp/kat_MLDSA_44_det_pure.rsp");

fn cases(text: &str) -> Result<Vec<Case<'static>>, Fault> {
    match read(text, "")? {
        Read::Cases(cases) => Ok(cases),
        Read::Foreign(name) => panic!("{name}"),
    }
}

fn foreign(text: &str) -> Option<String> {
    match read(text, "").unwrap() {
        Read::Cases(_) => None,
        Read::Foreign(name) => Some(name),
    }
}

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
    assert_eq!(foreign(&format!("# ML-KEM-512\n\n{KEM}")), None);
    assert_eq!(foreign(&format!("# Kyber768\n\n{KEM}")), None, "the standard under the old name");
    assert_eq!(foreign(&format!("# Kyber512\n\n{KEM}")), None);
    assert_eq!(foreign(&format!("# Dilithium2\n\n{DSA}")), None);
    let other = |text: &str| text.replace("xi = ", "xi = 00").replace("z = ", "z = 00");
    assert_eq!(foreign(&format!("# Kyber768\n\n{}", other(KEM))).as_deref(), Some("Kyber768"));
    assert_eq!(foreign(&format!("# ML-DSA-44-ipd\n\n{}", other(DSA))).as_deref(), Some("ML-DSA-44-ipd"));
    assert_eq!(foreign("# SPHINCS+-128f\n\ncount = 0\npk = 5a5a").as_deref(), Some("SPHINCS+-128f"));
    assert_eq!(foreign("count = 0\npk = 5a5a").as_deref(), Some("public keys of 2 bytes"));
    assert_eq!(foreign("count = 0\nmsg = 5a5a\nmd = 00").as_deref(), Some("records without a public key"));
    let saber = format!("count = 0\npk = {}\nct = 5a", "5a".repeat(1312));
    assert_eq!(foreign(&saber).as_deref(), Some("public keys of 1312 bytes"));
    let round3 = format!("count = 0\npk = {}\nsk = {}", "5a".repeat(1312), "5a".repeat(2528));
    assert_eq!(foreign(&round3).as_deref(), Some("Dilithium2, round 3.1 (liboqs 0.9)"));
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
    assert_eq!(names, [("count0", kyber, Operation::Keygen), ("count0-decaps", kyber, Operation::Decaps)]);
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
        crate::vector::open::load(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let record = &records(&text).unwrap()[0];
    let mut drbg = record.drbg().unwrap();
    assert_eq!(record.bytes("d").unwrap(), drbg.draw::<32>());
    let errors = record.bytes("msg").unwrap();
    assert!(!errors.is_empty());
    assert!(errors.chunks(384).all(|drawn| *drawn == drbg.draw::<384>()));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    check(KEM, "count = 1", "count = 0", &format!("count0: field `count`: given to two records; {FETCH}"));
    check(KEM, "count = 0", "count = x", &format!("line 1: field `count`: `x` is not a number; {FETCH}"));
    check(
        KEM,
        "\nss = 2b",
        "\nss = 2",
        &format!("count0: field `ss`: odd number of hexadecimal digits (63); {FETCH}"),
    );
    check(KEM, "\nss = 2b", "\nss = ", &format!("count0: field `ss`: length 31, expected 32 bytes; {FETCH}"));
    check(
        KEM,
        "\nss = 2b",
        "\nss = zb",
        &format!("count0: field `ss`: `z` at digit 0 is not hexadecimal; {FETCH}"),
    );
    check(KEM, "\nss = ", "\nss_n = ", &format!("count0: field `ss_n`: twice in one record; {FETCH}"));
    check(KEM, "\nz = ", "\ncount = 7\nz = ", &format!("count0: field `pk`: missing; {FETCH}"));
    check(KEM, "\nz = ", "\ny = ", &format!("line 2: field `y`: unknown key; known: {}", KEYS.join(", ")));
    check(
        KEM,
        "\nz = ",
        "\n[z] ",
        &format!(
            "line 2: field `[z] f696484048ec21f96cf50a56d0759c448f3779752f03…`: not `key = value`; {FETCH}"
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
            Expected::Unpublished => panic!(),
        }
    }

    #[test]
    fn the_inputs_of_a_kem_record_lead_to_its_outputs() {
        for case in cases(KEM).unwrap() {
            let Task::KemRoundTrip { seed, m, keys, encapsulation, rejection } = case.task else { panic!() };
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
