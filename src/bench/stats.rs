//! What a sample says: quantiles, and how far they can be trusted. Knows no clock and no workload.

use statrs::statistics::{Data, OrderStatistics as _};

/// How many times the rounds are drawn anew.
const RESAMPLES: usize = 1000;

/// The value below which this part of `values` lies.
pub(super) fn quantile(values: &[f64], part: f64) -> f64 {
    Data::new(values.to_vec()).quantile(part)
}

/// The middle value.
pub(super) fn median(values: &[f64]) -> f64 {
    Data::new(values.to_vec()).median()
}

/// The middle of the distances from the middle.
pub(super) fn mad(values: &[f64]) -> f64 {
    let middle = median(values);
    median(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
}

/// Where `estimate` of such samples lies in `level` of 100 runs, by the bootstrap's percentiles.
///
/// What is drawn anew is whole blocks: what came out one after the other is not independent, and an interval that
/// took it to be would be too narrow. The draw has a fixed seed, so that the same samples give the same interval.
pub(super) fn interval<Block>(blocks: &[Block], level: f64, estimate: impl Fn(&[&Block]) -> f64) -> [f64; 2] {
    let estimates = drawn_anew(blocks, estimate);
    let tail = (1.0 - level) / 2.0;
    [quantile(&estimates, tail), quantile(&estimates, 1.0 - tail)]
}

/// The variance of `estimate` of such samples, by the same bootstrap.
pub(super) fn variance_of<Block>(blocks: &[Block], estimate: impl Fn(&[&Block]) -> f64) -> f64 {
    variance(&drawn_anew(blocks, estimate))
}

/// 0 where there is only one value.
pub(super) fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (values.len() as f64 - 1.0).max(1.0)
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn drawn_anew<Block>(blocks: &[Block], estimate: impl Fn(&[&Block]) -> f64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(blocks.len() as u64);
    let mut drawn = Vec::with_capacity(blocks.len());
    (0..RESAMPLES)
        .map(|_| {
            drawn.clear();
            drawn.extend((0..blocks.len()).map(|_| &blocks[random.usize(..blocks.len())]));
            estimate(&drawn)
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

    /// Of samples with a known median, 95 of 100 intervals must hold it; more or less by chance.
    #[test]
    fn an_interval_holds_the_truth_as_often_as_it_says() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut held = 0;
        const RUNS: usize = 200;
        for _ in 0..RUNS {
            let blocks: Vec<f64> = (0..60).map(|_| random.f64()).collect();
            let [low, high] = interval(&blocks, 0.95, |drawn| {
                median(&drawn.iter().map(|value| **value).collect::<Vec<_>>())
            });
            held += usize::from((low..=high).contains(&0.5));
        }
        assert!((180..=200).contains(&held), "{held} of {RUNS}");
    }

    #[test]
    fn blocks_that_drift_widen_the_interval() {
        let mut random = fastrand::Rng::with_seed(2);
        let blocks: Vec<Vec<f64>> = (0..20)
            .map(|block| (0..10).map(|_| f64::from(block % 2) + 0.01 * random.f64()).collect())
            .collect();
        let all = |drawn: &[&Vec<f64>]| {
            median(&drawn.iter().flat_map(|block| (*block).clone()).collect::<Vec<_>>())
        };
        let [low, high] = interval(&blocks, 0.95, all);
        assert!(high - low > 0.9, "{low} to {high}");
    }
}
