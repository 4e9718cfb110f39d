//! A comparison as a comment on a pull request: what is slower first, the rest folded away. Computes nothing.

use std::io::{self, BufWriter, Write};

use super::super::markdown::{escaped, fold};
use super::{cells, conclusion, counts, name, refused};
use crate::report::ratios::{Ratios, Row, Verdict};

/// Writes the comparison as Markdown.
pub fn markdown(ratios: &Ratios, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "### pqcheck bench: {}\n\n{}.\n", conclusion(ratios).0, counts(ratios))?;
    let of =
        |verdict: Verdict| -> Vec<&Row> { ratios.rows.iter().filter(|row| row.verdict == verdict).collect() };
    table(&mut out, ratios, of(Verdict::Slower))?;
    for verdict in [Verdict::Faster, Verdict::NoDifferenceShown] {
        let (word, rows) = (verdict.word(), of(verdict));
        if !rows.is_empty() {
            fold(&mut out, &format!("{word}: {}", rows.len()), |out| table(out, ratios, rows))?;
        }
    }
    let refused = refused(ratios.rows.iter());
    if !refused.is_empty() {
        fold(&mut out, &format!("not comparable: {}", ratios.count("not comparable")), |out| {
            for (why, names) in refused {
                writeln!(out, "* {}: {}", escaped(&why), escaped(&names.join(", ")))?;
            }
            writeln!(out)
        })?;
    }
    for warning in &ratios.warnings {
        writeln!(out, "* **warning**: {}", escaped(warning))?;
    }
    out.flush()
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
        let [before, after, ratio, interval] = cells(row);
        let side =
            if several { format!("{} | ", escaped(&ratios.sides[row.side].name)) } else { String::new() };
        let word = match row.verdict {
            Verdict::Slower => "**slower**",
            ref verdict => verdict.word(),
        };
        let name = escaped(&name(row));
        writeln!(out, "| {name} | {side}{before} | {after} | {ratio} | {interval} | {word} |")?;
    }
    writeln!(out)
}
