//! A measurement -> the figure by which it is compared. Knows no other side.

use super::contrast::Figure;
use crate::report::bench::{Bench, Measurement, Outcome};
use crate::stats::quiet::{FEWEST, Lack, Place, Quiet, undisturbed};
use crate::stats::{self, Blocks};

/// Which of the undisturbed samples stands for the run: a short one, because what disturbs a sample makes it longer; not
/// the shortest, because that is the luckiest.
const LOW: f64 = 0.25;

/// The word for [`Normalise::Cycles`]; every other one is a backend's id.
const CYCLES: &str = "cycles";

/// What both sides are divided by, so that two machines can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// What a backend takes for the same workload on the same side.
    Backend(String),
    /// Nothing: processor cycles take the place of time.
    Cycles,
}

impl From<&str> for Normalise {
    fn from(word: &str) -> Self {
        if word == CYCLES { Self::Cycles } else { Self::Backend(word.to_owned()) }
    }
}

impl Normalise {
    /// The word that stands for it.
    pub fn word(&self) -> &str {
        match self {
            Self::Backend(backend) => backend,
            Self::Cycles => CYCLES,
        }
    }
}

/// [`undisturbed`] of a run that has been measured.
pub(super) fn limit(run: &Bench) -> u64 {
    let times = run.measurements.iter().filter_map(Measurement::times);
    undisturbed(times.flat_map(|it| it.probe.iter().flatten().copied()).min())
}

/// The figure of a measurement in a run that is called `name`, given the [`limit`] of the run.
///
/// # Errors
/// With the reason, if the run has none that can be compared.
pub(super) fn of(
    name: &str,
    (run, limit): (&Bench, u64),
    id: &str,
    normalise: Option<&Normalise>,
) -> Result<Figure, String> {
    let found = run.measurements.iter().find(|it| it.id() == id);
    let found = found.ok_or_else(|| format!("missing from a run of {name}"))?;
    let figure = figure_of(name, (run, limit), found)?;
    Ok(match normalise {
        None => figure,
        Some(Normalise::Cycles) => {
            let cycles = found.times().and_then(|times| times.cycles);
            let cycles = cycles.ok_or_else(|| format!("{name} has no cycle counts"))?;
            // Cycles are counted in all samples together, so how sure they are is taken from the times.
            Figure { time: cycles.ln(), ..figure.alone() }
        }
        Some(Normalise::Backend(backend)) => {
            let by = figure_of(name, (run, limit), common(name, run, found, backend)?)?;
            Figure {
                time: figure.level() - by.level(),
                error: figure.error + by.error,
                turns: figure.turns.min(by.turns),
                ..figure.alone()
            }
        }
    })
}

fn figure_of(name: &str, (run, limit): (&Bench, u64), measurement: &Measurement) -> Result<Figure, String> {
    let times = match &measurement.outcome {
        Outcome::Measured(times) => times,
        Outcome::Wrong { reason } => return Err(format!("wrong answer in {name}: {reason}")),
        Outcome::Error { reason } => return Err(format!("error in {name}: {reason}")),
        Outcome::Skip { reason } => return Err(format!("skipped in {name}: {reason}")),
    };
    let (all, parts) = (times.rounds.len(), times.parts as usize);
    if all < FEWEST {
        return Err(format!("{name} has fewer than {FEWEST} rounds; measure it with more --samples"));
    }
    let beside = times.reference.iter().zip(&times.probe);
    let quiet = Quiet::of(beside.map(|(references, probes)| [&references[..], &probes[..]]), parts, limit);
    match quiet.lack() {
        Some(Lack::Turns) => {
            return Err(format!(
                "another program slowed the machine in {} of {all} turns of {name}; measure again on a quiet machine",
                all - quiet.turns
            ));
        }
        Some(Lack::Samples { times }) => {
            let time = run.method.time_ns.saturating_mul(times).div_ceil(1_000_000);
            return Err(format!(
                "{name} has too few undisturbed samples of each input; measure it with --time {time}ms"
            ));
        }
        None => {}
    }
    let mut of_parts = vec![Vec::new(); parts];
    for Place { turn, sample, reference } in &quiet.places {
        of_parts[sample % parts].push((times.rounds[*turn][*sample] as f64 / reference, *turn));
    }
    let of_parts: Vec<Blocks> = of_parts.into_iter().map(|ratios| Blocks::new(all, ratios)).collect();
    let level = |drawn: &[u32]| of_parts.iter().map(|part| part.quantile(drawn, LOW)).sum::<f64>().ln();
    let speed = quiet.reference().ln();
    Ok(Figure {
        time: level(&vec![1; all]) + speed - ((times.calls * times.parts) as f64).ln(),
        speed,
        probe: (limit as f64).ln(),
        error: stats::variance_of(all, level),
        turns: quiet.turns,
    })
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
    found.ok_or_else(|| format!("{name} has no {} from {backend}", measurement.workload))
}
