//! A history as one page: a chart for each measurement, those with steps first. Computes nothing but where a mark goes.

use std::io::{self, Write};

use plotters::prelude::*;

use super::super::super::Style;
use super::super::super::bench::time;
use super::super::super::page::{self, escaped};
use super::{frame, words};
use crate::report::ratios::RatioVerdict;
use crate::report::trend::{Row, Trend};

/// A chart's size in its own units; on a narrow screen it shrinks.
const SIZE: (u32, u32) = (560, 200);
/// The room above and below the times, as a part of them.
const ROOM: f64 = 0.03;

/// Writes the history as one page, which needs nothing from elsewhere.
pub(in super::super) fn html(trend: &Trend, _: Style, out: &mut dyn Write) -> io::Result<()> {
    let ends = [trend.points.first(), trend.points.last()];
    let names: Vec<&str> = ends.into_iter().flatten().map(|point| point.name.as_str()).collect();
    let note = "Reports from left to right, the time of a call upwards; the axis does not begin at 0. An upright line is \
                a step.";
    frame(trend).page_begin(&names.join(" to "), note, out)?;
    let mut rows: Vec<&Row> = trend.rows.iter().filter(|row| !row.values.is_empty()).collect();
    rows.sort_by_key(|row| (!row.is_slower(), row.steps.is_empty()));
    for row in rows {
        section(out, trend, row)?;
    }
    writeln!(out, "<section><h2>Reports</h2><dl>")?;
    for (at, point) in trend.points.iter().enumerate() {
        let version = escaped(&point.version);
        writeln!(out, "<dt>{}</dt><dd>{} (pqcheck {version})</dd>", at + 1, escaped(&point.name))?;
    }
    writeln!(out, "</dl></section>")?;
    page::end(out)
}

fn section(out: &mut dyn Write, trend: &Trend, row: &Row) -> io::Result<()> {
    let chart = chart(trend, row).map_err(|error| io::Error::other(error.to_string()))?;
    writeln!(out, "<section><h2>{}</h2><div class=\"work\"><div>{chart}</div><div>", escaped(&row.id()))?;
    for step in &row.steps {
        let class = if step.verdict == RatioVerdict::Slower { "bad" } else { "good" };
        let text = escaped(&words(trend, step));
        writeln!(out, "<p><span class=\"{class}\">{}</span> {text}</p>", step.verdict.word())?;
    }
    if row.steps.is_empty() {
        writeln!(out, "<p class=\"note\">no step</p>")?;
    }
    writeln!(out, "</div></div></section>")
}

fn chart(trend: &Trend, row: &Row) -> Result<String, Box<dyn std::error::Error>> {
    let times = row.values.iter().map(|value| value.time);
    let low = times.clone().fold(f64::INFINITY, f64::min) * (1.0 - ROOM);
    let high = times.fold(0.0, f64::max) * (1.0 + ROOM);
    let last = trend.points.len() as f64;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(8)
            .margin_right(24)
            .x_label_area_size(24)
            .y_label_area_size(80)
            .build_cartesian_2d(0.5..last + 0.5, low..high)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(trend.points.len().min(10))
            .y_labels(4)
            .x_label_formatter(&|value| match value.fract() {
                0.0 => format!("{value:.0}"),
                _ => String::new(),
            })
            .y_label_formatter(&|value| time(*value))
            .draw()?;
        for step in &row.steps {
            let at = (step.between[0] + step.between[1]) as f64 / 2.0 + 1.0;
            let color =
                if step.verdict == RatioVerdict::Slower { RGBColor(255, 0, 0) } else { RGBColor(0, 255, 0) };
            chart.draw_series([PathElement::new([(at, low), (at, high)], color.stroke_width(2))])?;
        }
        let places = || row.values.iter().map(|value| (value.point as f64 + 1.0, value.time));
        chart.draw_series([PathElement::new(places().collect::<Vec<_>>(), BLUE.stroke_width(2))])?;
        chart.draw_series(places().map(|place| Circle::new(place, 3, BLACK.filled())))?;
        root.present()?;
    }
    Ok(svg)
}
