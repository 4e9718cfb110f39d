//! `pqcheck compare`: what got worse between two reports, or slower between two sides of measurements.

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Error, Result, bail};

use super::exit::Exit;
use super::write;
use crate::compare::history::trend;
use crate::compare::outcomes::compare;
use crate::compare::times::{self, Normalise, Options, Runs, THRESHOLD};
use crate::output::{self, Style};
use crate::report::bench::Bench;
use crate::report::ratios::Verdict;
use crate::report::{self, Document, Report};

/// The most bytes of a report that are read.
const LARGEST: u64 = 256 << 20;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The reports, as `pqcheck kat` or `pqcheck bench` writes them with `--format json`, the earlier one first. Of
    /// measurements, each is a side: a report, several joined by commas, or a folder of them; runs of a side are pooled
    #[arg(value_name = "REPORT", required_unless_present = "baseline")]
    reports: Vec<String>,
    /// Find where a history of measurements took a step: DIR has a report, or a folder of several, for each commit, in
    /// the order of their names (numbers in them count as numbers); each REPORT comes after them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["across", "normalise"])]
    baseline: Option<PathBuf>,
    /// How to show the differences
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = ["human", "markdown", "json", "html"])]
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
    let names = names(args)?;
    let mut reports: Vec<Report> = Vec::new();
    let mut sides: Vec<Runs> = Vec::new();
    for name in &names {
        let (of_kat, of_bench) = read_side(name)?;
        match of_bench.is_empty() {
            true => reports.extend(of_kat),
            false if of_kat.is_empty() => sides.push(Runs::new(name.clone(), of_bench)),
            false => {
                bail!("{name}: reports of known-answer tests and of measurements in one place; part them")
            }
        }
    }
    match (reports.as_slice(), sides.as_slice()) {
        ([], sides) if args.baseline.is_some() => history(args, sides),
        (_, _) if args.baseline.is_some() => {
            bail!("--baseline is for measurements; a report of known-answer tests is compared with one other")
        }
        ([], sides) => measurements(args, sides),
        ([old, new], []) if names.len() == 2 => outcomes(args, old, new),
        (_, []) => bail!("outcomes of known-answer tests are compared two at a time"),
        _ => bail!("outcomes of known-answer tests and measurements cannot be compared with each other"),
    }
}

/// What the sides are called.
fn names(args: &Args) -> Result<Vec<String>> {
    let mut names = match &args.baseline {
        Some(folder) => entries(folder)?,
        None if args.reports.len() < 2 => {
            bail!("{}: with what shall it be compared? give two reports", args.reports[0])
        }
        None => Vec::new(),
    };
    names.extend(args.reports.iter().cloned());
    Ok(names)
}

fn outcomes(args: &Args, old: &Report, new: &Report) -> Result<ExitCode> {
    if args.threshold.is_some() || args.across {
        bail!("--threshold, --across and --normalise are for measurements; these are outcomes");
    }
    let comparison = compare(old, new);
    let render = match args.format.as_str() {
        "json" => |comparison: &_, _, out: &mut dyn Write| output::comparison::json(comparison, out),
        "human" => output::comparison::human,
        other => bail!("--format {other} is for measurements; outcomes are shown as human or json"),
    };
    publish(args, &|style, out| render(&comparison, style, out))?;
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
    let ratios =
        times::compare(sides, &Options { threshold, across: args.across, normalise }).map_err(Error::msg)?;
    publish(args, &|style, out| match args.format.as_str() {
        "json" => output::ratios::json(&ratios, out),
        "markdown" => output::ratios::markdown(&ratios, out),
        "html" => output::ratios::html(&ratios, out),
        _ => output::ratios::human(&ratios, style, out),
    })?;
    let compared = ratios.rows.iter().any(|row| !matches!(row.verdict, Verdict::NotComparable { .. }));
    Ok(exit(ratios.is_worse(), compared))
}

fn history(args: &Args, points: &[Runs]) -> Result<ExitCode> {
    let trend = trend(points, args.threshold.unwrap_or(THRESHOLD)).map_err(Error::msg)?;
    publish(args, &|style, out| match args.format.as_str() {
        "json" => output::trend::json(&trend, out),
        "markdown" => output::trend::markdown(&trend, out),
        "html" => output::trend::html(&trend, out),
        _ => output::trend::human(&trend, style, out),
    })?;
    Ok(exit(trend.is_worse(), trend.rows.iter().any(|row| row.values.len() > 1)))
}

fn exit(worse: bool, compared: bool) -> ExitCode {
    match (worse, compared) {
        (true, _) => Exit::Wrong,
        (_, false) => Exit::NothingChecked,
        _ => Exit::Fine,
    }
    .into()
}

fn publish(args: &Args, render: &dyn Fn(Style, &mut dyn Write) -> io::Result<()>) -> Result<()> {
    match &args.output {
        None => write::to_stdout(|out| render(write::style(), out)),
        Some(path) => write::to_file(path, |out| render(Style::default(), out)),
    }
}

/// The documents of a side: a file, several joined by commas, or all of a folder.
fn read_side(name: &str) -> Result<(Vec<Report>, Vec<Bench>)> {
    let path = Path::new(name);
    let files: Vec<String> = match () {
        () if path.is_dir() => entries(path)?,
        () if path.exists() || !name.contains(',') => vec![name.to_owned()],
        () => name.split(',').map(str::to_owned).collect(),
    };
    let (mut reports, mut benches) = (Vec::new(), Vec::new());
    for file in files {
        match read(Path::new(&file))? {
            Document::Report(report) => reports.push(*report),
            Document::Bench(bench) => benches.push(*bench),
        }
    }
    Ok((reports, benches))
}

/// The reports of a folder, and the folders in it, in the order of their names.
fn entries(folder: &Path) -> Result<Vec<String>> {
    let shown = folder.display();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| shown.to_string())? {
        let path = entry.with_context(|| shown.to_string())?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
            found.push(path.display().to_string());
        }
    }
    if found.is_empty() {
        bail!("{shown}: no report in this folder; its reports are files that end in .json");
    }
    found.sort_by_cached_key(|name| by_number(name));
    Ok(found)
}

/// A key by which `9` comes before `10`: the numbers and the other characters of a name.
fn by_number(name: &str) -> Vec<(bool, u64)> {
    let mut key: Vec<(bool, u64)> = Vec::new();
    for c in name.chars() {
        match (c.to_digit(10), key.last_mut()) {
            (Some(digit), Some((false, number))) => {
                *number = number.saturating_mul(10).saturating_add(digit.into());
            }
            (Some(digit), _) => key.push((false, digit.into())),
            (None, _) => key.push((true, c.into())),
        }
    }
    key
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
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["b/10-a", "b/9-z", "b/9-c", "a/11", "b/100"].map(str::to_owned);
        names.sort_by_cached_key(|name| by_number(name));
        assert_eq!(names, ["a/11", "b/9-c", "b/9-z", "b/10-a", "b/100"]);
    }

    #[test]
    fn a_threshold_is_in_percent() {
        assert_eq!(percent("3"), Ok(0.03));
        assert_eq!(percent("2.5%"), Ok(0.025));
        for bad in ["", "-1", "nan", "inf", "1e9", "three"] {
            assert!(percent(bad).is_err(), "{bad}");
        }
    }
}
