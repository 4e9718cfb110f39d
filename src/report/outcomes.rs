//! What changed between two reports, as plain data. Knows no renderer.

use serde::{Deserialize, Serialize};

use super::conclusion::Conclusion;
use super::{Outcome, Platform, Summary};
use crate::spec::{Algorithm, Operation};

/// The value of [`Outcomes::schema`].
pub const SCHEMA: &str = "pqcheck.comparison/1";

/// What changed from an old report to a new one. Every list is in report order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The report that is compared against.
    pub before: Side,
    /// The report that is judged.
    pub after: Side,
    /// Whether the new report is worse.
    pub conclusion: Conclusion,
    /// How many outcomes there are in both.
    pub compared: u64,
    /// Those of them that were no pass and no skip then, and are neither now.
    pub still_failing: u64,
    /// A wrong answer or an error where there was none, new cases included.
    pub newly_failing: Vec<Change>,
    /// Ran then, and is skipped now.
    pub newly_skipped: Vec<Change>,
    /// In the old report only.
    pub vanished: Vec<Change>,
    /// In the new report only, and passed or skipped.
    pub new: Vec<Change>,
    /// Passes now, and did not then.
    pub newly_passing: Vec<Change>,
}

/// One of the two reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The version of pqcheck that wrote it.
    pub version: String,
    /// Where it was made.
    pub platform: Platform,
    /// How its outcomes add up.
    pub summary: Summary,
}

/// A case on a code path with what came of it then and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The suite.
    pub suite: String,
    /// The case within the suite.
    pub case: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// What is tested.
    pub algorithm: Algorithm,
    /// The operation under test.
    pub operation: Operation,
    /// The outcome in the old report, if the case is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Outcome>,
    /// The outcome in the new report, if the case is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Outcome>,
}
