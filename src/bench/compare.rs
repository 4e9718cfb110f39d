//! Measurements -> verdicts: what one side is to another, how sure that is, and whether it may be said at all.
//!
//! METHODOLOGY.md says why each step is taken. Knows no file and no renderer.

use crate::report::bench::{Bench, Measurement, Outcome, Times};
use crate::report::ratios::{Ratios, Row, SCHEMA, Side, Verdict};

use super::stats;

/// The part by which something must be slower to be called so, when nothing else is said.
pub const THRESHOLD: f64 = 0.03;
/// How sure an interval is.
const LEVEL: f64 = 0.99;
/// Which of a round's samples stands for it: the shortest, because what disturbs a sample makes it longer.
const OF_ROUND: f64 = 0.0;
/// Which of the rounds stands for the run: not the shortest, of which there is only one and so no doubt to be seen.
const OF_RUN: f64 = 0.1;
/// The fewest rounds from which an interval can be had.
const FEWEST: usize = 5;

/// How to compare.
pub struct Options {
    /// See [`THRESHOLD`].
    pub threshold: f64,
    /// Whether to compare two machines.
    pub across: bool,
    /// What to divide both sides by.
    pub normalise: Option<Normalise>,
}

/// What both sides are divided by, so that two machines can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// What a backend takes for the same workload on the same side.
    Backend(String),
    /// Nothing: processor cycles take the place of time.
    Cycles,
}

/// The runs of a side, and what it is called.
pub struct Runs {
    /// What it is called.
    pub name: String,
    /// Its reports.
    pub runs: Vec<Bench>,
}

/// Compares every side with the first.
///
/// # Errors
/// With the reason, if the sides are not of one machine and that was not asked for, or if they have nothing in common.
pub fn compare(sides: &[Runs], options: &Options) -> Result<Ratios, String> {
    let Some((first, others)) = sides.split_first() else {
        return Err("there is nothing to compare".to_owned());
    };
    for side in sides {
        one_machine(side)?;
    }
    for side in others {
        if !options.across && machine(side) != machine(first) {
            return Err(format!(
                "{} was measured on {}, {} on {}: ask with --across to compare two machines",
                first.name,
                machine_words(first),
                side.name,
                machine_words(side)
            ));
        }
    }
    let mut rows = Vec::new();
    for (index, side) in others.iter().enumerate() {
        rows.extend(side_rows(first, side, index + 1, options));
    }
    if rows.is_empty() {
        return Err("the reports have no workload of one backend in common".to_owned());
    }
    Ok(Ratios {
        schema: SCHEMA.to_owned(),
        threshold: options.threshold,
        across: options.across,
        normalised: options.normalise.as_ref().map(|normalise| match normalise {
            Normalise::Backend(backend) => backend.clone(),
            Normalise::Cycles => "cycles".to_owned(),
        }),
        sides: sides.iter().map(side).collect(),
        warnings: warnings(sides),
        rows,
    })
}

fn side_rows(first: &Runs, side: &Runs, index: usize, options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for after in side.runs[0].measurements.iter() {
        let Some(before) = counterpart(first, side, after, options.across) else { continue };
        let mut row = Row {
            workload: after.workload.clone(),
            backend: after.backend.clone(),
            path: after.path.clone(),
            against: ((&before.backend, &before.path) != (&after.backend, &after.path))
                .then(|| format!("{}/{}", before.backend, before.path)),
            side: index,
            before: None,
            after: None,
            ratio: None,
            interval: None,
            verdict: Verdict::NoDifferenceShown,
        };
        match figures(first, before, side, after, options) {
            Err(why) => row.verdict = Verdict::NotComparable { why },
            Ok((was, now)) => {
                let (before, after) = (was.estimate(), now.estimate());
                let [low, high] = interval(&was, &now);
                row.before = Some(before);
                row.after = Some(after);
                row.ratio = Some(after / before);
                row.interval = Some([low, high]);
                row.verdict = verdict(after / before, [low, high], options.threshold);
            }
        }
        rows.push(row);
    }
    rows
}

/// Slower is what is slower by more than the threshold, and of which the interval leaves no doubt that it is slower.
fn verdict(ratio: f64, [low, high]: [f64; 2], threshold: f64) -> Verdict {
    if ratio > 1.0 + threshold && low > 1.0 {
        Verdict::Slower
    } else if ratio < 1.0 / (1.0 + threshold) && high < 1.0 {
        Verdict::Faster
    } else {
        Verdict::NoDifferenceShown
    }
}

/// The measurement of the first side that belongs to one of another. Of two machines, that of the path which the
/// library takes on each; where each side has one code path only, those two, whatever they are called.
fn counterpart<'a>(
    first: &'a Runs,
    side: &Runs,
    after: &Measurement,
    across: bool,
) -> Option<&'a Measurement> {
    if let (Some(_), Some(_)) = (only_path(first), only_path(side)) {
        return first.runs[0].measurements.iter().find(|before| before.workload == after.workload);
    }
    let same = |before: &&Measurement| before.workload == after.workload && before.backend == after.backend;
    let mut candidates = first.runs[0].measurements.iter().filter(same);
    if !across || machine(first) == machine(side) {
        return candidates.find(|before| before.path == after.path);
    }
    if !after.chosen {
        return None;
    }
    candidates.find(|before| before.chosen)
}

/// The code path of a side that has just one.
fn only_path(side: &Runs) -> Option<(&str, &str)> {
    let mut names = side.runs[0].measurements.iter().map(|it| (it.backend.as_str(), it.path.as_str()));
    let first = names.next()?;
    names.all(|name| name == first).then_some(first)
}

/// The rounds of one measurement in all runs of a side, each as one figure.
struct Figures {
    runs: Vec<Vec<f64>>,
    /// What the estimates are divided by.
    unit: f64,
}

impl Figures {
    fn estimate(&self) -> f64 {
        stats::quantile(&self.runs.concat(), OF_RUN) / self.unit
    }
}

fn figures(
    first: &Runs,
    before: &Measurement,
    side: &Runs,
    after: &Measurement,
    options: &Options,
) -> Result<(Figures, Figures), String> {
    for runs in [first, side] {
        if let Some(run) = runs.runs.iter().find(|run| !run.testbed.platform.emulated.is_empty()) {
            let architecture = &run.testbed.platform.architecture;
            return Err(format!("{} was measured on emulated {architecture}", runs.name));
        }
    }
    let answers = |runs: &Runs| {
        runs.runs
            .iter()
            .map(|run| run.workloads.iter().find(|it| it.id == after.workload).map(|it| it.answers.clone()))
            .collect::<Vec<_>>()
    };
    let all = [answers(first), answers(side)].concat();
    if all.iter().any(|answers| *answers != all[0]) {
        return Err("the workload has other inputs, or is timed in another way".to_owned());
    }
    let by_cycles = options.normalise == Some(Normalise::Cycles);
    let mut was = side_figures(first, before, by_cycles)?;
    let mut now = side_figures(side, after, by_cycles)?;
    if let Some(Normalise::Backend(backend)) = &options.normalise {
        was.unit = common(first, before, backend)?;
        now.unit = common(side, after, backend)?;
    }
    Ok((was, now))
}

/// What the common backend takes on this side.
fn common(runs: &Runs, measurement: &Measurement, backend: &str) -> Result<f64, String> {
    let run = &runs.runs[0];
    let is_it = |it: &&Measurement| it.workload == measurement.workload && it.backend == backend && it.chosen;
    let found = run.measurements.iter().find(is_it);
    let found = found.ok_or_else(|| format!("{} has no {} of {backend}", runs.name, measurement.workload))?;
    Ok(side_figures(runs, found, false)?.estimate())
}

/// The figures of a measurement in every run of a side.
fn side_figures(runs: &Runs, measurement: &Measurement, by_cycles: bool) -> Result<Figures, String> {
    let mut all = Vec::new();
    for run in &runs.runs {
        let found = run.measurements.iter().find(|it| it.id() == measurement.id());
        let found = found.ok_or_else(|| format!("not in every run of {}", runs.name))?;
        let times = match &found.outcome {
            Outcome::Measured(times) => times,
            Outcome::Wrong { .. } => return Err(format!("wrong on the side of {}", runs.name)),
            Outcome::Error { .. } => return Err(format!("an error on the side of {}", runs.name)),
            Outcome::Skip { .. } => return Err(format!("not timed on the side of {}", runs.name)),
        };
        if times.rounds.len() < FEWEST {
            return Err(format!("{} has fewer than {FEWEST} rounds; give it more --samples", runs.name));
        }
        if by_cycles {
            let cycles = times.cycles.ok_or_else(|| format!("no cycles were counted for {}", runs.name))?;
            all.push(vec![cycles]);
        } else {
            all.push(round_figures(times));
        }
    }
    Ok(Figures { runs: all, unit: 1.0 })
}

/// One figure for each round, in nanoseconds per call.
fn round_figures(times: &Times) -> Vec<f64> {
    let of_round = |samples: &Vec<u64>| {
        let samples: Vec<f64> = samples.iter().map(|sample| *sample as f64).collect();
        stats::quantile(&samples, OF_ROUND) / times.calls as f64
    };
    times.rounds.iter().map(of_round).collect()
}

/// Where the ratio lies. With several runs on a side, whole runs are drawn as well: what differs from run to run is
/// then in the interval too.
fn interval(was: &Figures, now: &Figures) -> [f64; 2] {
    stats::ratio_interval(&was.runs, &now.runs, LEVEL, |values| stats::quantile(values, OF_RUN))
        .map(|bound| bound * was.unit / now.unit)
}

fn side(runs: &Runs) -> Side {
    Side {
        name: runs.name.clone(),
        runs: runs.runs.len() as u64,
        version: runs.runs[0].version.clone(),
        platform: runs.runs[0].testbed.platform.clone(),
    }
}

/// What makes a machine another one.
fn machine(runs: &Runs) -> (&str, Option<&str>, &[String], bool) {
    let platform = &runs.runs[0].testbed.platform;
    (&platform.architecture, platform.cpu.as_deref(), &platform.features, platform.emulated.is_empty())
}

fn machine_words(runs: &Runs) -> String {
    let platform = &runs.runs[0].testbed.platform;
    let emulated = if platform.emulated.is_empty() { "" } else { ", emulated" };
    format!(
        "{} ({}{emulated})",
        platform.architecture,
        platform.cpu.as_deref().unwrap_or("unknown processor")
    )
}

/// Runs that are pooled must be of one machine.
fn one_machine(side: &Runs) -> Result<(), String> {
    let Some(first) = side.runs.first() else {
        return Err(format!("{}: there is no report in it", side.name));
    };
    let other = side.runs.iter().find(|run| {
        let (one, other) = (&first.testbed.platform, &run.testbed.platform);
        (&one.architecture, &one.cpu, &one.features) != (&other.architecture, &other.cpu, &other.features)
    });
    match other {
        None => Ok(()),
        Some(_) => Err(format!("{}: its runs are of two machines, which cannot be pooled", side.name)),
    }
}

fn warnings(sides: &[Runs]) -> Vec<String> {
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
