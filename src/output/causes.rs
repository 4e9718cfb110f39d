//! The causes in a log, for people and for programs. Knows not how they were found.

use std::io::{self, BufWriter, Write};

use super::text::{self, Painted, counted, reason, wrapped};
use super::{Style, json};
use crate::report::causes::{Cause, Diagnosis, Evidence, Outcome};

/// Writes the diagnosis as one JSON document of schema `pqcheck.causes/1`.
pub fn json(diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
    json::write(diagnosis, out)
}

/// Writes the causes, the most likely first: what proves each, why it happens, and what to do.
pub fn human(diagnosis: &Diagnosis, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let lines = counted(diagnosis.lines, "line");
    match diagnosis.outcome {
        Outcome::Succeeded => {
            let succeeded = Painted("succeeded", text::GOOD, style);
            writeln!(out, "{succeeded}: the log shows success ({lines})")?;
        }
        Outcome::Unknown => {
            let unknown = Painted("unknown", text::WARNING, style);
            match &diagnosis.failure {
                Some(Evidence { line, text }) => {
                    let text = reason(text, style);
                    writeln!(
                        out,
                        "{unknown}: no known cause in {lines}; the first failure is line {line}: {text}"
                    )?;
                }
                None => writeln!(out, "{unknown}: no known cause and no sign of success in {lines}")?,
            }
        }
        Outcome::Failed => {
            for (number, cause) in diagnosis.causes.iter().enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                write_cause(&mut out, cause, number, style)?;
            }
        }
    }
    out.flush()
}

fn write_cause(out: &mut dyn Write, cause: &Cause, number: usize, style: Style) -> io::Result<()> {
    let color = if number == 0 { text::FAIL } else { text::WARNING };
    let also = if number == 0 { "" } else { " (also seen)" };
    writeln!(out, "{}{also}", Painted(&cause.id, color, style))?;
    let width = cause.evidence.iter().map(|line| line.line.to_string().len()).max().unwrap_or(0);
    for Evidence { line, text } in &cause.evidence {
        writeln!(out, "  line {line:>width$} | {}", reason(text, style))?;
    }
    wrapped(out, "  why  ", &reason(&cause.why, style), style)?;
    for (number, fix) in cause.fix.iter().enumerate() {
        let label = if number == 0 { "fix" } else { "" };
        wrapped(out, &format!("  {label:<4} {}. ", number + 1), &text::Plain(fix).to_string(), style)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::report::causes::SCHEMA;

    fn sample(outcome: Outcome) -> Diagnosis {
        let line = |line, text: &str| Evidence { line, text: text.to_owned() };
        let cause = |id: &str, evidence| Cause {
            id: id.to_owned(),
            evidence,
            why: "The compiler looked for a header in all of its directories and it is in none of these."
                .to_owned(),
            fix: vec!["Install it.".to_owned(), "Say where it is.".to_owned()],
        };
        let causes = vec![
            cause("oqs-header-missing", vec![line(9, "a.c:1: \u{1b}[31mfatal error"), line(412, "x")]),
            cause("pip-build-failed", vec![line(500, "Failed building wheel")]),
        ];
        let causes = if outcome == Outcome::Failed { causes } else { Vec::new() };
        let failure = (outcome == Outcome::Unknown).then(|| line(7, "make: *** [all] Error 2"));
        Diagnosis { schema: SCHEMA.to_owned(), outcome, lines: 512, failure, causes }
    }

    fn rendered(diagnosis: &Diagnosis) -> String {
        let mut out = Vec::new();
        human(diagnosis, Style::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_text_shows_lines_reasons_and_cures() {
        expect![[r#"
            oqs-header-missing
              line   9 | a.c:1: \u{1b}[31mfatal error
              line 412 | x
              why  The compiler looked for a header in all of its directories and it is in
                   none of these.
              fix  1. Install it.
                   2. Say where it is.

            pip-build-failed (also seen)
              line 500 | Failed building wheel
              why  The compiler looked for a header in all of its directories and it is in
                   none of these.
              fix  1. Install it.
                   2. Say where it is.
        "#]]
        .assert_eq(&rendered(&sample(Outcome::Failed)));
    }

    #[test]
    fn success_and_ignorance_take_one_line() {
        assert_eq!(rendered(&sample(Outcome::Succeeded)), "succeeded: the log shows success (512 lines)\n");
        assert_eq!(
            rendered(&sample(Outcome::Unknown)),
            "unknown: no known cause in 512 lines; the first failure is line 7: make: *** [all] Error 2\n"
        );
        let silent = Diagnosis { failure: None, lines: 1, ..sample(Outcome::Unknown) };
        assert_eq!(rendered(&silent), "unknown: no known cause and no sign of success in 1 line\n");
    }

    #[test]
    fn the_document_is_read_back() {
        for outcome in [Outcome::Failed, Outcome::Succeeded, Outcome::Unknown] {
            let mut out = Vec::new();
            json(&sample(outcome), &mut out).unwrap();
            let read: Diagnosis = serde_json::from_slice(&out).unwrap();
            assert_eq!(read, sample(outcome));
        }
    }
}
