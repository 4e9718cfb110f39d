//! Units of work, some cases of a code path each: how they are cut, and what a process does with one. Starts none.

use std::collections::{BTreeMap, VecDeque};

use crate::backend::installed::Installed;
use crate::kat::exec::Executor;
use crate::kat::grid::{Entry, Grid};
use crate::report::Outcome;
use crate::spec::{Algorithm, Operation};
use crate::vector::Task;

/// Cases in one child at most, so that the children of the slow paths spread over all cores.
const CASES_PER_CHILD: usize = 256;
/// Fewer cases than this are not worth a second child.
const CASES_WORTH_SHARING: usize = 64;
/// An accumulated case of as many round trips takes as long as those.
const ROUNDS_WORTH_SHARING: u64 = 1000;

/// Some cases of one subject, to be run in one process.
pub(super) struct Unit {
    pub(super) subject: usize,
    pub(super) items: VecDeque<usize>,
}

/// What crashes are counted by: a subject, an algorithm and an operation.
pub(super) type Key = (usize, Algorithm, Operation);

/// What a child says: outcomes, or in the middle of a long case nothing but that it lives.
pub(super) type Message = Vec<Entry>;

/// The units of all that is to be run, for children of which `jobs` run at once.
pub(super) fn cut(grid: &Grid<'_>, jobs: usize) -> Vec<Unit> {
    let of_subject = |subject| {
        let open = open(grid, subject);
        let is_long = |item: &usize| match grid.items[*item].case.task {
            Task::Accumulated { count, .. } => count >= ROUNDS_WORTH_SHARING,
            _ => false,
        };
        let is_little = open.len() < CASES_WORTH_SHARING && !open.iter().any(is_long);
        let least = if is_little { 1 } else { jobs.max(1) };
        let children = open.len().div_ceil(CASES_PER_CHILD).max(least).min(open.len());
        // Every n-th case, so that the slow operations, which stand together, are shared out.
        let every = |first| open.iter().copied().skip(first).step_by(children).collect();
        (0..children).map(|first| Unit { subject, items: every(first) }).collect::<Vec<_>>()
    };
    (0..grid.outcomes.len()).flat_map(of_subject).collect()
}

/// One unit for each operation of each algorithm on each subject.
pub(super) fn by_operation(grid: &Grid<'_>) -> Vec<Unit> {
    let mut units: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
    for subject in 0..grid.outcomes.len() {
        for item in open(grid, subject) {
            let case = grid.items[item].case;
            units.entry((subject, case.algorithm, case.operation)).or_default().push_back(item);
        }
    }
    units.into_iter().map(|((subject, ..), items)| Unit { subject, items }).collect()
}

/// The cases of a subject that have no outcome yet.
fn open(grid: &Grid<'_>, subject: usize) -> Vec<usize> {
    let outcomes = grid.outcomes[subject].iter().enumerate();
    outcomes.filter(|(_, outcome)| outcome.is_none()).map(|(item, _)| item).collect()
}

/// Takes down what the child of these units said. A child that was damaged may say anything: what is not the outcome
/// of a unit's next case is passed over, and the case stays open until the child ends.
pub(super) fn note(grid: &mut Grid<'_>, units: &mut [Unit], message: Message) {
    for entry in message {
        let is_next =
            |unit: &&mut Unit| (unit.subject, unit.items.front()) == (entry.subject, Some(&entry.item));
        let Some(unit) = units.iter_mut().find(is_next) else { continue };
        unit.items.pop_front();
        grid.enter(entry);
    }
}

impl Unit {
    /// The key of one of its cases.
    pub(super) fn key(&self, grid: &Grid<'_>, item: usize) -> Key {
        (self.subject, grid.items[item].case.algorithm, grid.items[item].case.operation)
    }

    /// Sends the library down the code path. Once in a process, before [`Unit::run`].
    pub(super) fn enter(&self, grid: &Grid<'_>) {
        (grid.plan.subjects[self.subject].path.enter)();
    }

    /// Runs the cases in order. `say` is given each outcome, and now and then an empty message.
    pub(super) fn run(&self, grid: &Grid<'_>, say: &mut dyn FnMut(Message)) {
        let subject = self.subject;
        let path = grid.plan.subjects[subject].path;
        let entered = path.installed.map_or(Ok(()), Installed::enter);
        for item in self.items.iter().copied() {
            let mut alive = || say(Message::new());
            let mut executor = Executor::new(path, grid.plan.strict, grid.plan.timed, &mut alive);
            let outcome = match &entered {
                Err(why) => Outcome::Error { reason: why.clone() },
                Ok(()) => executor.run(grid.items[item].case),
            };
            let Executor { library_ns, digest, answer, formatted, .. } = executor;
            say(vec![Entry { subject, item, library_ns, digest, answer, formatted, outcome }]);
        }
    }
}

#[cfg(test)]
#[cfg(feature = "liboqs")]
mod tests {
    use super::*;
    use crate::backend::Subject;
    use crate::kat::plan::{Isolation, Plan};
    use crate::vector::{Suite, accumulated};

    /// How many cases each unit has, of a run in so many blocks on the first code path.
    fn sizes(rounds: u64, block: u64, jobs: usize) -> Vec<usize> {
        let backend = crate::backend::ALL[0];
        let (path, forced) = (backend.paths[0], true);
        // Six of the standards have such cases.
        let mut cases = accumulated::blocks(rounds, block);
        cases.retain(|case| Algorithm::STANDARDS.contains(&case.algorithm) && path.offers(case.algorithm));
        let suites = [Suite { name: accumulated::SUITE.to_owned(), cases }];
        let plan = Plan {
            subjects: vec![Subject { backend, path, forced }],
            suites: &suites,
            foreign_vectors: false,
            corpus: Vec::new(),
            platform: crate::report::Platform::default(),
            asked: Vec::new(),
            shard: None,
            isolation: Isolation::Apart { jobs },
            silence: std::time::Duration::from_secs(1),
            timed: false,
            strict: false,
            chosen_only: false,
            deadline: None,
        };
        let grid = Grid::new(&plan);
        let units = cut(&grid, jobs);
        let mut all: Vec<usize> = units.iter().flat_map(|unit| unit.items.iter().copied()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..grid.items.len()).collect::<Vec<_>>());
        assert!(units.iter().all(|unit| unit.subject == 0));
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
