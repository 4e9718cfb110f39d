//! The report for a reader: what went wrong first, the verdict in the last line. Knows no terminal
//! but its width.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

use anstyle::Style as Ansi;

use super::grouped::{self, Group};
use super::listing::{self, Alike, Entry, Label};
use super::text::{self, Painted, Plain, counted, duration, wrapped};
use super::{Format, Style, Verbosity, skips, table};
use crate::report::{CaseResult, Counts, Outcome, Platform, RanNowhere, Report, Summary, Timing};

/// For people.
pub(super) struct Human;

impl Format for Human {
    fn id(&self) -> &'static str {
        "human"
    }

    fn about(&self) -> &'static str {
        "for people: failures first, then skips by reason and a table; the last line is the verdict"
    }

    fn render(&self, report: &Report, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let groups = grouped::by_path(report);
        let told = style.verbosity > Verbosity::Quiet;
        wrong(&mut out, &groups, style)?;
        if told {
            skips::write(&mut out, &groups, style)?;
        }
        warnings(&mut out, report, &groups, style)?;
        if told && !report.cases.is_empty() {
            table::write(&mut out, &groups, style)?;
            writeln!(out)?;
            versions(&mut out, &groups, style)?;
            platform(&mut out, &report.platform, style)?;
        }
        let unpublished = report.digests.iter().filter(|digest| !digest.published);
        let (blocks, whole): (Vec<_>, Vec<_>) = unpublished.partition(|digest| digest.block.is_some());
        if !blocks.is_empty() && told {
            writeln!(
                out,
                "accumulated in blocks: {}, shown by --format json",
                text::counted(blocks.len() as u64, "digest")
            )?;
        }
        for digest in whole {
            let name = format!("{} x{} {}/{}", digest.algorithm, digest.count, digest.backend, digest.path);
            writeln!(out, "accumulated {}: {}", Plain(&name), Plain(&digest.digest))?;
        }
        emulated(&mut out, &report.platform, style)?;
        if let Some(timing) = &report.timing {
            time(&mut out, timing)?;
        }
        nowhere(&mut out, &report.ran_nowhere, style)?;
        verdict(&mut out, report, &groups, style)?;
        out.flush()
    }
}

fn wrong(out: &mut dyn Write, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    let mut cut = false;
    let mut any = false;
    for (label, alike, pick) in [
        (Label("FAIL", text::FAIL), Alike::Suite, failure as fn(&CaseResult) -> Option<Entry<'_>>),
        (Label("ERROR", text::ERROR), Alike::Reason, error),
    ] {
        for group in groups {
            let entries: Vec<Entry<'_>> = group.cases.iter().filter_map(|case| pick(case)).collect();
            any |= !entries.is_empty();
            cut |= listing::write(out, label, &group.name(), &entries, alike, style)?;
        }
    }
    let mut suspect: Vec<&CaseResult> = groups.iter().flat_map(|group| &group.cases).copied().collect();
    let mut seen = BTreeSet::new();
    suspect.retain(|case| {
        matches!(case.outcome, Outcome::Suspect { .. }) && seen.insert((&case.suite, &case.case))
    });
    let entries: Vec<Entry<'_>> = suspect.into_iter().filter_map(suspected).collect();
    any |= !entries.is_empty();
    cut |= listing::write(out, Label("SUSPECT", text::WARNING), "all", &entries, Alike::Suite, style)?;
    if cut {
        writeln!(out, "This list is cut short; --format json has every case.")?;
    }
    if any { writeln!(out) } else { Ok(()) }
}

fn failure(case: &CaseResult) -> Option<Entry<'_>> {
    match &case.outcome {
        Outcome::Fail { reason, expected, got } => Some(entry(case, reason, Some((expected, got)))),
        _ => None,
    }
}

fn suspected(case: &CaseResult) -> Option<Entry<'_>> {
    match &case.outcome {
        Outcome::Suspect { reason, expected, got } => Some(entry(case, reason, Some((expected, got)))),
        _ => None,
    }
}

fn error(case: &CaseResult) -> Option<Entry<'_>> {
    match &case.outcome {
        Outcome::Error { reason } => Some(entry(case, reason, None)),
        _ => None,
    }
}

fn entry<'a>(case: &'a CaseResult, reason: &'a str, values: Option<(&'a str, &'a str)>) -> Entry<'a> {
    Entry {
        suite: &case.suite,
        case: &case.case,
        algorithm: case.algorithm,
        operation: case.operation,
        reason: reason.into(),
        values,
    }
}

fn warnings(out: &mut dyn Write, report: &Report, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    let not_isolated = groups.iter().filter_map(|group| {
        let why = group.info?.not_isolated.as_ref()?;
        Some(format!("{} ran in pqcheck's own process, where a crash ends the run: {why}", group.name()))
    });
    let all: Vec<String> = report.warnings.iter().cloned().chain(not_isolated).collect();
    for warning in &all {
        // The colour must not count as columns, so the word goes out by itself.
        let indent = "warning: ";
        let mut text = Vec::new();
        wrapped(&mut text, indent, &Plain(warning).to_string(), style)?;
        write!(out, "{}", Painted("warning:", text::WARNING, style))?;
        out.write_all(&text["warning:".len()..])?;
    }
    if all.is_empty() { Ok(()) } else { writeln!(out) }
}

fn versions(out: &mut dyn Write, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    if groups.iter().any(|group| group.info.is_some_and(|info| info.chosen)) {
        writeln!(out, "* the code path that the library takes on this processor")?;
    }
    if groups.iter().any(|group| group.cases.iter().any(|case| matches!(case.outcome, Outcome::Skip { .. })))
    {
        writeln!(out, "(n) skipped cases")?;
    }
    let known: Vec<_> = groups.iter().filter_map(|group| group.info).collect();
    let longest = known.iter().map(|info| info.backend.chars().count()).max().unwrap_or(0);
    let mut said = BTreeSet::new();
    for info in known {
        if said.insert((&info.backend, &info.version)) {
            let backend = Plain(&info.backend).to_string();
            wrapped(out, &format!("{backend:<longest$}  "), &Plain(&info.version).to_string(), style)?;
        }
    }
    let formatted = groups.iter().filter(|group| group.info.is_some_and(|info| info.prehash_by_pqcheck));
    let formatted: Vec<String> = formatted.map(|group| Plain(&group.name()).to_string()).collect();
    if !formatted.is_empty() {
        let why = format!(
            "{}: pqcheck hashes and formats the message (FIPS 204, Algorithms 4 and 5)",
            formatted.join(", ")
        );
        wrapped(out, "HashML-DSA on ", &why, style)?;
    }
    Ok(())
}

fn platform(out: &mut dyn Write, platform: &Platform, style: Style) -> io::Result<()> {
    let mut text = platform.architecture.clone();
    if let Some(cpu) = &platform.cpu {
        text = format!("{text}, {cpu}");
    }
    if !platform.features.is_empty() {
        text = format!("{text}, with {}", platform.features.join(" "));
    }
    wrapped(out, "on ", &Plain(&text).to_string(), style)
}

fn emulated(out: &mut dyn Write, platform: &Platform, style: Style) -> io::Result<()> {
    if platform.emulated.is_empty() {
        return Ok(());
    }
    wrapped(out, "emulated: ", &Plain(&platform.emulated.join("; ")).to_string(), style)
}

fn time(out: &mut dyn Write, timing: &Timing) -> io::Result<()> {
    let rest = timing.total_ns.saturating_sub(timing.library_ns);
    let share = if timing.total_ns == 0 { 0.0 } else { rest as f64 * 100.0 / timing.total_ns as f64 };
    writeln!(
        out,
        "time: {} in the libraries, {} elsewhere ({share:.1} % of {}); {} elapsed",
        duration(timing.library_ns),
        duration(rest),
        duration(timing.total_ns),
        duration(timing.wall_ns)
    )
}

/// The cases of which nobody can say whether they would have passed.
fn nowhere(out: &mut dyn Write, all: &[RanNowhere], style: Style) -> io::Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let cases = all.iter().map(|it| it.cases).sum();
    let reasons: Vec<String> = all.iter().map(|it| format!("{} ({})", it.cases, Plain(&it.reason))).collect();
    wrapped(out, "ran nowhere: ", &format!("{}: {}", counted(cases, "case"), reasons.join(", ")), style)
}

fn verdict(out: &mut dyn Write, report: &Report, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    let (counts, words, color) = conclusion(report, groups);
    writeln!(out, "{counts}; {}", Painted(words, color, style))
}

/// The last line as text.
pub(super) fn last_line(report: &Report, groups: &[Group<'_>]) -> String {
    let (counts, words, _) = conclusion(report, groups);
    format!("{counts}; {words}")
}

/// How many of what, what that comes to, and its colour.
fn conclusion(report: &Report, groups: &[Group<'_>]) -> (String, String, Ansi) {
    let summary = report.summary;
    let Summary { fail, suspect, error, .. } = summary;
    let paths = counted(groups.len() as u64, "code path");
    let cases = groups.first().map_or(0, |group| group.cases.len());
    let size = if groups.iter().all(|group| group.cases.len() == cases) {
        format!("{} × {paths}", counted(cases as u64, "case"))
    } else {
        format!("{} on {paths}", counted(summary.total(), "outcome"))
    };
    let mut words = Vec::new();
    if fail > 0 {
        let on = paths_with(groups, |outcome| matches!(outcome, Outcome::Fail { .. }));
        words.push(format!("{} by {on}", counted(fail, "wrong answer")));
    }
    if suspect > 0 {
        let vectors = groups.iter().flat_map(|group| &group.cases);
        let of = vectors.filter(|case| matches!(case.outcome, Outcome::Suspect { .. }));
        let cases: BTreeSet<_> = of.map(|case| (&case.suite, &case.case)).collect();
        words.push(format!(
            "{}: independent implementations agree on another answer",
            counted(cases.len() as u64, "suspect vector")
        ));
    }
    if error > 0 {
        let on = paths_with(groups, |outcome| matches!(outcome, Outcome::Error { .. }));
        words.push(format!("{} without an answer on {on}", counted(error, "case")));
    }
    if !report.unmet.is_empty() {
        let names: Vec<&str> = report.unmet.iter().map(|algorithm| algorithm.name()).collect();
        words.push(format!("{}: required, and no code path gave a published answer", names.join(", ")));
    }
    let (words, color) = if summary.ran() == 0 && words.is_empty() {
        ("nothing was checked".to_owned(), text::ERROR)
    } else if words.is_empty() {
        let known =
            groups.iter().flat_map(|group| &group.cases).filter(|case| departs(&case.outcome)).count();
        let but = match known {
            0 => String::new(),
            n => format!(", but for {} from the standards", counted(n as u64, "known departure")),
        };
        (format!("every case that ran gave {}{but}", answer(report)), text::GOOD)
    } else {
        (words.join("; "), text::FAIL)
    };
    (format!("{}: {size}", Counts(summary)), words, color)
}

/// What it is that every case gave. Of an accumulated run no digest may be published.
fn answer(report: &Report) -> &'static str {
    let (published, confirmed): (Vec<_>, Vec<_>) = report.digests.iter().partition(|digest| digest.published);
    if confirmed.is_empty() {
        "the published answer"
    } else if published.is_empty() && report.digests.len() as u64 >= report.summary.pass {
        "the answer of the other implementations; none is published"
    } else {
        "the published answer, or the one of the other implementations where none is published"
    }
}

fn departs(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Skip { reason } if reason.starts_with("known-departure"))
}

/// The first few paths that have such an outcome; the table has them all.
fn paths_with(groups: &[Group<'_>], wanted: fn(&Outcome) -> bool) -> String {
    const NAMES: usize = 3;
    let with = groups.iter().filter(|group| group.cases.iter().any(|case| wanted(&case.outcome)));
    let mut names: Vec<String> = with.map(|group| Plain(&group.name()).to_string()).collect();
    if names.len() > NAMES + 1 {
        let others = names.split_off(NAMES).len();
        names.push(format!("{others} others"));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::report::sample;

    fn rendered(report: &Report, style: Style) -> String {
        let mut out = Vec::new();
        Human.render(report, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn verdict_of(report: &Report) -> String {
        rendered(report, Style::default()).lines().last().unwrap().to_owned()
    }

    #[test]
    fn the_text_is_as_it_was() {
        expect_file!["golden/report.txt"].assert_eq(&rendered(&sample::report(), Style::default()));
    }

    #[test]
    fn the_wide_text_is_as_it_was() {
        let style = Style { width: 120, verbosity: Verbosity::Verbose, ..Style::default() };
        expect_file!["golden/report-verbose.txt"].assert_eq(&rendered(&sample::report(), style));
    }

    #[test]
    fn the_quiet_text_is_as_it_was() {
        let style = Style { verbosity: Verbosity::Quiet, ..Style::default() };
        expect_file!["golden/report-quiet.txt"].assert_eq(&rendered(&sample::report(), style));
    }

    #[test]
    fn the_text_of_a_good_run_is_as_it_was() {
        expect_file!["golden/green.txt"].assert_eq(&rendered(&sample::green(), Style::default()));
    }

    #[test]
    fn without_its_colours_the_text_is_the_same() {
        let plain = rendered(&sample::report(), Style::default());
        let colored = rendered(&sample::report(), Style { color: true, ..Style::default() });
        assert_ne!(colored, plain);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }

    #[test]
    fn no_control_character_of_a_report_reaches_the_terminal() {
        let text = rendered(&sample::report(), Style::default());
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn a_run_in_which_nothing_ran_says_so() {
        let mut report = sample::report();
        report.cases.retain(|case| matches!(case.outcome, Outcome::Skip { .. }));
        report.summary = Summary::of(&report.cases);
        assert_eq!(
            verdict_of(&report),
            "pass 0, fail 0, skip 19, error 0: 19 outcomes on 4 code paths; nothing was checked"
        );
        report.cases.clear();
        report.paths.clear();
        report.summary = Summary::default();
        assert_eq!(
            verdict_of(&report),
            "pass 0, fail 0, skip 0, error 0: 0 cases × 0 code paths; nothing was checked"
        );
    }

    #[test]
    fn one_case_on_one_path_is_said_in_the_singular() {
        let mut report = sample::green();
        report.cases.truncate(1);
        report.paths.truncate(1);
        report.summary = Summary::of(&report.cases);
        assert_eq!(
            verdict_of(&report),
            "pass 1, fail 0, skip 0, error 0: 1 case × 1 code path; every case that ran gave the published answer"
        );
    }

    #[test]
    fn no_time_at_all_is_no_division_by_zero() {
        let mut report = sample::green();
        report.timing = Some(Timing::default());
        assert!(rendered(&report, Style::default()).contains("elsewhere (0.0 % of 0.0 ms)"));
    }
}
