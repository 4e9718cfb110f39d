//! Which reading of a signature case is the right one: the one that a code path confirms. Asks in a child process, as
//! everything that calls a library.

use std::time::{Duration, Instant};

use super::asked::asked;
use super::exec::Executor;
use crate::backend::installed::Installed;
use crate::backend::{self, Subject};
use crate::report::Outcome;
use crate::spec::Algorithm;
use crate::vector::readings::{self, Reading};
use crate::vector::{Case, Suite, Task};

/// So many records are tried in every reading.
const TRIES: usize = 3;

/// How long a code path may take to answer to all of them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the signature records of each suite as they pass. Records say nowhere through which interface they were signed
/// and whether the randomness was drawn: the file's name may, and the first record that passes in any reading
/// decides. Where no code path confirms any reading, the suite stays as it is.
pub fn settle(suites: &mut [Suite], subjects: &[Subject]) {
    // Those that are asked for may lack the interface that was signed through.
    let linked = backend::ALL
        .iter()
        .flat_map(|backend| backend.paths.iter().map(|path| Subject { backend, path, forced: false }));
    let linked: Vec<Subject> = linked.collect();
    for suite in suites {
        for algorithm in Algorithm::ALL {
            let is_of = |case: &Case<'_>| {
                case.algorithm == algorithm && matches!(case.task, Task::DsaRoundTrip { .. })
            };
            // A record may be wrong; that the first few are says nothing of the rest.
            let found = suite.cases.iter().filter(|case| is_of(case)).take(TRIES).find_map(|case| {
                let mut all = vec![Reading { words: String::new(), case: case.clone() }];
                all.extend(readings::of(case));
                let mut able = subjects.iter().chain(&linked).filter(|subject| {
                    subject.path.offers(algorithm)
                        && subject.barred().is_none()
                        && subject.implementation().is_some()
                });
                let right = able.find_map(|subject| first_right(subject, &all))?;
                Some(all.swap_remove(right).words)
            });
            let Some(words) = found.filter(|words| !words.is_empty()) else { continue };
            for case in suite.cases.iter_mut().filter(|case| is_of(case)) {
                if let Some(reading) = readings::of(case).into_iter().find(|it| it.words == words) {
                    *case = reading.case;
                }
            }
        }
    }
}

/// The first of these readings that passes on this code path.
pub(super) fn first_right(subject: &Subject, readings: &[Reading]) -> Option<usize> {
    asked(Instant::now() + PATIENCE, PATIENCE, || {
        (subject.path.enter)();
        subject.path.installed.map_or(Ok(()), Installed::enter).ok()?;
        let mut alive = || ();
        let mut executor = Executor::new(subject.path, true, false, &mut alive);
        readings.iter().position(|reading| executor.run(&reading.case) == Outcome::Pass)
    })
}

#[cfg(test)]
#[cfg(feature = "rustcrypto")]
mod tests {
    use super::*;
    use crate::backend::Signing;
    use crate::spec::Operation;
    use crate::spec::ml_dsa::{self, Hash};
    use crate::vector::{DsaKeys, Expected, Message};

    #[test]
    fn records_are_read_as_they_pass_whatever_the_file_is_called() {
        let backend = backend::ALL.iter().copied().find(|it| it.id == "rustcrypto").unwrap();
        let subject = Subject { backend, path: backend.paths[0], forced: false };
        let signature = subject.path.signature(Algorithm::MlDsa65).unwrap();
        let set = ml_dsa::sizes(Algorithm::MlDsa65).unwrap();
        let (mut pk, mut sk, mut sig) = (vec![0; set.pk], vec![0; set.sk], vec![0; set.sig]);
        signature.keygen_internal(&[7; 32], &mut pk, &mut sk).unwrap();
        let hashed = ml_dsa::formatted(Hash::Sha2_384, b"message", b"").unwrap();
        for (signed, rnd, class) in [
            (&b"message"[..], [0; 32], "internal/deterministic"),
            (b"message", [5; 32], "internal/hedged"),
            (&hashed, [0; 32], "external/preHash/SHA2-384/deterministic"),
            (b"\0\0message", [5; 32], "as read"),
            (b"something else", [5; 32], "as read"),
        ] {
            let signing = Signing { sk: &sk, message: backend::Message::Internal(signed), rnd: &rnd };
            signature.sign(signing, &mut sig).unwrap();
            let value = |bytes: &[u8]| Some(Expected::Value(bytes.to_vec().into()));
            let case = Case {
                name: "count0".into(),
                algorithm: Algorithm::MlDsa65,
                operation: Operation::Sign,
                class: "as read".into(),
                bad: None,
                task: Task::DsaRoundTrip {
                    xi: vec![7; 32].into(),
                    rnd: vec![5; 32].into(),
                    message: Message::Pure { msg: b"message"[..].into(), ctx: b""[..].into() },
                    keys: DsaKeys { pk: value(&pk), sk: value(&sk) },
                    sig: value(&sig).unwrap(),
                },
            };
            let mut suites = [Suite { name: "rsp/vectors".to_owned(), cases: vec![case.clone(), case] }];
            settle(&mut suites, &[subject]);
            let classes: Vec<_> = suites[0].cases.iter().map(|case| &*case.class).collect();
            assert_eq!(classes, [class, class]);
        }
    }
}
