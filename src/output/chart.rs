//! A chart with a row for each thing that is compared, and what fits beside a row. Knows no report.

use std::io;
use std::ops::Range;

use plotters::coord::ranged1d::SegmentedCoord;
use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::*;

use super::text::Plain;

/// A chart's width in its own units; on a narrow screen it shrinks.
const WIDTH: u32 = 560;
/// What stands above and below the rows.
const AXIS: u32 = 40;

/// Where marks are drawn: at a value, in a row.
pub(super) type Rows<'a> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, SegmentedCoord<RangedCoordi32>>>;

/// How a chart of rows looks but for its marks.
pub(super) struct Frame<'a> {
    /// What the rows are called, from the top.
    pub(super) names: &'a [String],
    /// How high a row is, and how wide the names are, in the chart's units.
    pub(super) height: u32,
    pub(super) beside: u32,
    /// What the axis spans, and how a value on it is written.
    pub(super) span: Range<f64>,
    pub(super) written: fn(f64) -> String,
}

/// Draws the frame, and has the marks drawn in it. The first name's row is `last`, the one below it `last - 1`.
pub(super) fn rows(
    frame: &Frame<'_>,
    marks: impl FnOnce(&mut Rows<'_>, i32) -> Result<(), Box<dyn std::error::Error>>,
) -> io::Result<String> {
    let mut svg = String::new();
    draw(frame, marks, &mut svg).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(svg)
}

fn draw(
    frame: &Frame<'_>,
    marks: impl FnOnce(&mut Rows<'_>, i32) -> Result<(), Box<dyn std::error::Error>>,
    svg: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    // The plotting library does not draw a single segment, so there are two at least.
    let last = (frame.names.len() as i32 - 1).max(1);
    let height = frame.height * (last as u32 + 1) + AXIS;
    let root = SVGBackend::with_string(svg, (WIDTH, height)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .margin_right(32)
        .x_label_area_size(24)
        .y_label_area_size(frame.beside)
        .build_cartesian_2d(frame.span.clone(), (0..last).into_segmented())?;
    chart
        .configure_mesh()
        .disable_mesh()
        .x_labels(5)
        .y_labels(last as usize + 1)
        .x_label_formatter(&|value| (frame.written)(*value))
        .y_label_formatter(&|value| match value {
            SegmentValue::CenterOf(at) => {
                frame.names.get((last - at) as usize).map(|name| shortened(name)).unwrap_or_default()
            }
            _ => String::new(),
        })
        .draw()?;
    marks(&mut chart, last)?;
    root.present()?;
    Ok(())
}

/// What fits beside a row: of a long name its end, because there the file is.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 23;
    let length = name.chars().count();
    if length <= LONGEST {
        return Plain(name).to_string();
    }
    let end: String = name.chars().skip(length + 1 - LONGEST).collect();
    format!("…{}", Plain(&end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(name: &str) -> String {
        let frame = Frame {
            names: &[name.to_owned()],
            height: 30,
            beside: 180,
            span: 0.0..2.0,
            written: |value| value.to_string(),
        };
        rows(&frame, |chart, row| {
            let corners = [(0.0, SegmentValue::Exact(row)), (1.0, SegmentValue::Exact(row + 1))];
            chart.draw_series([Rectangle::new(corners, BLUE.filled())])?;
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn a_foreign_name_cannot_leave_its_chart() {
        let svg = drawn("b/<script>alert(1)</script>");
        assert!(!svg.contains("</script>") && svg.contains("<svg"), "{svg}");
    }

    #[test]
    fn a_row_that_is_alone_has_a_height() {
        let svg = drawn("liboqs/avx2");
        let bar = svg.split("<rect").nth(1).and_then(|rect| rect.split("height=\"").nth(1)).unwrap();
        assert!(bar.split('"').next().unwrap().parse::<u32>().unwrap() > 5, "{svg}");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(shortened("usr/lib/x86_64-linux-gnu/libcrypto.so.3"), "…nux-gnu/libcrypto.so.3");
    }
}
