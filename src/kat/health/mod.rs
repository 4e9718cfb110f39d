//! The health check: a few published cases on the code paths that applications take, and the verdict on what came
//! of them. One line, healthy or not. Knows no exit code.

use std::time::{Duration, Instant};

use super::plan::{Isolation, Plan};
use super::randomness;
use crate::backend::Subject;
use crate::entropy;
use crate::report::check::HealthVerdict;
use crate::report::{Platform, Report};
use crate::spec::{Algorithm, Operation};
use crate::vector::{Suite, packed};

mod judge;

pub use judge::judge;

/// The longest verdict in bytes: Docker keeps no more of a probe's output.
pub const MAX_LINE: usize = 4096;

/// What to look at.
pub struct Options {
    /// Each of these must work.
    pub require: Vec<Algorithm>,
    /// On these code paths.
    pub subjects: Vec<Subject>,
    /// Within this time.
    pub deadline: Duration,
    /// What would be required too, if any backend had it.
    pub absent: Vec<Algorithm>,
    /// No library may have the draft of one of these.
    pub no_draft: Vec<Algorithm>,
    /// On every one of them, not only on those that the libraries take here.
    pub all_paths: bool,
    /// The machine, for the report.
    pub platform: Platform,
}

/// Looks at the kernel's randomness and at every required algorithm on every backend.
pub fn run(options: &Options) -> HealthVerdict {
    let verdict = match look(options) {
        Err(why) => HealthVerdict::unhealthy(&why),
        Ok(report) => {
            let verdict = judge(&report, &options.require, &options.absent, &options.no_draft);
            HealthVerdict { report: Some(report), ..verdict }
        }
    };
    HealthVerdict { line: one_line(verdict.line), ..verdict }
}

fn look(options: &Options) -> Result<Report, String> {
    let start = Instant::now();
    if options.subjects.is_empty() {
        return Err("this build of pqcheck has no backend to check".to_owned());
    }
    randomness::check(entropy::kernel)?;
    let suites = cases(&options.require).map_err(|error| error.to_string())?;
    let subjects = subjects(options);
    let plan = Plan {
        suites: &suites,
        foreign_vectors: false,
        corpus: vec!["embedded".to_owned()],
        platform: options.platform.clone(),
        asked: options.require.clone(),
        shard: None,
        isolation: isolation(options, &subjects),
        subjects,
        silence: options.deadline,
        timed: false,
        strict: false,
        chosen_only: !options.all_paths,
        deadline: Some(start + options.deadline),
    };
    Ok(super::run(&plan, &mut |_, _| ()))
}

/// Together at first, where the code paths get on with each other in one process; what matters is the time until the
/// last of them is done.
fn isolation(options: &Options, subjects: &[Subject]) -> Isolation {
    let linked = subjects.iter().all(|subject| subject.path.installed.is_none());
    if linked && !options.all_paths {
        Isolation::TogetherFirst
    } else {
        Isolation::Apart { jobs: usize::MAX }
    }
}

/// The published cases for `algorithms`: the ones marked for health where there are, and for the
/// other parameter sets the first of every operation that accepts, and that rejects.
fn cases(algorithms: &[Algorithm]) -> Result<Vec<Suite>, packed::Error> {
    let mut suites: Vec<Suite> = packed::health()?
        .cases()
        .filter(|(_, case)| algorithms.contains(&case.algorithm))
        .map(|(name, case)| Suite { name: name.to_owned(), cases: vec![case] })
        .collect();
    let unmarked: Vec<Algorithm> = algorithms
        .iter()
        .copied()
        .filter(|algorithm| !suites.iter().any(|suite| suite.cases[0].algorithm == *algorithm))
        .collect();
    if unmarked.is_empty() {
        return Ok(suites);
    }
    let mut seen: Vec<(Algorithm, Operation, bool)> = Vec::new();
    for (name, case) in packed::embedded()?.cases() {
        let key = (case.algorithm, case.operation, packed::accepts(&case.task));
        if unmarked.contains(&case.algorithm) && case.bad.is_none() && !seen.contains(&key) {
            seen.push(key);
            suites.push(Suite { name: name.to_owned(), cases: vec![case] });
        }
    }
    Ok(suites)
}

fn subjects(options: &Options) -> Vec<Subject> {
    let is_looked_at = |subject: &Subject| {
        options.all_paths
            || options.require.iter().any(|algorithm| subject.is_chosen_for(*algorithm))
            // A library of the image that has none of them is named, with what it has.
            || subject.path.installed.is_some()
    };
    options.subjects.iter().copied().filter(is_looked_at).collect()
}

/// `line` without line breaks, and no longer than [`MAX_LINE`] with its own.
pub fn one_line(mut line: String) -> String {
    line = line.replace(|c: char| c.is_control(), " ");
    if line.len() >= MAX_LINE {
        let mut end = MAX_LINE - "…\n".len();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_one_line_that_docker_keeps_whole() {
        let line = one_line("é\n".repeat(5000));
        assert!(line.len() < MAX_LINE);
        assert!(!line.contains('\n'));
    }

    #[test]
    fn every_core_algorithm_has_cases_that_accept_and_that_reject() {
        for algorithm in Algorithm::ALL {
            let cases: Vec<_> =
                cases(&[algorithm]).unwrap().into_iter().flat_map(|suite| suite.cases).collect();
            assert!(cases.iter().any(|case| packed::accepts(&case.task)), "{algorithm}");
            if Algorithm::CORE.contains(&algorithm) {
                let operations: std::collections::BTreeSet<_> =
                    cases.iter().map(|case| case.operation).collect();
                let expected: &[Operation] = match algorithm {
                    Algorithm::MlKem768 => &[Operation::Keygen, Operation::Encaps, Operation::Decaps],
                    Algorithm::MlDsa87 => &[Operation::Keygen, Operation::Sign, Operation::Verify],
                    _ => &[Operation::Seal, Operation::Open],
                };
                assert!(expected.iter().all(|operation| operations.contains(operation)), "{algorithm}");
            }
        }
    }
}
