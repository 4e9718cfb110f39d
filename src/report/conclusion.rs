//! What every comparison concludes, and what measurements can lose, as plain data.

use serde::{Deserialize, Serialize};

/// What a comparison says of the new side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// Something broke, is gone, or is slower.
    Worse,
    /// Something was compared, and nothing is worse.
    NotWorse,
    /// Nothing could be compared.
    NothingCompared,
    /// More than half could not be compared, and nothing of the rest is worse.
    TooLittleCompared,
}

/// A measurement that the new side lacks, or that is newly wrong there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The workload's id.
    pub workload: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// The new side: its place among the sides, or among the reports of a history.
    pub side: usize,
    /// How it was lost.
    pub loss: Lost,
    /// Why, where the report of the new side says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How a measurement was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lost {
    /// A wrong answer or an error where there was none.
    NewlyFailing,
    /// Measured before, and skipped now.
    NewlySkipped,
    /// In the old report only.
    Vanished,
}

impl Lost {
    /// The words that stand for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NewlyFailing => "newly failing",
            Self::NewlySkipped => "newly skipped",
            Self::Vanished => "vanished",
        }
    }
}
