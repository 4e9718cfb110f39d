//! A measurement -> the figure by which it is compared. Knows no other side.

use crate::report::bench::{Bench, Measurement, Outcome};

use super::contrast::Figure;
use super::stats::{self, Blocks};

/// By how much the probe may take longer than at its shortest in the run for a sample to pass as undisturbed, and by how
/// much the reference than it mostly does at such samples of the measurement.
const QUIET: f64 = 0.30;
const STEADY: f64 = 0.02;
/// In how many turns there must be an undisturbed sample, and how many of them of each part of the inputs.
const FEWEST: usize = 5;
const FEWEST_OF_PART: usize = 3;
/// Which of the undisturbed samples stands for the run: a short one, because what disturbs a sample makes it longer; not
/// the shortest, because that is the luckiest.
const LOW: f64 = 0.25;

/// What both sides are divided by, so that two machines can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Normalise {
    /// What a backend takes for the same workload on the same side.
    Backend(String),
    /// Nothing: processor cycles take the place of time.
    Cycles,
}

/// The longest that the probe may take at an undisturbed sample of a run, given the shortest that it took in it.
pub(super) fn undisturbed(shortest: Option<u64>) -> u64 {
    shortest.map_or(0, |shortest| (shortest as f64 * (1.0 + QUIET)) as u64)
}

/// [`undisturbed`] of a run that has been measured.
pub(super) fn limit(run: &Bench) -> u64 {
    let times = run.measurements.iter().filter_map(Measurement::times);
    undisturbed(times.flat_map(|it| it.probe.iter().flatten().copied()).min())
}

/// A sample that was not disturbed.
struct Place {
    turn: usize,
    /// Its number in the turn.
    sample: usize,
    /// What the reference took there.
    reference: f64,
}

/// What of a measurement was not disturbed.
pub(super) struct Quiet {
    places: Vec<Place>,
    /// In how many turns there is such a sample.
    pub(super) turns: usize,
    /// How many there are of the part of the inputs that has the fewest.
    fewest: usize,
}

impl Quiet {
    /// Looks for the samples, given what reference and probe took at each, turn by turn.
    pub(super) fn of<'a>(beside: impl Iterator<Item = [&'a [u64]; 2]>, parts: usize, limit: u64) -> Self {
        let mut places: Vec<Place> = Vec::new();
        for (turn, [references, probes]) in beside.enumerate() {
            let samples =
                references.iter().zip(probes).enumerate().filter(|(_, (_, probe))| **probe <= limit);
            places.extend(samples.map(|(sample, (time, _))| Place { turn, sample, reference: *time as f64 }));
        }
        let steady = reference(&places) * (1.0 + STEADY);
        places.retain(|place| place.reference <= steady);
        let mut turns: Vec<usize> = places.iter().map(|place| place.turn).collect();
        turns.dedup();
        let mut of_parts = vec![0; parts];
        places.iter().for_each(|place| of_parts[place.sample % parts] += 1);
        Self { places, turns: turns.len(), fewest: of_parts.into_iter().min().unwrap_or_default() }
    }

    /// Whether that says enough about a run.
    pub(super) fn is_enough(&self) -> bool {
        self.turns >= FEWEST && self.fewest >= FEWEST_OF_PART
    }
}

/// What the reference mostly took.
fn reference(places: &[Place]) -> f64 {
    stats::median(&places.iter().map(|place| place.reference).collect::<Vec<_>>())
}

/// The figure of a measurement in a run that is called `name`, given the [`limit`] of the run.
///
/// # Errors
/// With the reason, if the run has none.
pub(super) fn of(
    name: &str,
    (run, limit): (&Bench, u64),
    id: &str,
    normalise: Option<&Normalise>,
) -> Result<Figure, String> {
    let found = run.measurements.iter().find(|it| it.id() == id);
    let found = found.ok_or_else(|| format!("not in every run of {name}"))?;
    let figure = figure_of(name, limit, found)?;
    Ok(match normalise {
        None => figure,
        Some(Normalise::Cycles) => {
            let cycles = found.times().and_then(|times| times.cycles);
            let cycles = cycles.ok_or_else(|| format!("no cycles were counted for {name}"))?;
            // Cycles are counted in all samples together, so how sure they are is taken from the times.
            Figure { time: cycles.ln(), ..figure.alone() }
        }
        Some(Normalise::Backend(backend)) => {
            let by = figure_of(name, limit, common(name, run, found, backend)?)?;
            Figure {
                time: figure.level() - by.level(),
                error: figure.error + by.error,
                turns: figure.turns.min(by.turns),
                ..figure.alone()
            }
        }
    })
}

fn figure_of(name: &str, limit: u64, measurement: &Measurement) -> Result<Figure, String> {
    let times = match &measurement.outcome {
        Outcome::Measured(times) => times,
        Outcome::Wrong { reason } => return Err(format!("wrong on the side of {name}: {reason}")),
        Outcome::Error { reason } => return Err(format!("an error on the side of {name}: {reason}")),
        Outcome::Skip { reason } => return Err(format!("not timed on the side of {name}: {reason}")),
    };
    let (all, parts) = (times.rounds.len(), times.parts as usize);
    if all < FEWEST {
        return Err(format!("{name} has fewer than {FEWEST} rounds; give it more --samples"));
    }
    let beside = times.reference.iter().zip(&times.probe);
    let quiet = Quiet::of(beside.map(|(references, probes)| [&references[..], &probes[..]]), parts, limit);
    if !quiet.is_enough() {
        return Err(format!(
            "something else slowed the machine down in {} of {all} turns of {name}: repeat it when the machine is quiet",
            all - quiet.turns
        ));
    }
    let mut of_parts = vec![Vec::new(); parts];
    for Place { turn, sample, reference } in &quiet.places {
        of_parts[sample % parts].push((times.rounds[*turn][*sample] as f64 / reference, *turn));
    }
    let of_parts: Vec<Blocks> = of_parts.into_iter().map(|ratios| Blocks::new(all, ratios)).collect();
    let level = |drawn: &[u32]| of_parts.iter().map(|part| part.quantile(drawn, LOW)).sum::<f64>().ln();
    let speed = reference(&quiet.places).ln();
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
    found.ok_or_else(|| format!("{name} has no {} of {backend}", measurement.workload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(turns: &[[&[u64]; 2]], parts: usize) -> (usize, usize) {
        let quiet = Quiet::of(turns.iter().copied(), parts, 130);
        (quiet.turns, quiet.fewest)
    }

    #[test]
    fn a_sample_is_undisturbed_where_both_pieces_of_work_beside_it_are() {
        let good: [&[u64]; 2] = [&[100, 101], &[100, 130]];
        assert_eq!(quiet(&[good, good, good], 1), (3, 6));
        assert_eq!(quiet(&[good, good, good], 2), (3, 3));
        assert_eq!(quiet(&[good, good, [&[100, 100], &[131, 200]]], 1), (2, 4));
        assert_eq!(quiet(&[good, good, [&[104, 101], &[100, 100]]], 1), (3, 5));
        assert_eq!(quiet(&[good, good, [&[104, 101], &[100, 100]]], 2), (3, 2));
        // What the reference mostly takes is what it takes where the probe is undisturbed.
        assert_eq!(quiet(&[good, [&[50; 2], &[300; 2]], [&[50; 2], &[300; 2]]], 1), (1, 2));
        assert_eq!(quiet(&[], 1), (0, 0));
        let enough = |turns: usize| Quiet::of(std::iter::repeat_n(good, turns), 2, 130).is_enough();
        assert_eq!((enough(4), enough(5)), (false, true));
    }
}
