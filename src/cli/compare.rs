//! `pqcheck compare`: what got worse between two reports, or slower between two sides of measurements.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Error, Result, bail};

use super::exit::Exit;
use super::write;
use crate::bench::compare::{self as benches, Normalise, Options, Runs, THRESHOLD};
use crate::output::{self, Style};
use crate::report::bench::Bench;
use crate::report::compare::compare;
use crate::report::ratios::{Ratios, Verdict};
use crate::report::{self, Document, Report};

/// The most bytes of a report that are read.
const LARGEST: u64 = 256 << 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The reports, as `pqcheck kat` or `pqcheck bench` writes them with `--format json`, the earlier one first. Of
    /// measurements, each is a side: a report, several joined by commas, or a folder of them; runs of a side are pooled
    #[arg(value_name = "REPORT", num_args = 2.., required = true)]
    reports: Vec<String>,
    /// How to show the differences
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "markdown", "json"])]
    format: String,
    /// Of measurements: by how many percent something must be slower to be a regression [default: 3]
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    threshold: Option<f64>,
    /// Compare measurements of two machines or architectures
    #[arg(long)]
    across: bool,
    /// Divide both sides by what this BACKEND takes on each, or compare `cycles` in place of time
    #[arg(long, value_name = "BACKEND|cycles", requires = "across")]
    normalise: Option<String>,
    /// Write the comparison to this file, whole or not at all
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let sides = args.reports.iter().map(|name| side(name)).collect::<Result<Vec<_>>>()?;
    let mut reports: Vec<Report> = Vec::new();
    let mut runs: Vec<Runs> = Vec::new();
    for (name, documents) in args.reports.iter().zip(sides) {
        let mut benches: Vec<Bench> = Vec::new();
        for document in documents {
            match document {
                Document::Report(report) => reports.push(*report),
                Document::Bench(bench) => benches.push(*bench),
            }
        }
        if !benches.is_empty() {
            runs.push(Runs { name: name.clone(), runs: benches });
        }
    }
    match (reports.as_slice(), runs.is_empty()) {
        ([], _) => measurements(args, &runs),
        ([old, new], true) if args.reports.len() == 2 => outcomes(args, old, new),
        (_, true) => bail!("outcomes of known-answer tests are compared two at a time"),
        _ => bail!("outcomes of known-answer tests and measurements cannot be compared with each other"),
    }
}

fn outcomes(args: &Args, old: &Report, new: &Report) -> Result<ExitCode> {
    if args.format == "markdown" {
        bail!("--format markdown is for measurements; outcomes are shown as human or json");
    }
    let comparison = compare(old, new);
    publish(args, &|style, out| match args.format.as_str() {
        "json" => output::comparison::json(&comparison, out),
        _ => output::comparison::human(&comparison, style, out),
    })?;
    Ok(match &comparison {
        comparison if comparison.is_worse() => Exit::Wrong,
        comparison if comparison.compared == 0 => Exit::NothingChecked,
        _ => Exit::Fine,
    }
    .into())
}

fn measurements(args: &Args, sides: &[Runs]) -> Result<ExitCode> {
    let normalise = args.normalise.as_ref().map(|what| match what.as_str() {
        "cycles" => Normalise::Cycles,
        backend => Normalise::Backend(backend.to_owned()),
    });
    let threshold = args.threshold.unwrap_or(THRESHOLD);
    let ratios = benches::compare(sides, &Options { threshold, across: args.across, normalise })
        .map_err(Error::msg)?;
    publish(args, &|style, out| match args.format.as_str() {
        "json" => output::ratios::json(&ratios, out),
        "markdown" => output::ratios::markdown(&ratios, out),
        _ => output::ratios::human(&ratios, style, out),
    })?;
    Ok(verdict(&ratios).into())
}

fn verdict(ratios: &Ratios) -> Exit {
    let compared = ratios.rows.iter().any(|row| !matches!(row.verdict, Verdict::NotComparable { .. }));
    match ratios {
        ratios if ratios.is_worse() => Exit::Wrong,
        _ if !compared => Exit::NothingChecked,
        _ => Exit::Fine,
    }
}

fn publish(args: &Args, render: &dyn Fn(Style, &mut dyn Write) -> io::Result<()>) -> Result<()> {
    match &args.output {
        None => write::to_stdout(|out| render(write::style(), out)),
        Some(path) => write::to_file(path, |out| render(Style::default(), out)),
    }
}

/// The documents of a side: a file, several joined by commas, or all of a folder.
fn side(name: &str) -> Result<Vec<Document>> {
    let path = Path::new(name);
    if path.is_dir() {
        let mut files: Vec<PathBuf> = fs::read_dir(path)
            .with_context(|| name.to_owned())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        if files.is_empty() {
            bail!("{name}: no report in this folder; its reports are files that end in .json");
        }
        return files.iter().map(|file| read(file)).collect();
    }
    if path.exists() || !name.contains(',') {
        return Ok(vec![read(path)?]);
    }
    name.split(',').map(|file| read(Path::new(file))).collect()
}

/// A part of a hundred, as a part of one.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end().parse::<f64>().ok();
    number
        .filter(|number| (0.0..=1000.0).contains(number))
        .map(|number| number / 100.0)
        .ok_or_else(|| format!("`{text}` is no threshold; write percent, such as `3`"))
}

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<Document> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .with_context(|| path.display().to_string())?;
    if bytes.len() as u64 > LARGEST {
        bail!("{}: larger than {} MiB, which no report is", path.display(), LARGEST >> 20);
    }
    report::document(&bytes).with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_in_percent() {
        assert_eq!(percent("3"), Ok(0.03));
        assert_eq!(percent("2.5%"), Ok(0.025));
        for bad in ["", "-1", "nan", "inf", "1e9", "three"] {
            assert!(percent(bad).is_err(), "{bad}");
        }
    }
}
