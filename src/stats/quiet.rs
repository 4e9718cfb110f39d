//! Which samples of a measurement were disturbed by something else on the machine.

use super::median;

/// By how much the probe may take longer than at its shortest in the run for a sample to pass as undisturbed, and by how
/// much the reference than it mostly does at such samples of the measurement.
const QUIET: f64 = 0.30;
const STEADY: f64 = 0.02;
/// In how many turns there must be an undisturbed sample, and how many of them of each part of the inputs.
pub const FEWEST: usize = 5;
const FEWEST_OF_PART: usize = 3;

/// The longest that the probe may take at an undisturbed sample of a run, given the shortest that it took in it.
pub fn undisturbed(shortest: Option<u64>) -> u64 {
    shortest.map_or(0, |shortest| (shortest as f64 * (1.0 + QUIET)) as u64)
}

/// A sample that was not disturbed.
pub struct Place {
    /// In which turn.
    pub turn: usize,
    /// Its number in the turn.
    pub sample: usize,
    /// What the reference took there, in nanoseconds.
    pub reference: f64,
}

/// What a measurement has too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Turns in which nothing disturbed it.
    Turns,
    /// Undisturbed samples of each part of its inputs: about so many times as long would do.
    Samples {
        /// How many times.
        times: u64,
    },
}

/// What of a measurement was not disturbed.
pub struct Quiet {
    /// The samples.
    pub places: Vec<Place>,
    /// In how many turns there is such a sample.
    pub turns: usize,
    /// How many there are of the part of the inputs that has the fewest.
    fewest: usize,
}

impl Quiet {
    /// Looks for the samples, given what reference and probe took at each, turn by turn.
    pub fn of<'a>(beside: impl Iterator<Item = [&'a [u64]; 2]>, parts: usize, limit: u64) -> Self {
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

    /// What the reference mostly took at these samples, in nanoseconds.
    pub fn reference(&self) -> f64 {
        reference(&self.places)
    }

    /// What it lacks to say enough about a run of so many turns.
    pub fn lack(&self) -> Option<Lack> {
        if self.turns < FEWEST {
            Some(Lack::Turns)
        } else if self.fewest < FEWEST_OF_PART {
            Some(Lack::Samples { times: FEWEST_OF_PART.div_ceil(self.fewest.max(1)).max(2) as u64 })
        } else {
            None
        }
    }
}

fn reference(places: &[Place]) -> f64 {
    median(&places.iter().map(|place| place.reference).collect::<Vec<_>>())
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
        let enough = |turns: usize| Quiet::of(std::iter::repeat_n(good, turns), 2, 130).lack().is_none();
        assert_eq!((enough(4), enough(5)), (false, true));
    }
}
