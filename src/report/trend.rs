//! Measurements over a history of reports, as plain data. Knows no statistics and no renderer.

use serde::{Deserialize, Serialize};

use super::conclusion::{Conclusion, Loss};
use super::ratios::{RatioVerdict, Side};

/// The value of [`Trend::schema`].
pub const SCHEMA: &str = "pqcheck.trend/1";

/// How the measurements of a history went, and where they took a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The part by which a step must change a time to be one, 0.03 for 3 %.
    pub threshold: f64,
    /// Whether the newest report is worse: slower since the last step of a measurement, or without one.
    pub conclusion: Conclusion,
    /// The reports, the earliest first. Rows name them by their place here.
    pub points: Vec<Side>,
    /// Things worth knowing before a step is believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the newest report lacks that the one before it has, and what is newly wrong in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Loss>,
    /// One entry per workload and code path of the newest report.
    pub rows: Vec<Row>,
}

/// A workload on a code path, over the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The workload's id.
    pub workload: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// What was measured, the earliest first; points at which it could not be are left out.
    pub values: Vec<Value>,
    /// Where the time changed for good, the earliest first.
    pub steps: Vec<Step>,
    /// Why it is in no point, or in too few for a step, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Row {
    /// Whether it could be compared with an earlier report.
    pub fn is_compared(&self) -> bool {
        self.values.len() > 1
    }

    /// Whether its last step made it slower.
    pub fn is_slower(&self) -> bool {
        self.steps.last().is_some_and(|step| step.verdict == RatioVerdict::Slower)
    }

    /// `ML-KEM-768/encaps/libcrux/avx2`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.workload, self.backend, self.path)
    }
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// Of which point.
    pub point: usize,
    /// In nanoseconds per call.
    pub time: f64,
    /// What the reference took in the same run, in nanoseconds.
    pub reference: f64,
}

/// A change that stayed until the next one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The last point before it, and the first after it.
    pub between: [usize; 2],
    /// What came after it divided by what was before, at the machine's same speed: above 1 it is slower.
    pub ratio: f64,
    /// Where this ratio is, in 99 of 100 such histories.
    pub interval: [f64; 2],
    /// Faster or slower.
    #[serde(flatten)]
    pub verdict: RatioVerdict,
}
