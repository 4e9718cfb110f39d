//! Two reports side by side: what got worse, what is new, what got better.

use std::collections::{HashMap, HashSet};

use super::rule::{self, Found, State};
use crate::report::conclusion::{Conclusion, Lost};
use crate::report::outcomes::{Change, Outcomes, SCHEMA, Side};
use crate::report::{CaseResult, Outcome, Report};

/// Finds each outcome of one report in the other: by suite, case, backend and path, and where a
/// report has the same of all four several times, the first with the first and so on.
pub(super) fn compare(old: &Report, new: &Report) -> Outcomes {
    let mut result = Outcomes {
        schema: SCHEMA.to_owned(),
        before: side(old),
        after: side(new),
        conclusion: Conclusion::NothingCompared,
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
        result.compared += u64::from(was.is_some());
        seen.insert(key);
        sort_in(&mut result, was, Some(now));
    }
    for (_, was) in keyed(old).filter(|(key, _)| !seen.contains(key)) {
        sort_in(&mut result, Some(was), None);
    }
    let found = Found {
        broken: result.newly_failing.len() + result.newly_skipped.len(),
        vanished: result.vanished.len(),
        compared: result.compared as usize,
        others: !result.new.is_empty(),
        ..Found::default()
    };
    result.conclusion = found.conclusion();
    result
}

fn side(report: &Report) -> Side {
    Side { version: report.version.clone(), platform: report.platform.clone(), summary: report.summary }
}

/// Puts a case into the list where it belongs; into none if nothing changed.
fn sort_in(result: &mut Outcomes, was: Option<&CaseResult>, now: Option<&CaseResult>) {
    let list = match rule::change(was.map(state), now.map(state)) {
        rule::Change::Lost(Lost::NewlyFailing) => &mut result.newly_failing,
        rule::Change::Lost(Lost::NewlySkipped) => &mut result.newly_skipped,
        rule::Change::Lost(Lost::Vanished) => &mut result.vanished,
        rule::Change::New => &mut result.new,
        rule::Change::NewlyPassing => &mut result.newly_passing,
        rule::Change::StillFailing => {
            result.still_failing += 1;
            return;
        }
        rule::Change::Same => return,
    };
    list.extend(now.or(was).map(|case| Change {
        suite: case.suite.clone(),
        case: case.case.clone(),
        backend: case.backend.clone(),
        path: case.path.clone(),
        algorithm: case.algorithm,
        operation: case.operation,
        was: was.map(|was| was.outcome.clone()),
        now: now.map(|now| now.outcome.clone()),
    }));
}

fn state(case: &CaseResult) -> State {
    match case.outcome {
        Outcome::Pass => State::Good,
        Outcome::Skip { .. } => State::Skipped,
        Outcome::Fail { .. } | Outcome::Suspect { .. } | Outcome::Error { .. } => State::Bad,
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

    fn is_worse(found: &Outcomes) -> bool {
        found.conclusion == Conclusion::Worse
    }

    /// The sizes of the lists: newly failing, newly skipped, vanished, new, newly passing, still failing.
    fn sizes(old: &[Outcome], new: &[Outcome]) -> [usize; 6] {
        let found = compare(&with(old), &with(new));
        let worse = found.newly_failing.len() + found.newly_skipped.len() + found.vanished.len() > 0;
        assert_eq!(is_worse(&found), worse);
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
        assert!(!is_worse(&found));
        assert_eq!(found.compared, sample::report().summary.total());
        assert_eq!(found.still_failing, 15);
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
        assert!(!is_worse(&compare(&old, &old)));
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
        assert!(!is_worse(&found) && found.new.is_empty() && found.newly_passing.is_empty());
    }
}
