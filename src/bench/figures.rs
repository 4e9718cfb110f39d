//! A measurement -> the figures by which it is compared. Knows no other side.

use crate::report::bench::{Bench, Measurement, Outcome, Times};

use super::contrast::Figure;
use super::stats;

/// Which of the rounds stands for the run: a short one, because what disturbs a sample makes it longer; not the
/// shortest, because that is the luckiest.
const LOW: f64 = 0.1;
/// Into how many parts a run is cut.
const PARTS: usize = 5;

/// What both sides are divided by, so that two machines can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// What a backend takes for the same workload on the same side.
    Backend(String),
    /// Nothing: processor cycles take the place of time.
    Cycles,
}

/// The figures of a measurement in a run that is called `name`.
///
/// # Errors
/// With the reason, if the run has none.
pub(super) fn of(name: &str, run: &Bench, id: &str, normalise: Option<&Normalise>) -> Result<Figure, String> {
    let found = run.measurements.iter().find(|it| it.id() == id);
    let found = found.ok_or_else(|| format!("not in every run of {name}"))?;
    let times = times(name, found)?;
    let figure = figure(times);
    Ok(match normalise {
        None => figure,
        Some(Normalise::Cycles) => {
            let cycles = times.cycles.ok_or_else(|| format!("no cycles were counted for {name}"))?;
            // Cycles are counted in all samples together, so how sure they are is taken from the times.
            Figure { time: cycles.ln(), ..figure.alone() }
        }
        Some(Normalise::Backend(backend)) => divided(&figure, &common(name, run, found, backend)?),
    })
}

fn times<'a>(name: &str, measurement: &'a Measurement) -> Result<&'a Times, String> {
    let times = match &measurement.outcome {
        Outcome::Measured(times) => times,
        Outcome::Wrong { reason } => return Err(format!("wrong on the side of {name}: {reason}")),
        Outcome::Error { reason } => return Err(format!("an error on the side of {name}: {reason}")),
        Outcome::Skip { reason } => return Err(format!("not timed on the side of {name}: {reason}")),
    };
    if times.rounds.len() < PARTS {
        return Err(format!("{name} has fewer than {PARTS} rounds; give it more --samples"));
    }
    Ok(times)
}

fn figure(times: &Times) -> Figure {
    let shortest = |round: &Vec<u64>| round.iter().min().map_or(0.0, |sample| *sample as f64);
    let rounds: Vec<f64> = times.rounds.iter().map(|round| shortest(round) / times.calls as f64).collect();
    let reference: Vec<f64> = times.reference.iter().map(|time| *time as f64).collect();
    let low = |values: &[f64]| stats::quantile(values, LOW).ln();
    let ends: Vec<usize> = (0..=PARTS).map(|part| part * rounds.len() / PARTS).collect();
    Figure {
        time: low(&rounds),
        reference: low(&reference),
        parts: ends
            .windows(2)
            .map(|ends| [low(&rounds[ends[0]..ends[1]]), low(&reference[ends[0]..ends[1]])])
            .collect(),
    }
}

/// What the common backend takes in the same run.
fn common(name: &str, run: &Bench, measurement: &Measurement, backend: &str) -> Result<Figure, String> {
    let is_it = |it: &&Measurement| it.workload == measurement.workload && it.backend == backend && it.chosen;
    let found = run.measurements.iter().find(is_it);
    let found = found.ok_or_else(|| format!("{name} has no {} of {backend}", measurement.workload))?;
    Ok(figure(times(name, found)?))
}

/// Both were measured by turns, so what slowed the machine down is in both, part by part.
fn divided(figure: &Figure, by: &Figure) -> Figure {
    let parts = figure.parts.iter().zip(&by.parts);
    Figure {
        time: figure.time - by.time,
        reference: figure.reference - by.reference,
        parts: parts.map(|(one, other)| [one[0] - other[0], one[1] - other[1]]).collect(),
    }
}
