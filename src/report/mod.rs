//! The results of a run as plain data. Knows no renderer, no file and no terminal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::{Algorithm, Operation};

pub mod bench;
pub mod causes;
pub mod check;
pub mod comparison;
pub mod conclusion;
pub mod finding;
pub mod inventory;
pub mod outcomes;
pub mod page;
pub mod ratios;
pub mod trend;

mod read;
#[cfg(test)]
pub(crate) mod sample;

pub use read::{Counts, Document, ParseError, document, parse};

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "pqcheck.report/1";

/// What a run of known-answer tests found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of pqcheck that wrote this.
    pub version: String,
    /// Where the run took place.
    pub platform: Platform,
    /// Where the vectors came from: `embedded`, or the paths that were given.
    pub corpus: Vec<String>,
    /// Which part of a run this is, where it is not the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The code paths that took part, in report order.
    pub paths: Vec<PathInfo>,
    /// Things worth knowing that are no outcome of a case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// How the outcomes add up.
    pub summary: Summary,
    /// The algorithms that were required, and that passed on no code path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Algorithm>,
    /// Where the time went, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// The cases that ran on no code path, by the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ran_nowhere: Vec<RanNowhere>,
    /// The digests of accumulated runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<AccumulatedDigest>,
    /// One entry per case and code path, sorted by backend, path, suite and case as they run.
    pub cases: Vec<CaseResult>,
}

/// One part of a run whose cases are shared out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which part, from 1 on.
    pub part: u64,
    /// Of how many.
    pub of: u64,
    /// How many cases all parts have together, for each code path.
    pub cases: u64,
    /// What all parts of one run have in common: a digest of every case of every part and of what decides on an
    /// outcome, in hex.
    pub plan: String,
}

/// The machine a report was made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `amd64` or `arm64`, as container platforms are named.
    pub architecture: String,
    /// The processor's name as the kernel gives it, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// The processor features that some code path here asks for and this processor has.
    pub features: Vec<String>,
    /// The signs by which emulation was recognised; empty where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emulated: Vec<String>,
}

impl Platform {
    /// The machine in words: `amd64 (AMD EPYC)`.
    pub fn words(&self) -> String {
        let cpu = self.cpu.as_deref().unwrap_or("unknown processor");
        let emulated = if self.emulated.is_empty() { "" } else { ", emulated" };
        format!("{} ({cpu}{emulated})", self.architecture)
    }
}

/// One code path of one backend in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathInfo {
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// The library's version.
    pub version: String,
    /// Whether the library's own dispatch takes this path on this processor.
    pub chosen: bool,
    /// Processor features that the path needs and this processor lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// Why the path ran in pqcheck's own process, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_isolated: Option<String>,
    /// Whether pqcheck hashed and formatted the messages of HashML-DSA (FIPS 204, Algorithms 4 and 5), which the path
    /// then took through its internal interface, because it has no entry point for them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub prehash_by_pqcheck: bool,
    /// The library file behind the path, where it is one of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<Library>,
}

impl PathInfo {
    /// The name as a person would say it: for a library of the image with its version and file.
    pub fn title(&self) -> String {
        match &self.library {
            Some(library) => format!("{} ({})", library.name, library.file),
            None => format!("{}/{}", self.backend, self.path),
        }
    }
}

/// A library of the image: what its file says, and whether its answers agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Its name and version, `liboqs 0.13.0`.
    pub name: String,
    /// Its file.
    pub file: String,
    /// The tested algorithms that it has.
    pub offers: Vec<Algorithm>,
    /// Whether it has the draft of a standard under the standard's name, by its symbols or by its answers.
    pub draft: bool,
    /// Whether the image's loader takes this file for its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_loader: bool,
    /// The algorithms whose draft it has under the standard's name, by its symbols.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<Algorithm>,
    /// The tested algorithms that it has in another revision, under the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_revision: Vec<Algorithm>,
    /// What its configuration keeps from applications, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// A configuration of OpenSSL under which it offers less than it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The file; none where it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The providers that are active.
    pub active: Vec<String>,
    /// What the library has and no application gets.
    pub lacks: Vec<Algorithm>,
    /// Why, and what helps.
    pub why: String,
}

impl Configuration {
    /// `under /etc/ssl/openssl.cnf (active providers: legacy): the default provider is not active; …`
    pub fn words(&self) -> String {
        let file = self.file.as_deref().unwrap_or("its configuration");
        let active = if self.active.is_empty() { "none".to_owned() } else { self.active.join(", ") };
        format!("under {file} (active providers: {active}): {}", self.why)
    }
}

/// How many outcomes of each kind; they add up to cases x paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Cases that passed.
    pub pass: u64,
    /// Cases whose answer was wrong.
    pub fail: u64,
    /// Cases in which all implementations gave the same other answer than the published one.
    #[serde(default)]
    pub suspect: u64,
    /// Cases that were not run, each with a reason.
    pub skip: u64,
    /// Cases that could not be run to the end.
    pub error: u64,
}

impl Summary {
    /// Counts the outcomes of `cases`.
    pub fn of<'a>(cases: impl IntoIterator<Item = &'a CaseResult>) -> Self {
        let mut summary = Self::default();
        for case in cases {
            summary.count(&case.outcome);
        }
        summary
    }

    /// Counts one outcome more.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail { .. } => self.fail += 1,
            Outcome::Suspect { .. } => self.suspect += 1,
            Outcome::Skip { .. } => self.skip += 1,
            Outcome::Error { .. } => self.error += 1,
        }
    }

    /// How many cases ran, to whatever end.
    pub fn ran(&self) -> u64 {
        self.pass + self.fail + self.suspect + self.error
    }

    /// All outcomes together.
    pub fn total(&self) -> u64 {
        self.ran() + self.skip
    }
}

/// Processor time of a run, in nanoseconds, over all processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Spent inside the libraries' own calls.
    pub library_ns: u64,
    /// All of it: user and system, pqcheck and its children.
    pub total_ns: u64,
    /// The time on the wall.
    pub wall_ns: u64,
}

/// Cases that ran on no code path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RanNowhere {
    /// Why, as the first code path says that has the algorithm: `unsupported: pre-hash`.
    pub reason: String,
    /// How many.
    pub cases: u64,
}

impl RanNowhere {
    /// The cases among `cases` that ran on no code path, by the reason.
    pub fn of(cases: &[CaseResult]) -> Vec<Self> {
        let mut skipped: BTreeMap<(&str, &str), Option<&str>> = BTreeMap::new();
        for case in cases {
            let why = skipped.entry((&case.suite, &case.case)).or_insert(Some(""));
            match (&case.outcome, &why) {
                (Outcome::Skip { reason }, Some(known)) if known.is_empty() || known.starts_with("not-") => {
                    *why = Some(reason);
                }
                (Outcome::Skip { .. }, _) => {}
                _ => *why = None,
            }
        }
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for why in skipped.into_values().flatten() {
            *counts.entry(why).or_default() += 1;
        }
        counts.into_iter().map(|(reason, cases)| Self { reason: reason.to_owned(), cases }).collect()
    }
}

/// What an accumulated run came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccumulatedDigest {
    /// What was accumulated.
    pub algorithm: Algorithm,
    /// How many round trips.
    pub count: u64,
    /// Which block of a run that was cut into blocks, from 0 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u64>,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// The SHAKE128 digest, 32 bytes in hex.
    pub digest: String,
    /// Whether one is published, with which it was compared. Where none is, the backends are compared with each other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published: bool,
}

/// The outcome of one case on one code path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The suite, `acvp/ML-KEM-keyGen-FIPS203`.
    pub suite: String,
    /// The case within the suite, `tc26`.
    pub case: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// What is tested.
    pub algorithm: Algorithm,
    /// The operation under test.
    pub operation: Operation,
    /// What happened.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl CaseResult {
    /// `acvp/ML-KEM-keyGen-FIPS203#tc26`.
    pub fn id(&self) -> String {
        format!("{}#{}", self.suite, self.case)
    }

    /// Whether it ran on this code path.
    pub fn is_of(&self, path: &PathInfo) -> bool {
        (&self.backend, &self.path) == (&path.backend, &path.path)
    }
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// The answer is the published one.
    Pass,
    /// The answer is another one.
    Fail {
        /// The step and value that differ, and what that identifies if anything:
        /// `decaps: shared_secret differs`.
        reason: String,
        /// The published value, shortened; or `accept`, `reject`.
        expected: String,
        /// The library's value, shortened; or `accept`, `reject`.
        got: String,
    },
    /// The answer is another one, and all implementations that answered give the same: not they are to be suspected, but
    /// the vectors, or how pqcheck reads them.
    Suspect {
        /// The step and value that differ, who agrees, and what the published answer is right for, if that is known.
        reason: String,
        /// As of `Fail`.
        expected: String,
        /// As of `Fail`.
        got: String,
    },
    /// The case was not run.
    Skip {
        /// A stable reason, `cpu-lacks: sha3`.
        reason: String,
    },
    /// The case could not be run to the end.
    Error {
        /// What happened, `killed by SIGILL …`.
        reason: String,
    },
}

/// A value in a report: its length and 8 bytes around the first difference to `other`.
pub fn shortened(value: &[u8], other: &[u8]) -> String {
    use std::fmt::Write as _;
    let first = value.iter().zip(other).position(|(a, b)| a != b).unwrap_or(value.len().min(other.len()));
    let start = first.saturating_sub(2).min(value.len().saturating_sub(8));
    let window = &value[start..value.len().min(start + 8)];
    let mut text = format!("{} bytes, differs at {first}, [{start}..] ", value.len());
    for byte in window {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
