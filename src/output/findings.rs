//! What doctor found, for a reader and for programs; and the page of a rule. Knows no rule.

use std::io::{self, BufWriter, Write};

use super::text::{self, Painted, Plain, counted, wrapped};
use super::{Style, Verbosity, json};
use crate::report::finding::{Finding, Findings, Severity, Step};
use crate::report::page::Page;

/// The most steps of one search that are shown to a reader who did not ask for all.
const MOST_STEPS: usize = 24;
/// The most subjects that are named of those with the same finding.
const MOST_ALIKE: usize = 8;

/// All of it as JSON, with the programs that were looked at and their libraries.
pub fn json(findings: &Findings, out: &mut dyn Write) -> io::Result<()> {
    json::write(findings, out)
}

/// For people: each finding with its search, its cause and its cure; the last line adds up.
pub fn human(findings: &Findings, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for group in alike(&findings.findings) {
        finding(&mut out, &group, style)?;
        writeln!(out)?;
    }
    if style.verbosity > Verbosity::Quiet {
        for remark in &findings.remarks {
            let label = Painted("note:", text::WARNING, style);
            writeln!(out, "{label} {}", Plain(remark))?;
        }
        let target = findings.target.as_ref().map(|target| format!(", for {target}")).unwrap_or_default();
        writeln!(out, "{}: {}{}", Plain(&findings.root), Plain(&findings.image), Plain(&target))?;
    }
    last_line(&mut out, findings, style)?;
    out.flush()
}

/// The page of a rule or of a cause.
pub fn page(page: &Page, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    writeln!(out, "{}", Painted(page.id, text::HEADING, style))?;
    for (heading, words) in [("What it finds", page.finds), ("Why it matters", page.why)] {
        writeln!(out, "\n{}", Painted(heading, text::HEADING, style))?;
        wrapped(&mut out, "  ", words, style)?;
    }
    writeln!(out, "\n{}", Painted("How to fix it", text::HEADING, style))?;
    for fix in page.fix {
        wrapped(&mut out, "  - ", fix, style)?;
    }
    out.flush()
}

/// The same as data: `id`, `finds`, `why` and `fix`.
pub fn page_json(page: &Page, mut out: &mut dyn Write) -> io::Result<()> {
    let page = serde_json::json!({
        "schema": "pqcheck.rule/1", "id": page.id, "finds": page.finds, "why": page.why, "fix": page.fix,
    });
    serde_json::to_writer_pretty(&mut out, &page)?;
    writeln!(out)
}

/// Findings that differ in nothing but their subject, together, in the order of the first of each.
fn alike(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    fn key(finding: &Finding) -> (Severity, &str, &str, &str) {
        (finding.severity, &finding.rule, &finding.message, &finding.cause)
    }
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|group| key(group[0]) == key(finding)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

fn finding(out: &mut dyn Write, group: &[&Finding], style: Style) -> io::Result<()> {
    let Some(first) = group.first() else { return Ok(()) };
    let (word, color) = match first.severity {
        Severity::Error => ("ERROR", text::FAIL),
        Severity::Warning => ("WARNING", text::WARNING),
    };
    let rest = group.len() - 1;
    writeln!(
        out,
        "{} {}: {} [{}]",
        Painted(word, color, style),
        Plain(&first.subject),
        Plain(&first.message),
        first.rule
    )?;
    if rest > 0 {
        let shown = if style.verbosity == Verbosity::Verbose { rest } else { rest.min(MOST_ALIKE) };
        let mut names: Vec<String> =
            group[1..=shown].iter().map(|finding| Plain(&finding.subject).to_string()).collect();
        if shown < rest {
            names.push(format!("and {} more", rest - shown));
        }
        wrapped(out, "  also ", &names.join(", "), style)?;
    }
    search(out, &first.search, style)?;
    if !first.cause.is_empty() {
        wrapped(out, "  cause: ", &Plain(&first.cause).to_string(), style)?;
    }
    for (number, fix) in first.fix.iter().enumerate() {
        let label = if number == 0 { "  fix:   " } else { "  or:    " };
        wrapped(out, label, &Plain(fix).to_string(), style)?;
    }
    Ok(())
}

fn search(out: &mut dyn Write, steps: &[Step], style: Style) -> io::Result<()> {
    let most = if style.verbosity == Verbosity::Verbose { usize::MAX } else { MOST_STEPS };
    if !steps.is_empty() {
        writeln!(out, "  search:")?;
    }
    for (number, step) in (1..).zip(steps.iter().take(most)) {
        writeln!(out, "  {number:>4}. {}: {}", Plain(&step.path), Plain(&step.verdict))?;
    }
    if steps.len() > most {
        writeln!(out, "        {} more; --format json shows all", steps.len() - most)?;
    }
    Ok(())
}

pub(super) fn last_line(out: &mut dyn Write, findings: &Findings, style: Style) -> io::Result<()> {
    let summary = findings.summary;
    let checked = format!("{} checked", counted(summary.looked_at, "program"));
    let warnings = match summary.warnings {
        0 => String::new(),
        count => format!(", {}", counted(count, "warning")),
    };
    match summary.will_not_start {
        0 if summary.looked_at == 0 => {
            writeln!(out, "{}: no program found", Painted("nothing checked", text::WARNING, style))
        }
        0 => writeln!(out, "{checked}, {}{warnings}", Painted("none fails to start", text::GOOD, style)),
        count => {
            let verdict = format!("{count} will not start");
            writeln!(out, "{checked}, {}{warnings}", Painted(verdict, text::FAIL, style))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Platform;
    use crate::report::finding::{SCHEMA, Summary};

    fn sample() -> Findings {
        let finding = |severity, subject: &str| Finding {
            rule: "libc-mismatch".to_owned(),
            severity,
            subject: subject.to_owned(),
            message: "it is linked to musl".to_owned(),
            search: vec![Step { path: "/lib/ld-musl-x86_64.so.1".to_owned(), verdict: "absent".to_owned() }],
            cause: "It was built for musl.".to_owned(),
            fix: vec!["build it statically".to_owned(), "take `FROM alpine`".to_owned()],
        };
        let findings = vec![
            finding(Severity::Error, "/bin/a\u{1b}[2J"),
            finding(Severity::Error, "/bin/b"),
            finding(Severity::Warning, "/bin/c"),
        ];
        Findings {
            schema: SCHEMA.to_owned(),
            version: "0.1.0".to_owned(),
            platform: Platform {
                architecture: "amd64".to_owned(),
                cpu: None,
                features: vec![],
                emulated: vec![],
            },
            root: "x.tar".to_owned(),
            image: "Debian 12, with glibc 2.36".to_owned(),
            target: Some("linux/amd64".to_owned()),
            remarks: vec!["emulated: the kernel runs on x86_64".to_owned()],
            summary: Summary::of(7, &findings),
            findings,
            programs: vec![],
        }
    }

    fn shown(findings: &Findings) -> String {
        let mut out = Vec::new();
        human(findings, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_shows_its_search_its_cause_and_its_cure() {
        expect_test::expect![[r#"
            ERROR /bin/a\u{1b}[2J: it is linked to musl [libc-mismatch]
              also /bin/b
              search:
                 1. /lib/ld-musl-x86_64.so.1: absent
              cause: It was built for musl.
              fix:   build it statically
              or:    take `FROM alpine`

            WARNING /bin/c: it is linked to musl [libc-mismatch]
              search:
                 1. /lib/ld-musl-x86_64.so.1: absent
              cause: It was built for musl.
              fix:   build it statically
              or:    take `FROM alpine`

            note: emulated: the kernel runs on x86_64
            x.tar: Debian 12, with glibc 2.36, for linux/amd64
            7 programs checked, 2 will not start, 1 warning
        "#]]
        .assert_eq(&shown(&sample()));
    }

    #[test]
    fn the_last_line_says_when_nothing_was_checked() {
        let mut findings = sample();
        findings.findings.clear();
        findings.summary = Summary::of(0, &[]);
        assert!(shown(&findings).ends_with("nothing checked: no program found\n"));
        findings.summary = Summary::of(1, &[]);
        assert!(shown(&findings).ends_with("1 program checked, none fails to start\n"));
    }

    #[test]
    fn json_holds_all_of_it() {
        let mut out = Vec::new();
        json(&sample(), &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<Findings>(&out).unwrap(), sample());
    }
}
