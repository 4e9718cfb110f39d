//! What a library of the image turns out to speak, once a case of it has failed: a draft is named, and not only
//! found to differ. Knows no process but the one in which it asks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::asked::asked;
use super::exec::Executor;
use super::grid::Grid;
use super::plan::Plan;
use crate::backend::Subject;
use crate::backend::installed::Speaks;
use crate::report::Outcome;
use crate::spec::Algorithm;
use crate::vector::accumulated;

/// Round trips of the accumulated vectors, enough to tell the draft from the standard.
const ROUNDS: u64 = 10;
/// What gives wrong answers may as well give none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Puts the name of what a library has in place of the standard before the reason of each case that failed, and
/// takes down who has a draft, by its symbols or by its answers. Returns who was named, by subject.
pub(super) fn name(grid: &mut Grid<'_>) -> BTreeSet<(usize, Algorithm)> {
    let mut all = BTreeSet::new();
    let rows = grid.outcomes.iter_mut().zip(&mut grid.drafts);
    for (index, (subject, (outcomes, draft))) in grid.plan.subjects.iter().zip(rows).enumerate() {
        let Some(installed) = subject.path.installed else { continue };
        *draft = installed.verdict.offers.iter().any(|(_, speaks)| *speaks == Speaks::Draft);
        let mut failed: Vec<(Algorithm, &mut String)> = Vec::new();
        for (item, outcome) in grid.items.iter().zip(outcomes) {
            if let Some(Outcome::Fail { reason, .. }) = outcome {
                failed.push((item.case.algorithm, reason));
            }
        }
        let algorithms: BTreeSet<Algorithm> = failed.iter().map(|(algorithm, _)| *algorithm).collect();
        for algorithm in algorithms {
            let named = installed.draft(algorithm).or_else(|| {
                let instead = found_out(grid.plan, subject, algorithm)?;
                *draft |= instead == accumulated::DRAFT;
                Some(installed.answers_with(algorithm, &instead))
            });
            let Some(named) = named else { continue };
            all.insert((index, algorithm));
            for (_, reason) in failed.iter_mut().filter(|(of, _)| *of == algorithm) {
                reason.insert_str(0, &format!("{named}: "));
            }
        }
    }
    all
}

/// What the library has under the name of `algorithm`, found out in a child of its own; nothing where that
/// does not come to an end.
fn found_out(plan: &Plan<'_>, subject: &Subject, algorithm: Algorithm) -> Option<String> {
    let by = Instant::now() + PATIENCE;
    let by = plan.deadline.map_or(by, |deadline| deadline.min(by));
    asked(by, PATIENCE, || {
        (subject.path.enter)();
        subject.path.installed?.enter().ok()?;
        let mut alive = || ();
        let mut executor = Executor::new(subject.path, false, false, &mut alive);
        executor.instead(algorithm, ROUNDS).map(str::to_owned)
    })
}
