//! Measurements of two sides or more beside each other. Computes nothing.

use std::io::{self, BufWriter, Write};

use comfy_table::{Cell, CellAlignment, Row as Line, Table, presets};

use super::super::Style;
use super::super::bench::time;
use super::super::text::{self, Painted, Plain};
use super::frame::Frame;
use crate::report::ratios::{RatioVerdict, Ratios, Row};

mod html;
mod markdown;

pub(super) use html::html;
pub(super) use markdown::markdown;

/// Writes a table for each side, what could not be compared, and the verdict.
pub(super) fn human(ratios: &Ratios, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for (index, side) in ratios.sides.iter().enumerate().skip(1) {
        let title = format!("{} against {}", Plain(&side.name), Plain(&ratios.sides[0].name));
        writeln!(out, "{}", Painted(title, text::HEADING, style))?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["", "before", "after", "ratio", "99 % interval", "verdict"].map(right));
        let rows = ratios.rows.iter().filter(|row| row.side == index && row.is_compared());
        for row in rows {
            let [before, after, ratio, interval] = cells(row, ratios.normalised.as_deref());
            let mut line = vec![Cell::new(format!("  {}", Plain(&name(row))))];
            line.extend([before, after, ratio, interval].map(right));
            line.push(right(row.verdict.word()));
            table.add_row(Line::from(line));
        }
        for line in table.lines() {
            writeln!(out, "{}", colored(line.trim_end(), style))?;
        }
    }
    frame(ratios).end(style, &mut out)?;
    out.flush()
}

/// What is said around the tables.
fn frame(ratios: &Ratios) -> Frame<'_> {
    let counts = ["slower", "faster", "no difference shown", "not comparable"]
        .map(|word| format!("{word} {}", ratios.count(word)))
        .join(", ");
    let refused = ratios.rows.iter().filter_map(|row| match &row.verdict {
        RatioVerdict::NotComparable { why } => Some((why.as_str(), name(row))),
        _ => None,
    });
    Frame {
        conclusion: ratios.conclusion,
        all: ratios.rows.len(),
        compared: ratios.rows.iter().filter(|row| row.is_compared()).count(),
        slower: ratios.count("slower"),
        threshold: ratios.threshold,
        since: "",
        counts,
        lost: &ratios.lost,
        sides: (ratios.sides.len() > 2).then(|| ratios.sides.iter().map(|side| side.name.as_str()).collect()),
        unclear: ("not comparable", refused.collect()),
        warnings: &ratios.warnings,
    }
}

fn name(row: &Row) -> String {
    let own = format!("{}/{}/{}", row.workload, row.backend, row.path);
    row.against.as_ref().map_or(own.clone(), |against| format!("{own} against {against}"))
}

/// Before, after, ratio and interval; nothing where there is none. Of what both sides were divided by: how often a
/// backend's time, or how many cycles.
fn cells(row: &Row, normalised: Option<&str>) -> [String; 4] {
    let shown = |value: f64| match normalised {
        None => time(value),
        Some("cycles") => format!("{value:.0} cycles"),
        Some(backend) => format!("{value:.3} × {}", Plain(backend)),
    };
    let [before, after] = [row.before, row.after].map(|value| value.map(shown).unwrap_or_default());
    let ratio = row.ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
    let interval = row.interval.map(|[low, high]| format!("{low:.3} … {high:.3}")).unwrap_or_default();
    [before, after, ratio, interval]
}

fn colored(line: &str, style: Style) -> String {
    if !style.color {
        return line.to_owned();
    }
    for (word, color) in [("slower", text::FAIL), ("faster", text::GOOD)] {
        if let Some(rest) = line.strip_suffix(word) {
            return format!("{rest}{}", Painted(word, color, style));
        }
    }
    line.to_owned()
}

fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}
