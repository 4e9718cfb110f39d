//! `pqcheck explain`: why a build or a start failed, from its log.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::exit::{self, Exit};
use super::{say, words, write};
use crate::explain;
use crate::output::{self, annotations};
use crate::report::causes::Outcome;

#[derive(clap::Args)]
#[command(after_help = exit::help("explain", "docker build . 2>&1 | pqcheck explain"))]
pub(super) struct Args {
    /// Log of a build or start; stdin if absent or `-`
    log: Option<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Write the diagnosis to this file, whole or not at all; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn formats() -> words::Formats {
    words::formats(words::HUMAN_OR_JSON.into_iter().chain(annotations::FORMATS))
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let diagnosis = match &args.log {
        Some(path) if path.as_os_str() != "-" => {
            let log = File::open(path).and_then(|mut log| explain::run(&mut log));
            log.map_err(|error| words::unreadable(path, error))?
        }
        _ => explain::run(&mut io::stdin().lock()).context("stdin")?,
    };
    let log = args.log.as_ref().map_or("-".into(), |log| log.to_string_lossy());
    write::to(args.output.as_deref(), |style, out| match args.format.as_str() {
        "json" => output::causes::json(&diagnosis, out),
        "sarif" => annotations::sarif(&annotations::of_diagnosis(&diagnosis, &log), out),
        "github" => annotations::github(&annotations::of_diagnosis(&diagnosis, &log), out),
        _ => output::causes::human(&diagnosis, style, out),
    })?;
    if diagnosis.lines == 0 {
        say("the log is empty");
    }
    let exit = match diagnosis.outcome {
        Outcome::Failed => Exit::Wrong,
        Outcome::Succeeded => Exit::Fine,
        Outcome::Unknown => Exit::NothingChecked,
    };
    Ok(exit.into())
}
