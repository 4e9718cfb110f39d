//! A line for each workload and code path, for a spreadsheet. Knows no unit but those in the column names.

use std::io::{self, BufWriter, Write};

use crate::report::bench::{Bench, Outcome};

const HEAD: &str = "workload,backend,path,version,emulated,outcome,rng,calls,samples,median_ns,p5_ns,p95_ns,mad_ns,low_ns,high_ns,bytes_per_second,per_repetition_ns,instructions,cycles,reason";

/// Writes the lines; what was not measured has a reason in place of figures.
pub(super) fn render(report: &Bench, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "{HEAD}")?;
    let emulated = !report.testbed.platform.emulated.is_empty();
    for measurement in &report.measurements {
        let of_path = |path: &&crate::report::PathInfo| {
            path.backend == measurement.backend && path.path == measurement.path
        };
        let version = report.paths.iter().find(of_path).map_or("", |path| path.version.as_str());
        let (outcome, reason) = match &measurement.outcome {
            Outcome::Measured(_) => ("measured", ""),
            Outcome::Wrong { reason } => ("wrong", reason.as_str()),
            Outcome::Skip { reason } => ("skip", reason.as_str()),
            Outcome::Error { reason } => ("error", reason.as_str()),
        };
        let mut fields = vec![
            field(&measurement.workload),
            field(&measurement.backend),
            field(&measurement.path),
            field(version),
            emulated.to_string(),
            outcome.to_owned(),
            field(&measurement.rng),
        ];
        let times = measurement.times();
        let whole = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let number = |value: Option<f64>| value.map(|value| format!("{value:.2}")).unwrap_or_default();
        fields.push(whole(times.map(|times| times.calls * times.parts)));
        fields.push(whole(times.map(|times| times.passes().count() as u64)));
        fields.extend([
            number(times.map(|times| times.median)),
            number(times.map(|times| times.p5)),
            number(times.map(|times| times.p95)),
            number(times.map(|times| times.mad)),
            number(times.map(|times| times.interval[0])),
            number(times.map(|times| times.interval[1])),
            number(times.and_then(|times| times.bytes_per_second)),
            number(times.and_then(|times| times.per_repetition)),
            number(times.and_then(|times| times.instructions)),
            number(times.and_then(|times| times.cycles)),
        ]);
        fields.push(field(reason));
        writeln!(out, "{}", fields.join(","))?;
    }
    out.flush()
}

/// Quoted where it must be (RFC 4180), on one line.
fn field(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_cannot_break_its_line() {
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a,\"b\"\nc"), "\"a,\"\"b\"\" c\"");
    }
}
