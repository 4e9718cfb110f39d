//! Whether runs are of one machine, and what is to be known of it before their times are believed.

use std::collections::HashSet;

use super::error::Error;
use super::figures;
use crate::report::bench::{Bench, Measurement};
use crate::report::ratios::Side;

/// The runs of a side, and what it is called.
pub(super) struct Runs {
    pub(super) name: String,
    /// Its reports; at least one.
    pub(super) runs: Vec<Bench>,
    limits: Vec<u64>,
}

impl Runs {
    /// At least one report, and what they are called together.
    pub(super) fn new(name: String, runs: Vec<Bench>) -> Self {
        let limits = runs.iter().map(figures::limit).collect();
        Self { name, runs, limits }
    }

    /// The measurements of all runs, each once.
    pub(super) fn measurements(&self) -> Vec<&Measurement> {
        let mut met = HashSet::new();
        let all = self.runs.iter().flat_map(|run| &run.measurements);
        all.filter(|it| met.insert((&it.workload, &it.backend, &it.path))).collect()
    }

    /// Each run, and the longest that the probe may take at an undisturbed sample of it.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Bench, u64)> {
        self.runs.iter().zip(self.limits.iter().copied())
    }
}

/// What makes a machine another one.
pub(super) fn of(runs: &Runs) -> Machine<'_> {
    machine(&runs.runs[0])
}

type Machine<'a> = (&'a str, Option<&'a str>, &'a [String], bool);

fn machine(run: &Bench) -> Machine<'_> {
    let platform = &run.testbed.platform;
    (&platform.architecture, platform.cpu.as_deref(), &platform.features, platform.emulated.is_empty())
}

/// Runs that are pooled must be of one machine.
pub(super) fn one(side: &Runs) -> Result<(), Error> {
    match side.runs.iter().all(|run| machine(run) == of(side)) {
        true => Ok(()),
        false => Err(Error::TwoMachinesOnOneSide { name: side.name.clone() }),
    }
}

/// The first of these that is of another machine than this one.
pub(super) fn another<'a>(first: &Runs, others: &'a [Runs]) -> Option<&'a Runs> {
    others.iter().find(|side| of(side) != of(first))
}

/// The machine of a side, for a message.
pub(super) fn words(runs: &Runs) -> String {
    runs.runs[0].testbed.platform.words()
}

/// A side, for the document.
pub(super) fn side(runs: &Runs) -> Side {
    Side {
        name: runs.name.clone(),
        runs: runs.runs.len() as u64,
        version: runs.runs[0].version.clone(),
        platform: runs.runs[0].testbed.platform.clone(),
    }
}

/// What the runs themselves warn of, each side's once.
pub(super) fn warnings(sides: &[Runs]) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    for side in sides {
        for warning in side.runs.iter().flat_map(|run| &run.warnings) {
            let warning = format!("{}: {warning}", side.name);
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}
