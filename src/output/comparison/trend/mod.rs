//! A history of measurements. Computes nothing.

use std::io::{self, BufWriter, Write};

use super::super::Style;
use super::super::bench::time;
use super::super::text::{self, Painted, Plain, counted};
use super::frame::Frame;
use crate::report::ratios::RatioVerdict;
use crate::report::trend::{Row, Step, Trend};

mod html;
mod markdown;

pub(super) use html::html;
pub(super) use markdown::markdown;

/// Writes a line with its course for each measurement, the steps under it, and the verdict.
pub(super) fn human(trend: &Trend, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let longest = trend.rows.iter().map(|row| row.id().chars().count()).max().unwrap_or(0);
    for row in &trend.rows {
        let (Some(first), Some(last)) = (row.values.first(), row.values.last()) else { continue };
        let id = row.id();
        let span = format!("{} … {}", time(first.time), time(last.time));
        writeln!(out, "{:longest$}  {}  {span}", Plain(&id), course(trend, row))?;
        for step in &row.steps {
            let color = if step.verdict == RatioVerdict::Slower { text::FAIL } else { text::GOOD };
            writeln!(out, "  {} {}", Painted(step.verdict.word(), color, style), words(trend, step))?;
        }
    }
    frame(trend).end(style, &mut out)?;
    out.flush()
}

/// What is said around the courses.
fn frame(trend: &Trend) -> Frame<'_> {
    let steps: usize = trend.rows.iter().map(|row| row.steps.len()).sum();
    let [reports, measurements, steps] =
        [(trend.points.len(), "report"), (trend.rows.len(), "measurement"), (steps, "step")]
            .map(|(count, what)| counted(count as u64, what));
    let refused = trend.rows.iter().filter_map(|row| Some((row.why.as_deref()?, row.id())));
    Frame {
        conclusion: trend.conclusion,
        all: trend.rows.len(),
        compared: trend.rows.iter().filter(|row| row.is_compared()).count(),
        slower: trend.rows.iter().filter(|row| row.is_slower()).count(),
        threshold: trend.threshold,
        since: " since the last step",
        counts: format!("{reports}, {measurements}, {steps}"),
        lost: &trend.lost,
        sides: None,
        unclear: ("not measured everywhere", refused.collect()),
        warnings: &trend.warnings,
    }
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
