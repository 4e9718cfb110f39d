//! Where everybody is wrong, nobody is: a wrong answer that all implementations share speaks against the vector, or against
//! how pqcheck reads it, and not against them.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;
use super::readings::first_right;
use crate::backend::Subject;
use crate::report::Outcome;
use crate::spec::{Algorithm, Operation};
use crate::vector::readings::{self, Reading};
use crate::vector::revision::{self, Revision};
use crate::vector::{Answer, Case, Expected, PrivateKey, Task};

/// So many cases of one kind are tried in every reading; what is found for one is then tried first.
const TRIES: usize = 3;

/// Turns the failures of a case to suspicions where no code path gave the published answer, and at least two independent
/// implementations, and more than give any third answer, agree on another one. A library that is `named` has something
/// else under the algorithm's name, so that its answer says nothing of the vector.
pub(super) fn find(grid: &mut Grid<'_>, named: &BTreeSet<(usize, Algorithm)>) {
    if !grid.plan.foreign_vectors {
        return;
    }
    let mut known: BTreeMap<(&str, Algorithm, Operation), Naming> = BTreeMap::new();
    let all = std::mem::take(&mut grid.answers);
    for (item, answers) in all {
        let (suite, case) = (grid.items[item].suite, grid.items[item].case);
        if (0..grid.outcomes.len()).any(|subject| is_witness(grid, subject, item)) {
            continue;
        }
        let mut by_answer: BTreeMap<[u8; 32], (BTreeSet<&str>, Vec<usize>)> = BTreeMap::new();
        for (subject, answer) in answers {
            let failed = matches!(grid.outcomes[subject][item], Some(Outcome::Fail { .. }));
            let Some(implementation) = grid.plan.subjects[subject].implementation() else { continue };
            let may_depart =
                grid.plan.strict && has_departures(grid, subject) && is_of_two(grid, subject, item);
            if failed && !may_depart && !named.contains(&(subject, case.algorithm)) {
                let (implementations, subjects) = by_answer.entry(answer).or_default();
                implementations.insert(implementation);
                subjects.push(subject);
            }
        }
        let mut ranked: Vec<(BTreeSet<&str>, Vec<usize>)> = by_answer.into_values().collect();
        ranked.sort_by_key(|(implementations, _)| std::cmp::Reverse(implementations.len()));
        let second = ranked.get(1).map_or(0, |(implementations, _)| implementations.len());
        let Some((implementations, subjects)) = ranked.into_iter().next() else { continue };
        if implementations.len() < 2 || implementations.len() <= second {
            continue;
        }
        let naming = known.entry((suite, case.algorithm, case.operation)).or_default();
        let right_for = naming.of(grid, &subjects, item);
        for subject in subjects {
            let Some(Outcome::Fail { reason, expected, got }) = grid.outcomes[subject][item].take() else {
                continue;
            };
            let mut reason = format!(
                "{reason}: {} independent implementations agree on another answer: suspect the vectors, or this \
                 reading of them",
                implementations.len()
            );
            if let Some(words) = &right_for {
                reason = format!("{reason}; {words}");
            }
            grid.outcomes[subject][item] = Some(Outcome::Suspect { reason, expected, got });
        }
    }
}

/// Whether this code path gave the published answer, and that speaks for the answer. One that is wrong on purpose, that has
/// the draft, or that may accept or refuse what it should not, is no witness.
fn is_witness(grid: &Grid<'_>, subject: usize, item: usize) -> bool {
    let (row, algorithm) = (&grid.outcomes[subject], grid.items[item].case.algorithm);
    let Subject { path, .. } = &grid.plan.subjects[subject];
    row[item] == Some(Outcome::Pass)
        && grid.plan.subjects[subject].implementation().is_some()
        && path.installed.is_none_or(|installed| installed.draft(algorithm).is_none())
        && !(has_departures(grid, subject)
            && (0..grid.outcomes.len()).any(|other| is_of_two(grid, other, item)))
}

fn has_departures(grid: &Grid<'_>, subject: usize) -> bool {
    !grid.plan.subjects[subject].path.departures.is_empty()
}

/// Whether the code path failed where there are two answers alone: to accept, and to reject.
fn is_of_two(grid: &Grid<'_>, subject: usize, item: usize) -> bool {
    matches!(&grid.outcomes[subject][item], Some(Outcome::Fail { got, .. }) if got == "accept" || got == "reject")
}

/// What the published answers of one kind of cases were found to be right for.
#[derive(Default)]
struct Naming {
    found: Option<String>,
    tries: usize,
}

impl Naming {
    /// What the published answer of `case` is right for, if that is known or one of these code paths says it.
    fn of(&mut self, grid: &Grid<'_>, subjects: &[usize], item: usize) -> Option<String> {
        let case = grid.items[item].case;
        if let Some(revision @ (Revision::Draft | Revision::Round3)) =
            revision::of(case.algorithm, &case.task)
        {
            return Some(format!("the published keys are those of {}", revision.words(case.algorithm)));
        }
        let mut all = readings::of(case);
        let is_signature = |it: &usize| {
            let outcome = grid.outcomes[*it].get(item);
            matches!(outcome, Some(Some(Outcome::Fail { reason, .. })) if reason.starts_with("sign: signature"))
        };
        if subjects.iter().any(is_signature) {
            all.extend(verification(case));
        }
        match &self.found {
            Some(words) => all.retain(|reading| reading.words == *words),
            None if self.tries == TRIES => return None,
            None => self.tries += 1,
        }
        if all.is_empty() {
            return None;
        }
        let right = subjects.iter().find_map(|it| first_right(&grid.plan.subjects[*it], &all))?;
        let words = all.swap_remove(right).words;
        self.found = Some(words.clone());
        Some(format!("the published answer is right for {words}"))
    }
}

/// Whether the published signature is valid at all, as one with randomness that the case does not say.
fn verification(case: &Case<'static>) -> Option<Reading> {
    let (pk, message, sig) = match &case.task {
        Task::DsaSign {
            key: PrivateKey::Seed(_),
            pk: Some(Expected::Value(pk)),
            message,
            answer: Answer::Accept(Expected::Value(sig)),
            ..
        } => (pk, message, sig),
        Task::DsaRoundTrip { keys, message, sig: Expected::Value(sig), .. } => match &keys.pk {
            Some(Expected::Value(pk)) => (pk, message, sig),
            _ => return None,
        },
        _ => return None,
    };
    let task = Task::DsaVerify { pk: pk.clone(), message: message.clone(), sig: sig.clone(), valid: true };
    let case = Case { task, ..case.clone() };
    Some(Reading { words: "a signature with other randomness than the file says".to_owned(), case })
}

#[cfg(test)]
#[cfg(all(feature = "libcrux", feature = "rustcrypto"))]
mod tests {
    use super::*;
    use crate::backend::{self, Backend, Signing, broken};
    use crate::kat::{self, Isolation, Plan};
    use crate::report::{Platform, Report};
    use crate::spec::ml_dsa::{self, Hash};
    use crate::vector::{DsaKeys, KemKeys, Message, Suite};

    fn run(
        task: Task<'static>,
        algorithm: Algorithm,
        operation: Operation,
        backends: &[&str],
        foreign: bool,
    ) -> Report {
        let case = Case { name: "tc1".into(), algorithm, operation, class: "".into(), bad: None, task };
        let suites = [Suite { name: "s".to_owned(), cases: vec![case] }];
        let backend = |id: &&str| -> &'static Backend {
            let fault = id.strip_prefix("broken:").and_then(broken::find).and_then(broken::backend);
            fault.or_else(|| backend::ALL.iter().copied().find(|it| it.id == *id)).unwrap()
        };
        let subjects = backends.iter().map(backend);
        let subjects = subjects.map(|it| backend::Subject { backend: it, path: it.paths[0], forced: false });
        kat::run(
            &Plan {
                subjects: subjects.collect(),
                suites: &suites,
                foreign_vectors: foreign,
                corpus: Vec::new(),
                platform: Platform::default(),
                asked: Vec::new(),
                shard: None,
                isolation: Isolation::Apart { jobs: 1 },
                silence: std::time::Duration::from_secs(10),
                timed: false,
                strict: false,
                chosen_only: false,
                deadline: None,
            },
            &mut |_, _| (),
        )
    }

    fn suspicions(report: &Report) -> Vec<&str> {
        let mut reasons = Vec::new();
        for case in &report.cases {
            if let Outcome::Suspect { reason, .. } = &case.outcome {
                reasons.push(reason.as_str());
            }
        }
        reasons
    }

    /// A key pair of the draft.
    fn draft() -> Task<'static> {
        let draft = broken::find("draft-g-of-d").and_then(broken::backend).unwrap();
        let kem = draft.paths[0].kem(Algorithm::MlKem768).unwrap();
        let (mut ek, mut dk) = (vec![0; 1184], vec![0; 2400]);
        kem.keygen_internal(&[1; 32], &[2; 32], &mut ek, &mut dk).unwrap();
        let keys = KemKeys { ek: Some(Expected::Value(ek.into())), dk: None };
        Task::KemKeygen { seed: [[1; 32], [2; 32]].concat().into(), answer: Answer::Accept(keys) }
    }

    #[test]
    fn what_all_implementations_answer_speaks_against_the_vector_and_a_draft_is_named() {
        let good = ["rustcrypto", "libcrux"];
        let of = |backends: &[&str], foreign| {
            run(draft(), Algorithm::MlKem768, Operation::Keygen, backends, foreign)
        };
        let report = of(&good, true);
        assert_eq!((report.summary.suspect, report.summary.fail), (2, 0));
        assert_eq!(
            suspicions(&report)[0],
            "keygen: ek differs: 2 independent implementations agree on another answer: suspect the vectors, or this \
             reading of them; the published keys are those of ML-KEM-768 of the initial public draft of FIPS 203 \
             (liboqs 0.10)"
        );
        // Nobody doubts the embedded vectors, and one implementation is no majority.
        for (backends, foreign) in [(&good[..], false), (&good[..1], true)] {
            let report = of(backends, foreign);
            assert_eq!(report.summary.suspect, 0, "{backends:?}");
            assert_eq!(report.summary.fail as usize, backends.len(), "{backends:?}");
        }
        // Who is wrong on purpose is no witness.
        let report = of(&["rustcrypto", "libcrux", "broken:draft-g-of-d"], true);
        assert_eq!((report.summary.suspect, report.summary.pass), (2, 1));
    }

    #[test]
    fn the_interface_that_the_published_answer_is_right_for_is_named() {
        let rustcrypto = backend::ALL.iter().find(|it| it.id == "rustcrypto").unwrap();
        let signature = rustcrypto.paths[0].signature(Algorithm::MlDsa44).unwrap();
        let set = ml_dsa::sizes(Algorithm::MlDsa44).unwrap();
        let (mut pk, mut sk, mut sig) = (vec![0; set.pk], vec![0; set.sk], vec![0; set.sig]);
        signature.keygen_internal(&[7; 32], &mut pk, &mut sk).unwrap();
        let formatted = ml_dsa::formatted(Hash::Sha3_384, b"message", b"ctx").unwrap();
        for (message, rnd, words) in [
            (&b"message"[..], [0; 32], "the internal interface (FIPS 204, Algorithm 7)"),
            (&formatted, [0; 32], "HashML-DSA with SHA3-384"),
            (b"\0\x03ctxmessage", [0; 32], "ML-DSA of the external interface with zeros as its randomness"),
            (b"\0\x03ctxmessage", [9; 32], "a signature with other randomness than the file says"),
        ] {
            let signing = Signing { sk: &sk, message: backend::Message::Internal(message), rnd: &rnd };
            signature.sign(signing, &mut sig).unwrap();
            let value = |bytes: &[u8]| Expected::Value(bytes.to_vec().into());
            let task = Task::DsaRoundTrip {
                xi: vec![7; 32].into(),
                rnd: vec![3; 32].into(),
                message: Message::Pure { msg: b"message"[..].into(), ctx: b"ctx"[..].into() },
                keys: DsaKeys { pk: Some(value(&pk)), sk: None },
                sig: value(&sig),
            };
            let task = match words.contains("randomness") {
                true => task,
                false => match task {
                    Task::DsaRoundTrip { xi, message, keys, sig, .. } => {
                        Task::DsaRoundTrip { xi, message, keys, sig, rnd: vec![0; 32].into() }
                    }
                    other => other,
                },
            };
            let report = run(task, Algorithm::MlDsa44, Operation::Sign, &["rustcrypto", "libcrux"], true);
            let said = suspicions(&report);
            assert_eq!(said.len(), 2, "{words}");
            assert!(
                said[0].ends_with(&format!("; the published answer is right for {words}")),
                "{}",
                said[0]
            );
        }
    }
}
