//! What a binary can test, as plain data: `pqcheck list`. Knows no renderer and fills nothing in.

use serde::{Deserialize, Serialize};

use crate::spec::{Algorithm, Operation};

/// The value of [`Inventory::schema`].
pub const SCHEMA: &str = "pqcheck.inventory/1";

/// Everything that a binary has, and which of it this machine can run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of pqcheck.
    pub version: String,
    /// Where the question was asked.
    pub platform: super::Platform,
    /// The linked implementations, in report order.
    pub backends: Vec<BackendInfo>,
    /// The libraries of the image, where they were asked for.
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
    /// The reasons for which a case is skipped.
    pub skip_reasons: Vec<Word>,
    /// The exit codes.
    pub exit_codes: Vec<ExitCodeInfo>,
    /// What `doctor` can find; `pqcheck doctor --explain ID` shows the page.
    pub rules: Vec<Word>,
    /// What `explain` can name; `pqcheck doctor --explain ID` shows the page of these too.
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

/// The libraries of an image, by what their files say; nothing of them was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledInfo {
    /// The files that can be tested.
    pub libraries: Vec<LibraryInfo>,
    /// Files that have the name of such a library and are none for this image; `about` says why.
    pub passed_over: Vec<Word>,
    /// Where was looked, as phrases.
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
    /// Its version, where the file says one.
    pub version: Option<String>,
    /// Its soname.
    pub soname: Option<String>,
    /// The architecture, as container platforms name it.
    pub machine: String,
    /// The C library that it needs, `glibc`.
    pub libc: Option<String>,
    /// The processor level that it was compiled to require, as far as a note says so.
    pub requires: Option<String>,
    /// Whether an application gets this file, and not another of the same name.
    pub chosen: bool,
    /// Why no application here can load it, if it is so.
    pub refused: Option<String>,
    /// What it has under the names of the standards; `about` is `final` or `draft`.
    pub algorithms: Vec<Word>,
    /// What it has from before the standards.
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
    /// Those of them that this processor lacks.
    pub lacks: Vec<String>,
    /// Whether the library's own dispatch takes this path on this processor.
    pub chosen: bool,
    /// Whether this processor can run the path.
    pub runs_here: bool,
    /// Ways in which the path is known to depart from the standards.
    pub departures: Vec<Word>,
    /// What the path offers.
    pub algorithms: Vec<AlgorithmInfo>,
}

/// An algorithm of a code path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlgorithmInfo {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Those of its operations that can be tested.
    pub operations: Vec<Operation>,
}

/// A suite of the embedded corpus.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteInfo {
    /// The name in case ids, `acvp/ML-KEM-keyGen-FIPS203`.
    pub name: String,
    /// The package that it was taken from.
    pub source: String,
    /// That package's version.
    pub version: String,
    /// The licence of the data, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// How many cases.
    pub cases: u64,
}

/// A word that is typed or printed, with its meaning.
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
    /// What is wrong with it, a fragment.
    pub what: String,
    /// Whether it ends its process, so that a run with it exits 2 rather than 1.
    pub lethal: bool,
}
