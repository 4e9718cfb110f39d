//! What doctor found in an image, as plain data. Knows no rule and no image.

use serde::{Deserialize, Serialize};

use super::Platform;

/// The value of [`Findings::schema`].
pub const SCHEMA: &str = "pqcheck.findings/1";

/// What was looked at in an image, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of pqcheck that wrote this.
    pub version: String,
    /// Where pqcheck ran.
    pub platform: Platform,
    /// What was looked into: `/`, a folder or an archive.
    pub root: String,
    /// What kind of image it is, in words.
    pub image: String,
    /// The platform its programs have to be built for, if anything tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Things worth knowing that are no finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// How it adds up.
    pub summary: Summary,
    /// What was found: errors first, then by subject and rule.
    pub findings: Vec<Finding>,
    /// The programs that were looked at, in the order they were.
    pub programs: Vec<Program>,
}

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Programs and modules looked at.
    pub looked_at: u64,
    /// Those of them with an error.
    pub will_not_start: u64,
    /// Findings of severity error.
    pub errors: u64,
    /// Findings of severity warning.
    pub warnings: u64,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id, `libc-mismatch`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The path, the name or the module it is about.
    pub subject: String,
    /// What was found, in one sentence.
    pub message: String,
    /// Every place that was considered, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub search: Vec<Step>,
    /// Why that is so.
    pub cause: String,
    /// What to do, the likeliest cure first.
    pub fix: Vec<String>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not start.
    Error,
    /// It may not do what is wanted.
    Warning,
}

/// A place that was considered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The place.
    pub path: String,
    /// Why it was refused, or that it was taken.
    pub verdict: String,
}

/// A program that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its path.
    pub path: String,
    /// What it is: `elf`, `static-elf`, `script` or `other`.
    pub kind: String,
    /// Why it was looked at.
    pub asked: String,
    /// Who runs it: its dynamic loader or its script's interpreter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// What it is built for, `amd64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Whether its table of symbols was taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripped: Option<bool>,
    /// The libraries that its loader would load, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<Library>,
}

/// A library that a program needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// The name it is asked for by.
    pub name: String,
    /// Where the loader finds it; none where it does not.
    pub path: Option<String>,
}

impl Summary {
    /// Counts the findings; `looked_at` is known to who looked.
    pub fn of(looked_at: u64, findings: &[Finding]) -> Self {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let mut subjects: Vec<&str> = errors.clone().map(|finding| finding.subject.as_str()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let errors = errors.count() as u64;
        Self {
            looked_at,
            will_not_start: subjects.len() as u64,
            errors,
            warnings: findings.len() as u64 - errors,
        }
    }
}
