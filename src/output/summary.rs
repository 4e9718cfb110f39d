//! The summary of a CI job in Markdown: the verdict, what went wrong, and the table folded away.

use std::io::{self, BufWriter, Write};

use super::annotations::{self, Annotation};
use super::markdown::{escaped, fold};
use super::text::{self, counted};
use super::{Format, Style, findings, grouped, human, table};
use crate::report::finding::Findings;
use crate::report::{Report, Summary};

/// The most lines of a list.
const MOST: usize = 20;

/// For the summary of a CI job.
pub(super) struct Markdown;

/// What the format is, for `--help`.
pub const FORMAT: (&str, &str) = ("markdown", "the summary of a CI job");

impl Format for Markdown {
    fn id(&self) -> &'static str {
        FORMAT.0
    }

    fn about(&self) -> &'static str {
        FORMAT.1
    }

    fn render(&self, report: &Report, _: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let groups = grouped::by_path(report);
        let Summary { fail, suspect, error, .. } = report.summary;
        let is_fine = fail + suspect + error == 0 && report.unmet.is_empty();
        let mark = if is_fine { "✅" } else { "❌" };
        let mark = if report.summary.ran() == 0 && report.unmet.is_empty() { "⚠️" } else { mark };
        writeln!(out, "### pqcheck kat\n\n{mark} {}\n", escaped(&human::last_line(report, &groups)))?;
        list(&mut out, &annotations::of_report(report))?;
        for warning in &report.warnings {
            writeln!(out, "* warning: {}", escaped(warning))?;
        }
        if !report.warnings.is_empty() {
            writeln!(out)?;
        }
        if !report.cases.is_empty() {
            fold(&mut out, "Code paths and algorithms", |out| {
                writeln!(out, "```text")?;
                table::write(out, &groups, Style { width: usize::MAX, ..Style::default() })?;
                writeln!(out, "```\n")
            })?;
        }
        out.flush()
    }
}

/// What `doctor` found.
pub fn of_findings(all: &Findings, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let mark = match all.summary {
        crate::report::finding::Summary { errors: 1.., .. } => "❌",
        crate::report::finding::Summary { looked_at: 0, .. } => "⚠️",
        _ => "✅",
    };
    let mut line = Vec::new();
    findings::last_line(&mut line, all, Style::default())?;
    let line = String::from_utf8_lossy(&line);
    writeln!(out, "### pqcheck doctor\n\n{mark} {}: {}\n", escaped(&all.root), escaped(line.trim_end()))?;
    list(&mut out, &annotations::of_findings(all))?;
    out.flush()
}

fn list(out: &mut dyn Write, all: &[Annotation]) -> io::Result<()> {
    for annotation in all.iter().take(MOST) {
        writeln!(out, "* {}", text::reason(&escaped(&annotation.words()), Style::default()))?;
    }
    if all.len() > MOST {
        writeln!(out, "* and {}", counted((all.len() - MOST) as u64, "more problem"))?;
    }
    if all.is_empty() { Ok(()) } else { writeln!(out) }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::sample;

    #[test]
    fn the_summary_is_as_it_was() {
        for (name, report) in [("report", sample::report()), ("green", sample::green())] {
            let mut out = Vec::new();
            Markdown.render(&report, Style::default(), &mut out).unwrap();
            expect_file![format!("golden/{name}.md")].assert_eq(&String::from_utf8(out).unwrap());
        }
    }
}
