//! `pqcheck merge`: joins the reports of the parts of one run.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};

use super::exit::{self, Exit};
use super::{compare, kat};
use crate::kat::merge::merge;
use crate::report::Document;

#[derive(clap::Args)]
#[command(after_help = exit::help("merge", "pqcheck merge part-*.json -o all.json"))]
pub(super) struct Args {
    /// The reports of all parts, in any order, from `pqcheck kat --shard I/N --format json`
    #[arg(required = true, value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// Choose the format of the report
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = kat::formats())]
    format: String,
    /// Write the report to this file, whole or not at all; `-` is stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Ends as the run in one piece would have ended.
pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let read = |path: &PathBuf| match compare::read(path)? {
        Document::Report(report) => Ok((path.display().to_string(), *report)),
        Document::Bench(_) => {
            bail!("{}: has measurements; merge takes reports of `pqcheck kat --shard`", path.display())
        }
    };
    let report = merge(args.reports.iter().map(read).collect::<Result<_>>()?)?;
    kat::publish(&report, &args.format, args.output.as_deref())?;
    Ok(Exit::of(&report.summary).into())
}
