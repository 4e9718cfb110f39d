//! `pqcheck compare`: what got worse between two reports.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

use super::exit::Exit;
use super::write;
use crate::output;
use crate::report::compare::compare;
use crate::report::{self, Report};

/// The most bytes of a report that are read.
const LARGEST: u64 = 256 << 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The earlier report, as `pqcheck kat --format json` writes it
    old: PathBuf,
    /// The later report
    new: PathBuf,
    /// How to show the differences
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "json"])]
    format: String,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let comparison = compare(&read(&args.old)?, &read(&args.new)?);
    write::to_stdout(|out| match args.format.as_str() {
        "json" => output::comparison::json(&comparison, out),
        _ => output::comparison::human(&comparison, write::style(), out),
    })?;
    Ok(match &comparison {
        comparison if comparison.is_worse() => Exit::Wrong,
        comparison if comparison.compared == 0 => Exit::NothingChecked,
        _ => Exit::Fine,
    }
    .into())
}

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<Report> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .with_context(|| path.display().to_string())?;
    if bytes.len() as u64 > LARGEST {
        bail!("{}: larger than {} MiB, which no report is", path.display(), LARGEST >> 20);
    }
    report::parse(&bytes).with_context(|| path.display().to_string())
}
