//! The text of a vector file to cases: asks each format whether it knows the text.
//! Knows no field of any format.

use std::ffi::OsStr;
use std::path::Path;

use super::error::Error;
use super::field::quoted;
use super::open::Source;
use super::{Case, acvp, json, rsp, wycheproof};

/// A suite on its way to a name.
pub(super) struct FoundSuite {
    /// The place in the order of the files.
    pub(super) order: usize,
    /// The file; of a pair, the prompt.
    pub(super) source: Source,
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
    /// Something else: what it looks like.
    NoVectors(&'static str),
    /// Malformed JSON in which nothing speaks of vectors.
    Damaged(Error),
}

/// What only vector files have in them. A damaged file with one of these words is a damaged vector file.
const WORDS: [&str; 4] = ["\"tcId\"", "\"vsId\"", "\"numberOfTests\"", "\"testGroups\""];

/// Asks every format in turn. A file holds one thing, or several vector sets in a list.
pub(super) fn understand(path: &Path, text: &str) -> Result<Vec<Content>, Error> {
    if !text.trim_start().starts_with(['{', '[']) {
        return Ok(vec![records(path, text)?]);
    }
    let documents = match json::parse(text) {
        Ok(documents) => documents,
        Err(error) => {
            let said = algorithm(text).filter(|it| acvp::is_foreign(it) && wycheproof::is_foreign(it));
            if let Some(algorithm) = said {
                return Ok(vec![Content::Foreign(quoted(algorithm))]);
            }
            if WORDS.iter().any(|word| text.contains(word)) {
                return Err(malformed(path, &error));
            }
            if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
                return Ok(vec![Content::Damaged(malformed(path, &error))]);
            }
            Vec::new()
        }
    };
    let mut contents = Vec::new();
    for document in documents {
        contents.extend(of_json(path, document)?);
    }
    let is_other = |content: &Content| matches!(content, Content::NoVectors(_));
    if !contents.iter().all(is_other) {
        contents.retain(|content| !is_other(content));
    } else if contents.is_empty() {
        contents.push(Content::NoVectors(
            "JSON with neither `vsId` (ACVP) nor `numberOfTests` and `testGroups` (Wycheproof)",
        ));
    }
    Ok(contents)
}

/// The algorithm that malformed JSON names first.
fn algorithm(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("\"algorithm\"")?;
    rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?.split('"').next()
}

/// What stands in lines and not in JSON.
fn records(path: &Path, text: &str) -> Result<Content, Error> {
    let unknown = |what| Error::Unknown { path: path.to_owned(), what };
    if text.starts_with("version https://git-lfs") {
        return Err(unknown("a pointer of Git LFS, and not the file; run `git lfs pull`"));
    }
    if text.trim_start().starts_with('<') {
        return Err(unknown("HTML or XML, perhaps the error page of a download"));
    }
    if !rsp::knows(text) {
        return Ok(Content::NoVectors("neither JSON nor `count = …` records"));
    }
    let name = stem(path);
    let read = rsp::read(text, &name).map_err(|fault| Error::Field { path: path.to_owned(), fault })?;
    Ok(match read {
        rsp::Read::Foreign(algorithm) => Content::Foreign(quoted(&algorithm)),
        rsp::Read::Cases(cases) => Content::Suite { name: format!("rsp/{name}"), key: None, cases },
    })
}

/// What one JSON object is, if a format knows it.
fn of_json(path: &Path, document: json::Document<'_>) -> Result<Option<Content>, Error> {
    let at = |fault| Error::Field { path: path.to_owned(), fault };
    Ok(Some(if acvp::knows(&document) {
        if let Some(algorithm) = acvp::foreign(&document) {
            return Ok(Some(Content::Foreign(quoted(algorithm))));
        }
        match acvp::part(&document) {
            acvp::Part::Whole => Content::Suite {
                name: acvp::suite(&document).map_err(at)?,
                key: Some(acvp::key(&document)),
                cases: acvp::cases(&document).map_err(at)?,
            },
            acvp::Part::Other => Content::NoVectors("ACVP without `testGroups`, such as a registration"),
            part => Content::Half { part, document: document.into_owned() },
        }
    } else if wycheproof::knows(&document) {
        if let Some(algorithm) = wycheproof::foreign(&document) {
            return Ok(Some(Content::Foreign(quoted(algorithm))));
        }
        let cases = wycheproof::cases(&document).map_err(at)?;
        Content::Suite { name: format!("wycheproof/{}", stem(path)), key: None, cases }
    } else {
        return Ok(None);
    }))
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
