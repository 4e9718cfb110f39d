//! Bytes -> report: whether they are one, of the schema known here, and add up. Knows no file.

use std::fmt;

use serde::Deserialize;

use super::bench::{self, Bench};
use super::{Report, SCHEMA, Summary};

/// A document that `pqcheck compare` knows.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// What known-answer tests found.
    Report(Box<Report>),
    /// What benchmarks measured.
    Bench(Box<Bench>),
}

/// What to give instead of something else.
const GIVE: &str = "give the output of `pqcheck kat --format json` or `pqcheck bench --format json`";

/// Why some bytes are no report. Every message is one line.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// The bytes are not a JSON object.
    #[error("not a pqcheck report but {0}; {GIVE}")]
    NotJson(String),
    /// The document says that it is something else.
    #[error("not a pqcheck report: schema is `{0}`, expected `{SCHEMA}`")]
    Schema(String),
    /// The document does not say what it is.
    #[error("not a pqcheck report but JSON of another program; {GIVE}")]
    NoSchema,
    /// The document says that it is a report, and has not the fields of one.
    #[error("damaged report: {0}")]
    Fields(String),
    /// The document ends before its end.
    #[error("the document ends too early, as that of a run which was cut short does: {0}; run it again")]
    Short(String),
    /// The document says that it holds measurements, and they make no sense.
    #[error("damaged report: {0}")]
    Measurement(String),
    /// The document is of another version.
    #[error("not a document for this version: schema is `{0}`, expected `{SCHEMA}` or `{bench}`", bench = bench::SCHEMA)]
    Unknown(String),
    /// The summary is not that of the cases.
    #[error("damaged report: the summary says {said}, but the cases add up to {counted}")]
    Sum {
        /// What the summary says.
        said: Counts,
        /// What the cases add up to.
        counted: Counts,
    },
}

/// A [`Summary`] as words in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts(pub Summary);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { pass, fail, suspect, skip, error } = self.0;
        write!(f, "pass {pass}, fail {fail}, ")?;
        if suspect > 0 {
            write!(f, "suspect {suspect}, ")?;
        }
        write!(f, "skip {skip}, error {error}")
    }
}

/// Reads a report as `--format json` writes it.
pub fn parse(bytes: &[u8]) -> Result<Report, ParseError> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| not_json(bytes, &error))?;
    match envelope.schema {
        Some(serde_json::Value::String(schema)) if schema == SCHEMA => {}
        Some(serde_json::Value::String(schema)) => return Err(ParseError::Schema(one_line(&schema))),
        _ => return Err(ParseError::NoSchema),
    }
    let report: Report =
        serde_json::from_slice(bytes).map_err(|error| ParseError::Fields(one_line(&error.to_string())))?;
    let counted = Summary::of(&report.cases);
    if report.summary != counted {
        return Err(ParseError::Sum { said: Counts(report.summary), counted: Counts(counted) });
    }
    Ok(report)
}

/// Reads a document as `pqcheck kat` or `pqcheck bench` writes it with `--format json`.
///
/// # Errors
/// If it is none, of another version, cut short, or damaged.
pub fn document(bytes: &[u8]) -> Result<Document, ParseError> {
    let envelope: Envelope =
        serde_json::from_slice(bytes).map_err(|error| match error.is_eof() && !bytes.is_empty() {
            true => ParseError::Short(one_line(&error.to_string())),
            false => not_json(bytes, &error),
        })?;
    match envelope.schema {
        Some(serde_json::Value::String(schema)) if schema == bench::SCHEMA => {
            let bench: Bench = serde_json::from_slice(bytes)
                .map_err(|error| ParseError::Fields(one_line(&error.to_string())))?;
            sensible(&bench).map_err(ParseError::Measurement)?;
            Ok(Document::Bench(Box::new(bench)))
        }
        Some(serde_json::Value::String(schema)) if schema != SCHEMA => {
            Err(ParseError::Unknown(one_line(&schema)))
        }
        _ => parse(bytes).map(|report| Document::Report(Box::new(report))),
    }
}

/// What the bytes are, if not what they should be.
fn not_json(bytes: &[u8], error: &serde_json::Error) -> ParseError {
    let text = bytes.trim_ascii_start();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    ParseError::NotJson(match text.first() {
        None => "an empty file".to_owned(),
        Some(b'[') if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() => {
            "JSON of another program".to_owned()
        }
        Some(b'{' | b'[') => format!("malformed JSON ({})", one_line(&error.to_string())),
        Some(b'<') => "HTML or XML".to_owned(),
        Some(_) if first.contains(&b',') => "CSV".to_owned(),
        Some(_) => "no JSON".to_owned(),
    })
}

/// Whether the measurements can be compared with others at all.
fn sensible(bench: &Bench) -> Result<(), String> {
    for measurement in &bench.measurements {
        let Some(times) = measurement.times() else { continue };
        let id = one_line(&measurement.id());
        let samples = times.rounds.iter().flatten().count();
        if times.calls == 0 || samples == 0 || times.rounds.iter().any(Vec::is_empty) {
            return Err(format!("{id} has no samples"));
        }
        if times.rounds.iter().any(|round| !(round.len() as u64).is_multiple_of(times.parts)) {
            return Err(format!("{id} has a round without a sample of each part"));
        }
        if times.rounds.iter().chain(&times.reference).chain(&times.probe).flatten().any(|time| *time == 0) {
            return Err(format!("{id} has a sample that took no time"));
        }
        let sizes = |of: &[Vec<u64>]| of.iter().map(Vec::len).collect::<Vec<_>>();
        if [&times.reference, &times.probe].into_iter().any(|it| sizes(it) != sizes(&times.rounds)) {
            return Err(format!("{id} has another number of references or probes than of samples"));
        }
        if !bench.workloads.iter().any(|workload| workload.id == measurement.workload) {
            return Err(format!("{id} is of no workload in it"));
        }
    }
    Ok(())
}

/// What every document of pqcheck has; the rest is looked at when this is known to fit.
#[derive(Deserialize)]
struct Envelope {
    schema: Option<serde_json::Value>,
}

/// A message may quote the document, and a document may hold anything: line feeds, escapes, megabytes.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut line: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn bytes() -> Vec<u8> {
        serde_json::to_vec(&sample::report()).unwrap()
    }

    fn message(bytes: &[u8]) -> String {
        parse(bytes).unwrap_err().to_string()
    }

    fn altered(change: impl FnOnce(&mut serde_json::Value)) -> String {
        let mut value: serde_json::Value = serde_json::from_slice(&bytes()).unwrap();
        change(&mut value);
        message(&serde_json::to_vec(&value).unwrap())
    }

    #[test]
    fn a_report_is_read_back_as_it_was() {
        assert_eq!(parse(&bytes()).unwrap(), sample::report());
    }

    #[test]
    fn another_schema_is_named() {
        let bench = altered(|value| value["schema"] = "pqcheck.bench/1".into());
        assert_eq!(bench, "not a pqcheck report: schema is `pqcheck.bench/1`, expected `pqcheck.report/1`");
        let other = format!("not a pqcheck report but JSON of another program; {GIVE}");
        assert_eq!(altered(|value| value["schema"] = 7.into()), other);
        assert_eq!(message(b"{}"), other);
    }

    #[test]
    fn what_was_given_in_place_of_a_report_is_named() {
        for (bytes, kind) in [
            (&b"workload,backend,path\nx,y,z\n"[..], "CSV"),
            (b"[{\"name\": \"encaps\", \"unit\": \"cycles\"}]", "JSON of another program"),
            (b"<testsuites/>", "HTML or XML"),
            (b"every case that ran\n", "no JSON"),
            (b" \n", "an empty file"),
        ] {
            assert_eq!(message(bytes), format!("not a pqcheck report but {kind}; {GIVE}"));
        }
    }

    #[test]
    fn what_is_no_json_object_is_refused_in_one_line() {
        for bad in [&b""[..], b"[]", b"7", b"\xff\xfe", b"{\"schema\": \"pqcheck.rep", &[b'['; 100_000]] {
            let message = message(bad);
            assert!(message.starts_with("not a pqcheck report but "), "{message}");
            assert!(!message.contains('\n') && message.len() < 1000, "{message}");
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let whole = bytes();
        for length in (0..whole.len()).step_by(97) {
            assert!(parse(&whole[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_missing_field_and_an_unknown_outcome_are_named() {
        let missing = altered(|value| drop(value["cases"][0].as_object_mut().unwrap().remove("suite")));
        assert!(missing.starts_with("damaged report: missing field `suite`"), "{missing}");
        let unknown = altered(|value| value["cases"][0]["outcome"] = "per\nhaps\u{1b}".into());
        assert!(unknown.starts_with("damaged report: unknown variant `per"), "{unknown}");
        assert!(!unknown.chars().any(char::is_control), "{unknown}");
    }

    #[test]
    fn a_summary_that_does_not_add_up_is_refused() {
        let message = altered(|value| value["summary"]["fail"] = 0.into());
        assert_eq!(
            message,
            "damaged report: the summary says pass 26, fail 0, suspect 2, skip 19, error 3, but the cases add up to \
             pass 26, fail 10, suspect 2, skip 19, error 3"
        );
    }
}
