//! What a log was found to say: the causes of a failed build or start. Knows no log format and no renderer.

use serde::{Deserialize, Serialize};

/// The value of [`Diagnosis::schema`].
pub const SCHEMA: &str = "pqcheck.causes/1";

/// What one log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// How the log ended.
    pub outcome: Outcome,
    /// How many lines were read.
    pub lines: u64,
    /// The line that says that something failed, where no cause was recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Evidence>,
    /// The causes, the most likely first.
    pub causes: Vec<Cause>,
}

/// How a log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It failed, and at least one cause was recognised.
    Failed,
    /// It is the log of something that succeeded.
    Succeeded,
    /// Neither a cause nor a success was recognised.
    Unknown,
}

/// One cause, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The stable name, `oqs-header-missing`.
    pub id: String,
    /// The lines that prove it, in the order of the log; long runs are cut.
    pub evidence: Vec<Evidence>,
    /// Why it happens, in the words of this log.
    pub why: String,
    /// What to do, the likeliest cure first.
    pub fix: Vec<String>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its number, from 1.
    pub line: u64,
    /// The line without colours; a long line is cut.
    pub text: String,
}
