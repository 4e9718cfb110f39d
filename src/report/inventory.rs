//! What a binary can test, as plain data: `pqcheck list`. Knows no renderer.

use serde::{Deserialize, Serialize};

use crate::spec::{Algorithm, Operation};

/// The value of [`Inventory::schema`].
pub const SCHEMA: &str = "pqcheck.inventory/1";

/// Everything in a binary, and which parts this machine can run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of pqcheck.
    pub version: String,
    /// The machine that answered.
    pub platform: super::Platform,
    /// The linked implementations, in report order.
    pub backends: Vec<BackendInfo>,
    /// The libraries of the image, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed: Option<InstalledInfo>,
    /// Every algorithm, in report order.
    pub algorithms: Vec<Algorithm>,
    /// Every operation, in report order.
    pub operations: Vec<Operation>,
    /// The embedded suites.
    pub corpus: Vec<SuiteInfo>,
    /// The vector formats that `--vectors` reads.
    pub vector_formats: Vec<Word>,
    /// The output formats of `--format`.
    pub formats: Vec<Word>,
    /// The reasons to skip a case.
    pub skip_reasons: Vec<Word>,
    /// The exit codes.
    pub exit_codes: Vec<ExitCodeInfo>,
    /// The rules of `doctor`; `pqcheck doctor --explain ID` shows their pages.
    pub rules: Vec<Word>,
    /// The causes that `explain` knows; `pqcheck doctor --explain ID` shows their pages too.
    pub causes: Vec<Word>,
    /// The planted faults, for `--backend broken:ID`.
    pub faults: Vec<FaultInfo>,
}

/// A linked implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendInfo {
    /// The stable name, `liboqs`.
    pub id: String,
    /// The library's version.
    pub version: String,
    /// Advisories and limits, one sentence each.
    pub notes: Vec<String>,
    /// The code paths in this build, the one that the library prefers first.
    pub paths: Vec<CodePathInfo>,
}

/// The libraries of an image, as read from their files; nothing was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledInfo {
    /// The libraries that pqcheck can test.
    pub libraries: Vec<LibraryInfo>,
    /// Files with the name of such a library that no application of this image could load; `about` says why.
    pub passed_over: Vec<Word>,
    /// Files of other libraries with cryptography, which pqcheck does not test; `about` is the name and version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_tested: Vec<Word>,
    /// The places searched, as phrases.
    pub looked: Vec<String>,
}

/// A library of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryInfo {
    /// The backend that tests it, `installed-liboqs`.
    pub backend: String,
    /// Its file.
    pub file: String,
    /// The library's own name, `liboqs`.
    pub name: String,
    /// Its version, if the file has one.
    pub version: Option<String>,
    /// Its soname.
    pub soname: Option<String>,
    /// The architecture, as container platforms name it.
    pub machine: String,
    /// The C library that it needs, `glibc`.
    pub libc: Option<String>,
    /// The processor level that it requires, if a note in the file says so.
    pub requires: Option<String>,
    /// Whether an application gets this file rather than another of the same name.
    pub chosen: bool,
    /// Why no application here can load it, if so.
    pub refused: Option<String>,
    /// The tested algorithms that it has; `about` is `final`, `draft` or `no standard`.
    pub algorithms: Vec<Word>,
    /// The algorithms that it has from before the standards.
    pub round3: Vec<String>,
    /// What an application that uses it should know, one sentence each.
    pub notes: Vec<String>,
}

/// One way through a library's code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePathInfo {
    /// The stable name, `avx2`.
    pub id: String,
    /// Processor features that the path needs.
    pub requires: Vec<String>,
    /// The required features that this processor lacks.
    pub lacks: Vec<String>,
    /// Whether the library's own dispatch takes this path on this processor.
    pub chosen: bool,
    /// Whether this processor can run the path.
    pub runs_here: bool,
    /// Ways in which the path is known to depart from the standards.
    pub departures: Vec<Word>,
    /// The algorithms of the path.
    pub algorithms: Vec<AlgorithmInfo>,
}

/// An algorithm of a code path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlgorithmInfo {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The operations that pqcheck can test.
    pub operations: Vec<Operation>,
}

/// A suite of the embedded corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteInfo {
    /// The name in case ids, `acvp/ML-KEM-keyGen-FIPS203`.
    pub name: String,
    /// The package that it comes from.
    pub source: String,
    /// That package's version.
    pub version: String,
    /// The licence of the data, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// How many cases.
    pub cases: u64,
}

/// A word that users type or read, with its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// The word.
    pub id: String,
    /// The meaning, a fragment.
    pub about: String,
}

/// An exit code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCodeInfo {
    /// The code.
    pub code: u8,
    /// The meaning, a fragment.
    pub about: String,
}

/// A planted fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultInfo {
    /// The stable name, as in `broken:ID`.
    pub id: String,
    /// What is wrong, a fragment.
    pub what: String,
    /// Whether it ends its process, so that a run with it exits 2 rather than 1.
    pub lethal: bool,
}
