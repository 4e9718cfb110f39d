//! Code paths x cases, and what came of each. Knows what cannot be asked, and not how the rest is run.

use std::collections::BTreeMap;

use super::plan::{Item, Plan};
use crate::backend::Subject;
use crate::report::{CaseResult, Outcome};
use serde::{Deserialize, Serialize};

/// The outcomes of a run, by subject and item.
pub(super) struct Grid<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) items: Vec<Item<'a>>,
    /// None until it is known.
    pub(super) outcomes: Vec<Vec<Option<Outcome>>>,
    /// Why a subject ran in pqcheck's own process, if it did.
    pub(super) not_isolated: Vec<Option<String>>,
    /// Whether a subject has the draft of a standard under the standard's name.
    pub(super) drafts: Vec<bool>,
    pub(super) library_ns: u64,
    /// What accumulated cases came to, by subject and item.
    pub(super) digests: Vec<(usize, usize, [u8; 32])>,
    /// Wrong answers, by item and subject.
    pub(super) answers: BTreeMap<usize, Vec<(usize, [u8; 32])>>,
    /// Whether pqcheck formatted messages for a subject.
    pub(super) formatted: Vec<bool>,
    done: usize,
}

/// What came of one case, as a child says it.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) subject: usize,
    pub(super) item: usize,
    pub(super) library_ns: u64,
    pub(super) digest: Option<[u8; 32]>,
    /// What tells a wrong answer from another one.
    pub(super) answer: Option<[u8; 32]>,
    /// Whether pqcheck formatted the message for the library.
    pub(super) formatted: bool,
    pub(super) outcome: Outcome,
}

impl<'a> Grid<'a> {
    /// A grid in which only those cases have outcomes that are not to be run.
    pub(super) fn new(plan: &'a Plan<'a>) -> Self {
        let items = plan.items();
        let row = |subject: &Subject| -> Vec<Option<Outcome>> {
            let barred = subject.barred();
            let skipped = |item: &Item<'_>| skipped(plan, subject, item, barred.as_deref());
            items.iter().map(|item| skipped(item).map(|reason| Outcome::Skip { reason })).collect()
        };
        let outcomes: Vec<Vec<Option<Outcome>>> = plan.subjects.iter().map(row).collect();
        Self {
            done: outcomes.iter().flatten().flatten().count(),
            not_isolated: vec![None; outcomes.len()],
            drafts: vec![false; outcomes.len()],
            library_ns: 0,
            digests: Vec::new(),
            answers: BTreeMap::new(),
            formatted: vec![false; outcomes.len()],
            plan,
            items,
            outcomes,
        }
    }

    /// How many outcomes are known, and of how many.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.done, self.outcomes.len() * self.items.len())
    }

    /// Takes down what came of a case.
    pub(super) fn enter(&mut self, entry: Entry) {
        let Entry { subject, item, library_ns, digest, answer, formatted, outcome } = entry;
        self.library_ns += library_ns;
        self.digests.extend(digest.map(|digest| (subject, item, digest)));
        if let Some(answer) = answer {
            self.answers.entry(item).or_default().push((subject, answer));
        }
        self.formatted[subject] |= formatted;
        self.set(subject, item, outcome);
    }

    /// Takes down that a case has no answer, and why.
    pub(super) fn error(&mut self, subject: usize, item: usize, reason: String) {
        self.set(subject, item, Outcome::Error { reason });
    }

    fn set(&mut self, subject: usize, item: usize, outcome: Outcome) {
        self.outcomes[subject][item] = Some(outcome);
        self.done += 1;
    }

    /// The cases as a report has them, in report order.
    pub(super) fn cases(self) -> Vec<CaseResult> {
        let Self { plan, items, outcomes, .. } = self;
        let row = |(subject, outcomes): (&Subject, Vec<Option<Outcome>>)| {
            let (backend, path) = (subject.backend.id, subject.path.id);
            let cases = items.iter().zip(outcomes).map(move |(item, outcome)| CaseResult {
                suite: item.suite.to_owned(),
                case: item.case.name.clone().into_owned(),
                backend: backend.to_owned(),
                path: path.to_owned(),
                algorithm: item.case.algorithm,
                operation: item.case.operation,
                outcome: outcome.unwrap_or_else(|| Outcome::Error { reason: "not run".to_owned() }),
            });
            cases.collect::<Vec<_>>()
        };
        plan.subjects.iter().zip(outcomes).flat_map(row).collect()
    }
}

/// Why a case is not run on a code path, if it is not.
fn skipped(plan: &Plan<'_>, subject: &Subject, item: &Item<'_>, barred: Option<&str>) -> Option<String> {
    let algorithm = item.case.algorithm;
    if plan.chosen_only && !subject.is_chosen_for(algorithm) {
        return Some("not-chosen".to_owned());
    }
    if !subject.path.offers(algorithm) {
        return Some(format!("not-offered: {algorithm}"));
    }
    if let Some(barred) = barred {
        return Some(barred.to_owned());
    }
    item.case.bad.map(|why| format!("bad-vector: {why}"))
}
