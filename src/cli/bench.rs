//! `pqcheck bench`: reads the arguments, times, writes the report.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result, anyhow};

use super::exit::{self, Exit};
use super::progress::Progress;
use super::quantity::{number, time};
use super::subjects::Nothing;
use super::{say, subjects, words, write};
use crate::backend::Subject;
use crate::bench::{self, Plan};
use crate::output::{self, Style, Verbosity};
use crate::report::bench::{Bench, Outcome};
use crate::spec::{Algorithm, Operation};

#[derive(clap::Args)]
#[command(after_help = exit::help("bench", "pqcheck bench --algorithm ML-KEM-768 --format json -o bench.json"))]
pub(super) struct Args {
    /// Time only these algorithms [default: ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305]; `all` for every one
    #[arg(long, value_name = "ALGORITHM", value_delimiter = ',', value_parser = words::ALGORITHM_OR_ALL)]
    algorithm: Vec<&'static [Algorithm]>,
    /// Time these backends, or code paths of theirs as BACKEND/PATH [default: all linked backends]
    #[arg(long, value_name = "BACKEND", value_delimiter = ',', value_parser = words::BACKEND_OR_PATH, hide_possible_values = true)]
    backend: Vec<String>,
    #[command(flatten)]
    image: subjects::FromImage,
    /// Time only these operations
    #[arg(long, value_name = "OPERATION", value_delimiter = ',', value_parser = words::OPERATION)]
    operation: Vec<Operation>,
    /// Use keys that the library has prepared, if it can, instead of the bytes of keys
    #[arg(long)]
    key_objects: bool,
    /// Time each workload on each code path for this long
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = time)]
    time: Duration,
    /// Take this many samples in that time [default: one every 150 µs, at least 250]
    #[arg(long, value_name = "N", value_parser = |text: &str| number(text, 5..=100_000), allow_hyphen_values = true)]
    samples: Option<u64>,
    /// Choose the format of the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Write the report to this file, whole or not at all; `-` is stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn formats() -> words::Formats {
    words::formats(output::bench::words())
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let subjects = match self::subjects(args) {
        Err(error) if error.downcast_ref::<Nothing>().is_some_and(|nothing| nothing.at_all) => {
            say(&format!("{error}; nothing was timed"));
            Vec::new()
        }
        subjects => subjects?,
    };
    let plan = Plan {
        subjects,
        algorithms: algorithms(&args.algorithm),
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
        if !plan.subjects.is_empty() {
            say("these backends have no such workload; nothing was timed");
        }
        if !write::is_kept(args.output.as_deref(), &args.format) {
            return Ok(Exit::NothingChecked.into());
        }
    }
    publish(args, &report)?;
    Ok(verdict(&report).into())
}

/// A backend that died outranks one that answers wrong, and both outrank that nothing was timed.
fn verdict(report: &Bench) -> Exit {
    let any = |is: fn(&Outcome) -> bool| report.measurements.iter().any(|it| is(&it.outcome));
    if any(|outcome| matches!(outcome, Outcome::Error { .. })) {
        Exit::CouldNotWork
    } else if any(|outcome| matches!(outcome, Outcome::Wrong { .. })) {
        Exit::Wrong
    } else if report.measurements.iter().all(|measurement| measurement.times().is_none()) {
        Exit::NothingChecked
    } else {
        Exit::Fine
    }
}

fn publish(args: &Args, report: &Bench) -> Result<()> {
    let format =
        output::bench::named(&args.format).ok_or_else(|| anyhow!("unknown format `{}`", args.format))?;
    if write::to(args.output.as_deref(), |style, out| format.render(report, style, out))? {
        let brief = Style { verbosity: Verbosity::Quiet, ..write::style() };
        write::to_stdout(|out| output::bench::ALL[0].render(report, brief, out))?;
    }
    Ok(())
}

/// The code paths to time.
fn subjects(args: &Args) -> Result<Vec<Subject>> {
    let backends = subjects::backends(&args.backend, &args.image)?;
    subjects::subjects(&backends, &args.backend, &[])
}

fn algorithms(named: &[&[Algorithm]]) -> Vec<Algorithm> {
    let mut algorithms = if named.is_empty() { Algorithm::CORE.to_vec() } else { named.concat() };
    algorithms.sort_unstable();
    algorithms.dedup();
    algorithms
}
