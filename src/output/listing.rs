//! Long lists of cases for a reader: one of each kind in full, the others named and counted.
//! Knows neither reports nor comparisons, only lines of theirs.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use anstyle::Style as Ansi;

use super::text::{self, Painted, Plain, counted};
use super::{Style, Verbosity};
use crate::spec::{Algorithm, Operation};

/// Kinds shown for one code path; one broken library must not push the others off the screen.
const KINDS: usize = 10;
/// Columns in front of what belongs to the line above.
const INDENT: usize = 4;
/// Names shown of the cases that are like the one in full.
const NAMES: usize = 5;

/// A word in front of each case, and its colour.
#[derive(Clone, Copy)]
pub(super) struct Label(pub(super) &'static str, pub(super) Ansi);

/// A case to show.
pub(super) struct Entry<'a> {
    pub(super) suite: &'a str,
    pub(super) case: &'a str,
    pub(super) algorithm: Algorithm,
    pub(super) operation: Operation,
    pub(super) reason: Cow<'a, str>,
    /// Expected and got, where there are such.
    pub(super) values: Option<(&'a str, &'a str)>,
}

/// What makes cases of one code path alike.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    /// The same reason, for the same operation in the same suite.
    Suite,
    /// The same reason: one crash ends many suites.
    Reason,
}

/// Writes the entries of one code path; says whether something was left out.
pub(super) fn write(
    out: &mut dyn Write,
    Label(word, color): Label,
    path: &str,
    entries: &[Entry<'_>],
    alike: Alike,
    style: Style,
) -> io::Result<bool> {
    let whole = style.verbosity == Verbosity::Verbose;
    let kinds = if whole { entries.iter().map(|entry| vec![entry]).collect() } else { kinds(entries, alike) };
    let shown = if whole { kinds.len() } else { kinds.len().min(KINDS) };
    for kind in &kinds[..shown] {
        let entry = kind[0];
        let operation = entry.operation.name();
        // A reason opens with the step that went wrong, which mostly is the operation itself.
        let reason = entry.reason.strip_prefix(operation).and_then(|rest| rest.strip_prefix(": "));
        writeln!(
            out,
            "{} {}#{} {} {} {operation}: {}",
            Painted(word, color, style),
            Plain(entry.suite),
            Plain(entry.case),
            Plain(path),
            entry.algorithm,
            text::reason(reason.unwrap_or(&entry.reason), style)
        )?;
        if let Some((expected, got)) = entry.values {
            writeln!(out, "{:INDENT$} expected {}", "", text::reason(expected, style))?;
            writeln!(out, "{:INDENT$} got      {}", "", text::reason(got, style))?;
        }
        if let [_, others @ ..] = &kind[..]
            && !others.is_empty()
        {
            writeln!(out, "{:INDENT$} … and {} more of this kind{}", "", others.len(), names(entry, others))?;
        }
    }
    if let rest @ [_, ..] = &kinds[shown..] {
        let cases = rest.iter().map(|kind| kind.len() as u64).sum();
        let (kinds, cases) = (counted(rest.len() as u64, "more kind"), counted(cases, "case"));
        writeln!(out, "{:INDENT$} … and {kinds} on {}, {cases}", "", Plain(path))?;
    }
    Ok(!whole && (shown < kinds.len() || kinds.iter().any(|kind| kind.len() > 1)))
}

/// The entries by kind, in order of first appearance.
fn kinds<'a, 'e>(entries: &'a [Entry<'e>], alike: Alike) -> Vec<Vec<&'a Entry<'e>>> {
    let mut kinds: Vec<Vec<&Entry<'_>>> = Vec::new();
    let mut index = HashMap::new();
    for entry in entries {
        let place = (alike == Alike::Suite).then_some((entry.suite, entry.algorithm, entry.operation));
        let at = *index.entry((place, &entry.reason)).or_insert_with(|| {
            kinds.push(Vec::new());
            kinds.len() - 1
        });
        kinds[at].push(entry);
    }
    kinds
}

/// `: tc28, tc29, …`, or in how many suites they are.
fn names(first: &Entry<'_>, others: &[&Entry<'_>]) -> String {
    if others.iter().any(|other| other.suite != first.suite) {
        let suites: BTreeSet<_> = others.iter().map(|other| other.suite).collect();
        return format!(", in {}", counted(suites.len() as u64, "suite"));
    }
    let mut names: Vec<String> =
        others.iter().take(NAMES).map(|other| Plain(other.case).to_string()).collect();
    if others.len() > NAMES {
        names.push("…".to_owned());
    }
    format!(": {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const LABEL: Label = Label("FAIL", text::FAIL);

    fn check(
        entries: &[(&'static str, &'static str, String)],
        alike: Alike,
        verbosity: Verbosity,
        want: Expect,
    ) {
        let entries: Vec<_> = entries
            .iter()
            .map(|(suite, case, reason)| Entry {
                suite,
                case,
                algorithm: Algorithm::MlKem768,
                operation: Operation::Decaps,
                reason: reason.into(),
                values: None,
            })
            .collect();
        let mut out = Vec::new();
        let style = Style { verbosity, ..Style::default() };
        let cut = write(&mut out, LABEL, "b/p", &entries, alike, style).unwrap();
        want.assert_eq(&format!("{}cut: {cut}\n", String::from_utf8(out).unwrap()));
    }

    fn entries(number: usize, reason: fn(usize) -> String) -> Vec<(&'static str, &'static str, String)> {
        (0..number).map(|i| ("s", ["t0", "t1", "t2", "t3", "t4", "t5", "t6"][i % 7], reason(i))).collect()
    }

    #[test]
    fn cases_of_one_kind_are_counted_and_some_named() {
        check(
            &entries(7, |_| "decaps: no".to_owned()),
            Alike::Suite,
            Verbosity::Normal,
            expect![[r#"
                FAIL s#t0 b/p ML-KEM-768 decaps: no
                     … and 6 more of this kind: t1, t2, t3, t4, t5, …
                cut: true
            "#]],
        );
    }

    #[test]
    fn a_single_case_is_not_cut_and_a_foreign_step_is_kept() {
        check(
            &entries(1, |_| "keygen: no".to_owned()),
            Alike::Suite,
            Verbosity::Normal,
            expect![[r#"
            FAIL s#t0 b/p ML-KEM-768 decaps: keygen: no
            cut: false
        "#]],
        );
    }

    #[test]
    fn after_ten_kinds_the_rest_is_counted() {
        check(
            &entries(14, |i| format!("r{}", i.min(11))),
            Alike::Suite,
            Verbosity::Normal,
            expect![[r#"
                FAIL s#t0 b/p ML-KEM-768 decaps: r0
                FAIL s#t1 b/p ML-KEM-768 decaps: r1
                FAIL s#t2 b/p ML-KEM-768 decaps: r2
                FAIL s#t3 b/p ML-KEM-768 decaps: r3
                FAIL s#t4 b/p ML-KEM-768 decaps: r4
                FAIL s#t5 b/p ML-KEM-768 decaps: r5
                FAIL s#t6 b/p ML-KEM-768 decaps: r6
                FAIL s#t0 b/p ML-KEM-768 decaps: r7
                FAIL s#t1 b/p ML-KEM-768 decaps: r8
                FAIL s#t2 b/p ML-KEM-768 decaps: r9
                     … and 2 more kinds on b/p, 4 cases
                cut: true
            "#]],
        );
    }

    #[test]
    fn one_crash_over_many_suites_is_one_kind() {
        let crash = || "killed".to_owned();
        let entries = [("s", "a", crash()), ("t", "b", crash()), ("u", "c", crash())];
        check(
            &entries,
            Alike::Reason,
            Verbosity::Normal,
            expect![[r#"
                FAIL s#a b/p ML-KEM-768 decaps: killed
                     … and 2 more of this kind, in 2 suites
                cut: true
            "#]],
        );
    }

    #[test]
    fn nothing_is_cut_for_who_wants_everything() {
        check(
            &entries(3, |_| "r".to_owned()),
            Alike::Suite,
            Verbosity::Verbose,
            expect![[r#"
            FAIL s#t0 b/p ML-KEM-768 decaps: r
            FAIL s#t1 b/p ML-KEM-768 decaps: r
            FAIL s#t2 b/p ML-KEM-768 decaps: r
            cut: false
        "#]],
        );
    }
}
