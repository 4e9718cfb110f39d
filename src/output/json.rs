//! The report as one JSON document, one case per line. Knows no field of it: serde does.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::{Format, Style};
use crate::report::Report;

/// For programs, and for `pqcheck compare`.
pub(super) struct Json;

impl Format for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one document of schema `pqcheck.report/1`, for programs and for `pqcheck compare`"
    }

    fn render(&self, report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
        write(report, out)
    }
}

/// Writes any document: a line for each field, and for each item of a field that is a list.
pub(super) fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    document.serialize(&mut Serializer::with_formatter(&mut out, OneLineEach::default()))?;
    writeln!(out)?;
    out.flush()
}

/// Line feeds in the outermost object and in lists directly in it, and nowhere deeper: whole
/// lines change where an outcome changes, and a million of them stay small.
#[derive(Default)]
struct OneLineEach {
    /// How many objects and lists are open.
    depth: usize,
    /// Whether the one directly in the outermost is a list.
    list: bool,
    /// Whether the innermost open one has lines of its own so far.
    broken: bool,
}

impl OneLineEach {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.broken = false;
        if self.depth == 2 {
            self.list = bracket == b"[";
        }
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.broken {
            line(out, self.depth)?;
        }
        // What encloses this one is not empty: it holds this one.
        self.broken = self.depth == 1 || (self.depth == 2 && self.list);
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool, own_line: bool) -> io::Result<()> {
        self.broken = own_line;
        match (first, own_line) {
            (true, true) => line(out, self.depth),
            (false, true) => out.write_all(b",").and_then(|()| line(out, self.depth)),
            (true, false) => Ok(()),
            (false, false) => out.write_all(b", "),
        }
    }
}

fn line<W: ?Sized + Write>(out: &mut W, depth: usize) -> io::Result<()> {
    out.write_all(b"\n").and_then(|()| out.write_all(&b"    "[..2 * depth.min(2)]))
}

impl Formatter for OneLineEach {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        let own_line = self.depth == 2;
        self.next(out, first, own_line)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        let own_line = self.depth == 1;
        self.next(out, first, own_line)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;
    use serde_json::Value;

    use super::*;
    use crate::report::{self, SCHEMA, sample};
    use crate::spec::{Algorithm, Operation};

    fn rendered(report: &Report) -> Vec<u8> {
        let mut out = Vec::new();
        Json.render(report, Style::default(), &mut out).unwrap();
        out
    }

    #[test]
    fn the_document_is_as_it_was() {
        let text = String::from_utf8(rendered(&sample::report())).unwrap();
        expect_file!["golden/report.json"].assert_eq(&text);
    }

    #[test]
    fn a_second_reader_finds_the_same_report() {
        for report in [sample::report(), sample::green()] {
            assert_eq!(report::parse(&rendered(&report)).unwrap(), report);
        }
    }

    #[test]
    fn a_reader_that_knows_no_rust_type_counts_the_same_outcomes() {
        let document: Value = serde_json::from_slice(&rendered(&sample::report())).unwrap();
        assert_eq!(document["schema"], SCHEMA);
        let cases = document["cases"].as_array().unwrap();
        for outcome in ["pass", "fail", "skip", "error"] {
            let counted = cases.iter().filter(|case| case["outcome"] == outcome).count();
            assert!(counted > 0);
            assert_eq!(document["summary"][outcome], counted, "{outcome}");
        }
    }

    #[test]
    fn every_case_has_a_line_of_its_own() {
        let text = String::from_utf8(rendered(&sample::report())).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("    {\"suite\": ")).count();
        assert_eq!(lines as u64, sample::report().summary.total());
    }

    #[test]
    fn empty_lists_and_objects_are_written_whole() {
        let text = |value: Value| {
            let mut out = Vec::new();
            write(&value, &mut out).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), value);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(serde_json::json!({})), "{}\n");
        assert_eq!(text(serde_json::json!({"a": []})), "{\n  \"a\": []\n}\n");
        assert_eq!(
            text(serde_json::json!({"a": [[], {"b": [1, {}]}], "c": {"d": {}, "e": []}})),
            "{\n  \"a\": [\n    [],\n    {\"b\": [1, {}]}\n  ],\n  \"c\": {\"d\": {}, \"e\": []}\n}\n"
        );
    }

    fn schema() -> Value {
        serde_json::from_str(include_str!("../../schema/report.schema.json")).unwrap()
    }

    fn as_value(report: &Report) -> Value {
        serde_json::from_slice(&rendered(report)).unwrap()
    }

    #[test]
    fn the_published_schema_accepts_what_is_written() {
        assert!(jsonschema::draft202012::meta::is_valid(&schema()));
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for report in [sample::report(), sample::green()] {
            let document = as_value(&report);
            let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }

    #[test]
    fn the_published_schema_knows_every_algorithm_and_operation() {
        let schema = schema();
        let names: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
        assert_eq!(schema["$defs"]["algorithm"]["enum"], serde_json::json!(names));
        let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
        assert_eq!(schema["$defs"]["operation"]["enum"], serde_json::json!(names));
        assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
    }

    /// The path to a place in the document, and what is done there.
    fn damaged(pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut document = as_value(&sample::report());
        change(document.pointer_mut(pointer).unwrap());
        document
    }

    #[test]
    fn the_published_schema_refuses_a_missing_field_an_extra_field_and_null() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let optional = ["/warnings", "/timing", "/platform/cpu", "/platform/emulated", "/paths/2/lacks"];
        for object in
            ["", "/platform", "/summary", "/timing", "/paths/0", "/cases/0", "/cases/1", "/cases/13"]
        {
            let fields = as_value(&sample::report());
            let fields = fields.pointer(object).unwrap().as_object().unwrap();
            for field in fields.keys() {
                let missing = damaged(object, |value| drop(value.as_object_mut().unwrap().remove(field)));
                let place = format!("{object}/{field}");
                assert_eq!(
                    validator.is_valid(&missing),
                    optional.contains(&place.as_str()),
                    "without {place}"
                );
                let null = damaged(&place, |value| *value = Value::Null);
                assert!(!validator.is_valid(&null), "{place} is null");
            }
            let extra = damaged(object, |value| value["surplus"] = 1.into());
            assert!(!validator.is_valid(&extra), "{object} with a field too many");
        }
    }

    #[test]
    fn the_published_schema_refuses_unknown_words_and_wrong_types() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for (place, value) in [
            ("/schema", Value::from("pqcheck.report/2")),
            ("/cases/0/outcome", "passed".into()),
            ("/cases/0/algorithm", "Kyber768".into()),
            ("/cases/0/operation", "guess".into()),
            ("/cases/0/case", 26.into()),
            ("/cases/0/suite", "".into()),
            ("/cases/1/reason", "".into()),
            ("/cases", Value::Object(serde_json::Map::new())),
            ("/paths/0/chosen", "yes".into()),
            ("/summary/pass", (-1).into()),
            ("/summary/fail", "3".into()),
            ("/timing/total_ns", 1.5.into()),
        ] {
            let document = damaged(place, |there| *there = value);
            assert!(!validator.is_valid(&document), "{place}");
        }
        // An outcome with the fields of another one.
        for (place, field) in [("/cases/0", "reason"), ("/cases/0", "got"), ("/cases/12", "expected")] {
            let document = damaged(place, |case| case[field] = "x".into());
            assert!(!validator.is_valid(&document), "{place} with {field}");
        }
    }
}
