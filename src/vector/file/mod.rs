//! Vector files to suites: asks each format whether it knows the content, and names what it finds.
//! Knows no field of any format; finding files is `open`'s business, joining halves `pair`'s.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::field::{Fault, quoted};
use super::open::{self, LIMIT};
use super::pair::{self, Half};
use super::{Case, acvp, json, rsp, wycheproof};

/// The cases of one vector file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The name, `acvp/ML-KEM-keyGen-FIPS203`; the path where two files would have the same name.
    pub name: String,
    /// The cases, in the order of the file.
    pub cases: Vec<Case<'static>>,
}

/// Why vectors could not be read. Every message is one line and names what to do; causes are part of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or folder cannot be read.
    #[error("{}: {}; check the path and its permissions", path.display(), open::plain(cause))]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is larger than pqcheck reads.
    #[error("{}: file has {}, pqcheck reads at most {}; split it", path.display(), open::size(*bytes), open::size(LIMIT))]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The file unpacks to more than pqcheck reads.
    #[error("{}: unpacks to more than {}, the most that pqcheck reads; split it", path.display(), open::size(LIMIT))]
    UnpacksTooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// The gzip data is damaged.
    #[error("{}: damaged gzip data ({}); fetch the file again", path.display(), open::plain(cause))]
    Gzip {
        /// Which file.
        path: PathBuf,
        /// What the decompressor says.
        cause: std::io::Error,
    },
    /// There is nothing in the file.
    #[error("{}: file is empty; fetch it again", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// The file is not UTF-8.
    #[error("{}: not UTF-8 text at byte {offset}; vector files are JSON or .rsp text, .gz or not", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
        /// The first byte that is wrong.
        offset: usize,
    },
    /// The file starts with a byte order mark.
    #[error("{}: starts with a byte order mark; save it as UTF-8 without one", path.display())]
    ByteOrderMark {
        /// Which file.
        path: PathBuf,
    },
    /// The folders lead into each other.
    #[error("{}: symbolic link leads back to a folder that it lies in; remove it or name the files", path.display())]
    Loop {
        /// Which link.
        path: PathBuf,
    },
    /// The JSON is malformed.
    #[error("{}: line {line}, column {column}: malformed JSON: {what}; fetch the file again", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Which column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// No format knows the content.
    #[error("{}: {what}; give ACVP or Wycheproof JSON or NIST .rsp files", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// The vectors are of something else.
    #[error(
        "{}: `{algorithm}` is not an algorithm that pqcheck tests (ML-KEM, ML-DSA, ChaCha20-Poly1305); leave the file out",
        path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// The name in the file.
        algorithm: String,
    },
    /// A field of the file is missing, malformed or unknown.
    #[error("{}: {fault}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which field, and what is wrong with it.
        fault: Fault,
    },
    /// One half of an ACVP pair is alone.
    #[error("{}: {has} without {lacks}; put `{}` beside it or give both files", path.display(), missing.display())]
    HalfPair {
        /// Which file.
        path: PathBuf,
        /// What it has.
        has: &'static str,
        /// What is missing.
        lacks: &'static str,
        /// The file that is missing.
        missing: PathBuf,
    },
    /// More than one file could be the other half of an ACVP pair.
    #[error("{}: more than one file may hold its expected results; give one pair at a time", path.display())]
    Ambiguous {
        /// Which file.
        path: PathBuf,
    },
}

/// Reads files and folders.
///
/// # Errors
///
/// The first file that cannot be read or that is malformed.
pub fn read(paths: &[impl AsRef<Path>]) -> Result<Vec<Suite>, Error> {
    read_noting(paths, &mut |_, _| {})
}

/// Reads files and folders, and tells `passed_over` which files of a folder are no suite of their own, and
/// why: another algorithm's vectors, ACVP's other files, and a pair beside the projection that it repeats.
/// Of files that are named, only such a pair is.
///
/// # Errors
///
/// The first file that cannot be read or that is malformed.
pub fn read_noting(
    paths: &[impl AsRef<Path>],
    passed_over: &mut dyn FnMut(&Path, &str),
) -> Result<Vec<Suite>, Error> {
    let mut found = Vec::new();
    let mut halves = Vec::new();
    for (order, source) in open::find(paths)?.into_iter().enumerate() {
        match understand(&source.path, &open::load(&source.path)?)? {
            Content::Suite { name, key, cases } => {
                found.push(Found { order, path: source.path, name, key, cases });
            }
            Content::Half { part, document } => halves.push(Half::new(order, source, part, document)?),
            Content::Foreign(algorithm) if source.named => {
                return Err(Error::Foreign { path: source.path, algorithm });
            }
            Content::Foreign(algorithm) => passed_over(&source.path, &format!("`{algorithm}` is not tested")),
            Content::NoVectors(what) if source.named => {
                return Err(Error::Unknown { path: source.path, what });
            }
            Content::NoVectors(what) => passed_over(&source.path, what),
        }
    }
    pair::join_all(halves, &mut found, passed_over)?;
    found.sort_by_key(|suite| suite.order);
    Ok(named(found))
}

/// A suite on its way to a name.
pub(super) struct Found {
    /// The place in the order of the files.
    pub(super) order: usize,
    /// The file; of a pair, the prompt.
    pub(super) path: PathBuf,
    /// The name that it would like.
    pub(super) name: String,
    /// Of ACVP, what tells the set.
    pub(super) key: Option<acvp::Key>,
    /// The cases.
    pub(super) cases: Vec<Case<'static>>,
}

/// What a file holds.
pub(super) enum Content {
    /// Vectors.
    Suite { name: String, key: Option<acvp::Key>, cases: Vec<Case<'static>> },
    /// The questions or the answers of an ACVP pair.
    Half { part: acvp::Part, document: json::Document<'static> },
    /// Another algorithm's vectors.
    Foreign(String),
    /// A file that belongs to a format and holds no vectors.
    NoVectors(&'static str),
}

/// Asks every format in turn.
pub(super) fn understand(path: &Path, text: &str) -> Result<Content, Error> {
    let at = |fault| Error::Field { path: path.to_owned(), fault };
    let unknown = |what| Error::Unknown { path: path.to_owned(), what };
    if !text.trim_start().starts_with(['{', '[']) {
        if !rsp::knows(text) {
            return Err(unknown("neither JSON nor `count = …` records"));
        }
        if let Some(algorithm) = rsp::foreign(text) {
            return Ok(Content::Foreign(quoted(algorithm)));
        }
        let cases = rsp::cases(text).map_err(at)?;
        return Ok(Content::Suite { name: format!("rsp/{}", stem(path)), key: None, cases });
    }
    let document = json::parse(text).map_err(|error| malformed(path, &error))?;
    if acvp::knows(&document) {
        if let Some(algorithm) = acvp::foreign(&document) {
            return Ok(Content::Foreign(quoted(algorithm)));
        }
        match acvp::part(&document) {
            acvp::Part::Whole => Ok(Content::Suite {
                name: acvp::suite(&document).map_err(at)?,
                key: Some(acvp::key(&document).map_err(at)?),
                cases: acvp::cases(&document).map_err(at)?,
            }),
            acvp::Part::Other => Ok(Content::NoVectors("ACVP without `testGroups`, such as a registration")),
            part => Ok(Content::Half { part, document: document.into_owned() }),
        }
    } else if wycheproof::knows(&document) {
        if let Some(algorithm) = wycheproof::foreign(&document) {
            return Ok(Content::Foreign(quoted(algorithm)));
        }
        let cases = wycheproof::cases(&document).map_err(at)?;
        Ok(Content::Suite { name: format!("wycheproof/{}", stem(path)), key: None, cases })
    } else {
        Err(unknown("JSON with neither `vsId` (ACVP) nor `numberOfTests` and `testGroups` (Wycheproof)"))
    }
}

fn malformed(path: &Path, error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let what = what.chars().filter(|c| !c.is_control()).take(120).collect();
    Error::Json { path: path.to_owned(), line, column, what }
}

/// The file's name without the extensions of vector files.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let name = name.strip_suffix(".json").or_else(|| name.strip_suffix(".rsp")).unwrap_or(name);
    name.to_owned()
}

/// Gives each suite its name, or its path where another one wants the same name.
fn named(found: Vec<Found>) -> Vec<Suite> {
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for suite in &found {
        *wanted.entry(suite.name.clone()).or_default() += 1;
    }
    let name = |suite: &Found| match wanted.get(&suite.name) {
        Some(1) => suite.name.clone(),
        _ => suite.path.display().to_string(),
    };
    found.into_iter().map(|suite| Suite { name: name(&suite), cases: suite.cases }).collect()
}

#[cfg(test)]
mod tests;
