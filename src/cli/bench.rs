//! `pqcheck bench`: reads the arguments, times, writes the report.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result, anyhow, bail};

use super::exit::{self, Exit};
use super::progress::Progress;
use super::subjects::Nothing;
use super::{health, say, subjects, write};
use crate::backend::Subject;
use crate::bench::{self, Plan};
use crate::output::{self, Style, Verbosity};
use crate::report::bench::{Bench, Outcome};
use crate::spec::{Algorithm, Operation};

#[derive(clap::Args)]
#[command(after_help = exit::help("bench", "pqcheck bench --algorithm ML-KEM-768 --format json -o bench.json"))]
pub(super) struct Args {
    /// Only these algorithms [default: ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305]; `all` for every one
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',')]
    algorithm: Vec<String>,
    /// Backends to time [default: all linked ones], or one of their code paths as BACKEND/PATH
    #[arg(long, value_name = "BACKEND", value_delimiter = ',')]
    backend: Vec<String>,
    #[command(flatten)]
    image: subjects::FromImage,
    /// Only these operations
    #[arg(long, value_name = "OPERATION", value_delimiter = ',')]
    operation: Vec<Operation>,
    /// Time with keys that the library has set up beforehand, where it keeps such, in place of the keys' bytes
    #[arg(long)]
    key_objects: bool,
    /// How long to time each workload of each code path
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = health::time)]
    time: Duration,
    /// How many samples to take in that time [default: one every 150 µs, but at least 250]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(5..=100_000))]
    samples: Option<u64>,
    /// How to show the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Write the report to this file, whole or not at all
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn formats() -> clap::builder::PossibleValuesParser {
    let value = |(id, about)| clap::builder::PossibleValue::new(id).help(about);
    output::bench::words().map(value).collect::<Vec<_>>().into()
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let subjects = match self::subjects(args) {
        Err(error) if error.downcast_ref::<Nothing>().is_some_and(|nothing| nothing.at_all) => {
            say(&format!("{error}; nothing was timed"));
            return Ok(Exit::NothingChecked.into());
        }
        subjects => subjects?,
    };
    let plan = Plan {
        subjects,
        algorithms: algorithms(&args.algorithm)?,
        operations: args.operation.clone(),
        key_objects: args.key_objects,
        time: args.time,
        samples: args.samples.unwrap_or_else(|| bench::samples(args.time)),
    };
    let mut progress = Progress::new("turns");
    let report = bench::run(&plan, &mut |done, total| progress.show(done as usize, total as usize));
    progress.clear();
    let report = report.map_err(Error::msg)?;
    if report.measurements.is_empty() {
        say("none of these backends has such a workload; nothing was timed");
        return Ok(Exit::NothingChecked.into());
    }
    publish(args, &report)?;
    Ok(verdict(&report).into())
}

/// A backend that cannot be believed, or that died, outranks that nothing was timed.
fn verdict(report: &Bench) -> Exit {
    let is_bad = |outcome: &Outcome| matches!(outcome, Outcome::Wrong { .. } | Outcome::Error { .. });
    if report.measurements.iter().any(|measurement| is_bad(&measurement.outcome)) {
        Exit::CouldNotWork
    } else if report.measurements.iter().all(|measurement| measurement.times().is_none()) {
        Exit::NothingChecked
    } else {
        Exit::Fine
    }
}

fn publish(args: &Args, report: &Bench) -> Result<()> {
    let format =
        output::bench::named(&args.format).ok_or_else(|| anyhow!("unknown format `{}`", args.format))?;
    match &args.output {
        None => write::to_stdout(|out| format.render(report, write::style(), out)),
        Some(path) => {
            write::to_file(path, |out| format.render(report, Style::default(), out))?;
            let brief = Style { verbosity: Verbosity::Quiet, ..write::style() };
            write::to_stdout(|out| output::bench::ALL[0].render(report, brief, out))
        }
    }
}

/// The code paths to time: those of the backends, or of them the ones that are named.
fn subjects(args: &Args) -> Result<Vec<Subject>> {
    let mut names: Vec<String> = Vec::new();
    for name in &args.backend {
        let backend = name.split_once('/').map_or(name.as_str(), |(backend, _)| backend).to_owned();
        if !names.contains(&backend) {
            names.push(backend);
        }
    }
    let backends = subjects::backends(&names, &args.image)?;
    let mut subjects = subjects::subjects(&backends, &[])?;
    let known: Vec<String> = subjects.iter().map(Subject::name).collect();
    for name in args.backend.iter().filter(|name| name.contains('/')) {
        if !known.contains(name) {
            bail!("unknown code path `{name}`; these backends have {}", known.join(", "));
        }
    }
    subjects.retain(|subject| {
        let of_backend =
            |name: &&String| name.split_once('/').map_or(name.as_str(), |(it, _)| it) == subject.backend.id;
        let mut naming = args.backend.iter().filter(of_backend).peekable();
        naming.peek().is_none() || naming.any(|name| *name == subject.name() || name == subject.backend.id)
    });
    Ok(subjects)
}

fn algorithms(names: &[String]) -> Result<Vec<Algorithm>> {
    if names.is_empty() {
        return Ok(Algorithm::CORE.to_vec());
    }
    let mut algorithms = Vec::new();
    for name in names {
        if name.eq_ignore_ascii_case("all") {
            algorithms.extend(Algorithm::ALL);
        } else {
            algorithms.push(name.parse()?);
        }
    }
    algorithms.sort_unstable();
    algorithms.dedup();
    Ok(algorithms)
}
