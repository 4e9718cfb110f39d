//! How a run is cut into units and isolated, as its plan says. Knows no library and compares nothing.

use super::grid::Grid;
use super::plan::Isolation;

mod apart;
mod together;
mod unit;

/// Runs every case of `grid` that has no outcome yet. `progress` is told how many outcomes there are, and of how many.
pub(super) fn fill(grid: &mut Grid<'_>, progress: &mut dyn FnMut(usize, usize)) {
    let (units, jobs) = match grid.plan.isolation {
        Isolation::Apart { jobs } => (unit::cut(grid, jobs), jobs),
        Isolation::TogetherFirst => (together::attempt(grid, unit::by_operation(grid)), usize::MAX),
    };
    apart::run(grid, units, jobs, progress);
}
