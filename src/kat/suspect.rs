//! Where everybody is wrong, nobody is: a wrong answer that all implementations share speaks against the vector, or against
//! how pqcheck reads it, and not against them.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;
use super::readings::first_right;
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
        if grid.outcomes.iter().any(|row| row[item] == Some(Outcome::Pass)) {
            continue;
        }
        let mut by_answer: BTreeMap<[u8; 32], (BTreeSet<&str>, Vec<usize>)> = BTreeMap::new();
        for (subject, answer) in answers {
            let failed = matches!(grid.outcomes[subject][item], Some(Outcome::Fail { .. }));
            let Some(implementation) = grid.plan.subjects[subject].implementation() else { continue };
            if failed && !named.contains(&(subject, case.algorithm)) {
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
        let right_for = naming.of(grid, &subjects, case);
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

/// What the published answers of one kind of cases were found to be right for.
#[derive(Default)]
struct Naming {
    found: Option<String>,
    tries: usize,
}

impl Naming {
    /// What the published answer of `case` is right for, if that is known or one of these code paths says it.
    fn of(&mut self, grid: &Grid<'_>, subjects: &[usize], case: &Case<'static>) -> Option<String> {
        if let Some(revision @ (Revision::Draft | Revision::Round3)) =
            revision::of(case.algorithm, &case.task)
        {
            return Some(format!("the published keys are those of {}", revision.words(case.algorithm)));
        }
        let mut all = readings::of(case);
        all.extend(verification(case));
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
