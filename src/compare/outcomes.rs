//! Two reports side by side: what got worse, what is new, what got better.

use std::collections::{HashMap, HashSet};

use crate::report::comparison::{Change, Comparison, SCHEMA, Side};
use crate::report::{CaseResult, Outcome, Report};

/// Finds each outcome of one report in the other: by suite, case, backend and path, and where a
/// report has the same of all four several times, the first with the first and so on.
pub fn compare(old: &Report, new: &Report) -> Comparison {
    let mut result = Comparison {
        schema: SCHEMA.to_owned(),
        before: side(old),
        after: side(new),
        compared: 0,
        still_failing: 0,
        newly_failing: Vec::new(),
        newly_skipped: Vec::new(),
        vanished: Vec::new(),
        new: Vec::new(),
        newly_passing: Vec::new(),
    };
    let before: HashMap<Key<'_>, &CaseResult> = keyed(old).collect();
    let mut seen = HashSet::with_capacity(before.len());
    for (key, now) in keyed(new) {
        let was = before.get(&key).copied();
        if was.is_some() {
            result.compared += 1;
            seen.insert(key);
        }
        if let Some(list) = list_for(&mut result, was.map(|was| &was.outcome), &now.outcome) {
            list.push(change(now, was.map(|was| &was.outcome), Some(&now.outcome)));
        }
    }
    let gone = keyed(old).filter(|(key, _)| !seen.contains(key));
    result.vanished.extend(gone.map(|(_, was)| change(was, Some(&was.outcome), None)));
    result
}

fn side(report: &Report) -> Side {
    Side { version: report.version.clone(), platform: report.platform.clone(), summary: report.summary }
}

/// Where a change belongs; nowhere if it is none.
fn list_for<'a>(
    result: &'a mut Comparison,
    was: Option<&Outcome>,
    now: &Outcome,
) -> Option<&'a mut Vec<Change>> {
    match (was.map(kind), kind(now)) {
        (Some(Kind::Bad), Kind::Bad) => {
            result.still_failing += 1;
            None
        }
        (Some(was), now) if was == now => None,
        (_, Kind::Bad) => Some(&mut result.newly_failing),
        (None, _) => Some(&mut result.new),
        (_, Kind::Skipped) => Some(&mut result.newly_skipped),
        (_, Kind::Passed) => Some(&mut result.newly_passing),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passed,
    Skipped,
    Bad,
}

fn kind(outcome: &Outcome) -> Kind {
    match outcome {
        Outcome::Pass => Kind::Passed,
        Outcome::Skip { .. } => Kind::Skipped,
        Outcome::Fail { .. } | Outcome::Error { .. } => Kind::Bad,
    }
}

/// Suite, case, backend, path, and how many with these four came before.
type Key<'a> = ((&'a str, &'a str, &'a str, &'a str), usize);

fn keyed(report: &Report) -> impl Iterator<Item = (Key<'_>, &CaseResult)> {
    let mut met = HashMap::with_capacity(report.cases.len());
    report.cases.iter().map(move |case| {
        let name = (case.suite.as_str(), case.case.as_str(), case.backend.as_str(), case.path.as_str());
        let before = met.entry(name).or_insert(0);
        let key = (name, *before);
        *before += 1;
        (key, case)
    })
}

fn change(case: &CaseResult, was: Option<&Outcome>, now: Option<&Outcome>) -> Change {
    Change {
        suite: case.suite.clone(),
        case: case.case.clone(),
        backend: case.backend.clone(),
        path: case.path.clone(),
        algorithm: case.algorithm,
        operation: case.operation,
        was: was.cloned(),
        now: now.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn fail() -> Outcome {
        Outcome::Fail { reason: "r".to_owned(), expected: "e".to_owned(), got: "g".to_owned() }
    }

    fn skip() -> Outcome {
        Outcome::Skip { reason: "r".to_owned() }
    }

    fn error() -> Outcome {
        Outcome::Error { reason: "r".to_owned() }
    }

    fn with(outcomes: &[Outcome]) -> Report {
        let mut report = sample::report();
        report.cases.truncate(outcomes.len());
        for (case, outcome) in report.cases.iter_mut().zip(outcomes) {
            case.outcome = outcome.clone();
        }
        report
    }

    /// The sizes of the lists: newly failing, newly skipped, vanished, new, newly passing, still failing.
    fn sizes(old: &[Outcome], new: &[Outcome]) -> [usize; 6] {
        let found = compare(&with(old), &with(new));
        let worse = found.newly_failing.len() + found.newly_skipped.len() + found.vanished.len() > 0;
        assert_eq!(found.is_worse(), worse);
        [
            found.newly_failing.len(),
            found.newly_skipped.len(),
            found.vanished.len(),
            found.new.len(),
            found.newly_passing.len(),
            usize::try_from(found.still_failing).unwrap(),
        ]
    }

    #[test]
    fn a_report_is_not_worse_than_itself() {
        let found = compare(&sample::report(), &sample::report());
        assert!(!found.is_worse());
        assert_eq!(found.compared, sample::report().summary.total());
        assert_eq!(found.still_failing, 13);
        assert!(found.new.is_empty() && found.newly_passing.is_empty());
    }

    #[test]
    fn every_pair_of_outcomes_lands_in_its_list() {
        let pass = || Outcome::Pass;
        assert_eq!(sizes(&[pass()], &[pass()]), [0, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[pass()], &[fail()]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[pass()], &[error()]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[pass()], &[skip()]), [0, 1, 0, 0, 0, 0]);
        assert_eq!(sizes(&[skip()], &[pass()]), [0, 0, 0, 0, 1, 0]);
        assert_eq!(sizes(&[skip()], &[fail()]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[skip()], &[error()]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[skip()], &[skip()]), [0, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[fail()], &[pass()]), [0, 0, 0, 0, 1, 0]);
        assert_eq!(sizes(&[fail()], &[skip()]), [0, 1, 0, 0, 0, 0]);
        assert_eq!(sizes(&[fail()], &[error()]), [0, 0, 0, 0, 0, 1]);
        assert_eq!(sizes(&[error()], &[fail()]), [0, 0, 0, 0, 0, 1]);
        assert_eq!(sizes(&[error()], &[pass()]), [0, 0, 0, 0, 1, 0]);
        assert_eq!(sizes(&[error()], &[skip()]), [0, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn a_case_in_one_report_only_is_vanished_or_new_and_failing_if_it_fails() {
        assert_eq!(sizes(&[Outcome::Pass], &[]), [0, 0, 1, 0, 0, 0]);
        assert_eq!(sizes(&[skip()], &[]), [0, 0, 1, 0, 0, 0]);
        assert_eq!(sizes(&[], &[Outcome::Pass]), [0, 0, 0, 1, 0, 0]);
        assert_eq!(sizes(&[], &[skip()]), [0, 0, 0, 1, 0, 0]);
        assert_eq!(sizes(&[], &[fail()]), [1, 0, 0, 0, 0, 0]);
        assert_eq!(sizes(&[], &[error()]), [1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_same_case_on_another_path_is_another_case() {
        let old = with(&[Outcome::Pass]);
        let mut new = old.clone();
        new.cases[0].path = "portable".to_owned();
        let found = compare(&old, &new);
        assert_eq!((found.vanished.len(), found.new.len(), found.compared), (1, 1, 0));
    }

    #[test]
    fn cases_of_one_name_are_told_apart_by_their_order() {
        let twice = |first: Outcome, second: Outcome| {
            let mut report = with(&[first, second]);
            report.cases[1].case = report.cases[0].case.clone();
            report
        };
        let old = twice(Outcome::Pass, fail());
        assert!(!compare(&old, &old).is_worse());
        let found = compare(&old, &twice(fail(), Outcome::Pass));
        assert_eq!((found.newly_failing.len(), found.newly_passing.len()), (1, 1));
        let mut once = old.clone();
        once.cases.truncate(1);
        assert_eq!(compare(&old, &once).vanished.len(), 1);
        assert_eq!(compare(&once, &old).newly_failing.len(), 1);
    }

    #[test]
    fn the_order_of_the_cases_does_not_matter() {
        let mut turned = sample::report();
        turned.cases.reverse();
        let found = compare(&sample::report(), &turned);
        assert!(!found.is_worse() && found.new.is_empty() && found.newly_passing.is_empty());
    }
}
