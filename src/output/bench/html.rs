//! Measurements as one page: a chart and a table for each workload, the machine, the method. It needs nothing from
//! elsewhere, and follows the reader's choice of light or dark. Computes nothing but where a mark goes.

use std::io::{self, Write};

use plotters::prelude::*;

use super::super::page::{self, escaped};
use super::super::text::{Plain, duration};
use super::human::time;
use crate::report::bench::{Bench, Measurement, Outcome, Times, Workload};

/// A chart's width in its own units; on a narrow screen it shrinks.
const WIDTH: u32 = 560;
/// The height of a bar with the room around it.
const BAR: u32 = 34;
/// The most marks of single samples on a bar: as many as can be told apart.
const MARKS: usize = 40;
/// Where the axis ends, as a part of the largest p95 or of twice the largest median, whichever is less: one sample that
/// was disturbed must not flatten everything else.
const ROOM: f64 = 1.05;

/// Writes the page.
pub(super) fn render(report: &Bench, out: &mut dyn Write) -> io::Result<()> {
    let testbed = &report.testbed;
    let emulated = if testbed.platform.emulated.is_empty() { "" } else { ", emulated" };
    let machine = format!(
        "{} ({}{emulated})",
        testbed.platform.architecture,
        testbed.platform.cpu.as_deref().unwrap_or("unknown processor")
    );
    page::begin(out, "pqcheck bench", &machine)?;
    writeln!(
        out,
        "<p>pqcheck {1} on {0}. A bar is the median; the line across its end is the 95 % interval of the median; a dot is \
         a sample; * is the path that the library takes here.</p>",
        escaped(&machine),
        escaped(&report.version)
    )?;
    for warning in &report.warnings {
        writeln!(out, "<p><strong>Warning:</strong> {}</p>", escaped(warning))?;
    }
    let bad = report.measurements.iter().filter_map(|it| match &it.outcome {
        Outcome::Measured(_) => None,
        Outcome::Wrong { reason } => Some((it, "wrong, not timed", reason)),
        Outcome::Error { reason } => Some((it, "error", reason)),
        Outcome::Skip { reason } => Some((it, "not timed", reason)),
    });
    for (measurement, word, reason) in bad {
        writeln!(
            out,
            "<p><span class=\"bad\">{word}</span>: {}: {}</p>",
            escaped(&measurement.id()),
            escaped(reason)
        )?;
    }
    for workload in &report.workloads {
        section(out, report, workload)?;
    }
    facts(out, report)?;
    page::end(out)
}

fn section(out: &mut dyn Write, report: &Bench, workload: &Workload) -> io::Result<()> {
    let of_workload = report.measurements.iter().filter(|measurement| measurement.workload == workload.id);
    let mut measured: Vec<(&Measurement, &Times)> =
        of_workload.filter_map(|measurement| Some((measurement, measurement.times()?))).collect();
    if measured.is_empty() {
        return Ok(());
    }
    measured.sort_by(|one, other| one.1.median.total_cmp(&other.1.median));
    let names: Vec<String> = measured.iter().map(|(it, _)| name(it)).collect();
    let times: Vec<&Times> = measured.iter().map(|(_, times)| *times).collect();
    writeln!(
        out,
        "<section><h2>{}</h2><p class=\"note\">Timed: {}.</p>",
        escaped(&workload.id),
        escaped(&workload.timed)
    )?;
    writeln!(out, "<div class=\"work\"><div>{}</div>", chart(&names, &times).map_err(io::Error::other)?)?;
    write!(
        out,
        "<div class=\"wide\"><table><tr><th></th><th>median</th><th>95 % interval</th><th>p5</th><th>p95</th><th>MAD</th>"
    )?;
    let extra = match (workload.bytes, workload.repetitions) {
        (Some(_), _) => "<th>MB/s</th>",
        (_, Some(_)) => "<th>per round</th>",
        _ => "",
    };
    writeln!(out, "{extra}</tr>")?;
    for (name, times) in names.iter().zip(&times) {
        let [low, high] = times.interval.map(time);
        write!(out, "<tr><td>{}</td><td>{}</td><td>{low} … {high}</td>", escaped(name), time(times.median))?;
        for value in [times.p5, times.p95, times.mad] {
            write!(out, "<td>{}</td>", time(value))?;
        }
        if let Some(rate) = times.bytes_per_second {
            write!(out, "<td>{:.0}</td>", rate / 1e6)?;
        }
        if let Some(per) = times.per_repetition {
            write!(out, "<td>{}</td>", time(per))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</table></div></div></section>")
}

fn name(measurement: &Measurement) -> String {
    let star = if measurement.chosen { "*" } else { "" };
    format!("{}/{}{star}", measurement.backend, measurement.path)
}

/// Bars to the medians, the fastest on top, with the samples on them.
fn chart(names: &[String], times: &[&Times]) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    // The plotting library does not draw a single segment, so there are two at least.
    let last = (names.len() as i32 - 1).max(1);
    let height = BAR * (last as u32 + 1) + 40;
    let largest = |of: fn(&Times) -> f64| times.iter().map(|times| of(times)).fold(0.0, f64::max);
    let end = ROOM * largest(|times| times.p95).min(2.0 * largest(|times| times.median));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(8)
            .margin_right(32)
            .x_label_area_size(24)
            .y_label_area_size(150)
            .build_cartesian_2d(0.0..end, (0..last).into_segmented())
            .map_err(words)?;
        chart
            .configure_mesh()
            .disable_mesh()
            .x_labels(5)
            .y_labels(last as usize + 1)
            .x_label_formatter(&|value| time(*value))
            .y_label_formatter(&|value| match value {
                SegmentValue::CenterOf(at) => shortened(names, (last - at) as usize),
                _ => String::new(),
            })
            .draw()
            .map_err(words)?;
        let rows = || times.iter().enumerate().map(|(at, times)| (last - at as i32, *times));
        chart
            .draw_series(rows().map(|(row, times)| {
                let corners =
                    [(0.0, SegmentValue::Exact(row)), (times.median.min(end), SegmentValue::Exact(row + 1))];
                let mut bar = Rectangle::new(corners, BLUE.filled());
                bar.set_margin(7, 7, 0, 0);
                bar
            }))
            .map_err(words)?;
        chart
            .draw_series(rows().flat_map(|(row, times)| {
                marks(times).into_iter().filter(move |value| *value <= end).map(move |value| {
                    Circle::new((value, SegmentValue::CenterOf(row)), 1, BLACK.mix(0.5).filled())
                })
            }))
            .map_err(words)?;
        chart
            .draw_series(rows().map(|(row, times)| {
                let ends = times.interval.map(|value| (value.min(end), SegmentValue::CenterOf(row)));
                PathElement::new(ends, BLACK.stroke_width(3))
            }))
            .map_err(words)?;
        root.present().map_err(words)?;
    }
    Ok(svg)
}

/// Some of the samples in order of size, evenly, in nanoseconds per call.
fn marks(times: &Times) -> Vec<f64> {
    let mut samples: Vec<f64> = times.passes().collect();
    samples.sort_unstable_by(f64::total_cmp);
    let step = samples.len().div_ceil(MARKS).max(1);
    samples.into_iter().step_by(step).collect()
}

/// What fits beside a bar: of a long name its end, because there the file is.
fn shortened(names: &[String], at: usize) -> String {
    const LONGEST: usize = 20;
    let name = names.get(at).map_or("", String::as_str);
    let length = name.chars().count();
    if length <= LONGEST {
        return Plain(name).to_string();
    }
    let end: String = name.chars().skip(length + 1 - LONGEST).collect();
    format!("…{}", Plain(&end))
}

fn words(error: impl std::fmt::Display) -> Box<dyn std::error::Error + Send + Sync> {
    error.to_string().into()
}

fn facts(out: &mut dyn Write, report: &Bench) -> io::Result<()> {
    let (testbed, method) = (&report.testbed, &report.method);
    let share = |share: Option<f64>| share.map(|share| format!("{:.1} %", share * 100.0));
    let rows: [(&str, Option<String>); 17] = [
        ("processor", testbed.platform.cpu.clone()),
        ("features", Some(testbed.platform.features.join(", "))),
        ("processors", Some(testbed.processors.to_string())),
        ("emulated", (!testbed.platform.emulated.is_empty()).then(|| testbed.platform.emulated.join("; "))),
        ("governor", testbed.governor.clone()),
        ("kernel", testbed.kernel.clone()),
        ("container", testbed.container.clone()),
        ("limit", testbed.quota.map(|quota| format!("{quota:.2} processors"))),
        ("held back", testbed.throttled_ns.map(duration)),
        ("stolen", share(testbed.steal)),
        ("busy", share(testbed.busy)),
        ("compiler", Some(testbed.compiler.clone())),
        ("clock", Some(format!("{}, {:.0} ns a reading", method.clock, method.clock_ns))),
        ("harness", Some(format!("adds {:.1} ns to a call", method.harness_ns))),
        (
            "samples",
            Some(format!(
                "{} of each workload and path in {} turns, {} in all",
                method.samples,
                method.rounds,
                duration(method.time_ns)
            )),
        ),
        ("counters", Some(method.counters.clone())),
        ("run", Some(duration(method.duration_ns))),
    ];
    writeln!(out, "<section><h2>Machine and method</h2><dl>")?;
    for (name, value) in rows {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            writeln!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(&value))?;
        }
    }
    for path in &report.paths {
        writeln!(
            out,
            "<dt>{}/{}</dt><dd>{}</dd>",
            escaped(&path.backend),
            escaped(&path.path),
            escaped(&path.version)
        )?;
    }
    writeln!(out, "</dl></section>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_name_cannot_leave_its_chart() {
        let hostile = "b/<script>alert(1)</script>".to_owned();
        let times = Times {
            median: 10.0,
            p5: 9.0,
            p95: 12.0,
            mad: 1.0,
            interval: [9.5, 10.5],
            bytes_per_second: None,
            per_repetition: None,
            instructions: None,
            cycles: None,
            calls: 1,
            parts: 1,
            rounds: vec![vec![9, 10, 12]],
            reference: vec![vec![1; 3]],
        };
        let svg = chart(&[hostile], &[&times]).unwrap();
        assert!(!svg.contains("</script>") && svg.contains("<svg"), "{svg}");
        // A bar that is alone has a height too.
        let bar = svg.split("<rect").nth(1).and_then(|rect| rect.split("height=\"").nth(1)).unwrap();
        assert!(bar.split('"').next().unwrap().parse::<u32>().unwrap() > 5, "{svg}");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let names = ["usr/lib/x86_64-linux-gnu/libcrypto.so.3".to_owned()];
        assert_eq!(shortened(&names, 0), "…-gnu/libcrypto.so.3");
        assert_eq!(shortened(&names, 1), "");
    }
}
