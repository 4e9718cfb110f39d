//! A history of measurements for people, for pull requests and for programs. Computes nothing.

use std::io::{self, BufWriter, Write};

use super::bench::time;
use super::text::{self, Painted, Plain, counted, wrapped};
use super::{Style, json as document};
use crate::report::ratios::Verdict;
use crate::report::trend::{Row, Step, Trend};

mod html;
mod markdown;

pub use html::html;
pub use markdown::markdown;

/// Writes the history as one JSON document of schema `pqcheck.trend/1`.
pub fn json(trend: &Trend, out: &mut dyn Write) -> io::Result<()> {
    document::write(trend, out)
}

/// Writes a line with its course for each measurement, the steps under it, and the verdict.
pub fn human(trend: &Trend, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let longest = trend.rows.iter().map(|row| row.id().chars().count()).max().unwrap_or(0);
    for row in &trend.rows {
        let (Some(first), Some(last)) = (row.values.first(), row.values.last()) else { continue };
        let id = row.id();
        let span = format!("{} … {}", time(first.time), time(last.time));
        writeln!(out, "{:longest$}  {}  {span}", Plain(&id), course(trend, row))?;
        for step in &row.steps {
            let color = if step.verdict == Verdict::Slower { text::FAIL } else { text::GOOD };
            writeln!(out, "  {} {}", Painted(step.verdict.word(), color, style), words(trend, step))?;
        }
    }
    for (name, why) in refused(trend) {
        wrapped(&mut out, "not measured everywhere: ", &format!("{}: {}", Plain(&name), Plain(&why)), style)?;
    }
    for warning in &trend.warnings {
        wrapped(&mut out, "warning: ", &Plain(warning).to_string(), style)?;
    }
    let (words, color) = conclusion(trend);
    writeln!(out, "{}: {}", counts(trend), Painted(words, color, style))?;
    out.flush()
}

/// `by 1.052 (1.040 … 1.065) between a.json and b.json`.
fn words(trend: &Trend, step: &Step) -> String {
    let [low, high] = step.interval;
    let [before, after] = step.between.map(|point| trend.points[point].name.as_str());
    format!("by {:.3} ({low:.3} … {high:.3}) between {} and {}", step.ratio, Plain(before), Plain(after))
}

/// The times as a row of blocks from the least to the most; a blank where nothing was measured.
fn course(trend: &Trend, row: &Row) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    /// What is less than this is drawn flat, so that noise does not look like a mountain range.
    const LEAST: f64 = 0.1;
    let times = row.values.iter().map(|value| value.time);
    let low = times.clone().fold(f64::INFINITY, f64::min);
    let span = (times.fold(0.0, f64::max) - low).max(LEAST * low);
    let block = |time: f64| BLOCKS[(((time - low) / span * 7.0) as usize).min(7)];
    (0..trend.points.len())
        .map(|point| row.values.iter().find(|value| value.point == point).map_or(' ', |it| block(it.time)))
        .collect()
}

/// What is missing somewhere, and why.
fn refused(trend: &Trend) -> Vec<(String, String)> {
    trend.rows.iter().filter_map(|row| Some((row.id(), row.why.clone()?))).collect()
}

fn counts(trend: &Trend) -> String {
    let steps: usize = trend.rows.iter().map(|row| row.steps.len()).sum();
    format!(
        "{}, {}, {}",
        counted(trend.points.len() as u64, "report"),
        counted(trend.rows.len() as u64, "measurement"),
        counted(steps as u64, "step")
    )
}

fn conclusion(trend: &Trend) -> (String, anstyle::Style) {
    let percent = trend.threshold * 100.0;
    let worse = trend.rows.iter().filter(|row| row.is_worse()).count();
    if worse > 0 {
        (format!("{worse} slower by more than {percent:.1} % since their last step"), text::FAIL)
    } else if trend.rows.iter().all(|row| row.values.len() < 2) {
        ("nothing could be compared".to_owned(), text::ERROR)
    } else {
        (format!("nothing is slower by more than {percent:.1} % since its last step"), text::GOOD)
    }
}
