//! A history as a comment on a pull request: what is slower since its last step first. Computes nothing.

use std::io::{self, BufWriter, Write};

use super::super::super::Style;
use super::super::super::bench::time;
use super::super::super::markdown::{escaped, fold};
use super::{course, frame};
use crate::report::trend::{Row, Trend};

/// Writes the history as Markdown.
pub(in super::super) fn markdown(trend: &Trend, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let frame = frame(trend);
    frame.markdown_begin(&mut out)?;
    let (worse, others): (Vec<&Row>, Vec<&Row>) =
        trend.rows.iter().filter(|row| !row.values.is_empty()).partition(|row| row.is_slower());
    let (stepped, flat): (Vec<&Row>, Vec<&Row>) = others.iter().partition(|row| !row.steps.is_empty());
    table(&mut out, trend, &worse)?;
    for (word, rows) in [("faster since their last step", stepped), ("no step", flat)] {
        if !rows.is_empty() {
            fold(&mut out, &format!("{word}: {}", rows.len()), |out| table(out, trend, &rows))?;
        }
    }
    frame.markdown_end(&mut out)
}

fn table(out: &mut dyn Write, trend: &Trend, rows: &[&Row]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "| workload | course | now | last step | 99 % interval | between |")?;
    writeln!(out, "|---|---|--:|--:|--:|---|")?;
    for row in rows {
        let now = row.values.last().map(|value| time(value.time)).unwrap_or_default();
        let [ratio, interval, between] = row.steps.last().map_or_else(Default::default, |step| {
            let [low, high] = step.interval;
            let [before, after] = step.between.map(|point| escaped(&trend.points[point].name));
            [format!("{:.3}", step.ratio), format!("{low:.3} … {high:.3}"), format!("{before} and {after}")]
        });
        let (id, course) = (escaped(&row.id()), course(trend, row));
        writeln!(out, "| {id} | {course} | {now} | {ratio} | {interval} | {between} |")?;
    }
    writeln!(out)
}
