//! Known-answer tests: cases x code paths -> outcomes.
//!
//! [`run`] is the first function to read. Knows no file, no format and no terminal.

use std::time::{Duration, Instant};

use crate::backend::Subject;
use crate::backend::installed::Installed;
use crate::isolate;
use crate::report::{
    self, AccumulatedDigest, CaseResult, Library, Outcome, PathInfo, Platform, Report, SCHEMA, Summary,
    Timing,
};
use crate::spec::Algorithm;
use crate::vector::{Case, Suite, Task};

mod departure;
mod exec;
mod guarded;
pub mod health;
mod identity;
pub mod merge;
pub mod randomness;
mod schedule;
pub mod select;
mod together;
mod units;

/// Every reason for which a case is skipped, and what it means. What follows the colon varies.
pub const SKIP_REASONS: &[(&str, &str)] = &[
    ("bad-vector", "the published answer itself is known to be wrong"),
    ("known-departure", "the code is known to depart from the standard in this way, and did"),
    ("cpu-lacks", "the code path needs processor features that are not here"),
    ("no-published-digest", "nobody has published this value and no second backend computed it"),
    ("not-chosen", "the library takes another code path for this algorithm here"),
    ("not-offered", "the library, or this code path of it, has no such algorithm"),
    ("unsupported", "the library has no entry point for this interface of the standard"),
];

/// What to run, and with what limits.
pub struct Plan<'a> {
    /// The code paths, in report order.
    pub subjects: Vec<Subject>,
    /// The vectors.
    pub suites: &'a [Suite],
    /// Where they came from, for the report.
    pub corpus: Vec<String>,
    /// The machine, for the report.
    pub platform: Platform,
    /// Algorithms that are asked for by name: that one is no standard needs no warning.
    pub asked: Vec<Algorithm>,
    /// Which part of a run this is, if it is one.
    pub shard: Option<report::Shard>,
    /// How many children run at once.
    pub jobs: usize,
    /// The longest time that a code path may be silent.
    pub silence: Duration,
    /// Whether to measure the time inside the libraries.
    pub timed: bool,
    /// Whether known departures from the standards are failures.
    pub strict: bool,
    /// Whether a path is asked only for the algorithms for which its library would take it here.
    pub chosen_only: bool,
    /// When the whole run has to be over, if ever.
    pub deadline: Option<Instant>,
}

/// One case with the suite it belongs to.
#[derive(Clone, Copy)]
struct Item<'a> {
    suite: &'a str,
    case: &'a Case<'static>,
}

/// Runs every case on every code path. `progress` is told how many outcomes there are, and of how many.
pub fn run(plan: &Plan<'_>, progress: &mut dyn FnMut(usize, usize)) -> Report {
    let (wall, cpu) = (Instant::now(), isolate::cpu_ns());
    let items: Vec<Item<'_>> = plan
        .suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| Item { suite: &suite.name, case }))
        .collect();
    let mut grid = schedule::Grid::new(plan, &items);
    together::attempt(&mut grid, plan, &items);
    grid.fill(plan, &items, progress);
    identity::name(&mut grid, plan, &items);
    let digests = grid.digests(plan, &items);
    confirm_unpublished(plan, &items, &mut grid.outcomes, &digests);

    let timing = plan.timed.then(|| Timing {
        library_ns: grid.library_ns,
        total_ns: isolate::cpu_ns().saturating_sub(cpu),
        wall_ns: u64::try_from(wall.elapsed().as_nanos()).unwrap_or(u64::MAX),
    });
    let paths = paths(plan, &grid);
    let cases = cases(plan, &items, grid.outcomes);
    Report {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: plan.platform.clone(),
        corpus: plan.corpus.clone(),
        shard: plan.shard.clone(),
        paths,
        warnings: warnings(plan, &cases),
        summary: Summary::of(&cases),
        timing,
        digests,
        cases,
    }
}

fn paths(plan: &Plan<'_>, grid: &schedule::Grid) -> Vec<PathInfo> {
    let mut paths = Vec::with_capacity(plan.subjects.len());
    for (index, subject) in plan.subjects.iter().enumerate() {
        let library = |installed: &Installed| Library { draft: grid.drafts[index], ..installed.info() };
        paths.push(PathInfo {
            not_isolated: grid.not_isolated[index].clone(),
            library: subject.path.installed.map(library),
            ..subject.info()
        });
    }
    paths
}

fn cases(plan: &Plan<'_>, items: &[Item<'_>], outcomes: Vec<Vec<Outcome>>) -> Vec<CaseResult> {
    let of_path = |(subject, outcomes): (&Subject, Vec<Outcome>)| {
        let (backend, path) = (subject.backend.id, subject.path.id);
        items.iter().zip(outcomes).map(move |(item, outcome)| CaseResult {
            suite: item.suite.to_owned(),
            case: item.case.name.clone().into_owned(),
            backend: backend.to_owned(),
            path: path.to_owned(),
            algorithm: item.case.algorithm,
            operation: item.case.operation,
            outcome,
        })
    };
    plan.subjects.iter().zip(outcomes).flat_map(of_path).collect()
}

/// What an application should know that links these libraries.
fn warnings(plan: &Plan<'_>, cases: &[CaseResult]) -> Vec<String> {
    let of_paths = plan.subjects.iter().filter_map(|subject| subject.warning_beside(&plan.asked));
    of_paths.chain(departure::warnings(cases)).collect()
}

/// An accumulated digest that nobody has published passes where another backend agrees on it, fails
/// where one does not, and is a skip where only one has computed it.
fn confirm_unpublished(
    plan: &Plan<'_>,
    items: &[Item<'_>],
    outcomes: &mut [Vec<Outcome>],
    digests: &[AccumulatedDigest],
) {
    for (index, item) in items.iter().enumerate() {
        let Task::Accumulated { digest: None, count, block } = item.case.task else { continue };
        let computed: Vec<&AccumulatedDigest> = digests
            .iter()
            .filter(|entry| {
                (entry.algorithm, entry.count, entry.block) == (item.case.algorithm, count, block)
            })
            .collect();
        for (subject, outcomes) in plan.subjects.iter().zip(outcomes.iter_mut()) {
            let is_own = |entry: &&&AccumulatedDigest| {
                entry.backend == subject.backend.id && entry.path == subject.path.id
            };
            let Some(own) = computed.iter().find(is_own).filter(|_| outcomes[index] == Outcome::Pass) else {
                continue;
            };
            let mut others = computed.iter().filter(|entry| entry.backend != own.backend).peekable();
            if others.peek().is_none() {
                outcomes[index] = Outcome::Skip { reason: "no-published-digest".to_owned() };
            } else if let Some(other) = others.find(|other| other.digest != own.digest) {
                outcomes[index] = Outcome::Fail {
                    reason: format!("accumulated digest differs from that of {}", other.backend),
                    expected: other.digest.clone(),
                    got: own.digest.clone(),
                };
            }
        }
    }
}
