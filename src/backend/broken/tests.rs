//! Each fault is wrong in the way that it says, and in no other.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::k_pke::{self, Parameters, Rounding};
use super::ml_dsa_verify::{self, Without};
use super::*;
use crate::backend::conformance::{self, Keys, Pair, accumulated, encaps};
use crate::backend::{Message, Refusal};
use crate::spec::{Algorithm, ml_dsa, ml_kem};

const KEMS: [Algorithm; 3] = [Algorithm::MlKem512, Algorithm::MlKem768, Algorithm::MlKem1024];
const SIGNATURES: [Algorithm; 3] = [Algorithm::MlDsa44, Algorithm::MlDsa65, Algorithm::MlDsa87];
const EMPTY: Message<'_> = Message::Pure { msg: b"", ctx: b"" };

fn path(id: &str) -> &'static CodePath {
    let path = backend(find(id).unwrap()).unwrap().paths[0];
    (path.enter)();
    path
}

fn good() -> &'static CodePath {
    static SOUND_FAULT: Fault = Fault::wrong("none", "nothing is wrong", SOUND);
    backend(&SOUND_FAULT).unwrap().paths[0]
}

fn keys(path: &CodePath, algorithm: Algorithm) -> Keys {
    Keys::of(path.kem(algorithm).unwrap(), &[1; 32], &[2; 32]).unwrap()
}

fn pair(path: &CodePath, algorithm: Algorithm) -> Pair {
    Pair::of(path.signature(algorithm).unwrap(), &[1; 32]).unwrap()
}

/// The same keys in the hands of another implementation.
fn in_the_hands_of(path: &CodePath, keys: &Keys) -> Keys {
    Keys { kem: path.kem(keys.kem.algorithm()).unwrap(), ek: keys.ek.clone(), dk: keys.dk.clone() }
}

fn verify(path: &CodePath, pair: &Pair, message: Message<'_>, sig: &[u8]) -> Answer {
    path.signature(pair.signature.algorithm()).unwrap().verify(Signed { pk: &pair.pk, message, sig })
}

fn is_rejected<T>(answer: &Answer<T>) -> bool {
    matches!(answer, Err(Refusal::Rejected(_)))
}

#[test]
fn every_fault_has_a_name_and_a_sentence_of_its_own() {
    assert!(FAULTS.len() >= 25);
    let ids: BTreeSet<_> = FAULTS.iter().map(|fault| fault.id).collect();
    let sentences: BTreeSet<_> = FAULTS.iter().map(|fault| fault.what).collect();
    assert_eq!((ids.len(), sentences.len()), (FAULTS.len(), FAULTS.len()));
    for fault in FAULTS {
        assert!(
            fault.id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
            "{}",
            fault.id
        );
        assert!(!fault.what.ends_with('.'), "{}", fault.what);
        let backend = backend(fault).unwrap();
        assert_eq!(backend.id, format!("broken:{}", fault.id));
        assert_eq!(backend.paths.len(), 1);
    }
}

#[test]
fn a_wrapper_without_a_fault_is_sound() {
    conformance::agrees_with_the_accumulated_digests(good());
    conformance::rejects_wrong_lengths(good(), ["length"; 3]);
    conformance::departs_as_declared(good());
    conformance::checks_kem_keys(good());
    conformance::binds_message_context_and_rnd(good());
    conformance::rejects_a_context_of_256_bytes(good());
    conformance::internal_agrees_with_pure(good());
}

#[test]
fn our_own_k_pke_agrees_with_the_good_library() {
    for algorithm in KEMS {
        let (parameters, good) = (Parameters::of(algorithm), keys(good(), algorithm));
        let (ek, dk_pke) = k_pke::keygen(parameters, &[&[1; 32], &[parameters.k as u8][..]].concat());
        assert_eq!(ek, good.ek);
        assert_eq!(dk_pke, good.dk[..dk_pke.len()]);
        let (c, _) = good.encaps(&[3; 32]).unwrap();
        assert_eq!(k_pke::decrypt(parameters, Rounding::Nearest, &dk_pke, &c), [3; 32]);
        // Encryption: the fault that skips the modulus check uses it, so it stands for both.
        let mut ours = (vec![0; c.len()], [0; 32]);
        let to = &mut Encapsulated { c: &mut ours.0, shared_secret: &mut ours.1 };
        kem::encaps_rounding(good.kem, Rounding::Nearest, &good.ek, &[3; 32], to);
        assert_eq!(ours, good.encaps(&[3; 32]).unwrap());
    }
}

#[test]
fn our_own_ml_dsa_verification_agrees_with_the_good_library() {
    for algorithm in SIGNATURES {
        let pair = pair(good(), algorithm);
        let message = Message::Pure { msg: b"message", ctx: b"context" };
        let sig = pair.sign(message, &[5; 32]).unwrap();
        for without in [Without::NormOfZ, Without::DistinctHints] {
            assert!(ml_dsa_verify::verify(algorithm, without, &pair.pk, message, &sig));
            assert!(!ml_dsa_verify::verify(algorithm, without, &pair.pk, EMPTY, &sig));
            for at in [0, 100, sig.len() - 1] {
                let mut altered = sig.clone();
                altered[at] ^= 1;
                assert!(!ml_dsa_verify::verify(algorithm, without, &pair.pk, message, &altered));
            }
        }
    }
}

/// The digests of liboqs 0.10 (initial public draft) and 0.9 (Kyber, round 3), measured there.
#[test]
fn drafts_are_the_drafts() {
    for (fault, algorithm, prefix) in [
        ("draft-g-of-d", KEMS[0], "98e2274af7ffeb827968269a33201d9a6ab8573464a147ca52e9c2154f5fbe7f"),
        ("draft-g-of-d", KEMS[1], "4639217b2bd1fd82860af371d0abc7700de4378f7ec93c7cb6a41a765123b793"),
        ("draft-g-of-d", KEMS[2], "5525280d920f22eecda576690a93370254552a0db54236f2edb01971e09f125d"),
        ("kyber-round-3", KEMS[0], "06858b9e"),
        ("kyber-round-3", KEMS[1], "c2d05f0d1156faf4244bbf99422255a929688fd8bab73e8722ecd4422ee6a9ac"),
        ("kyber-round-3", KEMS[2], "4917508a"),
    ] {
        let digest = const_hex::encode(accumulated(path(fault), algorithm, 10).unwrap());
        assert!(digest.starts_with(prefix), "{fault} {algorithm}: {digest}");
    }
}

#[test]
fn invalid_keys_are_accepted_only_where_the_fault_says_so() {
    for algorithm in KEMS {
        let good = keys(good(), algorithm);
        let (c, _) = good.encaps(&[3; 32]).unwrap();
        let mut unreduced = good.ek.clone();
        unreduced[..2].copy_from_slice(&[0xff, 0xff]);
        let padded = [&good.ek[..], &[0]].concat();
        let mut unhashed = good.dk.clone();
        let at = unhashed.len() - 33;
        unhashed[at] ^= 1;
        for fault in ["modulus-check-skipped", "ek-padded", "dk-hash-check-skipped", "wrong-z"] {
            let kem = path(fault).kem(algorithm).unwrap();
            let accepted = [
                (encaps(kem, &unreduced, &[3; 32]).is_ok(), "modulus-check-skipped"),
                (kem.check_ek(&unreduced).is_ok(), "modulus-check-skipped"),
                (encaps(kem, &padded, &[3; 32]).is_ok(), "ek-padded"),
                (kem.check_ek(&padded).is_ok(), "ek-padded"),
                (kem.decaps(&unhashed, &c, &mut [0; 32]).is_ok(), "dk-hash-check-skipped"),
                (kem.check_dk(&unhashed).is_ok(), "dk-hash-check-skipped"),
            ];
            for (accepted, by) in accepted {
                assert_eq!(accepted, fault == by, "{fault} {by}");
            }
            assert_eq!(encaps(kem, &good.ek, &[3; 32]), good.encaps(&[3; 32]));
        }
    }
}

#[test]
fn implicit_rejection_is_wrong_as_the_fault_says() {
    for algorithm in KEMS {
        let good = keys(good(), algorithm);
        let (c, shared_secret) = good.encaps(&[3; 32]).unwrap();
        // The lowest bits of a coefficient of u and of one of v: decryption does not notice either.
        let [mut first, mut last] = [c.clone(), c.clone()];
        first[0] ^= 1;
        *last.last_mut().unwrap() ^= 1;
        assert!(c.contains(&0));
        for fault in ["decaps-rejects-explicitly", "wrong-z", "leading-byte-compare", "strcmp-compare"] {
            let broken = in_the_hands_of(path(fault), &good);
            assert_eq!(broken.decaps(&c), Ok(shared_secret));
            for altered in [&first, &last] {
                let (right, got) = (good.decaps(altered).unwrap(), broken.decaps(altered));
                match fault {
                    "decaps-rejects-explicitly" => assert!(is_rejected(&got)),
                    "wrong-z" => assert!(got.unwrap() != right && got.unwrap() != shared_secret),
                    _ if altered == &first => assert_eq!(got, Ok(right)),
                    _ => assert_eq!(got, Ok(shared_secret), "{fault}"),
                }
            }
        }
    }
}

#[test]
fn other_kem_faults_change_what_they_say() {
    let good = keys(good(), Algorithm::MlKem768);
    let swapped = keys(path("z-and-d-swapped"), Algorithm::MlKem768);
    assert_ne!(swapped.ek, good.ek);
    assert_eq!(swapped.dk[swapped.dk.len() - 32..], [1; 32]);

    let constant = in_the_hands_of(path("constant-randomness"), &good);
    assert_eq!(constant.encaps(&[3; 32]), constant.encaps(&[4; 32]));

    let rounding = in_the_hands_of(path("decompress-rounds-wrong"), &good);
    let wrong = (0..20).filter(|m| rounding.encaps(&[*m; 32]) != good.encaps(&[*m; 32])).count();
    assert!((1..20).contains(&wrong), "{wrong} of 20");
    for m in 0..20 {
        let (c, shared_secret) = rounding.encaps(&[m; 32]).unwrap();
        assert_eq!(rounding.decaps(&c), Ok(shared_secret), "it agrees with itself");
    }
}

#[test]
fn contexts_and_randomness_are_wrong_as_the_fault_says() {
    for algorithm in SIGNATURES {
        let good_pair = pair(good(), algorithm);
        let with_ctx = Message::Pure { msg: b"", ctx: b"context" };
        let too_long = Message::Pure { msg: b"", ctx: &[7; 256] };
        let sig = good_pair.sign(EMPTY, &[0; 32]).unwrap();

        let ignoring = pair(path("ctx-ignored"), algorithm);
        assert_eq!(ignoring.sign(with_ctx, &[0; 32]).unwrap(), sig);
        assert_eq!(verify(path("ctx-ignored"), &good_pair, with_ctx, &sig), Ok(()));

        let long = pair(path("ctx-of-256-accepted"), algorithm);
        let long_sig = long.sign(too_long, &[0; 32]).unwrap();
        assert_eq!(verify(path("ctx-of-256-accepted"), &long, too_long, &long_sig), Ok(()));
        assert!(is_rejected(&verify(path("ctx-of-256-accepted"), &long, EMPTY, &long_sig)));
        assert_eq!(long.sign(EMPTY, &[0; 32]).unwrap(), sig);

        assert_eq!(pair(path("rnd-ignored"), algorithm).sign(EMPTY, &[9; 32]).unwrap(), sig);
    }
}

#[test]
fn verification_accepts_only_what_the_fault_says() {
    for algorithm in SIGNATURES {
        let pair = pair(good(), algorithm);
        let sig = pair.sign(EMPTY, &[0; 32]).unwrap();
        let altered = |at: usize| {
            let mut altered = sig.clone();
            altered[at] ^= 1;
            altered
        };
        let forgeries = [
            ("verify-accepts-all", altered(0)),
            ("verify-ignores-last-byte", altered(sig.len() - 1)),
            ("wrong-length-signature-accepted", [&sig[..], &[0]].concat()),
            ("repeated-hints-accepted", with_a_repeated_hint(algorithm, &sig)),
        ];
        for (fault, _) in &forgeries {
            assert_eq!(verify(path(fault), &pair, EMPTY, &sig), Ok(()));
            for (by, forgery) in &forgeries {
                let accepted = verify(path(fault), &pair, EMPTY, forgery).is_ok();
                assert_eq!(
                    accepted,
                    fault == by || *fault == "verify-accepts-all",
                    "{algorithm} {fault} {by}"
                );
            }
        }
    }
}

/// A valid signature in which the first index of a polynomial's hint stands twice.
fn with_a_repeated_hint(algorithm: Algorithm, sig: &[u8]) -> Vec<u8> {
    let (indices, ends) = ml_dsa_verify::hints(algorithm);
    let mut repeated = sig.to_vec();
    assert_ne!(repeated[ends], 0, "the first polynomial has a hint");
    assert_eq!(repeated[ends - 1], 0, "there is room for one more");
    repeated.copy_within(indices..ends - 1, indices + 1);
    repeated[ends..].iter_mut().for_each(|end| *end += 1);
    repeated
}

/// No forgery of this kind is made here: it takes the private key and a signing of our own.
/// The vectors have some (Wycheproof, `InfinityNormViolation`).
#[test]
fn the_bound_of_z_is_still_a_bound_for_a_good_library() {
    for algorithm in SIGNATURES {
        let pair = pair(good(), algorithm);
        let sig = pair.sign(EMPTY, &[0; 32]).unwrap();
        assert_eq!(verify(path("z-norm-unchecked"), &pair, EMPTY, &sig), Ok(()));
        let mut altered = sig;
        altered[200] ^= 0x80;
        assert!(is_rejected(&verify(path("z-norm-unchecked"), &pair, EMPTY, &altered)));
    }
}

#[test]
fn aead_faults_accept_only_what_they_say() {
    let (key, nonce, aad, plaintext) = ([1; 32], [2; 12], b"aad", [3; 100]);
    let seal = |path: &CodePath| {
        let (mut ciphertext, mut tag) = (vec![0; 100], vec![0; 16]);
        let aead = path.aead(Algorithm::ChaCha20Poly1305).unwrap();
        let sealing = Sealing { key: &key, nonce: &nonce, aad, plaintext: &plaintext };
        aead.seal(sealing, &mut Sealed { ciphertext: &mut ciphertext, tag: &mut tag }).unwrap();
        (ciphertext, tag)
    };
    let (ciphertext, tag) = seal(good());
    let [mut first, mut last] = [tag.clone(), tag.clone()];
    first[0] ^= 1;
    last[15] ^= 1;
    for fault in ["tag-ignored", "tag-compared-in-15-bytes", "aad-ignored"] {
        let (ciphertext, tag) =
            if fault == "aad-ignored" { seal(path(fault)) } else { (ciphertext.clone(), tag.clone()) };
        let aead = path(fault).aead(Algorithm::ChaCha20Poly1305).unwrap();
        let opened = |aad: &[u8], tag: &[u8]| {
            let mut opened = [0; 100];
            let opening = Opening { key: &key, nonce: &nonce, aad, ciphertext: &ciphertext, tag };
            let answer = aead.open(opening, &mut opened);
            assert_eq!(answer.is_ok(), opened == plaintext, "{fault}");
            answer.is_ok()
        };
        assert!(opened(aad, &tag), "{fault}");
        assert_eq!(opened(aad, &first), fault == "tag-ignored");
        assert_eq!(opened(aad, &last), fault == "tag-ignored" || fault == "tag-compared-in-15-bytes");
        assert_eq!(opened(b"", &tag), fault == "aad-ignored" || fault == "tag-ignored");
    }

    let wrong = path("wrong-above-64-bytes");
    let (broken, broken_tag) = seal(wrong);
    assert_eq!(broken[..64], ciphertext[..64]);
    assert_ne!(broken[64..], ciphertext[64..]);
    let mut opened = [0; 100];
    let aead = wrong.aead(Algorithm::ChaCha20Poly1305).unwrap();
    let opening = Opening { key: &key, nonce: &nonce, aad, ciphertext: &broken, tag: &broken_tag };
    aead.open(opening, &mut opened).unwrap();
    assert_eq!(opened, plaintext, "it agrees with itself");
}

#[test]
fn calls_are_wrong_now_and_then() {
    let right = keys(good(), Algorithm::MlKem768);
    let (c, shared_secret) = right.encaps(&[3; 32]).unwrap();
    for (fault, wrong) in [("wrong-on-second-call", vec![2]), ("wrong-every-hundredth-call", vec![100, 200])]
    {
        let broken = in_the_hands_of(path(fault), &right);
        let seen: Vec<_> = (1..=250).filter(|_| broken.decaps(&c) != Ok(shared_secret)).collect();
        assert_eq!(seen, wrong, "{fault}");
    }
}

#[test]
fn eight_bytes_behind_the_output_are_written() {
    for algorithm in KEMS {
        let broken = keys(path("writes-past-the-output"), algorithm);
        let (c, shared_secret) = broken.encaps(&[3; 32]).unwrap();
        let mut buffer = [0; 48];
        broken.kem.decaps(&broken.dk, &c, &mut buffer[..32]).unwrap();
        assert_eq!(buffer[..32], shared_secret);
        let written = if algorithm == Algorithm::MlKem768 { [0xa5; 8] } else { [0; 8] };
        assert_eq!((&buffer[32..40], &buffer[40..]), (&written[..], &[0; 8][..]));
    }
}

/// Runs itself again in a child for each way to die, with the fault's name in the environment.
#[test]
#[expect(clippy::print_stderr, reason = "the child tells its parent how far it came")]
fn each_lethal_fault_dies_in_its_own_way() {
    const NAME: &str = "PQCHECK_TEST_FAULT";
    if let Ok(fault) = std::env::var(NAME) {
        let path = path(&fault);
        for algorithm in [Algorithm::MlKem512, Algorithm::MlKem768] {
            let keys = keys(path, algorithm);
            let (c, _) = keys.encaps(&[3; 32]).unwrap();
            eprintln!("decaps of {algorithm}");
            let _ = keys.decaps(&c);
        }
        unreachable!("alive");
    }
    // Whoever writes past an output lives on here; only the owner of the bytes behind it sees it.
    let lethal: Vec<_> =
        FAULTS.iter().filter(|fault| fault.lethal && fault.id != "writes-past-the-output").collect();
    assert_eq!(lethal.len(), 7);
    for fault in lethal {
        let limit = if fault.id == "memory-without-end" { "ulimit -v 1000000;" } else { "" };
        let mut child = Command::new("/bin/sh")
            .args(["-c", &format!("{limit} ulimit -c 0; exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "backend::broken::tests::each_lethal_fault_dies_in_its_own_way", "--nocapture"])
            .env(NAME, fault.id)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("decaps of ML-KEM-768") && stderr.read_line(&mut said).unwrap() > 0 {}
        let mut silent = false;
        if fault.id == "endless-loop" {
            std::thread::sleep(Duration::from_millis(300));
            silent = child.try_wait().unwrap().is_none();
            child.kill().unwrap();
        }
        stderr.read_to_string(&mut said).unwrap();
        let status = child.wait().unwrap();
        let signal = status.signal();
        assert!(said.contains("decaps of ML-KEM-768"), "{}: {said}", fault.id);
        assert!(!said.contains("alive"), "{}: {said}", fault.id);
        let expected = match fault.id {
            "panic" => !silent && signal.is_none() && said.contains("a planted fault"),
            "endless-loop" => silent,
            "sigsegv" => signal == Some(libc::SIGSEGV),
            "sigill" => signal == Some(libc::SIGILL),
            "memory-without-end" => signal == Some(libc::SIGABRT) && said.contains("memory allocation"),
            _ => signal == Some(libc::SIGABRT),
        };
        assert!(expected, "{}: {:?} {said}", fault.id, status);
    }
}

#[test]
fn sizes_of_the_standard_are_those_of_the_hints() {
    for set in &ml_dsa::ALL {
        let (indices, ends) = ml_dsa_verify::hints(set.algorithm);
        assert!(indices < ends && ends < set.sig);
        let k = (set.pk - 32) / 320;
        assert_eq!(ends + k, set.sig);
    }
    for set in &ml_kem::ALL {
        assert_eq!(set.ek, 384 * Parameters::of(set.algorithm).k + 32);
    }
}
