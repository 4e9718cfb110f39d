//! Measurements that a side lost: gone, newly skipped, newly wrong or dead. Knows no times.

use super::machines::{self, Runs};
use super::pairing::Pairing;
use super::rule::{self, Change, State};
use crate::report::bench::{Measurement, Outcome};
use crate::report::conclusion::{Loss, Lost};

/// What came of a measurement over the runs of a side.
#[derive(Clone, Copy)]
struct Fate<'a> {
    /// The worst of it.
    state: State,
    why: Option<&'a str>,
    /// In which part of the runs it is.
    share: f64,
}

/// What `side`, which is in place `index`, lost of the first. On two machines only what is wrong counts: each has code
/// paths and workloads that the other lacks.
pub(super) fn lost(first: &Runs, side: &Runs, index: usize) -> Vec<Loss> {
    let (pairing, one_machine) = (Pairing::of(first, side), machines::of(first) == machines::of(side));
    let (before, after) = (first.measurements(), side.measurements());
    let both = after.iter().map(|it| {
        let was = before.iter().find(|was| pairing.joins(was, it)).and_then(|was| fate(first, was));
        // What fewer of the runs have is gone from some.
        let fewer = |now: &Fate<'_>| was.is_some_and(|was| now.share < was.share);
        (*it, was, fate(side, it).filter(|now| now.state == State::Bad || !fewer(now)))
    });
    let gone = before.iter().filter(|was| !after.iter().any(|it| pairing.joins(was, it)));
    both.chain(gone.map(|was| (*was, fate(first, was), None)))
        .filter_map(|(it, was, now)| {
            let state = |fate: Option<Fate<'_>>| fate.map(|fate| fate.state);
            let Change::Lost(loss) = rule::change(state(was), state(now)) else { return None };
            (one_machine || loss == Lost::NewlyFailing).then(|| Loss {
                workload: it.workload.clone(),
                backend: it.backend.clone(),
                path: it.path.clone(),
                side: index,
                loss,
                why: now.and_then(|now| now.why).map(str::to_owned),
            })
        })
        .collect()
}

fn fate<'a>(side: &'a Runs, of: &Measurement) -> Option<Fate<'a>> {
    let found = || side.runs.iter().flat_map(|run| &run.measurements).filter(|it| it.id() == of.id());
    let (state, why) = found().map(|it| state(&it.outcome)).max_by_key(|(state, _)| *state)?;
    Some(Fate { state, why, share: found().count() as f64 / side.runs.len() as f64 })
}

fn state(outcome: &Outcome) -> (State, Option<&str>) {
    match outcome {
        Outcome::Measured(_) => (State::Good, None),
        Outcome::Skip { reason } => (State::Skipped, Some(reason)),
        Outcome::Wrong { reason } | Outcome::Error { reason } => (State::Bad, Some(reason)),
    }
}
