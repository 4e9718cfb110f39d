//! A measurement -> the figure by which it is compared. Knows no other side.

use crate::report::bench::{Bench, Measurement, Outcome, Times};

use super::contrast::Figure;
use super::stats;

/// By how much the reference may take longer than at its shortest in the run for a sample to pass as undisturbed.
const QUIET: f64 = 0.15;
/// In how many turns a workload must have an undisturbed sample: on average over the parts of its inputs, and of each.
const FEWEST: usize = 5;
const FEWEST_OF_PART: usize = 2;
/// Which of these turns stands for the run: a short one, because what disturbs a sample makes it longer; not
/// the shortest, because that is the luckiest.
const LOW: f64 = 0.25;
/// Which of the undisturbed references stands for the machine's speed. There are many.
const FAST: f64 = 0.1;

/// What both sides are divided by, so that two machines can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// What a backend takes for the same workload on the same side.
    Backend(String),
    /// Nothing: processor cycles take the place of time.
    Cycles,
}

/// The longest that the reference may take at an undisturbed sample, given the shortest that it took in the run.
pub(super) fn undisturbed(shortest: u64) -> u64 {
    (shortest as f64 * (1.0 + QUIET)) as u64
}

/// What the reference took in a run, at all of its measurements together.
pub(super) struct Reference {
    /// The longest at an undisturbed sample.
    limit: u64,
    /// What stands for the machine's speed, as a logarithm.
    speed: f64,
}

impl Reference {
    pub(super) fn of(run: &Bench) -> Self {
        let times = run.measurements.iter().filter_map(Measurement::times);
        let mut all: Vec<u64> = times.flat_map(|it| it.reference.iter().flatten().copied()).collect();
        let limit = undisturbed(all.iter().copied().min().unwrap_or_default());
        all.retain(|time| *time <= limit);
        let quiet: Vec<f64> = all.into_iter().map(|time| time as f64).collect();
        Self { limit, speed: stats::quantile(&quiet, FAST).ln() }
    }
}

/// The figure of a measurement in a run that is called `name`.
///
/// # Errors
/// With the reason, if the run has none.
pub(super) fn of(
    name: &str,
    (run, reference): (&Bench, &Reference),
    id: &str,
    normalise: Option<&Normalise>,
) -> Result<Figure, String> {
    let found = run.measurements.iter().find(|it| it.id() == id);
    let found = found.ok_or_else(|| format!("not in every run of {name}"))?;
    let figure = figure_of(name, reference, found)?;
    Ok(match normalise {
        None => figure,
        Some(Normalise::Cycles) => {
            let cycles = found.times().and_then(|times| times.cycles);
            let cycles = cycles.ok_or_else(|| format!("no cycles were counted for {name}"))?;
            // Cycles are counted in all samples together, so how sure they are is taken from the times.
            Figure { time: cycles.ln(), ..figure.alone() }
        }
        Some(Normalise::Backend(backend)) => {
            // Both were measured by turns, so the machine's own speed is in both.
            let by = figure_of(name, reference, common(name, run, found, backend)?)?;
            Figure {
                time: figure.time - by.time,
                error: figure.error + by.error,
                turns: figure.turns.min(by.turns),
                speed: 0.0,
            }
        }
    })
}

fn figure_of(name: &str, reference: &Reference, measurement: &Measurement) -> Result<Figure, String> {
    let times = match &measurement.outcome {
        Outcome::Measured(times) => times,
        Outcome::Wrong { reason } => return Err(format!("wrong on the side of {name}: {reason}")),
        Outcome::Error { reason } => return Err(format!("an error on the side of {name}: {reason}")),
        Outcome::Skip { reason } => return Err(format!("not timed on the side of {name}: {reason}")),
    };
    if times.rounds.len() < FEWEST {
        return Err(format!("{name} has fewer than {FEWEST} rounds; give it more --samples"));
    }
    let parts: Vec<Vec<f64>> =
        (0..times.parts as usize).map(|part| shortest(times, part, reference.limit)).collect();
    let turns = parts.iter().map(Vec::len).sum::<usize>() / parts.len();
    if turns < FEWEST || parts.iter().any(|part| part.len() < FEWEST_OF_PART) {
        return Err(format!(
            "something else slowed the machine down in {} of {} turns of {name}: repeat it when the machine is quiet",
            times.rounds.len() - turns,
            times.rounds.len()
        ));
    }
    let low = |part: &Vec<f64>| stats::quantile(part, LOW);
    let error =
        |part: &Vec<f64>| stats::variance_of(part, |drawn| low(&drawn.iter().map(|it| **it).collect()));
    let sum: f64 = parts.iter().map(low).sum();
    let error: f64 = parts.iter().map(error).sum();
    Ok(Figure {
        time: (sum / (times.calls * times.parts) as f64).ln(),
        speed: reference.speed,
        error: error / (sum * sum),
        turns,
    })
}

/// The shortest undisturbed sample of a part of the inputs, of each turn that has one.
fn shortest(times: &Times, part: usize, limit: u64) -> Vec<f64> {
    let parts = times.parts as usize;
    let of_turn = |(samples, references): (&Vec<u64>, &Vec<u64>)| {
        let of_part = samples.iter().zip(references).skip(part).step_by(parts);
        let shortest = of_part.filter(|(_, reference)| **reference <= limit).map(|(sample, _)| *sample).min();
        shortest.map(|sample| sample as f64)
    };
    times.rounds.iter().zip(&times.reference).filter_map(of_turn).collect()
}

/// The same workload of the common backend, in the same run.
fn common<'a>(
    name: &str,
    run: &'a Bench,
    measurement: &Measurement,
    backend: &str,
) -> Result<&'a Measurement, String> {
    let is_it = |it: &&Measurement| it.workload == measurement.workload && it.backend == backend && it.chosen;
    let found = run.measurements.iter().find(is_it);
    found.ok_or_else(|| format!("{name} has no {} of {backend}", measurement.workload))
}
