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
/// why: what holds no vectors, another algorithm's vectors, ACVP's other files, and a pair beside the projection that
/// it repeats. Of files that are named, only such a pair is.
///
/// # Errors
///
/// The first file that cannot be read or that is malformed, and a named one without a case.
pub fn read_noting(
    paths: &[impl AsRef<Path>],
    passed_over: &mut dyn FnMut(&Path, &str),
) -> Result<Vec<Suite>, Error> {
    let mut found = Vec::new();
    let mut halves = Vec::new();
    for (order, source) in open::find(paths)?.into_iter().enumerate() {
        for content in understand(&source.path, &open::load(&source.path)?)? {
            let source = source.clone();
            match content {
                Content::Suite { name, key, cases } => {
                    found.push(FoundSuite { order, source, name, key, cases });
                }
                Content::Half { part, document } => halves.push(Half::new(order, source, part, document)),
                Content::Foreign(algorithm) if source.named => {
                    return Err(Error::Foreign { path: source.path, algorithm });
                }
                Content::Foreign(algorithm) => {
                    passed_over(&source.path, &format!("`{algorithm}` is not tested"));
                }
                Content::NoVectors(what) if source.named => {
                    return Err(Error::Unknown { path: source.path, what });
                }
                Content::NoVectors(what) => passed_over(&source.path, what),
                Content::Damaged(error) if source.named => return Err(error),
                Content::Damaged(_) => passed_over(&source.path, "malformed JSON that speaks of no vectors"),
            }
        }
    }
    pair::join_all(halves, &mut found, passed_over)?;
    found.sort_by_key(|suite| suite.order);
    let (empty, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|suite| suite.cases.is_empty());
    for FoundSuite { source, .. } in empty {
        if source.named {
            return Err(Error::NoCases { path: source.path });
        }
        passed_over(&source.path, "no cases");
    }
    Ok(named(found))
}

/// Gives each suite its name; where another one wants the same its path, with the number of the set where the file has
/// several of that name.
fn named(found: Vec<FoundSuite>) -> Vec<Suite> {
    let path = |suite: &FoundSuite| suite.source.path.display().to_string();
    let set = |suite: &FoundSuite| match suite.key.as_ref().and_then(|key| key.set) {
        Some(set) => format!("{} vsId {set}", path(suite)),
        None => path(suite),
    };
    let mut names: Vec<String> = found.iter().map(|suite| suite.name.clone()).collect();
    let further: [&dyn Fn(&FoundSuite) -> String; 2] = [&path, &set];
    for name in further {
        let mut wanted: HashMap<String, usize> = HashMap::new();
        for name in &names {
            *wanted.entry(name.clone()).or_default() += 1;
        }
        for (suite, own) in found.iter().zip(&mut names).filter(|(_, own)| wanted[own.as_str()] > 1) {
            *own = name(suite);
        }
    }
    let mut seen: HashMap<String, usize> = HashMap::new();
    let suite = |(suite, mut name): (FoundSuite, String)| {
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            name = format!("{name} ({times})");
        }
        Suite { name, cases: suite.cases }
    };
    found.into_iter().zip(names).map(suite).collect()
}

#[cfg(test)]
mod tests;
