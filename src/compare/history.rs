//! A history of measurements -> the steps in it. Knows no file and no renderer.
//!
//! A step is looked for where a cut makes two sides that differ most, by the same rule as two sides of a comparison,
//! and then again on both sides of it.

use super::contrast::{Contrast, Figure, LEVEL, usual};
use super::error::Error;
use super::machines::{self, Runs};
use super::pairing::Pairing;
use super::rule::Found;
use super::times::{answers, verdict};
use super::{Plan, figures, lost};
use crate::report::bench::{Bench, Measurement};
use crate::report::ratios::RatioVerdict;
use crate::report::trend::{Row, SCHEMA, Step, Trend, Value};

/// Finds the steps of every measurement of the last report, and what it lost since the one before.
pub(super) fn compare(points: &[Runs], plan: &Plan) -> Result<Trend, Error> {
    let threshold = plan.threshold();
    let [.., before, last] = points else {
        let name = points.first().map(|only| only.name.clone()).unwrap_or_default();
        return Err(Error::ShortHistory { name });
    };
    points.iter().try_for_each(machines::one)?;
    let first = &points[0];
    let (name, machine) = (first.name.clone(), machines::words(first));
    if let Some(other) = machines::another(first, points) {
        return Err(Error::HistoryOfTwoMachines {
            first: name,
            first_machine: machine,
            other: other.name.clone(),
            other_machine: machines::words(other),
        });
    }
    if !first.runs[0].testbed.platform.emulated.is_empty() {
        return Err(Error::Emulated { name, machine });
    }
    let measurements = last.measurements();
    // Each cut of each history is a chance to err.
    let chances = (measurements.len() * (points.len() - 1)) as f64;
    let rule = Rule { shown: (1.0 - LEVEL) / chances, threshold };
    let lost = lost::lost(before, last, points.len() - 1);
    let (pairing, earlier) = (Pairing::of(before, last), before.measurements());
    let is_other = |it: &&Measurement| !earlier.iter().any(|was| pairing.joins(was, it));
    let others = measurements.iter().any(is_other);
    let rows: Vec<Row> = measurements.into_iter().map(|it| row(points, it, rule)).collect();
    let slower = rows.iter().filter(|row| row.is_slower()).count();
    let compared = rows.iter().filter(|row| row.is_compared()).count();
    // What is new in the last report has no history, and none is missed.
    let is_known = |row: &&Row| {
        let had = |it: &Measurement| it.id() == row.id();
        points[..points.len() - 1].iter().any(|point| point.measurements().into_iter().any(had))
    };
    let unclear = rows.iter().filter(|row| !row.is_compared()).filter(is_known).count();
    let found = Found { slower, compared, unclear, others, partial: plan.partial, ..Found::default() };
    Ok(Trend {
        schema: SCHEMA.to_owned(),
        threshold,
        conclusion: found.losing(lost.iter().map(|loss| loss.loss)).conclusion(),
        points: points.iter().map(machines::side).collect(),
        warnings: machines::warnings(points),
        lost,
        rows,
    })
}

/// Its place in the history, and the figures of its runs.
type Point = (usize, Vec<Figure>);

/// What a step must be to be one.
#[derive(Clone, Copy)]
struct Rule {
    shown: f64,
    threshold: f64,
}

impl Rule {
    fn verdict(self, contrast: &Contrast) -> RatioVerdict {
        verdict(contrast, self.shown, self.threshold)
    }
}

fn row(points: &[Runs], last: &Measurement, rule: Rule) -> Row {
    let id = last.id();
    let mut history: Vec<Point> = Vec::new();
    let mut why = None;
    for (at, point) in points.iter().enumerate() {
        match point_figures(points, point, last, &id) {
            Ok(figures) => history.push((at, figures)),
            Err(reason) => why = Some(reason),
        }
    }
    let value = |(point, figures): &Point| {
        let mean =
            |of: fn(&Figure) -> f64| (figures.iter().map(of).sum::<f64>() / figures.len() as f64).exp();
        Value { point: *point, time: mean(|figure| figure.time), reference: mean(|figure| figure.speed) }
    };
    Row {
        workload: last.workload.clone(),
        backend: last.backend.clone(),
        path: last.path.clone(),
        values: history.iter().map(value).collect(),
        steps: steps_of(&history, rule),
        why,
    }
}

fn point_figures(points: &[Runs], point: &Runs, last: &Measurement, id: &str) -> Result<Vec<Figure>, String> {
    let same = points.last().map(|last_point| answers(&last_point.runs[0], &last.workload));
    let figure = |run: (&Bench, u64)| {
        if Some(answers(run.0, &last.workload)) != same {
            return Err(format!("{} timed this workload with other inputs, or lacks it", point.name));
        }
        figures::of(&point.name, run, id, None)
    };
    point.each().map(figure).collect()
}

/// The places of the likeliest step, if it is one, and of those on both sides of it, counted from `start`.
fn cuts_of(history: &[Point], start: usize, rule: Rule, usual: f64, cuts: &mut Vec<usize>) {
    let found = (1..history.len()).map(|cut| (cut, against(usual, &history[..cut], &history[cut..])));
    let found = found.max_by(|(_, one), (_, other)| one.far().total_cmp(&other.far()));
    let Some((cut, found)) = found else { return };
    if rule.verdict(&found) == RatioVerdict::NoDifferenceShown {
        return;
    }
    cuts_of(&history[..cut], start, rule, usual, cuts);
    cuts.push(start + cut);
    cuts_of(&history[cut..], start + cut, rule, usual, cuts);
}

/// Each step against what is between it and its neighbours.
fn steps_of(history: &[Point], rule: Rule) -> Vec<Step> {
    let usual = usual(&figures_of(history));
    let mut cuts = Vec::new();
    cuts_of(history, 0, rule, usual, &mut cuts);
    let edges: Vec<usize> = [&[0], &cuts[..], &[history.len()]].concat();
    let step = |edges: &[usize]| {
        let (before, after) = (&history[edges[0]..edges[1]], &history[edges[1]..edges[2]]);
        let found = against(usual, before, after);
        Step {
            between: [before[before.len() - 1].0, after[0].0],
            ratio: found.ratio.exp(),
            interval: found.interval().map(f64::exp),
            verdict: rule.verdict(&found),
        }
    };
    edges.windows(3).map(step).filter(|step| step.verdict != RatioVerdict::NoDifferenceShown).collect()
}

fn against(usual: f64, before: &[Point], after: &[Point]) -> Contrast {
    Contrast::in_history(usual, &figures_of(before), &figures_of(after))
}

fn figures_of(points: &[Point]) -> Vec<Figure> {
    points.iter().flat_map(|(_, figures)| figures.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { shown: 0.01 / 20.0, threshold: 0.03 };

    /// A history of so many points at each of some levels.
    fn history(seed: u64, levels: &[(usize, f64)]) -> Vec<Point> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut noise = || 0.01 * (random.f64() - 0.5);
        let all = levels.iter().flat_map(|(count, level)| std::iter::repeat_n(level.ln(), *count));
        all.enumerate()
            .map(|(at, level)| {
                (at, vec![Figure { time: level + noise(), speed: 0.0, probe: 0.0, error: 1e-5, turns: 10 }])
            })
            .collect()
    }

    fn found(history: &[Point]) -> Vec<([usize; 2], &'static str)> {
        steps_of(history, RULE).iter().map(|step| (step.between, step.verdict.word())).collect()
    }

    #[test]
    fn steps_are_where_they_were_planted() {
        assert_eq!(found(&history(1, &[(10, 1.0), (10, 1.05)])), [([9, 10], "slower")]);
        assert_eq!(found(&history(2, &[(19, 1.0), (1, 1.08)])), [([18, 19], "slower")]);
        assert_eq!(
            found(&history(3, &[(6, 1.0), (7, 1.2), (7, 1.02)])),
            [([5, 6], "slower"), ([12, 13], "faster")]
        );
        assert_eq!(
            found(&history(8, &[(9, 1.0), (3, 1.08), (1, 1.0)])),
            [([8, 9], "slower"), ([11, 12], "faster")]
        );
        assert_eq!(found(&history(4, &[(20, 1.0)])), []);
        assert_eq!(found(&history(5, &[(1, 1.0)])), []);
        assert_eq!(found(&[]), []);
    }

    #[test]
    fn a_step_below_the_threshold_is_none() {
        assert_eq!(found(&history(6, &[(10, 1.0), (10, 1.02)])), []);
    }

    #[test]
    fn a_step_is_measured_against_its_neighbours() {
        let steps = steps_of(&history(7, &[(6, 1.0), (6, 1.2), (6, 1.5)]), RULE);
        let ratios: Vec<f64> = steps.iter().map(|step| (step.ratio * 100.0).round() / 100.0).collect();
        assert_eq!(ratios, [1.2, 1.25]);
    }

    #[test]
    fn a_flat_history_seldom_has_a_step() {
        let wrong = (0..200).filter(|seed| !found(&history(100 + seed, &[(20, 1.0)])).is_empty()).count();
        assert!(wrong <= 2, "{wrong} of 200");
    }
}
