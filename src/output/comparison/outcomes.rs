//! Outcomes of two reports, for people: what got worse, then what else changed.

use std::io::{self, BufWriter, Write};

use super::super::listing::{self, Alike, Entry, Label};
use super::super::text::{self, Painted, Plain, counted};
use super::super::{Style, Verbosity};
use super::grouped;
use crate::report::conclusion::Conclusion;
use crate::report::outcomes::{Change, Outcomes, Side};
use crate::report::{Counts, Outcome};

/// Writes what got worse, then what else changed; the verdict is the last line.
pub(super) fn human(comparison: &Outcomes, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let worse = [
        (Label("NEWLY FAILING", text::FAIL), &comparison.newly_failing),
        (Label("NEWLY SKIPPED", text::WARNING), &comparison.newly_skipped),
        (Label("VANISHED", text::WARNING), &comparison.vanished),
    ];
    let mut cut = false;
    for (label, changes) in worse {
        cut |= list(&mut out, label, changes, style)?;
    }
    if cut {
        writeln!(out, "This list is cut; --format json has every case.")?;
    }
    if comparison.conclusion == Conclusion::Worse {
        writeln!(out)?;
    }
    let others = [
        (Label("new", text::HEADING), &comparison.new),
        (Label("newly passing", text::GOOD), &comparison.newly_passing),
    ];
    for (label, changes) in others {
        if style.verbosity == Verbosity::Verbose {
            list(&mut out, label, changes, style)?;
        } else if style.verbosity == Verbosity::Normal {
            counts(&mut out, label, changes, style)?;
        }
    }
    side(&mut out, "before: ", &comparison.before)?;
    side(&mut out, "after:  ", &comparison.after)?;
    verdict(&mut out, comparison, style)?;
    out.flush()
}

fn list(out: &mut dyn Write, label: Label, changes: &[Change], style: Style) -> io::Result<bool> {
    let mut cut = false;
    for (path, changes) in by_path(changes) {
        let entries: Vec<_> = changes.iter().map(|change| entry(change)).collect();
        cut |= listing::write(out, label, &path, &entries, Alike::Reason, style)?;
    }
    Ok(cut)
}

fn counts(
    out: &mut dyn Write,
    Label(word, color): Label,
    changes: &[Change],
    style: Style,
) -> io::Result<()> {
    for (path, changes) in by_path(changes) {
        let cases = counted(changes.len() as u64, "case");
        writeln!(out, "{}: {cases} on {}", Painted(word, color, style), Plain(&path))?;
    }
    Ok(())
}

/// The changes of each code path.
fn by_path(changes: &[Change]) -> Vec<(String, Vec<&Change>)> {
    grouped(changes.iter().map(|change| (format!("{}/{}", change.backend, change.path), change)))
}

fn entry(change: &Change) -> Entry<'_> {
    let reason = match (&change.was, &change.now) {
        (Some(was), Some(now)) => format!("was {}, now {}", word(was), said(now)),
        (Some(was), None) => format!("was {}", said(was)),
        (None, Some(now)) => format!("was not there, now {}", said(now)),
        (None, None) => "in neither report".to_owned(),
    };
    let values = match &change.now {
        Some(Outcome::Fail { expected, got, .. } | Outcome::Suspect { expected, got, .. }) => {
            Some((expected.as_str(), got.as_str()))
        }
        _ => None,
    };
    Entry {
        suite: &change.suite,
        case: &change.case,
        algorithm: change.algorithm,
        operation: change.operation,
        reason: reason.into(),
        values,
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail { .. } => "fail",
        Outcome::Suspect { .. } => "suspect",
        Outcome::Skip { .. } => "skip",
        Outcome::Error { .. } => "error",
    }
}

fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pass => word(outcome).to_owned(),
        Outcome::Fail { reason, .. }
        | Outcome::Suspect { reason, .. }
        | Outcome::Skip { reason }
        | Outcome::Error { reason } => {
            format!("{} ({reason})", word(outcome))
        }
    }
}

fn side(out: &mut dyn Write, which: &str, side: &Side) -> io::Result<()> {
    writeln!(
        out,
        "{which}pqcheck {} on {}{}: {}",
        Plain(&side.version),
        Plain(&side.platform.architecture),
        if side.platform.emulated.is_empty() { "" } else { " (emulated)" },
        Counts(side.summary)
    )
}

fn verdict(out: &mut dyn Write, comparison: &Outcomes, style: Style) -> io::Result<()> {
    let (words, color) = match comparison.conclusion {
        Conclusion::Worse => ("worse than before", text::FAIL),
        Conclusion::NothingCompared | Conclusion::TooLittleCompared => ("nothing was compared", text::ERROR),
        Conclusion::NotWorse => ("nothing got worse", text::GOOD),
    };
    writeln!(
        out,
        "newly failing {}, newly skipped {}, vanished {}, new {}, newly passing {}, still failing {}: {} compared; {}",
        comparison.newly_failing.len(),
        comparison.newly_skipped.len(),
        comparison.vanished.len(),
        comparison.new.len(),
        comparison.newly_passing.len(),
        comparison.still_failing,
        counted(comparison.compared, "outcome"),
        Painted(words, color, style)
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::compare::{self, Plan};
    use crate::report::comparison::Comparison;
    use crate::report::{Document, Report, Summary, sample};

    fn compare(old: &Report, new: &Report) -> Outcomes {
        let side = |report: &Report| ("report".to_owned(), vec![Document::Report(Box::new(report.clone()))]);
        match compare::run(vec![side(old), side(new)], &Plan::default()) {
            Ok(Comparison::Outcomes(outcomes)) => *outcomes,
            other => panic!("{other:?}"),
        }
    }

    /// The sample, from a report in which each kind of change is still to come.
    fn comparison() -> Outcomes {
        let mut old = sample::report();
        // Passed then: all that fails now, but one case that is new, and one that failed already.
        let bad = |case: &crate::report::CaseResult| {
            matches!(case.outcome, Outcome::Fail { .. } | Outcome::Error { .. })
        };
        for case in old.cases.iter_mut().filter(|case| bad(case)).skip(1) {
            case.outcome = Outcome::Pass;
        }
        for case in &mut old.cases {
            match (case.path.as_str(), case.case.as_str()) {
                ("aarch64", "tc26" | "tc27") => case.outcome = Outcome::Pass,
                ("portable", "tc30") => case.outcome = Outcome::Skip { reason: "deadline".to_owned() },
                _ => {}
            }
        }
        let mut gone = old.cases[0].clone();
        gone.path = "avx2".to_owned();
        old.cases.retain(|case| case.case != "tc2" && case.case != "tc33");
        old.cases.push(gone);
        old.summary = Summary::of(&old.cases);
        compare(&old, &sample::report())
    }

    fn rendered(comparison: &Outcomes, style: Style) -> String {
        let mut out = Vec::new();
        human(comparison, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn last_line(old: &Report, new: &Report) -> String {
        rendered(&compare(old, new), Style::default()).lines().last().unwrap().to_owned()
    }

    #[test]
    fn the_text_is_as_it_was() {
        expect_file!["../golden/comparison.txt"].assert_eq(&rendered(&comparison(), Style::default()));
    }

    #[test]
    fn the_document_is_as_it_was_and_is_read_back() {
        let mut out = Vec::new();
        super::super::json(&comparison(), &mut out).unwrap();
        let read: Outcomes = serde_json::from_slice(&out).unwrap();
        assert_eq!(read, comparison());
        expect_file!["../golden/comparison.json"].assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn the_last_line_says_better_worse_or_nothing() {
        let (bad, good) = (sample::report(), sample::green());
        let mut none = sample::green();
        none.cases.clear();
        assert!(last_line(&good, &good).ends_with(": 30 outcomes compared; nothing got worse"));
        assert!(last_line(&good, &bad).ends_with("; worse than before"));
        assert!(last_line(&none, &good).ends_with(": 0 outcomes compared; nothing was compared"));
    }
}
