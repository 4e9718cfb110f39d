//! The text of a vector file to cases: asks each format whether it knows the text.
//! Knows no field of any format.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::field::quoted;
use super::{Case, acvp, json, rsp, wycheproof};

/// A suite on its way to a name.
pub(super) struct FoundSuite {
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
