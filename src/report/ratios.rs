//! Measurements of two sides beside each other, as plain data. Knows no statistics and no renderer.

use serde::{Deserialize, Serialize};

use super::Platform;
use super::conclusion::{Conclusion, Loss};

/// The value of [`Ratios::schema`].
pub const SCHEMA: &str = "pqcheck.ratios/1";

/// What the measurements of one or more sides are to those of the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The part by which something must be slower to be called a regression, 0.03 for 3 %.
    pub threshold: f64,
    /// Whether two machines may be compared.
    pub across: bool,
    /// What both sides were divided by, if anything: a backend, or `cycles` where those stand in the place of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalised: Option<String>,
    /// Whether any side is worse than the first.
    pub conclusion: Conclusion,
    /// The sides; the first is the one that the others are compared with.
    pub sides: Vec<Side>,
    /// Things worth knowing before a verdict is believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What a side lacks that the first has, and what is newly wrong on it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Loss>,
    /// One entry per workload, code path and side but the first.
    pub rows: Vec<Row>,
}

impl Ratios {
    /// How many rows have this verdict, by its word.
    pub fn count(&self, word: &str) -> usize {
        self.rows.iter().filter(|row| row.verdict.word() == word).count()
    }
}

/// The runs of one side, pooled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What it was called on the command line.
    pub name: String,
    /// How many runs.
    pub runs: u64,
    /// The version of pqcheck that measured.
    pub version: String,
    /// The machine.
    pub platform: Platform,
}

/// A workload of a code path on one side, and on the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The workload's id.
    pub workload: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id, on this side.
    pub path: String,
    /// The code path of the first side, `backend/path`, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// Which side is compared with the first.
    pub side: usize,
    /// The estimate of the first side, if it has one: in nanoseconds per call, or as [`Ratios::normalised`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// The estimate of this side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// This side divided by the first, at the machine's same speed: above 1 it is slower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Where the ratio of such runs is in 99 of 100, as far as these can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// What is to be said of it.
    #[serde(flatten)]
    pub verdict: RatioVerdict,
}

impl Row {
    /// Whether the two sides could be compared in it.
    pub fn is_compared(&self) -> bool {
        self.ratio.is_some()
    }
}

/// What is to be said of a ratio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum RatioVerdict {
    /// Faster, by more than the threshold and beyond the interval's doubt.
    Faster,
    /// Slower, in the same way: a regression.
    Slower,
    /// Neither could be shown.
    NoDifferenceShown,
    /// Nothing can be said.
    NotComparable {
        /// Why.
        why: String,
    },
}

impl RatioVerdict {
    /// The word that stands for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::NoDifferenceShown => "no difference shown",
            Self::NotComparable { .. } => "not comparable",
        }
    }
}
