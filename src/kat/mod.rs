//! Known-answer tests: cases x code paths -> outcomes.
//!
//! [`run`] is the first function to read. Knows no file, no format and no terminal.

use std::time::Instant;

use crate::backend::installed::Installed;
use crate::isolate;
use crate::report::{
    CaseResult, Configuration, Library, PathInfo, RanNowhere, Report, SCHEMA, Summary, Timing,
};

mod asked;
mod departure;
mod exec;
mod grid;
mod guarded;
pub mod health;
mod identity;
mod isolation;
pub mod merge;
mod plan;
pub mod randomness;
pub mod reach;
pub mod readings;
pub mod select;
mod suspect;
mod unpublished;

use grid::Grid;
pub use plan::{Isolation, Plan};

/// Every reason for which a case is skipped, and what it means. What follows the colon varies.
pub const SKIP_REASONS: &[(&str, &str)] = &[
    ("bad-vector", "the published answer is known to be wrong, or the key was not published"),
    ("known-departure", "the library is known to depart from the standard here, and did"),
    ("cpu-lacks", "this processor lacks a feature that the code path needs"),
    ("no-published-digest", "no published value, and no second backend to confirm it"),
    ("not-chosen", "the library uses another code path for this algorithm on this processor"),
    ("not-offered", "the library or code path does not have the algorithm"),
    ("unsupported", "the library has no entry point for this interface of the standard"),
];

/// Runs every case on every code path. `progress` is told how many outcomes there are, and of how many.
pub fn run(plan: &Plan<'_>, progress: &mut dyn FnMut(usize, usize)) -> Report {
    let (wall, cpu) = (Instant::now(), isolate::cpu_ns());
    let mut grid = Grid::new(plan);
    isolation::fill(&mut grid, progress);
    let named = identity::name(&mut grid);
    let digests = unpublished::confirm(&mut grid);
    suspect::find(&mut grid, &named);

    let timing = plan.timed.then(|| Timing {
        library_ns: grid.library_ns,
        total_ns: isolate::cpu_ns().saturating_sub(cpu),
        wall_ns: u64::try_from(wall.elapsed().as_nanos()).unwrap_or(u64::MAX),
    });
    let paths = paths(&grid, reach::found(&grid));
    let cases = grid.cases();
    Report {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: plan.platform.clone(),
        corpus: plan.corpus.clone(),
        shard: plan.shard.clone(),
        paths,
        warnings: warnings(plan, &cases),
        summary: Summary::of(&cases),
        unmet: Vec::new(),
        ran_nowhere: RanNowhere::of(&cases),
        timing,
        digests,
        cases,
    }
}

fn paths(grid: &Grid<'_>, mut reach: Vec<Option<Configuration>>) -> Vec<PathInfo> {
    let mut paths = Vec::with_capacity(grid.plan.subjects.len());
    for (index, subject) in grid.plan.subjects.iter().enumerate() {
        let configuration = reach[index].take();
        let library =
            |installed: &Installed| Library { draft: grid.drafts[index], configuration, ..installed.info() };
        paths.push(PathInfo {
            not_isolated: grid.not_isolated[index].clone(),
            prehash_by_pqcheck: grid.formatted[index],
            library: subject.path.installed.map(library),
            ..subject.info()
        });
    }
    paths
}

/// What an application should know that links these libraries.
fn warnings(plan: &Plan<'_>, cases: &[CaseResult]) -> Vec<String> {
    let of_paths = plan.subjects.iter().filter_map(|subject| subject.warning_beside(&plan.asked));
    of_paths.chain(departure::warnings(cases)).collect()
}
