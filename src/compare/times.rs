//! Measurements -> verdicts: the ratio of two sides, how sure it is, and whether it may be said at all.
//!
//! METHODOLOGY.md says why each step is taken. Knows no file and no renderer.

use std::collections::BTreeSet;

use super::contrast::{Contrast, Figure, bar};
use super::error::Error;
use super::figures::{self, Normalise};
use super::machines::{self, Runs};
use super::pairing::Pairing;
use super::rule::Found;
use super::{Plan, lost};
use crate::report::bench::{Bench, Measurement};
use crate::report::ratios::{RatioVerdict, Ratios, Row, SCHEMA};
use crate::stats;

/// The part by which the speed of the machine may differ between two sides before that is said.
const SAID: f64 = 0.02;

/// Compares every side with the first.
pub(super) fn compare(sides: &[Runs], plan: &Plan) -> Result<Ratios, Error> {
    let (first, others) = (&sides[0], &sides[1..]);
    sides.iter().try_for_each(machines::one)?;
    if let (Some(other), false) = (machines::another(first, others), plan.across) {
        return Err(Error::TwoMachines {
            first: first.name.clone(),
            first_machine: machines::words(first),
            other: other.name.clone(),
            other_machine: machines::words(other),
        });
    }
    if let Some(Normalise::Backend(backend)) = &plan.normalise {
        sides.iter().try_for_each(|side| has_backend(side, backend))?;
    }
    let mut warnings = machines::warnings(sides);
    let (mut pairs, mut losses) = (Vec::new(), Vec::new());
    for (side, index) in others.iter().zip(1..) {
        let of_side = pairs_of(first, side, index, plan);
        warnings.extend(another_speed(first, side, &of_side));
        pairs.extend(of_side);
        losses.extend(lost::lost(first, side, index));
    }
    let has_others = pairs.len() < others.iter().map(|side| side.measurements().len()).sum();
    if pairs.is_empty() {
        let other = &sides[sides.len() - 1].name;
        warnings.push(format!(
            "{} and {other} have no workload of one backend in common; measure both with the same --backend",
            first.name
        ));
    }
    let shown = bar(pairs.iter().filter_map(|(_, found)| Some(found.as_ref().ok()?.chance())).collect());
    let rows: Vec<Row> = pairs
        .into_iter()
        .map(|(row, found)| match found {
            Err(why) => Row { verdict: RatioVerdict::NotComparable { why }, ..row },
            Ok(contrast) => Row { verdict: verdict(&contrast, shown, plan.threshold()), ..row },
        })
        .collect();
    let slower = rows.iter().filter(|row| row.verdict == RatioVerdict::Slower).count();
    let compared = rows.iter().filter(|row| row.is_compared()).count();
    let unclear = rows.len() - compared;
    let partial = plan.partial;
    let found = Found { slower, compared, unclear, others: has_others, partial, ..Found::default() };
    Ok(Ratios {
        schema: SCHEMA.to_owned(),
        threshold: plan.threshold(),
        across: plan.across,
        normalised: plan.normalise.as_ref().map(|normalise| normalise.word().to_owned()),
        conclusion: found.losing(losses.iter().map(|loss| loss.loss)).conclusion(),
        sides: sides.iter().map(machines::side).collect(),
        warnings,
        lost: losses,
        rows,
    })
}

/// Slower is what is shown to be, and by more than the threshold.
pub(super) fn verdict(contrast: &Contrast, shown: f64, threshold: f64) -> RatioVerdict {
    let far = contrast.ratio.abs() > threshold.ln_1p();
    match contrast.chance() <= shown && far {
        true if contrast.ratio > 0.0 => RatioVerdict::Slower,
        true => RatioVerdict::Faster,
        false => RatioVerdict::NoDifferenceShown,
    }
}

/// Every measurement that two sides have in common, and what one is to the other, or why nothing can be said.
fn pairs_of(first: &Runs, side: &Runs, index: usize, plan: &Plan) -> Vec<(Row, Result<Contrast, String>)> {
    let (pairing, measurements) = (Pairing::of(first, side), first.measurements());
    let pair = |after: &Measurement| {
        let before = measurements.iter().find(|before| pairing.joins(before, after))?;
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
            verdict: RatioVerdict::NoDifferenceShown,
        };
        let found = contrast(first, before, side, after, plan);
        if let Ok((was, contrast)) = &found {
            row.before = Some(was.exp());
            row.after = Some((was + contrast.speed + contrast.ratio).exp());
            row.ratio = Some(contrast.ratio.exp());
            row.interval = Some(contrast.interval().map(f64::exp));
        }
        Some((row, found.map(|(_, contrast)| contrast)))
    };
    side.measurements().into_iter().filter_map(pair).collect()
}

/// What the first side takes, and what the other is to it.
fn contrast(
    first: &Runs,
    before: &Measurement,
    side: &Runs,
    after: &Measurement,
    plan: &Plan,
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
        return Err("not every run timed this workload with the same inputs".to_owned());
    }
    let mut was = side_figures(first, before, plan)?;
    let mut now = side_figures(side, after, plan)?;
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
fn side_figures(runs: &Runs, measurement: &Measurement, plan: &Plan) -> Result<Vec<Figure>, String> {
    let id = measurement.id();
    runs.each().map(|run| figures::of(&runs.name, run, &id, plan.normalise.as_ref())).collect()
}

fn has_backend(side: &Runs, backend: &str) -> Result<(), Error> {
    let there: BTreeSet<&str> = side.measurements().into_iter().map(|it| it.backend.as_str()).collect();
    if there.contains(backend) {
        return Ok(());
    }
    let there = there.into_iter().collect::<Vec<_>>().join(", ");
    Err(Error::NoBackend { name: side.name.clone(), backend: backend.to_owned(), there })
}

/// A machine that was of another speed is why a ratio is not that of the times, or a difference could not be shown.
fn another_speed(first: &Runs, side: &Runs, pairs: &[(Row, Result<Contrast, String>)]) -> Option<String> {
    let found: Vec<&Contrast> = pairs.iter().filter_map(|(_, found)| found.as_ref().ok()).collect();
    let disturbed: Vec<f64> = found.iter().filter_map(|contrast| contrast.disturbance).collect();
    let mostly = 2 * disturbed.len() > found.len();
    let changes = if mostly { disturbed } else { found.iter().map(|contrast| contrast.speed).collect() };
    let change = if changes.is_empty() { 0.0 } else { stats::median(&changes) };
    let word = if change > 0.0 { "slower" } else { "faster" };
    let then = match mostly {
        true => {
            "smaller differences are not reported: measure both again on a quiet machine, or several times by turns"
        }
        false => "the ratios are corrected for that",
    };
    (change.abs() > SAID.ln_1p()).then(|| {
        let change = (change.exp() - 1.0).abs() * 100.0;
        format!(
            "the machine was {change:.1} % {word} during {} than during {}; {then}",
            side.name, first.name
        )
    })
}
