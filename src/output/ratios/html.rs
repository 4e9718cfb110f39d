//! A comparison as one page: what changed, then a chart and a table for each workload. Computes nothing but where a
//! mark goes.

use std::io::{self, Write};

use plotters::prelude::*;

use super::super::chart::{self, Frame};
use super::super::page::{self, escaped};
use super::{cells, conclusion, counts, refused};
use crate::report::ratios::{Ratios, Row, Verdict};

/// The height of a row.
const ROW: u32 = 26;
/// The least and the most by which an axis reaches to both sides, as logarithms.
const REACH: [f64; 2] = [0.08, 0.7];

/// Writes the comparison as one page, which needs nothing from elsewhere.
pub fn html(ratios: &Ratios, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = ratios.sides.iter().map(|side| side.name.as_str()).collect();
    page::begin(out, "pqcheck compare", &names.join(", "))?;
    let class = if ratios.is_worse() { "bad" } else { "good" };
    writeln!(out, "<p class=\"{class}\">{}</p><p>{}.</p>", conclusion(ratios).0, counts(ratios))?;
    writeln!(
        out,
        "<p class=\"note\">To the right is slower. A dot is the ratio, the line through it its 99 % interval; the grey \
         lines are the threshold.</p>"
    )?;
    for warning in &ratios.warnings {
        writeln!(out, "<p><strong>Warning:</strong> {}</p>", escaped(warning))?;
    }
    for (why, names) in refused(ratios.rows.iter()) {
        let (why, names) = (escaped(&why), escaped(&names.join(", ")));
        writeln!(out, "<details><summary>not comparable: {why}</summary><p>{names}</p></details>")?;
    }
    for (title, verdict) in [("Slower", Verdict::Slower), ("Faster", Verdict::Faster)] {
        let changed: Vec<&Row> = ratios.rows.iter().filter(|row| row.verdict == verdict).collect();
        if !changed.is_empty() {
            let id = |row: &Row| format!("{} {}", row.workload, label(ratios, row));
            section(out, ratios, title, &changed, &id)?;
        }
    }
    let mut workloads: Vec<&str> = ratios.rows.iter().map(|row| row.workload.as_str()).collect();
    workloads.dedup();
    for workload in workloads {
        let rows: Vec<&Row> =
            ratios.rows.iter().filter(|row| row.workload == workload && row.ratio.is_some()).collect();
        if !rows.is_empty() {
            section(out, ratios, workload, &rows, &|row| label(ratios, row))?;
        }
    }
    sides(out, ratios)?;
    page::end(out)
}

/// What a row is called under the heading of its workload.
fn label(ratios: &Ratios, row: &Row) -> String {
    let side =
        if ratios.sides.len() > 2 { format!(" ({})", ratios.sides[row.side].name) } else { String::new() };
    let against = row.against.as_ref().map(|against| format!(" against {against}")).unwrap_or_default();
    format!("{}/{}{against}{side}", row.backend, row.path)
}

fn section(
    out: &mut dyn Write,
    ratios: &Ratios,
    title: &str,
    rows: &[&Row],
    name: &dyn Fn(&Row) -> String,
) -> io::Result<()> {
    let chart = chart(ratios, rows, name)?;
    writeln!(out, "<section><h2>{}</h2><div class=\"work\"><div>{chart}</div>", escaped(title))?;
    writeln!(
        out,
        "<div class=\"wide\"><table><tr><th></th><th>before</th><th>after</th><th>ratio</th><th>99 % interval</th>\
         <th>verdict</th></tr>"
    )?;
    for row in rows {
        write!(out, "<tr><td>{}</td>", escaped(&name(row)))?;
        for cell in cells(row) {
            write!(out, "<td>{cell}</td>")?;
        }
        let class = match row.verdict {
            Verdict::Slower => " class=\"bad\"",
            Verdict::Faster => " class=\"good\"",
            _ => "",
        };
        writeln!(out, "<td{class}>{}</td></tr>", row.verdict.word())?;
    }
    writeln!(out, "</table></div></div></section>")
}

/// A dot with its interval for each row, the first on top, on an axis of logarithms with 1 in the middle.
fn chart(ratios: &Ratios, rows: &[&Row], name: &dyn Fn(&Row) -> String) -> io::Result<String> {
    let ends = rows.iter().filter_map(|row| row.interval).flatten().map(|bound| bound.ln().abs());
    let reach = ends.fold(0.0, f64::max).clamp(REACH[0], REACH[1]) * 1.05;
    let names: Vec<String> = rows.iter().map(|row| name(row)).collect();
    let frame = Frame { names: &names, height: ROW, beside: 190, span: -reach..reach, written: percent };
    chart::rows(&frame, |chart, last| {
        let upright = |at: f64, style: ShapeStyle| {
            PathElement::new([(at, SegmentValue::Exact(0)), (at, SegmentValue::Exact(last + 1))], style)
        };
        let grey = ShapeStyle::from(RGBColor(128, 128, 128)).stroke_width(1);
        let threshold = ratios.threshold.ln_1p();
        chart.draw_series([-threshold, threshold].map(|at| upright(at, grey)))?;
        chart.draw_series([upright(0.0, BLACK.stroke_width(1))])?;
        for (at, row) in rows.iter().enumerate() {
            let (Some(ratio), Some(interval)) = (row.ratio, row.interval) else { continue };
            let place =
                |value: f64| (value.ln().clamp(-reach, reach), SegmentValue::CenterOf(last - at as i32));
            let color = match row.verdict {
                Verdict::Slower => RGBColor(255, 0, 0),
                Verdict::Faster => RGBColor(0, 255, 0),
                _ => BLACK,
            };
            chart.draw_series([PathElement::new(interval.map(place), color.stroke_width(3))])?;
            chart.draw_series([Circle::new(place(ratio), 5, color.filled())])?;
        }
        Ok(())
    })
}

/// The logarithm of a ratio as a change: `+5 %`.
fn percent(value: f64) -> String {
    let percent = (value.exp() - 1.0) * 100.0;
    if percent.abs() < 0.5 { "0 %".to_owned() } else { format!("{percent:+.0} %") }
}

fn sides(out: &mut dyn Write, ratios: &Ratios) -> io::Result<()> {
    writeln!(out, "<section><h2>Sides</h2><dl>")?;
    for side in &ratios.sides {
        let platform = &side.platform;
        let emulated = if platform.emulated.is_empty() { "" } else { ", emulated" };
        let text = format!(
            "{} of pqcheck {} on {} ({}{emulated})",
            super::super::text::counted(side.runs, "run"),
            side.version,
            platform.architecture,
            platform.cpu.as_deref().unwrap_or("unknown processor")
        );
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(&side.name), escaped(&text))?;
    }
    writeln!(out, "</dl></section>")
}
