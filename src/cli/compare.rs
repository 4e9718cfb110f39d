//! `pqcheck compare`: reads the reports, compares them, writes what got worse.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::ValueHint;

use super::exit::{self, Exit};
use super::{subjects, words, write};
use crate::compare::{self, Normalise, Plan};
use crate::output::comparison;
use crate::report::conclusion::Conclusion;
use crate::report::{self, Document};

/// The most bytes of a report that are read.
const LARGEST: u64 = 256 << 20;

#[derive(clap::Args)]
#[command(after_help = exit::help("compare", "pqcheck compare old.json new.json"))]
pub(super) struct Args {
    /// Reports from `kat` or `bench` with `--format json`, oldest first; from `bench` also folders, or FILE,FILE
    #[arg(value_name = "REPORT", required_unless_present = "baseline", value_hint = ValueHint::AnyPath)]
    reports: Vec<String>,
    /// Find the commit where performance changed: DIR has a report or a folder of reports for each, in order of name
    #[arg(long, value_name = "DIR", conflicts_with_all = ["across", "normalise"])]
    baseline: Option<PathBuf>,
    /// Choose the format of the comparison
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
    format: String,
    /// Report measurements that are slower by more than PERCENT [default: 3]
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true)]
    threshold: Option<f64>,
    /// Compare measurements from two machines or architectures
    #[arg(long)]
    across: bool,
    /// Take it as fine if more than half of the measurements cannot be compared
    #[arg(long)]
    allow_partial: bool,
    /// Divide both sides by the times of this BACKEND, or compare `cycles` instead of times
    #[arg(long, value_name = "BACKEND|cycles", requires = "across")]
    normalise: Option<String>,
    /// Write the comparison to this file, whole or not at all; `-` is stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn formats() -> words::Formats {
    words::formats(comparison::ALL.iter().map(|it| (it.id, it.about)))
}

pub(super) fn main(args: &Args) -> Result<ExitCode> {
    let mut names = args.baseline.as_deref().map(entries).transpose()?.unwrap_or_default();
    names.extend(args.reports.iter().cloned());
    let side = |name: String| Ok((name.clone(), read_side(&name)?));
    let sides = names.into_iter().map(side).collect::<Result<_>>()?;
    let plan = Plan {
        history: args.baseline.is_some(),
        threshold: args.threshold,
        across: args.across,
        partial: args.allow_partial,
        normalise: args.normalise.as_deref().map(Normalise::from),
    };
    let found = compare::run(sides, &plan).map_err(|error| match &error {
        compare::Error::NoBackend { backend, there, .. } => {
            anyhow!("{error}{}", words::meant(backend, there.split(", ")))
        }
        _ => error.into(),
    })?;
    let format = comparison::ALL.iter().find(|format| format.id == args.format);
    let format = format.ok_or_else(|| anyhow!("unknown format `{}`", args.format))?;
    if !format.shows(&found) {
        bail!("--format {}: needs measurements; for known-answer reports take human or json", format.id);
    }
    write::to(args.output.as_deref(), |style, out| format.render(&found, style, out))?;
    Ok(match found.conclusion() {
        Conclusion::Worse => Exit::Wrong,
        Conclusion::NotWorse => Exit::Fine,
        Conclusion::NothingCompared | Conclusion::TooLittleCompared => Exit::NothingChecked,
    }
    .into())
}

/// The documents of a side: a file, several joined by commas, or all of a folder.
fn read_side(name: &str) -> Result<Vec<Document>> {
    let path = Path::new(name);
    match () {
        () if path.is_dir() => {
            let files = entries(path)?;
            if let Some(inner) = files.iter().find(|file| Path::new(file).is_dir()) {
                bail!("{inner}: a folder in {name}; give the folder that has the reports itself");
            }
            files.iter().map(|file| read(Path::new(file))).collect()
        }
        () => subjects::listed(path).iter().map(|file| read(file)).collect(),
    }
}

/// The reports of a folder, and the folders in it, in the order of their names.
fn entries(folder: &Path) -> Result<Vec<String>> {
    let shown = folder.display();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| words::unreadable(folder, error))? {
        let path = entry.with_context(|| shown.to_string())?.path();
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "json") {
            found.push(path.display().to_string());
        }
    }
    if found.is_empty() {
        bail!("{shown}: no report in this folder; reports end in .json");
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
        .ok_or_else(|| "a percentage is a number from 0 to 1000, such as `3`".to_owned())
}

/// Reads a report.
pub(super) fn read(path: &Path) -> Result<Document> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| words::unreadable(path, error))?;
    if bytes.len() as u64 > LARGEST {
        bail!("{}: not a report: larger than {} MiB", path.display(), LARGEST >> 20);
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
