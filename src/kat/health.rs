//! The verdict of a health check: a few published cases on the code paths that applications take.
//! One line, healthy or not. Knows no exit code.

use std::time::{Duration, Instant};

use super::schedule::Grid;
use super::{Item, Plan, Subject, identity, randomness, together};
use crate::backend::Backend;
use crate::backend::installed::Installed;
use crate::entropy;
use crate::report::check::HealthVerdict;
use crate::report::{Outcome, Report};
use crate::spec::{Algorithm, Operation};
use crate::vector::{Suite, packed};

/// The longest verdict in bytes: Docker keeps no more of a probe's output.
pub const MAX_LINE: usize = 4096;

/// What to look at.
pub struct Options {
    /// Each of these must work.
    pub require: Vec<Algorithm>,
    /// On these backends.
    pub backends: Vec<&'static Backend>,
    /// Within this time.
    pub deadline: Duration,
    /// What would be required too, if any backend had it.
    pub absent: Vec<Algorithm>,
    /// On every code path, not only on those that the libraries take here.
    pub all_paths: bool,
    /// Whether the outcomes are asked for too.
    pub report: bool,
}

/// Looks at the kernel's randomness and at every required algorithm on every backend.
pub fn run(options: &Options) -> HealthVerdict {
    let mut found = Found::default();
    let verdict = match look(options, &mut found) {
        Ok(why) => HealthVerdict::healthy(&why),
        Err(why) => HealthVerdict::unhealthy(&why),
    };
    HealthVerdict { line: one_line(verdict.line), draft: found.draft, report: found.report, ..verdict }
}

/// What a look finds beside its verdict.
#[derive(Default)]
struct Found {
    draft: bool,
    report: Option<Report>,
}

fn look(options: &Options, found: &mut Found) -> Result<String, String> {
    let start = Instant::now();
    if options.backends.is_empty() {
        return Err("no backend to check; this build of pqcheck has none".to_owned());
    }
    randomness::check(entropy::kernel)?;
    let suites = cases(&options.require).map_err(|error| error.to_string())?;
    let items: Vec<Item<'_>> = suites
        .iter()
        .flat_map(|suite| suite.cases.iter().map(|case| Item { suite: &suite.name, case }))
        .collect();
    let plan = Plan {
        subjects: subjects(options),
        suites: &suites,
        corpus: vec!["embedded".to_owned()],
        shard: None,
        // Every child at once: what matters is the time until the last one is done.
        jobs: usize::MAX,
        silence: options.deadline,
        timed: false,
        strict: false,
        chosen_only: !options.all_paths,
        deadline: Some(start + options.deadline),
    };
    let mut grid = Grid::new(&plan, &items);
    together::attempt(&mut grid, &plan, &items);
    grid.fill(&plan, &items, &mut |_, _| ());
    found.draft = identity::name(&mut grid, &plan, &items);
    let judgement = judge(options, &plan, &items, &grid);
    if options.report {
        found.report = Some(super::report(&plan, &items, grid.outcomes, grid.not_isolated));
    }
    judgement
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
    let all = options
        .backends
        .iter()
        .flat_map(|backend| backend.paths.iter().map(|path| Subject { backend, path, forced: false }));
    all.filter(|subject| {
        options.all_paths
            || options.require.iter().any(|algorithm| subject.is_chosen_for(*algorithm))
            // One that has none of them is looked at for what it should warn of.
            || subject.path.installed.is_some_and(|installed| !installed.notes.is_empty())
    })
    .collect()
}

fn judge(options: &Options, plan: &Plan<'_>, items: &[Item<'_>], grid: &Grid) -> Result<String, String> {
    let mut wrong = Vec::new();
    let mut passed = 0;
    let mut working: Vec<Algorithm> = Vec::new();
    let mut ran: Vec<String> = Vec::new();
    for (subject, outcomes) in plan.subjects.iter().zip(&grid.outcomes) {
        for (item, outcome) in items.iter().zip(outcomes) {
            match outcome {
                Outcome::Pass => {
                    passed += 1;
                    working.push(item.case.algorithm);
                    if ran.last().is_none_or(|last| *last != subject.title()) {
                        ran.push(subject.title());
                    }
                }
                Outcome::Skip { .. } => {}
                Outcome::Fail { reason, .. } | Outcome::Error { reason } => {
                    let (algorithm, operation) = (item.case.algorithm, item.case.operation.name());
                    // A reason that begins with its step already says the operation.
                    let step = reason.strip_prefix(operation).and_then(|rest| rest.strip_prefix(": "));
                    let (title, case) = (subject.title(), format!("({}#{})", item.suite, item.case.name));
                    // A reason that names the library says all that there is to say.
                    let names_it = |it: &Installed| {
                        reason.starts_with(&it.verdict.name())
                            || reason.contains(&it.file.display().to_string())
                    };
                    wrong.push(match (subject.path.installed.is_some_and(names_it), step) {
                        (true, _) => format!("{reason} {case}"),
                        (false, step) => {
                            format!("{title} {algorithm} {operation}: {} {case}", step.unwrap_or(reason))
                        }
                    });
                }
            }
        }
    }
    let warning = |subject: &Subject| subject.warning_beside(&options.require);
    let warnings: String =
        plan.subjects.iter().filter_map(warning).map(|text| format!("; warning: {text}")).collect();
    if let Some(first) = wrong.first() {
        let more = match wrong.len() - 1 {
            0 => String::new(),
            n => format!(", and {n} more"),
        };
        return Err(format!("{first}{more}; `pqcheck kat` shows every case{warnings}"));
    }
    let missing: Vec<&str> = options
        .require
        .iter()
        .filter(|algorithm| !working.contains(algorithm))
        .map(|algorithm| algorithm.name())
        .collect();
    if !missing.is_empty() {
        return Err(format!(
            "nothing here could check {}{}{warnings}",
            missing.join(", "),
            looked_at(options)
        ));
    }
    let names: Vec<String> = options.require.iter().map(|algorithm| algorithm.title()).collect();
    let in_process = match grid.not_isolated.iter().flatten().next() {
        Some(why) => format!("; run without isolation ({why})"),
        None => String::new(),
    };
    let absent: Vec<&str> = options.absent.iter().map(|algorithm| algorithm.name()).collect();
    let absent = if absent.is_empty() {
        String::new()
    } else {
        format!("; not here and not required: {}", absent.join(", "))
    };
    Ok(format!(
        "{} answer as published on {} ({passed} checks){absent}; kernel randomness ok{in_process}{warnings}",
        names.join(", "),
        ran.join(", ")
    ))
}

/// What is in the image, where that was the question.
fn looked_at(options: &Options) -> String {
    let asks_for_mceliece = options.require.contains(&Algorithm::ClassicMcEliece460896);
    let installed: Vec<String> = options
        .backends
        .iter()
        .flat_map(|backend| backend.paths)
        .filter_map(|path| path.installed)
        .map(|installed| {
            let offers: Vec<&str> =
                installed.verdict.offers.iter().map(|(algorithm, _)| algorithm.name()).collect();
            let offers =
                if offers.is_empty() { "none of the standards".to_owned() } else { offers.join(", ") };
            let other = if installed.verdict.other_mceliece && asks_for_mceliece {
                ", and of Classic-McEliece-460896 another revision than that of SUPERCOP 20191221"
            } else {
                ""
            };
            format!("{} has {offers}{other}", installed.title())
        })
        .collect();
    if installed.is_empty() { String::new() } else { format!("; {}", installed.join("; ")) }
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
