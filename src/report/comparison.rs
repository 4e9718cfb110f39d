//! A comparison of any kind, as plain data.

use super::conclusion::Conclusion;
use super::outcomes::Outcomes;
use super::ratios::Ratios;
use super::trend::Trend;

/// What was compared, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// Two reports of known-answer tests.
    Outcomes(Box<Outcomes>),
    /// Measurements of two sides or more.
    Ratios(Ratios),
    /// Measurements of a history.
    Trend(Trend),
}

impl Comparison {
    /// What it says of the new side.
    pub const fn conclusion(&self) -> Conclusion {
        match self {
            Self::Outcomes(outcomes) => outcomes.conclusion,
            Self::Ratios(ratios) => ratios.conclusion,
            Self::Trend(trend) => trend.conclusion,
        }
    }
}
