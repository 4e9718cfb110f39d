//! `pqcheck kat`: reads the arguments, runs, writes the report.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::builder::NonEmptyStringValueParser;

use super::exit::{self, Exit};
use super::progress::Progress;
use super::quantity::{number, time};
use super::subjects::Nothing;
use super::{say, subjects, words, write};
use crate::backend::Subject;
use crate::image::platform;
use crate::kat::select::{Selection, Shard};
use crate::kat::{self, Isolation, Plan, readings};
use crate::output::{self, Style, Verbosity};
use crate::report::{CaseResult, Outcome, Report};
use crate::spec::{Algorithm, Operation};
use crate::vector::{self, Suite, accumulated, packed};

/// How many round trips of the accumulated vectors belong to every run.
const ACCUMULATED: u64 = 10;
/// The round trips in a block of an accumulated run that is shared out: as many as there are published digests for, so
/// that the first block is held against one.
const BLOCK: u64 = 10_000;
/// The most blocks of one run, for each parameter set.
const MOST_BLOCKS: u64 = 100_000;

#[derive(clap::Args)]
#[command(after_help = exit::help("kat", "pqcheck kat --algorithm ML-KEM-768 --case '*tc1'"))]
pub(super) struct Args {
    /// Run these vector files and folders instead of the embedded corpus (.json, .rsp, also .gz)
    #[arg(long, value_name = "PATH", num_args = 1..)]
    vectors: Vec<PathBuf>,
    /// Run only the accumulated vectors, with N round trips
    #[arg(long, value_name = "N", conflicts_with = "vectors", value_parser = |text: &str| number(text, 1..=u64::MAX), allow_hyphen_values = true)]
    accumulated: Option<u64>,
    /// Cut the accumulated run into blocks of N round trips [default: one block; with --shard 10000]
    #[arg(long, value_name = "N", requires = "accumulated", value_parser = |text: &str| number(text, 1..=u64::MAX), allow_hyphen_values = true)]
    block: Option<u64>,
    /// Run these backends, or code paths of theirs as BACKEND/PATH [default: all linked ones]; `broken:FAULT` plants a fault, see `pqcheck list --faults`
    #[arg(long, value_name = "BACKEND", value_delimiter = ',', value_parser = words::BACKEND_OR_PATH, hide_possible_values = true)]
    backend: Vec<String>,
    #[command(flatten)]
    image: subjects::FromImage,
    /// Fail unless each of these algorithms ran, and gave the published answers, on a code path
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',', value_parser = words::ALGORITHM)]
    require: Vec<Algorithm>,
    /// Run only these algorithms
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',', value_parser = words::ALGORITHM)]
    algorithm: Vec<Algorithm>,
    /// Run only these operations
    #[arg(long, value_name = "OPERATION", value_delimiter = ',', value_parser = words::OPERATION)]
    operation: Vec<Operation>,
    /// Run only cases with this id `suite#case`, suite or name; `*` matches anything (repeatable)
    #[arg(long, value_name = "CASE", value_parser = NonEmptyStringValueParser::new())]
    case: Vec<String>,
    /// Show the ids of the cases that would run, and run none
    #[arg(long)]
    list: bool,
    /// Run only part I of N, counted from 1, or from 0 as `index:I/N`; `pqcheck merge` joins the reports
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Run this many code paths at once [default: one per core]
    #[arg(long, value_name = "N", value_parser = |text: &str| number(text, 1..=1024), allow_hyphen_values = true)]
    jobs: Option<u64>,
    /// Give up on a code path that has been silent for this long
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    deadline: Duration,
    /// Run code paths even if the processor lacks features they need: all, or one as =BACKEND/PATH
    #[arg(long, value_name = "BACKEND/PATH", num_args = 0..=1, require_equals = true, default_missing_value = "all",
        value_parser = words::PATH, hide_possible_values = true)]
    force_path: Vec<String>,
    /// Count known departures from the standards as failures
    #[arg(long)]
    strict: bool,
    /// Measure the time spent in the libraries
    #[arg(long)]
    timing: bool,
    /// Choose the format of the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Write the report to this file, whole or not at all; `-` is stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Every format of a report.
pub(super) fn formats() -> words::Formats {
    words::formats(output::ALL.iter().map(|format| (format.id(), format.about())))
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let mut nothing = None;
    let backends = match subjects::backends(&args.backend, &args.image) {
        Err(error) if error.downcast_ref::<Nothing>().is_some_and(|nothing| nothing.at_all) => {
            nothing = Some(format!("{error}; nothing was checked"));
            Vec::new()
        }
        backends => backends?,
    };
    let subjects = subjects::subjects(&backends, &args.backend, &args.force_path)?;
    let (mut suites, corpus) = corpus(args)?;
    if args.vectors.is_empty() {
        drop_strangers(&mut suites, &subjects, &args.algorithm);
    } else {
        readings::settle(&mut suites, &subjects);
    }
    let selection = Selection {
        algorithms: args.algorithm.clone(),
        operations: args.operation.clone(),
        cases: args.case.clone(),
        shard: args.shard,
    };
    for filter in selection.in_vain(&suites) {
        say(&format!("{filter}: matches no case"));
    }
    let found: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let shard = selection.apply(&mut suites, &manner(args, &corpus));
    if suites.is_empty() && nothing.is_none() {
        nothing = Some(match (found, &shard) {
            (0, _) => format!("no vectors in {}; nothing was checked", corpus.join(", ")),
            (_, Some(shard)) if shard.cases > 0 => format!(
                "part {} of {} is empty, with {} cases in all; nothing was checked",
                shard.part, shard.of, shard.cases
            ),
            (n, _) => format!("none of the {n} cases matches the filters; nothing was checked"),
        });
    }
    if let Some(why) = nothing {
        say(&why);
        if !write::is_kept(args.output.as_deref(), &args.format) && args.require.is_empty() {
            return Ok(Exit::NothingChecked.into());
        }
        suites.clear();
    }
    if args.list {
        write::to(args.output.as_deref(), |_, out| ids(&suites, out))?;
        return Ok(if suites.is_empty() { Exit::NothingChecked } else { Exit::Fine }.into());
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let plan = Plan {
        subjects,
        suites: &suites,
        foreign_vectors: !args.vectors.is_empty(),
        corpus,
        platform: platform::read(),
        asked: Vec::new(),
        shard,
        isolation: Isolation::Apart { jobs: args.jobs.map_or(cores, |jobs| jobs as usize) },
        silence: args.deadline,
        timed: args.timing,
        strict: args.strict,
        chosen_only: false,
        deadline: None,
    };
    let mut progress = Progress::new("outcomes");
    let mut report = kat::run(&plan, &mut |done, total| progress.show(done, total));
    progress.clear();
    report.unmet = lacking(&report, &args.require);
    publish(&report, &args.format, args.output.as_deref())?;
    for algorithm in &report.unmet {
        say(&format!("{algorithm} is required, and no code path here gave a published answer for it"));
    }
    let exit = Exit::of(&report.summary);
    Ok(if exit == Exit::CouldNotWork || report.unmet.is_empty() { exit } else { Exit::Wrong }.into())
}

/// The required algorithms that passed nowhere.
fn lacking(report: &Report, required: &[Algorithm]) -> Vec<Algorithm> {
    let passes = |it: &&CaseResult| it.outcome == Outcome::Pass;
    let passed: HashSet<Algorithm> = report.cases.iter().filter(passes).map(|it| it.algorithm).collect();
    required.iter().copied().filter(|algorithm| !passed.contains(algorithm)).collect()
}

/// The id of each case, as `--case` takes it.
fn ids(suites: &[Suite], out: &mut dyn Write) -> io::Result<()> {
    for suite in suites {
        for case in &suite.cases {
            writeln!(out, "{}#{}", suite.name, case.name)?;
        }
    }
    Ok(())
}

/// The vectors to run, and where they come from.
fn corpus(args: &Args) -> Result<(Vec<Suite>, Vec<String>)> {
    if !args.vectors.is_empty() {
        let corpus = args.vectors.iter().map(|path| path.display().to_string()).collect();
        let mut passed_over = Vec::new();
        let mut note = |path: &Path, why: &str| passed_over.push((path.to_owned(), why.to_owned()));
        let suites = vector::read_noting(&args.vectors, &mut note).map_err(|error| match &error {
            vector::Error::Io { path, cause } if cause.kind() == ErrorKind::NotFound => {
                anyhow!("{error}{}", words::meant_file(path))
            }
            _ => error.into(),
        })?;
        report_passed_over(&passed_over);
        return Ok((suites, corpus));
    }
    if let Some(count) = args.accumulated {
        let usual = if args.shard.is_some() { BLOCK } else { count };
        let block = args.block.unwrap_or(usual).min(count);
        if count / block > MOST_BLOCKS {
            bail!(
                "--block: {count} round trips make more than {MOST_BLOCKS} blocks of {block}; choose larger blocks"
            );
        }
        let blocks = if block < count { format!(" in blocks of {block}") } else { String::new() };
        let suite = Suite { name: accumulated::SUITE.to_owned(), cases: accumulated::blocks(count, block) };
        return Ok((vec![suite], vec![format!("accumulated x{count}{blocks}")]));
    }
    let packed = packed::embedded()?;
    let mut suites: Vec<Suite> = packed
        .suites()
        .iter()
        .map(|suite| Suite { name: suite.name.to_owned(), cases: suite.cases().collect() })
        .collect();
    suites.push(Suite { name: accumulated::SUITE.to_owned(), cases: accumulated::cases(ACCUMULATED) });
    Ok((suites, vec!["embedded".to_owned()]))
}

/// Says which files hold nothing to run: each of a few, of many how many for each reason.
fn report_passed_over(files: &[(PathBuf, String)]) {
    const FEW: usize = 8;
    if files.len() <= FEW {
        for (path, why) in files {
            say(&format!("{}: passed over: {why}", path.display()));
        }
        return;
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, why) in files {
        *reasons.entry(why).or_default() += 1;
    }
    let mut ranked: Vec<(&str, usize)> = reasons.into_iter().collect();
    ranked.sort_by_key(|(_, number)| Reverse(*number));
    let shown = ranked.iter().take(FEW).map(|(why, number)| format!("{number}: {why}"));
    let mut shown: Vec<String> = shown.collect();
    if ranked.len() > FEW {
        let rest: usize = ranked[FEW..].iter().map(|(_, number)| number).sum();
        shown.push(format!("{rest} for {} other reasons", ranked.len() - FEW));
    }
    say(&format!("{} files passed over ({})", files.len(), shown.join("; ")));
}

/// Drops the cases of what no standard defines and nobody here has, unless it is asked for by name: that they are skipped
/// everywhere says nothing.
fn drop_strangers(suites: &mut Vec<Suite>, subjects: &[Subject], asked: &[Algorithm]) {
    let is_known = |algorithm: Algorithm| {
        Algorithm::STANDARDS.contains(&algorithm)
            || asked.contains(&algorithm)
            || subjects.iter().any(|subject| subject.path.offers(algorithm))
    };
    for suite in suites.iter_mut() {
        suite.cases.retain(|case| is_known(case.algorithm));
    }
    suites.retain(|suite| !suite.cases.is_empty());
}

/// What decides on outcomes beside cases and code paths.
fn manner(args: &Args, corpus: &[String]) -> String {
    format!("{corpus:?} strict={} forced={:?}", args.strict, args.force_path)
}

/// Writes the report to a file, and what it comes to for the person who waits for it; or all of it to stdout.
pub(super) fn publish(report: &Report, format: &str, file: Option<&Path>) -> Result<()> {
    let format = output::named(format).ok_or_else(|| anyhow!("unknown format `{format}`"))?;
    if write::to(file, |style, out| format.render(report, style, out))? {
        let brief = Style { verbosity: Verbosity::Quiet, ..write::style() };
        write::to_stdout(|out| output::ALL[0].render(report, brief, out))?;
    }
    Ok(())
}
