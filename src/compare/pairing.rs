//! Which measurement of one side belongs to which of another.

use super::machines::{self, Runs};
use crate::report::bench::Measurement;

/// By what the measurements of two sides are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairing {
    /// The same workload on the same code path.
    Path,
    /// The same workload: each side has one code path only, whatever they are called.
    Workload,
    /// The same workload on the path that the library takes on each: two machines have other paths.
    Chosen,
}

impl Pairing {
    pub(super) fn of(first: &Runs, side: &Runs) -> Self {
        match (only_path(first), only_path(side)) {
            (Some(_), Some(_)) => Self::Workload,
            _ if machines::of(first) == machines::of(side) => Self::Path,
            _ => Self::Chosen,
        }
    }

    /// Whether these two belong together.
    pub(super) fn joins(self, before: &Measurement, after: &Measurement) -> bool {
        before.workload == after.workload
            && match self {
                Self::Workload => true,
                Self::Path => before.backend == after.backend && before.path == after.path,
                Self::Chosen => before.backend == after.backend && before.chosen && after.chosen,
            }
    }
}

/// The code path of a side that has just one.
fn only_path(side: &Runs) -> Option<(&str, &str)> {
    let mut names = side.measurements().into_iter().map(|it| (it.backend.as_str(), it.path.as_str()));
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}
