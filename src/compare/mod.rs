//! Two reports, or a history of them -> what got worse.
//!
//! [`run`] is the first function to read; `rule.rs` says when something is worse. Knows no file and no renderer.

use crate::report::comparison::Comparison;
use crate::report::{Document, Report};

mod contrast;
mod error;
mod figures;
mod history;
mod lost;
mod machines;
mod outcomes;
mod pairing;
mod rule;
mod times;

pub use error::Error;
pub use figures::Normalise;
use machines::Runs;

/// How much slower a regression must be when nothing else is said, 0.03 for 3 %.
const THRESHOLD: f64 = 0.03;

/// How to compare.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// Whether the sides are the history of one thing.
    pub history: bool,
    /// How much slower a regression must be, 0.03 for 3 %; [`None`] for the usual.
    pub threshold: Option<f64>,
    /// Whether to compare two machines.
    pub across: bool,
    /// Whether it is enough if few measurements can be compared.
    pub partial: bool,
    /// What to divide both sides by.
    pub normalise: Option<Normalise>,
}

impl Plan {
    fn threshold(&self) -> f64 {
        self.threshold.unwrap_or(THRESHOLD)
    }
}

/// Compares the sides, the earliest first: each has a name and one document or more.
///
/// # Errors
/// If the sides cannot be compared in this way, with their names and what to do.
pub fn run(sides: Vec<(String, Vec<Document>)>, plan: &Plan) -> Result<Comparison, Error> {
    let mut outcomes: Vec<(String, Vec<Report>)> = Vec::new();
    let mut times: Vec<Runs> = Vec::new();
    for (name, documents) in sides {
        let (mut reports, mut runs) = (Vec::new(), Vec::new());
        for document in documents {
            match document {
                Document::Report(report) => reports.push(*report),
                Document::Bench(run) => runs.push(*run),
            }
        }
        match (reports.is_empty(), runs.is_empty()) {
            (false, false) => return Err(Error::MixedSide { name }),
            (false, true) => outcomes.push((name, reports)),
            (true, false) => times.push(Runs::new(name, runs)),
            (true, true) => return Err(Error::EmptySide { name }),
        }
    }
    if let (Some((outcomes, _)), Some(times)) = (outcomes.first(), times.first()) {
        return Err(Error::MixedSides { outcomes: outcomes.clone(), times: times.name.clone() });
    }
    match (outcomes.as_slice(), times.as_slice()) {
        ([], times) if plan.history => history::compare(times, plan).map(Comparison::Trend),
        ([], [only]) => Err(Error::OneSide { name: only.name.clone() }),
        ([], times) => times::compare(times, plan).map(Comparison::Ratios),
        ([(name, _), ..], _) if *plan != Plan::default() => {
            Err(Error::OnlyForMeasurements { name: name.clone() })
        }
        ([(name, _)], _) => Err(Error::OneSide { name: name.clone() }),
        ([(_, old), (_, new)], _) if old.len() == 1 && new.len() == 1 => {
            Ok(Comparison::Outcomes(Box::new(outcomes::compare(&old[0], &new[0]))))
        }
        (sides, _) => {
            let more = sides.iter().enumerate().find(|(at, (_, reports))| *at > 1 || reports.len() > 1);
            Err(Error::MoreThanTwo { name: more.map(|(_, (name, _))| name.clone()).unwrap_or_default() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn known_answer_reports_are_compared_two_at_a_time_and_without_options() {
        let side = |reports: usize| {
            (format!("{reports}.json"), vec![Document::Report(Box::new(sample::report())); reports])
        };
        let said = |sides: &[usize], plan: &Plan| {
            let sides = sides.iter().map(|reports| side(*reports)).collect();
            run(sides, plan)
                .map_or_else(|error| error.to_string(), |found| format!("{:?}", found.conclusion()))
        };
        let usual = Plan::default();
        assert_eq!(said(&[1, 1], &usual), "NotWorse");
        assert_eq!(said(&[1], &usual), "1.json: needs two reports: OLD NEW");
        for sides in [&[1, 2][..], &[2, 1], &[1, 1, 1]] {
            assert!(said(sides, &usual).contains("two at a time"), "{sides:?}");
        }
        assert!(said(&[1, 0], &usual).starts_with("0.json: no report"));
        for plan in [
            Plan { history: true, ..Plan::default() },
            Plan { across: true, ..Plan::default() },
            Plan { threshold: Some(0.03), ..Plan::default() },
        ] {
            assert!(said(&[1, 1], &plan).contains("need measurements"));
        }
    }
}
