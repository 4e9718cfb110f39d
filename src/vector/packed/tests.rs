//! The format against hand-made cases, and the embedded corpus against what it promises.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::spec::ml_dsa::Hash;
use crate::spec::{Algorithm, Operation};
use crate::vector::{Answer, DsaKeys, Encapsulation, Expected, KemKeys, Message, PrivateKey, Task};

fn bytes(byte: u8, length: usize) -> Cow<'static, [u8]> {
    Cow::Owned(vec![byte; length])
}

/// One case of every task, with every variant of every field somewhere.
fn every_task() -> Vec<Case<'static>> {
    let value = |byte| Expected::Value(bytes(byte, 64));
    let keys = KemKeys { ek: Some(value(1)), dk: None };
    let encapsulation = Encapsulation { c: value(2), shared_secret: value(3) };
    let message = Message::Pure { msg: bytes(4, 9), ctx: bytes(0, 0) };
    let prehash = Message::PreHash { msg: bytes(4, 9), ctx: bytes(5, 255), hash: Hash::Shake256 };
    let tasks = [
        Task::KemKeygen { seed: bytes(6, 64), answer: Answer::Accept(keys.clone()) },
        Task::KemKeygen { seed: bytes(6, 63), answer: Answer::Reject },
        Task::KemEncaps { ek: bytes(7, 800), m: bytes(8, 32), answer: Answer::Either(encapsulation.clone()) },
        Task::KemDecaps {
            key: PrivateKey::Seed(bytes(9, 64)),
            ek: Some(value(1)),
            c: bytes(10, 768),
            answer: Answer::Accept(value(11)),
        },
        Task::KemCheckEk { ek: bytes(7, 800), valid: true },
        Task::KemCheckDk { key: PrivateKey::Expanded(bytes(12, 1632)), valid: false },
        Task::KemRoundTrip {
            seed: bytes(6, 64),
            m: bytes(8, 32),
            keys,
            encapsulation,
            rejection: Some((bytes(13, 768), value(14))),
        },
        Task::DsaKeygen {
            xi: bytes(15, 32),
            answer: Answer::Accept(DsaKeys { pk: None, sk: Some(Expected::Sha256(bytes(16, 32))) }),
        },
        Task::DsaSign {
            key: PrivateKey::Seed(bytes(15, 32)),
            pk: None,
            message: prehash,
            rnd: bytes(0, 32),
            answer: Answer::Accept(Expected::Sha256(bytes(17, 32))),
        },
        Task::DsaVerify {
            pk: bytes(18, 1312),
            message: Message::Internal(bytes(19, 20)),
            sig: bytes(20, 2420),
            valid: true,
        },
        Task::DsaVerify {
            pk: bytes(18, 1312),
            message: Message::ExternalMu(bytes(19, 64)),
            sig: bytes(20, 2420),
            valid: false,
        },
        Task::DsaRoundTrip {
            xi: bytes(15, 32),
            rnd: bytes(21, 32),
            message,
            keys: DsaKeys { pk: Some(value(22)), sk: None },
            sig: Expected::Sha256(bytes(17, 32)),
        },
        Task::Aead {
            key: bytes(23, 32),
            nonce: bytes(24, 12),
            aad: bytes(25, 13),
            plaintext: bytes(26, 65),
            ciphertext: bytes(27, 65),
            tag: bytes(28, 16),
            valid: true,
        },
        Task::Accumulated { count: 1 << 40, block: Some(7), digest: Some([29; 32]) },
    ];
    tasks
        .into_iter()
        .enumerate()
        .map(|(index, task)| Case {
            name: Cow::Owned(format!("tc{index}")),
            algorithm: Algorithm::ALL[index % 7],
            operation: Operation::ALL[index % 7],
            class: Cow::Borrowed("class, Ä"),
            bad: (index == 3).then_some("known to be wrong"),
            task,
        })
        .collect()
}

fn selection(name: &str, cases: Vec<Case<'static>>) -> Selection {
    let suite = crate::vector::Suite { name: name.to_owned(), cases };
    Selection { suite, source: "package 1.0".to_owned(), version: "2026".to_owned() }
}

fn packed() -> Vec<u8> {
    pack_volume(&[
        selection("one", every_task()),
        selection("none", Vec::new()),
        selection("two", every_task()),
    ])
    .unwrap()
}

fn open(file: &[u8]) -> Result<Corpus, Error> {
    let (body, rest) = volume(file.to_vec().leak())?;
    assert!(rest.is_empty());
    Corpus::open(body)
}

/// Puts a right checksum on a changed body.
fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&file[44..]);
    file[12..44].copy_from_slice(&digest);
    file
}

#[test]
fn what_is_packed_comes_back() {
    let corpus = open(&packed()).unwrap();
    let names: Vec<_> = corpus.suites().iter().map(|suite| (suite.name, suite.count)).collect();
    assert_eq!(names, [("one", 14), ("none", 0), ("two", 14)]);
    assert_eq!(corpus.suites()[0].source, "package 1.0");
    assert_eq!(corpus.suites()[0].version, "2026");
    for suite in [0, 2] {
        assert_eq!(corpus.suites()[suite].cases().collect::<Vec<_>>(), every_task());
    }
    assert_eq!(corpus.cases().count(), 28);
}

#[test]
fn cases_borrow_from_the_file() {
    for (_, case) in open(&packed()).unwrap().cases() {
        assert!(matches!(case.name, Cow::Borrowed(_)));
        if let Task::KemEncaps { ek, m, .. } = case.task {
            assert!(matches!((ek, m), (Cow::Borrowed(_), Cow::Borrowed(_))));
        }
    }
}

#[test]
fn long_outputs_become_digests_and_inputs_stay() {
    let mut case = every_task().swap_remove(3);
    case.task = Task::KemEncaps {
        ek: bytes(1, 65),
        m: bytes(2, 32),
        answer: Answer::Accept(Encapsulation {
            c: Expected::Value(bytes(3, 65)),
            shared_secret: Expected::Value(bytes(4, 64)),
        }),
    };
    let corpus = open(&pack_volume(&[selection("one", vec![case])]).unwrap()).unwrap();
    let Task::KemEncaps { ek, answer: Answer::Accept(encapsulation), .. } =
        corpus.suites()[0].cases().next().unwrap().task
    else {
        panic!("another task")
    };
    assert_eq!(ek, bytes(1, 65));
    assert_eq!(encapsulation.c, Expected::Sha256(Sha256::digest([3; 65]).to_vec().into()));
    assert_eq!(encapsulation.shared_secret, Expected::Value(bytes(4, 64)));
}

#[test]
fn packing_twice_gives_the_same_bytes() {
    assert_eq!(packed(), packed());
}

#[test]
fn every_truncation_is_an_error() {
    let file = packed();
    for length in 0..file.len() {
        assert!(open(&file[..length]).is_err(), "{length}");
    }
}

#[test]
fn every_changed_byte_is_an_error() {
    let file = packed();
    for place in 0..file.len() {
        let mut changed = file.clone();
        changed[place] ^= 1 << (place % 8);
        assert!(open(&changed).is_err(), "{place}");
    }
}

#[test]
fn a_malformed_body_under_a_right_checksum_gives_an_error_or_other_cases_but_no_panic() {
    let file = packed();
    let mut errors = 0;
    for place in 44..file.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut changed = file.clone();
            changed[place] = value;
            match open(&sealed(changed)) {
                Ok(corpus) => assert_eq!(
                    corpus.cases().count(),
                    corpus.suites().iter().map(|suite| suite.count).sum::<usize>()
                ),
                Err(_) => errors += 1,
            }
        }
    }
    assert!(errors > 500, "{errors}");
}

#[test]
fn a_file_of_another_version_is_refused() {
    let mut file = packed();
    file[7] = 2;
    assert_eq!(open(&file).err(), Some(Error::Format));
}

/// Every suite of `vectors/` under its embedded name, without the cases that are known to be wrong.
fn published() -> Vec<crate::vector::Suite> {
    let corpus = embedded().unwrap();
    let embedded: BTreeSet<&str> = corpus.suites().iter().map(|suite| suite.name).collect();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let entries = vectors.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut suites = Vec::new();
    for folder in entries.filter(|path| path.is_dir()) {
        for mut suite in crate::vector::read(&[&folder]).unwrap() {
            let (_, file) = suite.name.split_once('/').unwrap();
            let with_folder = format!("{}/{file}", folder.file_name().unwrap().to_str().unwrap());
            if embedded.contains(with_folder.as_str()) {
                suite.name = with_folder;
            }
            suite.cases.retain(|case| case.bad.is_none());
            suites.push(suite);
        }
    }
    suites
}

type Class = (Algorithm, Operation, String, bool);

fn classes<'a>(cases: impl IntoIterator<Item = &'a Case<'static>>) -> BTreeSet<Class> {
    let class =
        |case: &Case<'_>| (case.algorithm, case.operation, case.class.to_string(), accepts(&case.task));
    cases.into_iter().map(class).collect()
}

/// Whether the corpus promises this class: of the core set every one; of the other parameter sets those
/// of NIST's newest release, but not each pre-hash function.
fn promised(suite: &str, (algorithm, _, class, _): &Class) -> bool {
    Algorithm::CORE.contains(algorithm) || (suite.starts_with("acvp/") && !class.contains("/preHash/"))
}

#[test]
fn the_embedded_corpus_has_every_promised_class_of_every_suite() {
    let corpus = embedded().unwrap();
    let mut checked = BTreeSet::new();
    for suite in published() {
        let same_name = corpus.suites().iter().filter(|embedded| embedded.name == suite.name);
        let cases: Vec<_> = same_name.flat_map(Suite::cases).collect();
        let mut missing = classes(&suite.cases);
        missing.retain(|class| promised(&suite.name, class));
        checked.extend(missing.iter().map(|(algorithm, operation, ..)| (*algorithm, *operation)));
        for class in classes(&cases) {
            missing.remove(&class);
        }
        assert!(missing.is_empty(), "{}: {missing:?}; run `make vectors`", suite.name);
    }
    // Three operations of each parameter set, seal and open.
    assert_eq!(checked.len(), 6 * 3 + 2, "{checked:?}");
}

#[test]
fn every_embedded_case_is_that_of_its_file() {
    let originals: BTreeMap<(String, String), Vec<u8>> = published()
        .into_iter()
        .flat_map(|suite| {
            let name = suite.name;
            suite.cases.into_iter().map(move |case| ((name.clone(), case.name.to_string()), alone(&case)))
        })
        .collect();
    for corpus in [embedded().unwrap(), health().unwrap()] {
        for (suite, case) in corpus.cases() {
            let id = (suite.to_owned(), case.name.to_string());
            assert!(originals.get(&id) == Some(&alone(&case)), "{suite}#{}; run `make vectors`", case.name);
        }
    }
}

/// The bytes of a case, by which an original and what became of it can be compared.
fn alone(case: &Case<'static>) -> Vec<u8> {
    pack_volume(&[selection("", vec![case.clone()])]).unwrap()
}

#[test]
fn case_names_are_unique_within_a_suite_and_suites_within_the_corpus() {
    let mut suites = BTreeSet::new();
    for suite in embedded().unwrap().suites() {
        assert!(suites.insert(suite.name), "{}", suite.name);
        let mut names = BTreeSet::new();
        assert!(suite.cases().all(|case| names.insert(case.name)), "{}", suite.name);
    }
}

#[test]
fn health_asks_every_operation_of_the_core_set_and_both_answers() {
    let cases: Vec<_> = health().unwrap().cases().map(|(_, case)| case).collect();
    let asked: BTreeSet<_> = cases.iter().map(|case| (case.algorithm, case.operation)).collect();
    use Algorithm::{ChaCha20Poly1305, MlDsa87, MlKem768};
    for question in [
        (MlKem768, Operation::Keygen),
        (MlKem768, Operation::Encaps),
        (MlKem768, Operation::Decaps),
        (MlDsa87, Operation::Keygen),
        (MlDsa87, Operation::Sign),
        (MlDsa87, Operation::Verify),
    ] {
        assert!(asked.contains(&question), "{question:?}");
    }
    let cases = &cases;
    let verdicts = |algorithm| {
        let of_algorithm = cases.iter().filter(move |case| case.algorithm == algorithm);
        of_algorithm
            .filter_map(|case| match case.task {
                Task::DsaVerify { valid, .. } | Task::Aead { valid, .. } => Some(valid),
                _ => None,
            })
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(verdicts(MlDsa87), BTreeSet::from([false, true]));
    assert_eq!(verdicts(ChaCha20Poly1305), BTreeSet::from([false, true]));
    let rejections = cases.iter().filter(|case| case.class.contains("modified ciphertext")).count();
    assert_eq!(rejections, 1);
}

#[test]
fn the_embedded_file_keeps_its_budget() {
    let (_, rest) = volume(FILE).unwrap();
    let health = FILE.len() - rest.len();
    assert!(health < 48 << 10, "{health} bytes for health");
    assert!(FILE.len() < 2_516_582, "{} bytes", FILE.len());
}
