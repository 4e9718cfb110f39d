//! The report as JUnit XML: one test suite per code path, one test case per case. Knows no clock,
//! so that two runs with the same outcomes give the same bytes.

use std::error::Error as _;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::grouped::{self, Group};
use super::text::Plain;
use super::{Format, Style};
use crate::report::{CaseResult, Outcome, Report};

/// For the test panel of a CI server.
pub(super) struct Junit;

impl Format for Junit {
    fn id(&self) -> &'static str {
        "junit"
    }

    fn about(&self) -> &'static str {
        "JUnit XML for CI servers: a test suite per code path; a wrong answer is a failure, a crash an error"
    }

    fn render(&self, report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut document = quick_junit::Report::new("pqcheck kat");
        document.add_test_suites(grouped::by_path(report).iter().map(|group| suite(report, group)));
        if let (Some(first), warnings @ [_, ..]) = (document.test_suites.first_mut(), &*report.warnings) {
            // The format has no place for what concerns no single test.
            first.set_system_err(lines(warnings));
        }
        let mut out = BufWriter::new(out);
        document.serialize(&mut out).map_err(io_error)?;
        out.flush()
    }
}

fn suite(report: &Report, group: &Group<'_>) -> TestSuite {
    let mut suite = TestSuite::new(xml(&group.name()));
    suite.add_property(("architecture", &*xml(&report.platform.architecture)));
    for sign in &report.platform.emulated {
        suite.add_property(("emulated", &*xml(sign)));
    }
    if let Some(path) = group.info {
        suite.add_property(("version", &*xml(&path.version)));
        suite.add_property(("chosen", if path.chosen { "true" } else { "false" }));
        if !path.lacks.is_empty() {
            suite.add_property(("lacks", &*xml(&path.lacks.join(" "))));
        }
        if let Some(why) = &path.not_isolated {
            suite.add_property(("not-isolated", &*xml(why)));
        }
    }
    suite.add_test_cases(group.cases.iter().map(|case| test_case(case)));
    suite
}

fn test_case(case: &CaseResult) -> TestCase {
    let status = match &case.outcome {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Fail { reason, expected, got } | Outcome::Suspect { reason, expected, got } => {
            let is_suspect = matches!(case.outcome, Outcome::Suspect { .. });
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(xml(reason));
            status.set_type(if is_suspect { "suspect vector" } else { "wrong answer" });
            status.set_description(format!("expected {}\ngot      {}", xml(expected), xml(got)));
            status
        }
        Outcome::Skip { reason } => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(xml(reason));
            status
        }
        Outcome::Error { reason } => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(xml(reason)).set_type("no answer");
            status
        }
    };
    let mut test = TestCase::new(xml(&case.id()), status);
    test.set_classname(format!("{}.{}", case.algorithm, case.operation));
    test
}

/// Characters that XML cannot hold are shown, not dropped; the angle brackets are the writer's duty.
fn xml(text: &str) -> String {
    Plain(text).to_string()
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| xml(text)).collect::<Vec<_>>().join("\n")
}

/// The kind of an error decides what the caller does about it: a closed pipe is no failure.
fn io_error(error: SerializeError) -> io::Error {
    let cause = error.source().and_then(|inner| inner.source());
    match cause.and_then(|cause| cause.downcast_ref::<Arc<io::Error>>()) {
        Some(cause) => io::Error::new(cause.kind(), Arc::clone(cause)),
        None => io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::sample;

    fn rendered(report: &Report) -> String {
        let mut out = Vec::new();
        Junit.render(report, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_document_is_as_it_was() {
        expect_file!["golden/report.xml"].assert_eq(&rendered(&sample::report()));
    }

    #[test]
    fn a_second_reader_counts_the_same_outcomes() {
        let report = sample::report();
        let read = quick_junit::Report::deserialize_from_str(&rendered(&report)).unwrap();
        let counted = [read.tests, read.failures, read.errors, read.skipped].map(|count| count as u64);
        let summary = report.summary;
        assert_eq!(counted, [summary.total(), summary.fail + summary.suspect, summary.error, summary.skip]);
        let suites: Vec<_> = read.test_suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(suites, ["liboqs/native", "liboqs/portable", "pqclean/aarch64", "rustcrypto/portable"]);
    }

    #[test]
    fn hostile_text_comes_back_readable() {
        let text = rendered(&sample::report());
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character");
        let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
        let hostile = &read.test_suites[0].test_cases[10];
        let TestCaseStatus::NonSuccess { message: Some(message), .. } = &hostile.status else {
            panic!("{hostile:?}");
        };
        assert_eq!(
            message.as_str(),
            "verify: <![CDATA[ ]]> & \"quoted\" \\u{1b}[31mred\\u{1b}[0m\\nsecond line \\0\\u{fffe} µ‖é 署名"
        );
    }
}
