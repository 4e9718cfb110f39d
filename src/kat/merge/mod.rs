//! The reports of the parts of one run -> the report of the run. Knows no file.

use std::collections::BTreeMap;

use super::departure;
use crate::report::{
    AccumulatedDigest, CaseResult, PathInfo, Platform, RanNowhere, Report, SCHEMA, Shard, Summary, Timing,
};

/// A part that is missing is named; not more than so many of them.
const NAMED: usize = 10;

/// Why some reports are not the parts of one run. Every message is one line.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError {
    /// A report is not that of a part.
    #[error("{0}: not one part of a run; run `pqcheck kat` with `--shard I/N`")]
    Whole(String),
    /// A report says something of itself that cannot be.
    #[error("{0}: damaged report: {1}")]
    Damaged(String, String),
    /// Two reports are of different runs.
    #[error("{file}: {what} {its}, but {theirs} in {first}; merge needs the parts of one run")]
    Other {
        /// The report that differs from the first one.
        file: String,
        /// In what, as the beginning of a sentence.
        what: &'static str,
        /// What it has.
        its: String,
        /// The first report.
        first: String,
        /// What that has.
        theirs: String,
    },
    /// A part is there twice.
    #[error("{file}: part {part} of {of}, which {first} has already")]
    Twice {
        /// The second report of the part.
        file: String,
        /// Which part.
        part: u64,
        /// Of how many.
        of: u64,
        /// The first report of the part.
        first: String,
    },
    /// Parts are not there.
    #[error("parts of the run are missing: {0}")]
    Missing(String),
}

/// Puts the parts of one run together, given with the names by which they are to be called in messages. The
/// result is the report that the run would have had in one piece, on a machine that has what all of them have.
///
/// # Errors
/// If they are not all the parts of one run: never is what is missing left out.
pub fn merge(reports: Vec<(String, Report)>) -> Result<Report, MergeError> {
    let mut parts: BTreeMap<u64, (String, Report)> = BTreeMap::new();
    let mut first: Option<(String, Identity)> = None;
    for (name, report) in reports {
        let shard = report.shard.clone().ok_or_else(|| MergeError::Whole(name.clone()))?;
        check(&name, &report, &shard)?;
        let identity = Identity::of(&report, &shard);
        match &first {
            None => first = Some((name.clone(), identity)),
            Some((first, theirs)) => identity.same(&name, first, theirs)?,
        }
        if let Some((first, _)) = parts.get(&shard.part) {
            return Err(MergeError::Twice {
                file: name,
                part: shard.part,
                of: shard.of,
                first: first.clone(),
            });
        }
        parts.insert(shard.part, (name, report));
    }
    let shard = parts.values().next().and_then(|(_, report)| report.shard.clone());
    let shard = shard.ok_or_else(|| MergeError::Missing("all".to_owned()))?;
    // Of a run with fewer cases than parts the last parts are empty.
    let missing: Vec<String> = (1..=shard.of.min(shard.cases))
        .filter(|part| !parts.contains_key(part))
        .take(NAMED + 1)
        .map(|part| format!("{part}/{}", shard.of))
        .collect();
    match missing.len() {
        0 => {}
        1..=NAMED => return Err(MergeError::Missing(missing.join(", "))),
        _ => return Err(MergeError::Missing(format!("{} and more", missing[..NAMED].join(", ")))),
    }
    Ok(together(parts.into_values().map(|(_, report)| report).collect()))
}

/// What the parts of one run have in common.
struct Identity([(&'static str, String); 5]);

impl Identity {
    fn of(report: &Report, shard: &Shard) -> Self {
        let path = |it: &PathInfo| format!("{}/{} {}", it.backend, it.path, it.version);
        let paths: Vec<String> = report.paths.iter().map(path).collect();
        Self([
            ("pqcheck version", report.version.clone()),
            ("number of parts", shard.of.to_string()),
            ("vectors", report.corpus.join(", ")),
            ("code paths", paths.join(", ")),
            ("plan", format!("{} cases ({})", shard.cases, shard.plan)),
        ])
    }

    fn same(&self, file: &str, first: &str, theirs: &Self) -> Result<(), MergeError> {
        let differs = self.0.iter().zip(&theirs.0).find(|(its, theirs)| its != theirs);
        differs.map_or(Ok(()), |((what, its), (_, theirs))| {
            let (its, theirs, first) = (its.clone(), theirs.clone(), first.to_owned());
            Err(MergeError::Other { file: file.to_owned(), what, its, first, theirs })
        })
    }
}

/// Whether a report holds what its part of the run should hold.
fn check(name: &str, report: &Report, shard: &Shard) -> Result<(), MergeError> {
    let damaged = |why: String| Err(MergeError::Damaged(name.to_owned(), why));
    if !(1..=shard.of).contains(&shard.part) {
        return damaged(format!("no run has a part {} of {}", shard.part, shard.of));
    }
    let own = shard.cases / shard.of + u64::from(shard.part - 1 < shard.cases % shard.of);
    let paths = report.paths.len() as u64;
    let there = report.cases.len() as u64;
    if own.checked_mul(paths) != Some(there) {
        return damaged(format!(
            "part {} of {} has {there} outcomes, not {own} for each of {paths} code paths",
            shard.part, shard.of
        ));
    }
    let sorted = report.paths.iter().flat_map(|path| std::iter::repeat_n(path, own as usize));
    match report
        .cases
        .iter()
        .zip(sorted)
        .find(|(case, path)| (&case.backend, &case.path) != (&path.backend, &path.path))
    {
        Some((case, path)) => damaged(format!(
            "an outcome of {}/{} in place of one of {}/{}",
            case.backend, case.path, path.backend, path.path
        )),
        None => Ok(()),
    }
}

/// The parts in order, none missing.
fn together(parts: Vec<Report>) -> Report {
    let paths = paths(&parts);
    let own = |report: &Report| report.cases.len().checked_div(report.paths.len()).unwrap_or(0);
    let mut cases: Vec<CaseResult> = Vec::with_capacity(parts.iter().map(|part| part.cases.len()).sum());
    for path in 0..paths.len() {
        let mut rest: Vec<&[CaseResult]> =
            parts.iter().map(|part| &part.cases[path * own(part)..(path + 1) * own(part)]).collect();
        // Shards take turns, so that the first case of each is followed by the second of each.
        while rest.iter().any(|left| !left.is_empty()) {
            for left in &mut rest {
                if let Some((next, after)) = left.split_first() {
                    cases.push(next.clone());
                    *left = after;
                }
            }
        }
    }
    let mut warnings: Vec<String> = Vec::new();
    for part in &parts {
        // Those that count cases are counted anew.
        for warning in departure::other_warnings(part) {
            if !warnings.contains(warning) {
                warnings.push(warning.clone());
            }
        }
    }
    warnings.extend(departure::warnings(&cases));
    Report {
        schema: SCHEMA.to_owned(),
        version: parts.first().map(|part| part.version.clone()).unwrap_or_default(),
        platform: platform(&parts),
        corpus: parts.first().map(|part| part.corpus.clone()).unwrap_or_default(),
        shard: None,
        warnings,
        summary: Summary::of(&cases),
        timing: timing(&parts),
        unmet: Vec::new(),
        ran_nowhere: RanNowhere::of(&cases),
        digests: digests(&parts, &paths),
        paths,
        cases,
    }
}

/// A path lacks what it lacked anywhere, and is the library's own choice where it was everywhere.
fn paths(parts: &[Report]) -> Vec<PathInfo> {
    let mut paths = parts.first().map(|part| part.paths.clone()).unwrap_or_default();
    for part in parts {
        for (path, other) in paths.iter_mut().zip(&part.paths) {
            path.chosen &= other.chosen;
            path.prehash_by_pqcheck |= other.prehash_by_pqcheck;
            path.lacks.extend(other.lacks.iter().cloned());
            path.lacks.sort_unstable();
            path.lacks.dedup();
            path.not_isolated = path.not_isolated.take().or_else(|| other.not_isolated.clone());
            if let (Some(library), Some(other)) = (&mut path.library, &other.library) {
                library.draft |= other.draft;
            }
        }
    }
    paths
}

/// The machine that has what every machine has on which a part ran.
fn platform(parts: &[Report]) -> Platform {
    let every = || parts.iter().map(|part| &part.platform);
    let joined = |values: Vec<&str>| {
        let mut different: Vec<&str> = Vec::new();
        for value in values {
            if !different.contains(&value) {
                different.push(value);
            }
        }
        different.join("; ")
    };
    let features = every().next().map(|platform| platform.features.clone()).unwrap_or_default();
    let mut emulated: Vec<String> = Vec::new();
    for sign in every().flat_map(|platform| &platform.emulated) {
        if !emulated.contains(sign) {
            emulated.push(sign.clone());
        }
    }
    Platform {
        architecture: joined(every().map(|platform| platform.architecture.as_str()).collect()),
        cpu: Some(joined(every().filter_map(|platform| platform.cpu.as_deref()).collect()))
            .filter(|cpu| !cpu.is_empty()),
        features: features
            .into_iter()
            .filter(|it| every().all(|platform| platform.features.contains(it)))
            .collect(),
        emulated,
    }
}

/// Processor time adds up; on the wall the parts ran beside each other, as far as is known.
fn timing(parts: &[Report]) -> Option<Timing> {
    let every: Option<Vec<Timing>> = parts.iter().map(|part| part.timing).collect();
    let every = every.filter(|every| !every.is_empty())?;
    Some(Timing {
        library_ns: every.iter().fold(0, |sum, timing| sum.saturating_add(timing.library_ns)),
        total_ns: every.iter().fold(0, |sum, timing| sum.saturating_add(timing.total_ns)),
        wall_ns: every.iter().map(|timing| timing.wall_ns).max().unwrap_or(0),
    })
}

/// In the order of a run in one piece: by code path, parameter set and block.
fn digests(parts: &[Report], paths: &[PathInfo]) -> Vec<AccumulatedDigest> {
    let mut digests: Vec<AccumulatedDigest> =
        parts.iter().flat_map(|part| part.digests.iter().cloned()).collect();
    digests.sort_by_key(|it| {
        let path = paths.iter().position(|path| (&path.backend, &path.path) == (&it.backend, &it.path));
        (path, it.algorithm, it.block)
    });
    digests
}

#[cfg(test)]
mod tests;
