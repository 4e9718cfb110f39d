//! What one set of runs is to another, and how sure that is: the one rule behind every verdict.
//!
//! METHODOLOGY.md, "What is said of two sides", argues for each step. Knows no report.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use super::stats;

/// How sure an interval is.
pub(super) const LEVEL: f64 = 0.99;
/// What slows the reference down slows a workload down too: by nothing at all, or by up to so many times as much.
const SHARES: [f64; 2] = [0.0, 1.5];

/// A measurement in one run. All are natural logarithms, of which a difference is a ratio.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// What a call takes.
    pub(super) time: f64,
    /// What the reference takes in the same turns.
    pub(super) reference: f64,
    /// Both again, in each of some equal parts of the run: how far they lie apart is how far runs do.
    pub(super) parts: Vec<[f64; 2]>,
}

impl Figure {
    /// The same where the reference has nothing to say: on another machine it is not what drifted.
    pub(super) fn alone(self) -> Self {
        let parts = self.parts.iter().map(|[time, _]| [*time, 0.0]).collect();
        Self { reference: 0.0, parts, ..self }
    }
}

/// A second set of runs against a first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    /// The logarithm of the ratio of times.
    pub(super) time: f64,
    /// The same of the reference.
    pub(super) reference: f64,
    /// What is left of the difference whatever share of the reference's change is taken out of it; 0 if nothing is.
    pub(super) least: f64,
    /// Where the logarithm of the ratio lies.
    pub(super) interval: [f64; 2],
    /// In how many standard errors they are apart.
    pub(super) far: f64,
    /// How often two sets of runs of the same thing are so far apart.
    pub(super) chance: f64,
}

impl Contrast {
    /// Of runs of which there is at least one on each side, with at least two parts each.
    pub(super) fn of(first: &[Figure], second: &[Figure]) -> Self {
        Self::by(SHARES.map(|share| Difference::of(first, second, share, None)), first, second)
    }

    /// The same of two parts of a history, of which it is known how far its runs lie apart.
    pub(super) fn in_history(usual: Usual, first: &[Figure], second: &[Figure]) -> Self {
        let [raw, corrected] = SHARES;
        let differences = [
            Difference::of(first, second, raw, Some(usual[0])),
            Difference::of(first, second, corrected, Some(usual[1])),
        ];
        Self::by(differences, first, second)
    }

    fn by([raw, corrected]: [Difference; 2], first: &[Figure], second: &[Figure]) -> Self {
        let agree = raw.value * corrected.value > 0.0;
        let ([a, b], [c, d]) = (raw.interval(), corrected.interval());
        let reference =
            |side: &[Figure]| mean(&side.iter().map(|figure| figure.reference).collect::<Vec<_>>());
        Self {
            time: raw.value,
            reference: reference(second) - reference(first),
            least: match agree {
                true if raw.value.abs() < corrected.value.abs() => raw.value,
                true => corrected.value,
                false => 0.0,
            },
            interval: [a.min(c), b.max(d)],
            far: if agree { raw.far().min(corrected.far()) } else { 0.0 },
            chance: if agree { raw.chance().max(corrected.chance()) } else { 1.0 },
        }
    }
}

/// The difference of two means, and Welch's account of how sure it is.
struct Difference {
    value: f64,
    error: f64,
    freedom: f64,
}

impl Difference {
    fn of(first: &[Figure], second: &[Figure], share: f64, usual: Option<f64>) -> Self {
        let [(was, was_error, was_free), (now, now_error, now_free)] =
            [first, second].map(|side| location(side, share, usual));
        let squares = was_error + now_error;
        let freedom =
            squares * squares / (was_error * was_error / was_free + now_error * now_error / now_free);
        Self {
            value: now - was,
            error: squares.sqrt(),
            freedom: if freedom.is_finite() { freedom } else { was_free + now_free },
        }
    }

    fn interval(&self) -> [f64; 2] {
        let reach =
            self.student().map_or(0.0, |student| student.inverse_cdf((1.0 + LEVEL) / 2.0)) * self.error;
        [self.value - reach, self.value + reach]
    }

    fn far(&self) -> f64 {
        self.value.abs() / self.error
    }

    fn chance(&self) -> f64 {
        if self.value == 0.0 {
            return 1.0;
        }
        self.student().map_or(1.0, |student| 2.0 * student.sf(self.far()))
    }

    fn student(&self) -> Option<StudentsT> {
        StudentsT::new(0.0, 1.0, self.freedom).ok()
    }
}

/// The mean of a side's runs, the square of its error, and the degrees of freedom of that.
///
/// Runs differ by at least as much as the parts of a run do, and by as much as they are seen to where there are
/// several. That a run is longer than its part is not counted: what lasts longer than a part may last the whole run.
fn location(side: &[Figure], share: f64, usual: Option<f64>) -> (f64, f64, f64) {
    let runs = side.len() as f64;
    let values: Vec<f64> = side.iter().map(|figure| figure.time - share * figure.reference).collect();
    let within: Vec<f64> = side
        .iter()
        .map(|figure| variance(&figure.parts.iter().map(|[time, of]| time - share * of).collect::<Vec<_>>()))
        .collect();
    let free: usize = side.iter().map(|figure| figure.parts.len() - 1).sum();
    let apart = usual.unwrap_or_else(|| variance(&values));
    (mean(&values), mean(&within).max(apart) / runs, free as f64 + runs - 1.0)
}

/// How far the runs of a history lie apart, as a variance for each of the shares.
pub(super) type Usual = [f64; 2];

/// From the middle of the changes from run to run, which a few steps do not move: those that are not found yet must not
/// make the others look like noise. 0 where there are too few runs to tell.
pub(super) fn usual(runs: &[Figure]) -> Usual {
    const FEWEST: usize = 4;
    /// The middle of the changes of a normal distribution, in standard deviations.
    const MIDDLE: f64 = 0.954;
    if runs.len() < FEWEST {
        return [0.0; 2];
    }
    SHARES.map(|share| {
        let value = |run: &Figure| run.time - share * run.reference;
        let changes: Vec<f64> =
            runs.windows(2).map(|pair| (value(&pair[1]) - value(&pair[0])).abs()).collect();
        (stats::median(&changes) / MIDDLE).powi(2)
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// 0 where there is only one value.
fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (values.len() as f64 - 1.0).max(1.0)
}

/// The largest chance at which a difference is still taken as shown: of all that is then said to differ, at most
/// `1 - LEVEL` does not, and where nothing differs something is said to in at most as many comparisons (Benjamini and
/// Hochberg's procedure).
pub(super) fn bar(mut chances: Vec<f64>) -> f64 {
    chances.sort_by(f64::total_cmp);
    let step = (1.0 - LEVEL) / chances.len().max(1) as f64;
    let shown = chances.iter().enumerate().rev().find(|(rank, chance)| **chance <= step * (rank + 1) as f64);
    shown.map_or(0.0, |(_, chance)| *chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs whose parts lie apart by about `noise`, of times and a reference that are so much slower than 1.
    fn runs(seed: u64, count: usize, noise: f64, time: f64, reference: f64) -> Vec<Figure> {
        let mut random = fastrand::Rng::with_seed(seed);
        // The sum of some even draws is close enough to a normal one.
        let mut draw = || noise * ((0..12).map(|_| random.f64()).sum::<f64>() - 6.0);
        (0..count)
            .map(|_| {
                let parts: Vec<[f64; 2]> =
                    (0..5).map(|_| [time.ln() + draw(), reference.ln() + draw() / 4.0]).collect();
                let of = |which: usize| mean(&parts.iter().map(|part| part[which]).collect::<Vec<_>>());
                Figure { time: of(0), reference: of(1), parts }
            })
            .collect()
    }

    #[test]
    fn a_slowdown_of_five_percent_is_found_on_a_quiet_machine() {
        let contrast = Contrast::of(&runs(1, 1, 0.003, 1.0, 1.0), &runs(2, 1, 0.003, 1.05, 1.0));
        assert!(contrast.chance < 0.001, "{contrast:?}");
        assert!((contrast.time.exp() - 1.05).abs() < 0.01 && contrast.least > 0.03, "{contrast:?}");
        assert!(contrast.interval[0] > 0.0, "{contrast:?}");
    }

    #[test]
    fn a_machine_that_grew_slower_is_no_slowdown() {
        for machine in [0.8, 0.95, 1.05, 1.2, 1.6] {
            // What is timed suffers by the same share as the reference, by half of it, or by a quarter more.
            for share in [0.5, 1.0, 1.25] {
                let time = 1.0 + share * (machine - 1.0);
                let contrast = Contrast::of(&runs(3, 3, 1e-4, 1.0, 1.0), &runs(4, 3, 1e-4, time, machine));
                assert!(
                    contrast.least.abs() < 0.12 && contrast.chance > 0.5,
                    "{machine} {share}: {contrast:?}"
                );
                assert!(contrast.interval[0] < 0.0 && contrast.interval[1] > 0.0);
            }
        }
        let twice = Contrast::of(&runs(3, 1, 0.003, 1.0, 1.0), &runs(4, 1, 0.003, 2.0, 1.2));
        assert!(twice.chance < 0.001 && twice.least > 0.2, "{twice:?}");
    }

    #[test]
    fn runs_of_the_same_thing_are_seldom_said_to_differ() {
        let alarms = (0..2000)
            .filter(|seed| {
                let first = runs(2 * seed, 1, 0.02, 1.0, 1.0);
                Contrast::of(&first, &runs(2 * seed + 1, 1, 0.02, 1.0, 1.0)).chance < 1.0 - LEVEL
            })
            .count();
        assert!(alarms <= 20, "{alarms} of 2000");
    }

    #[test]
    fn runs_that_lie_further_apart_than_their_parts_are_less_sure() {
        let close = runs(5, 4, 0.001, 1.0, 1.0);
        let mut apart = close.clone();
        apart[0].time += 0.1;
        let width = |side: &[Figure]| {
            let [low, high] = Contrast::of(&close, side).interval;
            high - low
        };
        assert!(width(&apart) > 5.0 * width(&close));
    }

    #[test]
    fn a_chance_among_many_must_be_smaller() {
        assert_eq!(bar(vec![0.009]), 0.009);
        assert_eq!(bar(vec![0.011]), 0.0);
        assert_eq!(bar([vec![0.009], vec![0.5; 9]].concat()), 0.0);
        assert_eq!(bar([vec![0.0009], vec![0.5; 9]].concat()), 0.0009);
        assert_eq!(bar(vec![0.009; 10]), 0.009);
        assert_eq!(bar(Vec::new()), 0.0);
    }
}
