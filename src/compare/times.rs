//! Measurements -> verdicts: what one side is to another, how sure that is, and whether it may be said at all.
//!
//! METHODOLOGY.md says why each step is taken. Knows no file and no renderer.

use crate::report::bench::{Bench, Measurement};
use crate::report::ratios::{Ratios, Row, SCHEMA, Verdict};

use super::contrast::{Contrast, Figure, bar};
use super::{figures, machines};
use crate::stats;

pub use super::figures::Normalise;
pub use super::machines::Runs;

/// The part by which something must be slower to be called so, when nothing else is said.
pub const THRESHOLD: f64 = 0.03;
/// The part by which the speed of the machine may differ between two sides before that is said.
const SAID: f64 = 0.02;

/// How to compare.
pub struct Options {
    /// See [`THRESHOLD`].
    pub threshold: f64,
    /// Whether to compare two machines.
    pub across: bool,
    /// What to divide both sides by.
    pub normalise: Option<Normalise>,
}

/// Compares every side with the first.
///
/// # Errors
/// With the reason, if the sides are not of one machine and that was not asked for, or if they have nothing in common.
pub fn compare(sides: &[Runs], options: &Options) -> Result<Ratios, String> {
    let Some((first, others)) = sides.split_first() else {
        return Err("there is nothing to compare".to_owned());
    };
    sides.iter().try_for_each(machines::one)?;
    if let Some(side) =
        others.iter().find(|side| !options.across && machines::of(side) != machines::of(first))
    {
        return Err(format!(
            "{} was measured on {}, {} on {}: ask with --across to compare two machines",
            first.name,
            machines::words(first),
            side.name,
            machines::words(side)
        ));
    }
    if let Some(Normalise::Backend(backend)) = &options.normalise {
        sides.iter().try_for_each(|side| has_backend(side, backend))?;
    }
    let mut warnings = machines::warnings(sides);
    let mut pairs = Vec::new();
    for (index, side) in others.iter().enumerate() {
        let of_side = pairs_of(first, side, index + 1, options);
        warnings.extend(another_speed(first, side, &of_side));
        pairs.extend(of_side);
    }
    if pairs.is_empty() {
        return Err("the reports have no workload of one backend in common".to_owned());
    }
    let shown = bar(pairs.iter().filter_map(|(_, found)| Some(found.as_ref().ok()?.chance())).collect());
    let rows = pairs
        .into_iter()
        .map(|(row, found)| match found {
            Err(why) => Row { verdict: Verdict::NotComparable { why }, ..row },
            Ok(contrast) => Row { verdict: verdict(&contrast, shown, options.threshold), ..row },
        })
        .collect();
    Ok(Ratios {
        schema: SCHEMA.to_owned(),
        threshold: options.threshold,
        across: options.across,
        normalised: options.normalise.as_ref().map(|normalise| match normalise {
            Normalise::Backend(backend) => backend.clone(),
            Normalise::Cycles => "cycles".to_owned(),
        }),
        sides: sides.iter().map(machines::side).collect(),
        warnings,
        rows,
    })
}

/// Slower is what is shown to be, and by more than the threshold.
pub(super) fn verdict(contrast: &Contrast, shown: f64, threshold: f64) -> Verdict {
    let far = contrast.ratio.abs() > threshold.ln_1p();
    match contrast.chance() <= shown && far {
        true if contrast.ratio > 0.0 => Verdict::Slower,
        true => Verdict::Faster,
        false => Verdict::NoDifferenceShown,
    }
}

/// Every measurement that two sides have in common, and what one is to the other, or why nothing can be said.
fn pairs_of(
    first: &Runs,
    side: &Runs,
    index: usize,
    options: &Options,
) -> Vec<(Row, Result<Contrast, String>)> {
    let pair = |after: &Measurement| {
        let before = counterpart(first, side, after, options.across)?;
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
        let found = contrast(first, before, side, after, options);
        if let Ok((was, contrast)) = &found {
            row.before = Some(was.exp());
            row.after = Some((was + contrast.speed + contrast.ratio).exp());
            row.ratio = Some(contrast.ratio.exp());
            row.interval = Some(contrast.interval().map(f64::exp));
        }
        Some((row, found.map(|(_, contrast)| contrast)))
    };
    side.runs[0].measurements.iter().filter_map(pair).collect()
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
    if !across || machines::of(first) == machines::of(side) {
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

/// What the first side takes, and what the other is to it.
fn contrast(
    first: &Runs,
    before: &Measurement,
    side: &Runs,
    after: &Measurement,
    options: &Options,
) -> Result<(f64, Contrast), String> {
    for runs in [first, side] {
        if let Some(run) = runs.runs.iter().find(|run| !run.testbed.platform.emulated.is_empty()) {
            let architecture = &run.testbed.platform.architecture;
            return Err(format!("{} was measured on emulated {architecture}", runs.name));
        }
    }
    let runs = || first.runs.iter().chain(&side.runs);
    let answers = |run| answers(run, &after.workload);
    if runs().any(|run| answers(run) != answers(&first.runs[0])) {
        return Err("the workload has other inputs, or is timed in another way".to_owned());
    }
    let mut was = side_figures(first, before, options)?;
    let mut now = side_figures(side, after, options)?;
    if machines::of(first) != machines::of(side) {
        was = was.into_iter().map(Figure::alone).collect();
        now = now.into_iter().map(Figure::alone).collect();
    }
    let time = was.iter().map(|figure| figure.time).sum::<f64>() / was.len() as f64;
    Ok((time, Contrast::of(&was, &now)))
}

/// The digest of the right answers: what tells one workload of this id from another.
pub(super) fn answers<'a>(run: &'a Bench, workload: &str) -> Option<&'a str> {
    run.workloads.iter().find(|it| it.id == workload).map(|it| it.answers.as_str())
}

/// The figures of a measurement in every run of a side.
fn side_figures(runs: &Runs, measurement: &Measurement, options: &Options) -> Result<Vec<Figure>, String> {
    let id = measurement.id();
    runs.each().map(|run| figures::of(&runs.name, run, &id, options.normalise.as_ref())).collect()
}

fn has_backend(side: &Runs, backend: &str) -> Result<(), String> {
    let mut there: Vec<&str> = side.runs[0].measurements.iter().map(|it| it.backend.as_str()).collect();
    there.sort_unstable();
    there.dedup();
    if there.contains(&backend) {
        return Ok(());
    }
    Err(format!("{} has no backend `{backend}` to normalise by; it has {}", side.name, there.join(", ")))
}

/// A machine that was of another speed is why a ratio is not that of the times, or a difference could not be shown.
fn another_speed(first: &Runs, side: &Runs, pairs: &[(Row, Result<Contrast, String>)]) -> Option<String> {
    let found: Vec<&Contrast> = pairs.iter().filter_map(|(_, found)| found.as_ref().ok()).collect();
    let disturbed: Vec<f64> = found.iter().filter_map(|contrast| contrast.disturbance).collect();
    let mostly = 2 * disturbed.len() > found.len();
    let changes = if mostly { disturbed } else { found.iter().map(|contrast| contrast.speed).collect() };
    let change = if changes.is_empty() { 0.0 } else { stats::median(&changes) };
    let word = if change > 0.0 { "slower" } else { "faster" };
    let what = match mostly {
        true => {
            "and smaller differences than that are not believed: repeat both when it is quiet, or several times by turns"
        }
        false => "which is taken out of the ratios",
    };
    (change.abs() > SAID.ln_1p()).then(|| {
        let change = (change.exp() - 1.0).abs() * 100.0;
        format!(
            "the machine itself was {change:.1} % {word} for {} than for {}, {what}",
            side.name, first.name
        )
    })
}
