//! Whether runs are of one machine, and what is to be known of it before their times are believed.

use super::figures;
use crate::report::bench::Bench;
use crate::report::ratios::Side;

/// The runs of a side, and what it is called.
pub struct Runs {
    pub(super) name: String,
    /// Its reports; at least one.
    pub(super) runs: Vec<Bench>,
    limits: Vec<u64>,
}

impl Runs {
    /// At least one report, and what they are called together.
    pub fn new(name: String, runs: Vec<Bench>) -> Self {
        let limits = runs.iter().map(figures::limit).collect();
        Self { name, runs, limits }
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
pub(super) fn one(side: &Runs) -> Result<(), String> {
    let Some(first) = side.runs.first() else {
        return Err(format!("{}: there is no report in it", side.name));
    };
    match side.runs.iter().all(|run| machine(run) == machine(first)) {
        true => Ok(()),
        false => Err(format!("{}: its runs are of two machines, which cannot be pooled", side.name)),
    }
}

/// The machine of a side, for a message.
pub(super) fn words(runs: &Runs) -> String {
    let platform = &runs.runs[0].testbed.platform;
    let emulated = if platform.emulated.is_empty() { "" } else { ", emulated" };
    format!(
        "{} ({}{emulated})",
        platform.architecture,
        platform.cpu.as_deref().unwrap_or("unknown processor")
    )
}

/// A side, for the report.
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
