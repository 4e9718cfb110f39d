//! What one set of runs is to another, and how sure that is: the one rule behind every verdict.
//!
//! METHODOLOGY.md, "What is said of two sides", argues for each step. Knows no report.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::stats::{mean, median, variance};

/// How sure an interval is.
pub(super) const LEVEL: f64 = 0.99;
/// How far runs of the same binary lie apart on a quiet machine though their turns do not, as a logarithm.
const APART: f64 = 0.004;
/// By how much more or less than the reference a workload suffers from another frequency, as a part of the change and a
/// standard deviation; and than the probe from another program.
const OF_FREQUENCY: f64 = 0.15;
const OF_PROGRAM: f64 = 0.6;
/// The largest changes of the reference and of the probe that are no other program's, as logarithms.
const FREQUENCY: f64 = 0.1;
const IDLE: f64 = 0.2;

/// A measurement in one run. All are natural logarithms, of which a difference is a ratio.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// What a call takes.
    pub(super) time: f64,
    /// What the reference took meanwhile: how slow the machine was.
    pub(super) speed: f64,
    /// What the probe took in the same run where nothing disturbed it.
    pub(super) probe: f64,
    /// The variance of the time, as far as its turns can tell.
    pub(super) error: f64,
    /// In how many turns it was timed.
    pub(super) turns: usize,
}

impl Figure {
    /// The same where the reference has nothing to say: on another machine it is not what drifted.
    pub(super) fn alone(self) -> Self {
        Self { speed: 0.0, probe: 0.0, ..self }
    }

    /// What a call takes at the machine's same speed.
    pub(super) fn level(&self) -> f64 {
        self.time - self.speed
    }
}

/// A second set of runs against a first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contrast {
    /// The logarithm of the ratio of times at the machine's same speed.
    pub(super) ratio: f64,
    /// The logarithm of the ratio of times of the reference.
    pub(super) speed: f64,
    /// By how much another program slowed the machine down on one side only, if one was there: as a logarithm.
    pub(super) disturbance: Option<f64>,
    /// The standard error of the ratio, and the degrees of freedom of that.
    error: f64,
    freedom: f64,
}

impl Contrast {
    /// Of runs of which there is at least one on each side.
    pub(super) fn of(first: &[Figure], second: &[Figure]) -> Self {
        Self::by(None, first, second)
    }

    /// The same of two parts of a history, of which it is known how far its runs lie apart, as a variance.
    pub(super) fn in_history(usual: f64, first: &[Figure], second: &[Figure]) -> Self {
        Self::by(Some(usual), first, second)
    }

    /// Welch's account of two means.
    fn by(usual: Option<f64>, first: &[Figure], second: &[Figure]) -> Self {
        let [(was, was_error, was_free), (now, now_error, now_free)] =
            [first, second].map(|side| location(side, usual));
        let change = |of: fn(&Figure) -> f64| {
            let [was, now] = [first, second].map(|side| mean(&side.iter().map(of).collect::<Vec<_>>()));
            now - was
        };
        let (speed, probe) = (change(|figure| figure.speed), change(|figure| figure.probe));
        let larger = if speed.abs() > probe.abs() { speed } else { probe };
        let disturbance = (speed.abs() > FREQUENCY || probe.abs() > IDLE).then_some(larger);
        let doubt = disturbance.map_or(OF_FREQUENCY * speed, |disturbance| OF_PROGRAM * disturbance);
        let squares = was_error + now_error;
        Self {
            ratio: now - was,
            speed,
            disturbance,
            error: (squares + doubt * doubt).sqrt(),
            freedom: squares * squares
                / (was_error * was_error / was_free + now_error * now_error / now_free),
        }
    }

    /// Where the logarithm of the ratio lies.
    pub(super) fn interval(&self) -> [f64; 2] {
        let reach = self.student().map_or(f64::INFINITY, |student| student.inverse_cdf((1.0 + LEVEL) / 2.0));
        [self.ratio - reach * self.error, self.ratio + reach * self.error]
    }

    /// In how many standard errors they are apart.
    pub(super) fn far(&self) -> f64 {
        self.ratio.abs() / self.error
    }

    /// How often two sets of runs of the same thing are so far apart.
    pub(super) fn chance(&self) -> f64 {
        self.student().map_or(1.0, |student| 2.0 * student.sf(self.far()))
    }

    fn student(&self) -> Option<StudentsT> {
        StudentsT::new(0.0, 1.0, self.freedom).ok()
    }
}

/// The mean of a side's runs, the square of its error, and the degrees of freedom of that.
///
/// Runs differ by what their turns say and by [`APART`] at least, and by as much as they are seen to where there are
/// several.
fn location(side: &[Figure], usual: Option<f64>) -> (f64, f64, f64) {
    let runs = side.len() as f64;
    let values: Vec<f64> = side.iter().map(Figure::level).collect();
    let within = mean(&side.iter().map(|figure| figure.error).collect::<Vec<_>>()) + APART * APART;
    let free: usize = side.iter().map(|figure| figure.turns - 1).sum();
    let apart = usual.unwrap_or_else(|| variance(&values));
    (mean(&values), within.max(apart) / runs, free as f64 + runs - 1.0)
}

/// How far the runs of a history lie apart, as a variance.
///
/// From the middle of the changes from run to run, which a few steps do not move: those that are not found yet must not
/// make the others look like noise. 0 where there are too few runs to tell.
pub(super) fn usual(runs: &[Figure]) -> f64 {
    const FEWEST: usize = 4;
    /// The middle of the changes of a normal distribution, in standard deviations.
    const MIDDLE: f64 = 0.954;
    if runs.len() < FEWEST {
        return 0.0;
    }
    let changes: Vec<f64> = runs.windows(2).map(|pair| (pair[1].level() - pair[0].level()).abs()).collect();
    (median(&changes) / MIDDLE).powi(2)
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

    /// Runs of times and a reference that are so much slower than 1, and lie apart by as much as they say and must.
    fn runs(seed: u64, count: usize, noise: f64, time: f64, speed: f64) -> Vec<Figure> {
        let mut random = fastrand::Rng::with_seed(seed);
        // The sum of some even draws is close enough to a normal one.
        let mut draw = || (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        (0..count)
            .map(|_| Figure {
                time: time.ln() + noise.hypot(APART) * draw(),
                speed: speed.ln(),
                probe: 0.0,
                error: noise * noise,
                turns: 10,
            })
            .collect()
    }

    #[test]
    fn a_slowdown_of_five_percent_is_found_on_a_quiet_machine() {
        let contrast = Contrast::of(&runs(1, 1, 0.003, 1.0, 1.0), &runs(2, 1, 0.003, 1.05, 1.0));
        assert!(contrast.chance() < 0.001, "{contrast:?}");
        assert!((contrast.ratio.exp() - 1.05).abs() < 0.02, "{contrast:?}");
        assert!(contrast.interval()[0] > 0.0, "{contrast:?}");
    }

    #[test]
    fn a_machine_that_grew_slower_is_no_slowdown() {
        for machine in [0.92, 0.98, 1.02, 1.08] {
            let slower =
                Contrast::of(&runs(3, 1, 0.003, 1.0, 1.0), &runs(4, 1, 0.003, 1.05 * machine, machine));
            assert!(slower.chance() < 0.01 && slower.ratio > 0.03, "{machine}: {slower:?}");
        }
        for machine in [0.6_f64, 0.8, 0.95, 1.05, 1.2, 1.6] {
            // A frequency is in what is timed as it is in the reference, other programs by a half or by a third more.
            let shares = if (0.9..1.1).contains(&machine) { 0.9..=1.1 } else { 0.4..=1.3 };
            for share in [*shares.start(), 1.0, *shares.end()] {
                let same = runs(4, 3, 0.003, machine.powf(share), machine);
                let contrast = Contrast::of(&runs(3, 3, 0.003, 1.0, 1.0), &same);
                assert!(contrast.chance() > 0.05, "{machine} {share}: {contrast:?}");
                assert!(contrast.interval()[0] < 0.0 && contrast.interval()[1] > 0.0);
            }
        }
        // Another program may be seen by the probe only.
        let beside = |time| -> Vec<Figure> {
            runs(4, 1, 0.003, time, 1.05).into_iter().map(|run| Figure { probe: 0.5, ..run }).collect()
        };
        let seen = Contrast::of(&runs(3, 1, 0.003, 1.0, 1.0), &beside(1.3));
        assert!(seen.chance() > 0.05 && seen.disturbance == Some(0.5), "{seen:?}");
        assert!(Contrast::of(&runs(3, 1, 0.003, 1.0, 1.0), &beside(4.0)).chance() < 0.01);
        let twice = Contrast::of(&runs(3, 1, 0.003, 1.0, 1.0), &runs(4, 1, 0.003, 2.0, 1.2));
        assert!(twice.chance() < 0.01 && twice.ratio > 0.2, "{twice:?}");
    }

    #[test]
    fn runs_of_the_same_thing_are_seldom_said_to_differ() {
        let alarms = (0..2000)
            .filter(|seed| {
                let first = runs(2 * seed, 1, 0.02, 1.0, 1.0);
                Contrast::of(&first, &runs(2 * seed + 1, 1, 0.02, 1.0, 1.0)).chance() < 1.0 - LEVEL
            })
            .count();
        assert!(alarms <= 20, "{alarms} of 2000");
    }

    #[test]
    fn runs_that_lie_further_apart_than_their_turns_are_less_sure() {
        let close = runs(5, 4, 0.001, 1.0, 1.0);
        let mut apart = close.clone();
        apart[0].time += 0.1;
        let width = |side: &[Figure]| {
            let [low, high] = Contrast::of(&close, side).interval();
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
