//! Cuts the cases of a code path into units, each for one child process. Starts none of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use super::{Item, Plan, together};
use crate::spec::ml_dsa;
use crate::vector::Task;

/// Cases in one child at most, so that the children of the slow paths spread over all cores.
const CASES_PER_CHILD: usize = 256;
/// Fewer cases than this are not worth a second child.
const CASES_WORTH_SHARING: usize = 64;
/// An accumulated case of as many round trips takes as long as those.
const ROUNDS_WORTH_SHARING: u64 = 1000;

/// Some cases of one subject, to be run in one child.
pub(super) struct Unit {
    pub(super) subject: usize,
    pub(super) items: VecDeque<usize>,
}

/// The units for the cases of `subject` that are to be run.
pub(super) fn cut(plan: &Plan<'_>, items: &[Item<'_>], subject: usize, runnable: &[usize]) -> Vec<Unit> {
    if together::may(plan) {
        return by_operation(items, subject, runnable);
    }
    let is_long = |item: &usize| match items[*item].case.task {
        Task::Accumulated { count, .. } => count >= ROUNDS_WORTH_SHARING,
        _ => false,
    };
    let is_little = runnable.len() < CASES_WORTH_SHARING && !runnable.iter().any(is_long);
    let least = if is_little { 1 } else { plan.jobs.max(1) };
    let children = runnable.len().div_ceil(CASES_PER_CHILD).max(least).min(runnable.len());
    // Every n-th case, so that the slow operations, which stand together, are shared out.
    (0..children)
        .map(|first| Unit {
            subject,
            items: runnable.iter().copied().skip(first).step_by(children).collect(),
        })
        .collect()
}

/// One unit for each operation of each algorithm.
fn by_operation(items: &[Item<'_>], subject: usize, runnable: &[usize]) -> Vec<Unit> {
    let mut by_operation: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
    for item in runnable {
        let case = items[*item].case;
        by_operation.entry((case.algorithm, case.operation)).or_default().push_back(*item);
    }
    by_operation.into_values().map(|items| Unit { subject, items }).collect()
}

/// Puts those first that take longest.
pub(super) fn longest_first(units: &mut [Unit], items: &[Item<'_>]) {
    // ML-DSA takes longer than the others, and the libraries at the end of the list, which are written in
    // Rust, longer than those in C.
    units.sort_by_key(|unit| {
        let dsa = unit.items.iter().any(|item| ml_dsa::sizes(items[*item].case.algorithm).is_some());
        Reverse((dsa, unit.subject))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Algorithm;
    use crate::vector::{Suite, accumulated};

    fn plan(suites: &[Suite], jobs: usize) -> Plan<'_> {
        Plan {
            subjects: Vec::new(),
            suites,
            corpus: Vec::new(),
            platform: crate::report::Platform::default(),
            asked: Vec::new(),
            shard: None,
            jobs,
            silence: std::time::Duration::from_secs(1),
            timed: false,
            strict: false,
            chosen_only: false,
            deadline: None,
        }
    }

    /// How many cases each unit has, of a run in so many blocks.
    fn sizes(rounds: u64, block: u64, jobs: usize) -> Vec<usize> {
        // Six of the standards have such cases.
        let mut cases = accumulated::blocks(rounds, block);
        cases.retain(|case| Algorithm::STANDARDS.contains(&case.algorithm));
        let suites = [Suite { name: accumulated::SUITE.to_owned(), cases }];
        let items: Vec<Item<'_>> =
            suites[0].cases.iter().map(|case| Item { suite: &suites[0].name, case }).collect();
        let runnable: Vec<usize> = (0..items.len()).collect();
        let units = cut(&plan(&suites, jobs), &items, 3, &runnable);
        let mut all: Vec<usize> = units.iter().flat_map(|unit| unit.items.iter().copied()).collect();
        all.sort_unstable();
        assert_eq!(all, runnable);
        assert!(units.iter().all(|unit| unit.subject == 3));
        units.iter().map(|unit| unit.items.len()).collect()
    }

    #[test]
    fn little_work_stays_in_one_child_and_much_takes_every_core() {
        assert_eq!(sizes(10, 10, 4), [6]);
        assert_eq!(sizes(2000, 1000, 4), [3, 3, 3, 3]);
        assert_eq!(sizes(20, 1, 4), [30, 30, 30, 30]);
        assert_eq!(sizes(500, 1, 4), [250; 12]);
        assert_eq!(sizes(1000, 1000, 16), [1; 6]);
    }
}
