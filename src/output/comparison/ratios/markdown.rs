//! A comparison as a comment on a pull request: what is slower first, the rest folded away. Computes nothing.

use std::io::{self, BufWriter, Write};

use super::super::super::Style;
use super::super::super::markdown::{escaped, fold};
use super::{cells, frame, name};
use crate::report::ratios::{RatioVerdict, Ratios, Row};

/// Writes the comparison as Markdown.
pub(in super::super) fn markdown(ratios: &Ratios, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let frame = frame(ratios);
    frame.markdown_begin(&mut out)?;
    let of = |verdict: RatioVerdict| -> Vec<&Row> {
        ratios.rows.iter().filter(|row| row.verdict == verdict).collect()
    };
    table(&mut out, ratios, of(RatioVerdict::Slower))?;
    for verdict in [RatioVerdict::Faster, RatioVerdict::NoDifferenceShown] {
        let (word, rows) = (verdict.word(), of(verdict));
        if !rows.is_empty() {
            fold(&mut out, &format!("{word}: {}", rows.len()), |out| table(out, ratios, rows))?;
        }
    }
    frame.markdown_end(&mut out)
}

fn table(out: &mut dyn Write, ratios: &Ratios, rows: Vec<&Row>) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let several = ratios.sides.len() > 2;
    let [title, line] = if several { ["side | ", "---|"] } else { ["", ""] };
    writeln!(out, "| workload | {title}before | after | ratio | 99 % interval | verdict |")?;
    writeln!(out, "|---|{line}--:|--:|--:|--:|---|")?;
    for row in rows {
        let [before, after, ratio, interval] = cells(row, ratios.normalised.as_deref());
        let side =
            if several { format!("{} | ", escaped(&ratios.sides[row.side].name)) } else { String::new() };
        let word = match row.verdict {
            RatioVerdict::Slower => "**slower**",
            ref verdict => verdict.word(),
        };
        let name = escaped(&name(row));
        writeln!(out, "| {name} | {side}{before} | {after} | {ratio} | {interval} | {word} |")?;
    }
    writeln!(out)
}
