//! What went wrong, as notes at a file or a name: SARIF 2.1.0 for code scanning, and the workflow commands by which GitHub
//! annotates a run. Of reports, findings and diagnoses alike.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use serde_json::{Value, json};

use super::text::{Plain, counted};
use super::{Format, Style};
use crate::report::causes::Diagnosis;
use crate::report::finding::{Findings, Severity};
use crate::report::{CaseResult, Outcome, PathInfo, Report};

/// GitHub shows ten annotations of a step, and drops the others without a word.
const MOST: usize = 10;

/// For code scanning.
pub(super) struct Sarif;

/// For a step of GitHub Actions.
pub(super) struct Github;

/// What both formats are, for `--help`.
pub const FORMATS: [(&str, &str); 2] = [
    ("sarif", "SARIF 2.1.0, for code scanning"),
    ("github", "annotations of a GitHub Actions run, ten at most and then a count"),
];

impl Format for Sarif {
    fn id(&self) -> &'static str {
        FORMATS[0].0
    }

    fn about(&self) -> &'static str {
        FORMATS[0].1
    }

    fn render(&self, report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
        sarif(&of_report(report), out)
    }
}

impl Format for Github {
    fn id(&self) -> &'static str {
        FORMATS[1].0
    }

    fn about(&self) -> &'static str {
        FORMATS[1].1
    }

    fn render(&self, report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
        github(&of_report(report), out)
    }
}

/// One thing that went wrong.
pub struct Annotation {
    /// The stable name of what it is: a rule's, a cause's, or a kind of outcome.
    rule: String,
    /// What that name means.
    about: &'static str,
    is_error: bool,
    /// The file that it is about.
    file: String,
    /// The line in it, from 1, where there is one.
    line: Option<u64>,
    /// What it is about in the program's own words: a code path, an algorithm.
    name: Option<String>,
    message: String,
}

impl Annotation {
    /// What it is about and what is wrong, in one line.
    pub(super) fn words(&self) -> String {
        format!("{}: {} [{}]", self.file, self.message, self.rule)
    }
}

/// Wrong answers, alike ones together; a suspect vector is a warning once, and no library's.
pub fn of_report(report: &Report) -> Vec<Annotation> {
    let mut alike: BTreeMap<(&str, &str, String, &str, &str), Vec<&CaseResult>> = BTreeMap::new();
    let mut suspects: BTreeMap<(&str, &str), BTreeMap<&str, &CaseResult>> = BTreeMap::new();
    for case in &report.cases {
        let (rule, reason) = match &case.outcome {
            Outcome::Fail { reason, .. } => ("wrong-answer", reason),
            Outcome::Error { reason } => ("no-answer", reason),
            Outcome::Suspect { reason, .. } => {
                suspects.entry((&case.suite, reason)).or_default().insert(&case.case, case);
                continue;
            }
            Outcome::Pass | Outcome::Skip { .. } => continue,
        };
        let key =
            (&*case.backend, &*case.path, format!("{} {}", case.algorithm, case.operation), rule, &**reason);
        alike.entry(key).or_default().push(case);
    }
    let wrong = alike.into_iter().map(|((_, _, what, rule, reason), cases)| {
        let path = report.paths.iter().find(|path| cases[0].is_of(path));
        let title = path.map(PathInfo::title).unwrap_or_default();
        let about = match rule {
            "no-answer" => "A library gave no answer to a published test",
            _ => "A library gave another answer than the published one",
        };
        Annotation {
            rule: rule.to_owned(),
            about,
            is_error: true,
            file: path.and_then(|path| path.library.as_ref()).map_or(&cases[0].suite, |it| &it.file).clone(),
            line: None,
            name: Some(format!("{}/{}", cases[0].backend, cases[0].path)),
            message: format!(
                "{title} {what}: {} ({}{})",
                step(cases[0], reason),
                cases[0].id(),
                more(cases.len())
            ),
        }
    });
    let suspect = suspects.into_iter().map(|((suite, reason), cases)| {
        let first = cases.values().next().map(|case| case.id()).unwrap_or_default();
        Annotation {
            rule: "suspect-vector".to_owned(),
            about: "Independent implementations agree on another answer than the published one",
            is_error: true,
            file: suite.to_owned(),
            line: None,
            name: None,
            message: format!("{reason} ({first}{})", more(cases.len())),
        }
    });
    wrong.chain(suspect).collect()
}

/// The reason without the step that is the operation itself.
fn step<'r>(case: &CaseResult, reason: &'r str) -> &'r str {
    let rest = reason.strip_prefix(case.operation.name()).and_then(|rest| rest.strip_prefix(": "));
    rest.unwrap_or(reason)
}

fn more(number: usize) -> String {
    if number > 1 { format!(" and {} more", number - 1) } else { String::new() }
}

/// What `doctor` found.
pub fn of_findings(findings: &Findings) -> Vec<Annotation> {
    let annotation = |finding: &crate::report::finding::Finding| Annotation {
        rule: finding.rule.clone(),
        about: "A program of the image will not start, or not do what is wanted",
        is_error: finding.severity == Severity::Error,
        file: finding.subject.clone(),
        line: None,
        name: None,
        message: sentence(&[&finding.message, &finding.cause], finding.fix.first()),
    };
    findings.findings.iter().map(annotation).collect()
}

/// What `explain` found in this log.
pub fn of_diagnosis(diagnosis: &Diagnosis, log: &str) -> Vec<Annotation> {
    let annotation = |cause: &crate::report::causes::Cause| Annotation {
        rule: cause.id.clone(),
        about: "The cause of a failed build or start",
        is_error: true,
        file: log.to_owned(),
        line: cause.evidence.first().map(|evidence| evidence.line),
        name: None,
        message: sentence(&[&cause.why], cause.fix.first()),
    };
    diagnosis.causes.iter().map(annotation).collect()
}

/// The parts as sentences, and the likeliest cure.
fn sentence(parts: &[&String], fix: Option<&String>) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    let mut words: Vec<String> = parts.map(|part| part.trim_end_matches('.').to_owned()).collect();
    words.extend(fix.map(|fix| format!("Fix: {fix}")));
    words.join(". ")
}

/// One SARIF log with one run.
pub fn sarif(annotations: &[Annotation], out: &mut dyn Write) -> io::Result<()> {
    let rules: BTreeMap<&str, &str> = annotations.iter().map(|it| (it.rule.as_str(), it.about)).collect();
    let rule = |(id, about): (&&str, &&str)| json!({ "id": id, "shortDescription": { "text": about } });
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pqcheck",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "results": annotations.iter().map(result).collect::<Vec<_>>(),
        }],
    });
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &document)?;
    writeln!(out)?;
    out.flush()
}

fn result(annotation: &Annotation) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&annotation.file) } });
    if let Some(line) = annotation.line {
        physical["region"] = json!({ "startLine": line });
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(name) = &annotation.name {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": name }]);
    }
    json!({
        "ruleId": annotation.rule,
        "level": if annotation.is_error { "error" } else { "warning" },
        "message": { "text": Plain(&annotation.message).to_string() },
        "locations": [location],
    })
}

/// A path as a relative URI reference (RFC 3986): what has a meaning there, or none at all, is written in percent.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'+' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// One workflow command a line, errors first.
pub fn github(annotations: &[Annotation], out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let mut sorted: Vec<&Annotation> = annotations.iter().collect();
    sorted.sort_by_key(|annotation| !annotation.is_error);
    let shown = if sorted.len() > MOST { MOST - 1 } else { sorted.len() };
    for annotation in &sorted[..shown] {
        let level = if annotation.is_error { "error" } else { "warning" };
        let mut properties =
            format!("title=pqcheck {},file={}", property(&annotation.rule), property(&annotation.file));
        if let Some(line) = annotation.line {
            properties = format!("{properties},line={line}");
        }
        writeln!(out, "::{level} {properties}::{}", data(&Plain(&annotation.message).to_string()))?;
    }
    if shown < sorted.len() {
        let rest = counted((sorted.len() - shown) as u64, "more problem");
        writeln!(out, "::error title=pqcheck::{rest}; the log and --format json have every one")?;
    }
    out.flush()
}

/// What a workflow command takes as it is.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&Plain(text).to_string()).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::causes::{Cause, Evidence, SCHEMA};
    use crate::report::sample;

    fn written(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn diagnosis() -> Diagnosis {
        let evidence = vec![Evidence { line: 7, text: "fatal error".to_owned() }];
        let cause = |number: usize| Cause {
            id: format!("cause-{number}"),
            evidence: evidence.clone(),
            why: "100 % of it:\nno header, no build".to_owned(),
            fix: vec!["install it".to_owned()],
        };
        let outcome = crate::report::causes::Outcome::Failed;
        let causes = (0..12).map(cause).collect();
        Diagnosis { schema: SCHEMA.to_owned(), outcome, lines: 9, failure: None, causes }
    }

    #[test]
    fn the_document_is_as_it_was() {
        let all = of_report(&sample::report());
        expect_file!["golden/report.sarif"].assert_eq(&written(|out| sarif(&all, out)));
        expect_file!["golden/report.github"].assert_eq(&written(|out| github(&all, out)));
    }

    #[test]
    fn ten_annotations_at_most_and_then_a_count() {
        let text = written(|out| github(&of_diagnosis(&diagnosis(), "build.log"), out));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 10);
        assert_eq!(
            lines[0],
            "::error title=pqcheck cause-0,file=build.log,line=7::100 %25 of it:\\nno header, no build. Fix: install it"
        );
        assert_eq!(
            lines[9],
            "::error title=pqcheck::3 more problems; the log and --format json have every one"
        );
        assert_eq!(written(|out| github(&[], out)), "");
    }

    #[test]
    fn a_location_is_a_uri() {
        assert_eq!(uri("/usr/lib/a b#1:ü.so"), "usr/lib/a%20b%231%3A%C3%BC.so");
        let text = written(|out| sarif(&of_diagnosis(&diagnosis(), "build.log"), out));
        let document: Value = serde_json::from_str(&text).unwrap();
        let result = &document["runs"][0]["results"][0];
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
        assert_eq!(document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 12);
    }
}
