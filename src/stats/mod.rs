//! What a sample says: quantiles, and how far they can be trusted. Knows no clock and no workload.

pub mod quiet;

use statrs::statistics::{Data, OrderStatistics as _};

/// How many times the rounds are drawn anew: for the ends of an interval, which few of these lie beyond, and for a
/// variance, in which all count.
const FOR_INTERVAL: usize = 1000;
const FOR_VARIANCE: usize = 200;

/// The value below which this part of `values` lies.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    Data::new(values.to_vec()).quantile(part)
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    Data::new(values.to_vec()).median()
}

/// The middle of the distances from the middle.
pub fn mad(values: &[f64]) -> f64 {
    let middle = median(values);
    median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
}

/// Values of several blocks together, in order, each with the number of its block.
pub struct Blocks {
    values: Vec<(f64, usize)>,
    /// How many there are of each block.
    sizes: Vec<u32>,
}

impl Blocks {
    /// So many blocks, and each value with the number of its block.
    pub fn new(blocks: usize, mut values: Vec<(f64, usize)>) -> Self {
        values.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let mut sizes = vec![0; blocks];
        values.iter().for_each(|(_, block)| sizes[*block] += 1);
        Self { values, sizes }
    }

    /// The value below which this part of them lies, if each block is there so many times. The lowest where no block of
    /// any of them is there.
    pub fn quantile(&self, times: &[u32], part: f64) -> f64 {
        let all: u32 = self.sizes.iter().zip(times).map(|(size, times)| size * times).sum();
        let mut left = (part * f64::from(all)).ceil().max(1.0) as u32;
        let reached = self.values.iter().find(|(_, block)| {
            let there = times[*block];
            let reached = there >= left;
            left = left.saturating_sub(there);
            reached
        });
        reached.or(self.values.first()).map_or(f64::NAN, |(value, _)| *value)
    }
}

/// Where `estimate` of so many blocks of samples lies in `level` of 100 runs, by the bootstrap's percentiles.
///
/// What is drawn anew is whole blocks: what came out one after the other is not independent, and an interval that
/// took it to be would be too narrow. `estimate` is told how many times each block was drawn. The draw has a fixed seed, so
/// that the same samples give the same interval.
pub fn interval(blocks: usize, level: f64, estimate: impl Fn(&[u32]) -> f64) -> [f64; 2] {
    let estimates = drawn_anew(FOR_INTERVAL, blocks, estimate);
    let tail = (1.0 - level) / 2.0;
    [quantile(&estimates, tail), quantile(&estimates, 1.0 - tail)]
}

/// The variance of `estimate` of such samples, by the same bootstrap.
pub fn variance_of(blocks: usize, estimate: impl Fn(&[u32]) -> f64) -> f64 {
    variance(&drawn_anew(FOR_VARIANCE, blocks, estimate))
}

/// The variance of the values; 0 where there is only one.
pub fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (values.len() as f64 - 1.0).max(1.0)
}

/// The mean value.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn drawn_anew(resamples: usize, blocks: usize, estimate: impl Fn(&[u32]) -> f64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(blocks as u64);
    let mut times = vec![0; blocks];
    (0..resamples)
        .map(|_| {
            times.fill(0);
            (0..blocks).for_each(|_| times[random.usize(..blocks)] += 1);
            estimate(&times)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_textbook() {
        let values: Vec<f64> = (1..=101).rev().map(f64::from).collect();
        assert_eq!(median(&values), 51.0);
        assert_eq!(mad(&values), 25.0);
        assert!((quantile(&values, 0.05) - 6.0).abs() < 1.0);
        assert!((quantile(&values, 0.95) - 96.0).abs() < 1.0);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn a_quantile_counts_each_block_as_often_as_it_is_there() {
        let blocks = Blocks::new(2, vec![(5.0, 1), (1.0, 0), (2.0, 0), (3.0, 0), (4.0, 1)]);
        for (times, part, quantile) in [
            ([1, 1], 0.5, 3.0),
            ([1, 1], 0.0, 1.0),
            ([1, 1], 1.0, 5.0),
            ([0, 1], 0.5, 4.0),
            ([0, 1], 0.51, 5.0),
            ([1, 4], 0.25, 3.0),
            ([1, 4], 0.28, 4.0),
            ([0, 0], 0.5, 1.0),
        ] {
            assert_eq!(blocks.quantile(&times, part), quantile, "{times:?} {part}");
        }
    }

    /// Of samples with a known median, 95 of 100 intervals must hold it; more or less by chance.
    #[test]
    fn an_interval_holds_the_truth_as_often_as_it_says() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut held = 0;
        const RUNS: usize = 200;
        for _ in 0..RUNS {
            let blocks = Blocks::new(60, (0..60).map(|block| (random.f64(), block)).collect());
            let [low, high] = interval(60, 0.95, |times| blocks.quantile(times, 0.5));
            held += usize::from((low..=high).contains(&0.5));
        }
        assert!((180..=200).contains(&held), "{held} of {RUNS}");
    }

    #[test]
    fn blocks_that_drift_widen_the_interval() {
        let mut random = fastrand::Rng::with_seed(2);
        let block = |block: usize| (block % 2) as f64;
        let values = (0..200).map(|value| (block(value / 10) + 0.01 * random.f64(), value / 10)).collect();
        let blocks = Blocks::new(20, values);
        let [low, high] = interval(20, 0.95, |times| blocks.quantile(times, 0.5));
        assert!(high - low > 0.9, "{low} to {high}");
    }
}
