//! What an OpenSSL of the image has and an application does not get, because of its configuration. Asks in a child process,
//! as everything that calls a library.

use std::time::{Duration, Instant};

use super::asked::asked;
use super::grid::Grid;
use crate::backend::Subject;
use crate::report::{Configuration, Outcome};

/// How long a library may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The configuration of each subject that skipped a case because the library does not have the algorithm after all.
pub(super) fn found(grid: &Grid<'_>) -> Vec<Option<Configuration>> {
    let lacked = |outcomes: &[Option<Outcome>]| {
        let lacks = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Skip { reason }) if reason == "unsupported: algorithm");
        outcomes.iter().any(lacks)
    };
    let subjects = grid.plan.subjects.iter().zip(&grid.outcomes);
    subjects.map(|(subject, outcomes)| lacked(outcomes).then(|| of(subject)).flatten()).collect()
}

/// The configuration of an OpenSSL that keeps something of it out of reach; nothing where all that it has is there, or
/// where that does not come to an end.
pub fn of(subject: &Subject) -> Option<Configuration> {
    let installed = subject.path.installed?;
    asked(Instant::now() + PATIENCE, PATIENCE, || installed.configuration())
}
