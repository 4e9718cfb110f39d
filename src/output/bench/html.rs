//! Measurements as one page: a chart and a table for each workload, the machine, the method. It needs nothing from
//! elsewhere, and follows the reader's choice of light or dark. Computes nothing but where a mark goes.

use std::io::{self, Write};

use plotters::prelude::*;

use super::super::chart::{self, Frame};
use super::super::page::{self, escaped};
use super::super::text::duration;
use super::human::time;
use crate::report::bench::{Bench, Measurement, Outcome, Times, Workload};

/// The height of a bar with the room around it.
const BAR: u32 = 34;
/// The most marks of single samples on a bar: as many as can be told apart.
const MARKS: usize = 40;
/// Where the axis ends, as a part of the largest p95 or of twice the largest median, whichever is less: one sample that
/// was disturbed must not flatten everything else.
const ROOM: f64 = 1.05;

/// Writes the page.
pub(super) fn render(report: &Bench, out: &mut dyn Write) -> io::Result<()> {
    let machine = report.testbed.platform.words();
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
    writeln!(out, "<div class=\"work\"><div>{}</div>", chart(&names, &times)?)?;
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
fn chart(names: &[String], times: &[&Times]) -> io::Result<String> {
    let largest = |of: fn(&Times) -> f64| times.iter().map(|times| of(times)).fold(0.0, f64::max);
    let end = ROOM * largest(|times| times.p95).min(2.0 * largest(|times| times.median));
    let frame = Frame { names, height: BAR, beside: 170, span: 0.0..end, written: time };
    chart::rows(&frame, |chart, last| {
        let rows = || times.iter().enumerate().map(|(at, times)| (last - at as i32, *times));
        chart.draw_series(rows().map(|(row, times)| {
            let corners =
                [(0.0, SegmentValue::Exact(row)), (times.median.min(end), SegmentValue::Exact(row + 1))];
            let mut bar = Rectangle::new(corners, BLUE.filled());
            bar.set_margin(7, 7, 0, 0);
            bar
        }))?;
        chart.draw_series(rows().flat_map(|(row, times)| {
            marks(times).into_iter().filter(move |value| *value <= end).map(move |value| {
                Circle::new((value, SegmentValue::CenterOf(row)), 1, BLACK.mix(0.5).filled())
            })
        }))?;
        chart.draw_series(rows().map(|(row, times)| {
            let ends = times.interval.map(|value| (value.min(end), SegmentValue::CenterOf(row)));
            PathElement::new(ends, BLACK.stroke_width(3))
        }))?;
        Ok(())
    })
}

/// Some of the samples in order of size, evenly, in nanoseconds per call.
fn marks(times: &Times) -> Vec<f64> {
    let mut samples: Vec<f64> = times.passes().collect();
    samples.sort_unstable_by(f64::total_cmp);
    let step = samples.len().div_ceil(MARKS).max(1);
    samples.into_iter().step_by(step).collect()
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
