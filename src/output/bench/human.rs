//! Measurements for people: a block for each workload, the fastest code path first. Computes nothing but the order.

use std::io::{self, BufWriter, Write};

use comfy_table::{Cell, CellAlignment, Row, Table, presets};

use super::super::text::{self, Painted, Plain, reason, wrapped};
use super::super::{Style, Verbosity};
use crate::report::bench::{Bench, Measurement, Outcome, Testbed, Times, Workload};

/// Writes the tables, what went wrong, what to know, and the machine.
pub(super) fn render(report: &Bench, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    if style.verbosity > Verbosity::Quiet {
        for workload in &report.workloads {
            block(&mut out, report, workload, style)?;
        }
    }
    for measurement in &report.measurements {
        let (word, color, why) = match &measurement.outcome {
            Outcome::Measured(_) => continue,
            Outcome::Wrong { reason } => ("WRONG, not timed", text::FAIL, reason),
            Outcome::Error { reason } => ("ERROR", text::ERROR, reason),
            Outcome::Skip { .. } if style.verbosity == Verbosity::Quiet => continue,
            Outcome::Skip { reason } => ("not timed", text::WARNING, reason),
        };
        let id = measurement.id();
        writeln!(out, "{}: {}: {}", Painted(word, color, style), Plain(&id), reason(why, style))?;
    }
    for warning in &report.warnings {
        wrapped(&mut out, "warning: ", &Plain(warning).to_string(), style)?;
    }
    if style.verbosity > Verbosity::Quiet {
        machine(&mut out, report, style)?;
    }
    last_line(&mut out, report)?;
    out.flush()
}

fn block(out: &mut dyn Write, report: &Bench, workload: &Workload, style: Style) -> io::Result<()> {
    let of_workload = report.measurements.iter().filter(|measurement| measurement.workload == workload.id);
    let mut measured: Vec<(&Measurement, &Times)> =
        of_workload.filter_map(|measurement| Some((measurement, measurement.times()?))).collect();
    if measured.is_empty() {
        return Ok(());
    }
    measured.sort_by(|one, other| one.1.median.total_cmp(&other.1.median));
    writeln!(out, "{}", Painted(&workload.id, text::HEADING, style))?;
    let counted = measured.iter().any(|(_, times)| times.cycles.is_some());
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut head = vec!["", "median", "95 % interval", "p5", "p95", "MAD"];
    head.extend(workload.bytes.map(|_| "MB/s"));
    head.extend(workload.repetitions.map(|_| "per round"));
    if counted {
        head.extend(["instructions", "cycles"]);
    }
    table.set_header(Row::from(head.into_iter().map(right).collect::<Vec<_>>()));
    for (measurement, times) in measured {
        let star = if measurement.chosen { "*" } else { "" };
        let name = format!("  {}/{}{star}", Plain(&measurement.backend), Plain(&measurement.path));
        let [low, high] = times.interval;
        let mut row = vec![
            Cell::new(name),
            right(time(times.median)),
            right(format!("{} … {}", time(low), time(high))),
            right(time(times.p5)),
            right(time(times.p95)),
            right(time(times.mad)),
        ];
        row.extend(times.bytes_per_second.map(|rate| right(format!("{:.0}", rate / 1e6))));
        row.extend(times.per_repetition.map(|per| right(time(per))));
        if counted {
            row.extend(
                [times.instructions, times.cycles]
                    .map(|count| right(count.map_or_else(|| "-".to_owned(), |count| format!("{count:.0}")))),
            );
        }
        table.add_row(Row::from(row));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}

fn machine(out: &mut dyn Write, report: &Bench, style: Style) -> io::Result<()> {
    let Testbed { platform, processors, governor, kernel, container, quota, steal, busy, .. } =
        &report.testbed;
    let share = |what: &str, share: &Option<f64>| share.map(|share| format!("{what} {:.1} %", share * 100.0));
    let facts: Vec<String> = [
        Some(platform.architecture.clone()),
        platform.cpu.clone(),
        Some(text::counted(*processors, "processor")),
        governor.as_ref().map(|governor| format!("governor {governor}")),
        kernel.as_ref().map(|kernel| format!("Linux {kernel}")),
        container.as_ref().map(|container| format!("in {container}")),
        quota.map(|quota| format!("limited to {quota:.2} processors")),
        share("stolen", steal),
        share("busy", busy),
    ]
    .into_iter()
    .flatten()
    .collect();
    wrapped(out, "machine: ", &Plain(&facts.join(", ")).to_string(), style)?;
    let method = &report.method;
    let text = format!(
        "{} per workload and path in {} turns; reading the clock takes {:.0} ns, the harness adds {:.1} ns to a call; \
         {}; * is the path that the library takes here",
        text::duration(method.time_ns),
        method.rounds,
        method.clock_ns,
        method.harness_ns,
        method.counters
    );
    wrapped(out, "method:  ", &Plain(&text).to_string(), style)
}

fn last_line(out: &mut dyn Write, report: &Bench) -> io::Result<()> {
    let count = |is: fn(&Outcome) -> bool| report.measurements.iter().filter(|it| is(&it.outcome)).count();
    writeln!(
        out,
        "measured {}, wrong {}, error {}, not timed {}: pqcheck {}, {}",
        count(|outcome| matches!(outcome, Outcome::Measured(_))),
        count(|outcome| matches!(outcome, Outcome::Wrong { .. })),
        count(|outcome| matches!(outcome, Outcome::Error { .. })),
        count(|outcome| matches!(outcome, Outcome::Skip { .. })),
        Plain(&report.version),
        text::duration(report.method.duration_ns)
    )
}

/// Nanoseconds for a reader: `812 ns`, `15.31 µs`, `1.204 ms`.
pub(in crate::output) fn time(ns: f64) -> String {
    match ns {
        ns if ns >= 999_950.0 => format!("{:.3} ms", ns / 1e6),
        ns if ns >= 999.5 => format!("{:.2} µs", ns / 1e3),
        ns if ns >= 10.0 => format!("{ns:.0} ns"),
        ns => format!("{ns:.1} ns"),
    }
}

fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_that_fits() {
        assert_eq!(
            [3.12, 812.4, 15_310.0, 1_204_000.0].map(time),
            ["3.1 ns", "812 ns", "15.31 µs", "1.204 ms"]
        );
    }
}
