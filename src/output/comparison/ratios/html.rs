//! A comparison as one page: what changed, then a chart and a table for each workload. Computes nothing but where a
//! mark goes.

use std::io::{self, Write};

use plotters::prelude::*;

use super::super::super::Style;
use super::super::super::chart::{self, Frame};
use super::super::super::page::{self, escaped};
use super::super::super::text::counted;
use super::{cells, frame};
use crate::report::ratios::{RatioVerdict, Ratios, Row};

/// The height of a row.
const ROW: u32 = 26;
/// The least and the most by which an axis reaches to both sides, as logarithms.
const REACH: [f64; 2] = [0.08, 0.7];

/// Writes the comparison as one page, which needs nothing from elsewhere.
pub(in super::super) fn html(ratios: &Ratios, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = ratios.sides.iter().map(|side| side.name.as_str()).collect();
    let note = "To the right is slower. The dot is the ratio, the line through it the 99 % interval; the grey lines are \
                the threshold.";
    frame(ratios).page_begin(&names.join(", "), note, out)?;
    for (title, verdict) in [("Slower", RatioVerdict::Slower), ("Faster", RatioVerdict::Faster)] {
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
            ratios.rows.iter().filter(|row| row.workload == workload && row.is_compared()).collect();
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
        for cell in cells(row, ratios.normalised.as_deref()) {
            write!(out, "<td>{}</td>", escaped(&cell))?;
        }
        let class = match row.verdict {
            RatioVerdict::Slower => " class=\"bad\"",
            RatioVerdict::Faster => " class=\"good\"",
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
                RatioVerdict::Slower => RGBColor(255, 0, 0),
                RatioVerdict::Faster => RGBColor(0, 255, 0),
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
        let runs = counted(side.runs, "run");
        let text = format!("{runs} of pqcheck {} on {}", side.version, side.platform.words());
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(&side.name), escaped(&text))?;
    }
    writeln!(out, "</dl></section>")
}
