//! Vector files and folders to suites, each with its name.

use std::collections::HashMap;
use std::path::Path;

use super::content::{Content, FoundSuite, understand};
use super::error::Error;
use super::pair::{self, Half};
use super::{Case, open};

/// The cases of one vector file.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The name, `acvp/ML-KEM-keyGen-FIPS203`; the path where two files would have the same name.
    pub name: String,
    /// The cases, in the order of the file.
    pub cases: Vec<Case<'static>>,
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
                found.push(FoundSuite { order, path: source.path, name, key, cases });
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

/// Gives each suite its name, or its path where another one wants the same name.
fn named(found: Vec<FoundSuite>) -> Vec<Suite> {
    let mut wanted: HashMap<String, usize> = HashMap::new();
    for suite in &found {
        *wanted.entry(suite.name.clone()).or_default() += 1;
    }
    let name = |suite: &FoundSuite| match wanted.get(&suite.name) {
        Some(1) => suite.name.clone(),
        _ => suite.path.display().to_string(),
    };
    found.into_iter().map(|suite| Suite { name: name(&suite), cases: suite.cases }).collect()
}

#[cfg(test)]
mod tests;
