//! Measurements of two sides beside each other, for people, for pull requests and for programs. Computes nothing.

use std::io::{self, BufWriter, Write};

use comfy_table::{Cell, CellAlignment, Row as Line, Table, presets};

use super::bench::time;
use super::text::{self, Painted, Plain, wrapped};
use super::{Style, json as document};
use crate::report::ratios::{Ratios, Row, Verdict};

mod html;
mod markdown;

pub use html::html;
pub use markdown::markdown;

/// Writes the comparison as one JSON document of schema `pqcheck.ratios/1`.
pub fn json(ratios: &Ratios, out: &mut dyn Write) -> io::Result<()> {
    document::write(ratios, out)
}

/// Writes a table for each side, what could not be compared, and the verdict.
pub fn human(ratios: &Ratios, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for (index, side) in ratios.sides.iter().enumerate().skip(1) {
        let title = format!("{} against {}", Plain(&side.name), Plain(&ratios.sides[0].name));
        writeln!(out, "{}", Painted(title, text::HEADING, style))?;
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["", "before", "after", "ratio", "99 % interval", "verdict"].map(right));
        let rows = ratios.rows.iter().filter(|row| row.side == index);
        for row in rows.clone().filter(|row| row.ratio.is_some()) {
            let [before, after, ratio, interval] = cells(row);
            let mut line = vec![Cell::new(format!("  {}", Plain(&name(row))))];
            line.extend([before, after, ratio, interval].map(right));
            line.push(right(row.verdict.word()));
            table.add_row(Line::from(line));
        }
        for line in table.lines() {
            writeln!(out, "{}", colored(line.trim_end(), style))?;
        }
        for (why, names) in refused(rows) {
            let first = names.first().map(String::as_str).unwrap_or_default();
            let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
            let line = format!("{}{more}: {}", Plain(first), Plain(&why));
            wrapped(&mut out, "not comparable: ", &line, style)?;
        }
    }
    for warning in &ratios.warnings {
        wrapped(&mut out, "warning: ", &Plain(warning).to_string(), style)?;
    }
    let (words, color) = conclusion(ratios);
    writeln!(out, "{}: {}", counts(ratios), Painted(words, color, style))?;
    out.flush()
}

fn name(row: &Row) -> String {
    let own = format!("{}/{}/{}", row.workload, row.backend, row.path);
    row.against.as_ref().map_or(own.clone(), |against| format!("{own} against {against}"))
}

/// Before, after, ratio and interval; nothing where there is none.
fn cells(row: &Row) -> [String; 4] {
    let times = [row.before, row.after].map(|value| value.map(time).unwrap_or_default());
    let [before, after] = times;
    let ratio = row.ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
    let interval = row.interval.map(|[low, high]| format!("{low:.3} … {high:.3}")).unwrap_or_default();
    [before, after, ratio, interval]
}

/// Why rows could not be compared, each reason once.
fn refused<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows {
        let Verdict::NotComparable { why } = &row.verdict else { continue };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, names)) => names.push(name(row)),
            None => reasons.push((why.clone(), vec![name(row)])),
        }
    }
    reasons
}

fn counts(ratios: &Ratios) -> String {
    ["slower", "faster", "no difference shown", "not comparable"]
        .map(|word| format!("{word} {}", ratios.count(word)))
        .join(", ")
}

fn conclusion(ratios: &Ratios) -> (String, anstyle::Style) {
    let percent = ratios.threshold * 100.0;
    if ratios.is_worse() {
        (format!("slower by more than {percent:.1} %"), text::FAIL)
    } else if ratios.count("not comparable") == ratios.rows.len() {
        ("nothing could be compared".to_owned(), text::ERROR)
    } else {
        (format!("nothing is slower by more than {percent:.1} %"), text::GOOD)
    }
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
