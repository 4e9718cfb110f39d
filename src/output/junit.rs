//! The report as JUnit XML: one test suite per code path, one test case per case. Valid under the schema of Jenkins
//! (junit-10.xsd) and under that of Ant (JUnit.xsd), which differ in what they allow and what they demand.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::grouped::{self, Group};
use super::text::Plain;
use super::{Format, Made, Style};
use crate::report::{CaseResult, Outcome, Report, Summary};

/// For the test panel of a CI server.
pub(super) struct Junit;

/// Why a case is not run by construction, not by accident. Of such cases a suite has properties, and no tests.
const BY_CONSTRUCTION: [&str; 3] = ["not-chosen", "not-offered", "unsupported"];

/// No case is timed by itself.
const TIME: (&str, &str) = ("time", "0");

impl Format for Junit {
    fn id(&self) -> &'static str {
        "junit"
    }

    fn about(&self) -> &'static str {
        "JUnit XML for CI servers: a test suite per code path; a wrong answer is a failure, a crash an error"
    }

    fn render(&self, report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let mut xml = Writer::new_with_indent(&mut out, b' ', 4);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        within(&mut xml, BytesStart::new("testsuites"), |xml| {
            for (number, group) in grouped::by_path(report).iter().enumerate() {
                // The format has no place for what concerns no single test.
                let warnings = if number == 0 { &report.warnings[..] } else { &[] };
                suite(xml, report, number, group, warnings, style.made)?;
            }
            Ok(())
        })?;
        drop(xml);
        writeln!(out)?;
        out.flush()
    }
}

/// An element with what `body` writes in it.
fn within<W: Write>(
    xml: &mut Writer<W>,
    start: BytesStart<'_>,
    body: impl FnOnce(&mut Writer<W>) -> io::Result<()>,
) -> io::Result<()> {
    let end: BytesEnd<'static> = start.to_end().into_owned();
    xml.write_event(Event::Start(start))?;
    body(xml)?;
    xml.write_event(Event::End(end))
}

fn suite<W: Write>(
    xml: &mut Writer<W>,
    report: &Report,
    number: usize,
    group: &Group<'_>,
    warnings: &[String],
    made: Made,
) -> io::Result<()> {
    let (apart, cases): (Vec<&CaseResult>, Vec<&CaseResult>) =
        group.cases.iter().partition(|case| by_construction(case).is_some());
    let name = shown(&group.name());
    let at = chrono::DateTime::from_timestamp(made.seconds, 0).unwrap_or_default();
    let summary = Summary::of(cases.iter().copied());
    let attributes = [
        ("name", name.clone()),
        ("package", "pqcheck".to_owned()),
        ("id", number.to_string()),
        ("timestamp", at.format("%Y-%m-%dT%H:%M:%S").to_string()),
        ("hostname", shown(made.host)),
        ("tests", cases.len().to_string()),
        ("failures", (summary.fail + summary.suspect).to_string()),
        ("errors", summary.error.to_string()),
        ("skipped", summary.skip.to_string()),
    ];
    let start = BytesStart::new("testsuite")
        .with_attributes(attributes.iter().map(|(name, value)| (*name, value.as_str())))
        .with_attributes([TIME]);
    within(xml, start, |xml| {
        within(xml, BytesStart::new("properties"), |xml| properties(xml, report, group, &apart))?;
        cases.iter().try_for_each(|case| test_case(xml, &name, case))?;
        text(xml, BytesStart::new("system-out"), "")?;
        text(xml, BytesStart::new("system-err"), &lines(warnings))
    })
}

fn properties<W: Write>(
    xml: &mut Writer<W>,
    report: &Report,
    group: &Group<'_>,
    apart: &[&CaseResult],
) -> io::Result<()> {
    let mut all = vec![("architecture".to_owned(), report.platform.architecture.clone())];
    all.extend(report.platform.emulated.iter().map(|sign| ("emulated".to_owned(), sign.clone())));
    if let Some(path) = group.info {
        all.push(("version".to_owned(), path.version.clone()));
        all.push(("chosen".to_owned(), path.chosen.to_string()));
        if !path.lacks.is_empty() {
            all.push(("lacks".to_owned(), path.lacks.join(" ")));
        }
        all.extend(path.not_isolated.iter().map(|why| ("not-isolated".to_owned(), why.clone())));
        if path.prehash_by_pqcheck {
            all.push(("pre-hash".to_owned(), "hashed and formatted by pqcheck".to_owned()));
        }
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in apart.iter().filter_map(|case| by_construction(case)) {
        *reasons.entry(reason).or_default() += 1;
    }
    all.extend(reasons.into_iter().map(|(why, number)| (format!("cases {why}"), number.to_string())));
    for (name, value) in all {
        let (name, value) = (shown(&name), shown(&value));
        let property = BytesStart::new("property").with_attributes([("name", &*name), ("value", &*value)]);
        xml.write_event(Event::Empty(property))?;
    }
    Ok(())
}

/// The reason of a case that is skipped by construction.
fn by_construction(case: &CaseResult) -> Option<&str> {
    let Outcome::Skip { reason } = &case.outcome else { return None };
    let kind = reason.split(':').next().unwrap_or(reason);
    BY_CONSTRUCTION.contains(&kind).then_some(reason)
}

fn test_case<W: Write>(xml: &mut Writer<W>, path: &str, case: &CaseResult) -> io::Result<()> {
    // CI servers tell tests by both names together, whatever the suite.
    let (name, class) = (shown(&case.id()), format!("{path}.{}.{}", case.algorithm, case.operation));
    let start = BytesStart::new("testcase").with_attributes([("name", &*name), ("classname", &*class), TIME]);
    let with = |element: &'static str, kind: &'static str, message: &str| {
        BytesStart::new(element).with_attributes([("message", &*shown(message)), ("type", kind)])
    };
    let values = |expected: &str, got: &str| format!("expected {}\ngot      {}", shown(expected), shown(got));
    match &case.outcome {
        Outcome::Pass => xml.write_event(Event::Empty(start)),
        Outcome::Fail { reason, expected, got } => within(xml, start, |xml| {
            text(xml, with("failure", "wrong answer", reason), &values(expected, got))
        }),
        Outcome::Suspect { reason, expected, got } => within(xml, start, |xml| {
            text(xml, with("failure", "suspect vector", reason), &values(expected, got))
        }),
        Outcome::Error { reason } => {
            within(xml, start, |xml| xml.write_event(Event::Empty(with("error", "no answer", reason))))
        }
        Outcome::Skip { reason } => within(xml, start, |xml| {
            let message = shown(reason);
            xml.write_event(Event::Empty(
                BytesStart::new("skipped").with_attributes([("message", &*message)]),
            ))
        }),
    }
}

fn text<W: Write>(xml: &mut Writer<W>, start: BytesStart<'_>, body: &str) -> io::Result<()> {
    if body.is_empty() {
        return xml.write_event(Event::Empty(start));
    }
    within(xml, start, |xml| xml.write_event(Event::Text(BytesText::new(body))))
}

/// Characters that XML cannot hold are shown, not dropped; the angle brackets are the writer's duty.
fn shown(text: &str) -> String {
    Plain(text).to_string()
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| shown(text)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::expect_file;
    use quick_junit::TestCaseStatus;

    use super::*;
    use crate::report::sample;

    fn rendered(report: &Report) -> String {
        let mut out = Vec::new();
        Junit.render(report, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn read(report: &Report) -> quick_junit::Report {
        // This reader wants what Ant's schema forbids.
        let text = rendered(report).replace("T00:00:00", "T00:00:00Z");
        quick_junit::Report::deserialize_from_str(&text).unwrap()
    }

    #[test]
    fn the_document_is_as_it_was() {
        expect_file!["golden/report.xml"].assert_eq(&rendered(&sample::report()));
    }

    #[test]
    fn a_second_reader_counts_the_same_outcomes_and_every_test_has_a_name_of_its_own() {
        let mut report = sample::report();
        let unsupported = |case: &CaseResult| by_construction(case).is_some();
        assert_eq!(report.cases.iter().filter(|case| unsupported(case)).count(), 2);
        let suites = read(&report).test_suites;
        report.cases.retain(|case| !unsupported(case));
        let counted = |of: fn(&quick_junit::TestSuite) -> usize| suites.iter().map(of).sum::<usize>() as u64;
        let summary = Summary::of(&report.cases);
        assert_eq!(counted(|suite| suite.tests), summary.total());
        assert_eq!(counted(|suite| suite.failures), summary.fail + summary.suspect);
        assert_eq!(counted(|suite| suite.errors), summary.error);
        assert_eq!(counted(|suite| suite.test_cases.len()), summary.total());
        let names: Vec<_> = suites.iter().map(|suite| suite.name.as_str()).collect();
        assert_eq!(names, ["liboqs/native", "liboqs/portable", "pqclean/aarch64", "rustcrypto/portable"]);
        let tests = suites.iter().flat_map(|suite| &suite.test_cases);
        let unique: BTreeSet<_> =
            tests.map(|test| (test.name.as_str(), test.classname.as_ref().unwrap().as_str())).collect();
        assert_eq!(unique.len() as u64, summary.total());
    }

    #[test]
    fn hostile_text_comes_back_readable() {
        let text = rendered(&sample::report());
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character");
        let read = read(&sample::report());
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
