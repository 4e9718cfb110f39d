//! Parts of a run that was really made, put together and refused.

use super::*;
use crate::report::{Outcome, RanNowhere, sample};
use crate::spec::{Algorithm, Operation};

/// A run in one piece: `cases` cases on two paths, with every kind of outcome, and digests.
fn whole(cases: u64) -> Report {
    let mut report = sample::green();
    let template = report.paths[0].clone();
    report.paths = ["one", "two"].map(|path| PathInfo { path: path.to_owned(), ..template.clone() }).to_vec();
    report.cases.clear();
    report.digests.clear();
    for path in &report.paths {
        for case in 0..cases {
            let outcome = match (case + report.cases.len() as u64) % 4 {
                0 => Outcome::Pass,
                1 => Outcome::Fail { reason: "x".to_owned(), expected: "1".to_owned(), got: "2".to_owned() },
                2 => Outcome::Skip { reason: "not-offered: x".to_owned() },
                _ => Outcome::Error { reason: "killed".to_owned() },
            };
            report.cases.push(CaseResult {
                suite: "s".to_owned(),
                case: format!("tc{case}"),
                backend: path.backend.clone(),
                path: path.path.clone(),
                algorithm: Algorithm::MlKem768,
                operation: Operation::Decaps,
                outcome,
            });
            report.digests.push(AccumulatedDigest {
                algorithm: Algorithm::MlKem768,
                count: 7,
                block: Some(case),
                backend: path.backend.clone(),
                path: path.path.clone(),
                digest: format!("{case:064x}"),
                published: false,
            });
        }
    }
    report.warnings = vec!["a warning".to_owned()];
    report.summary = Summary::of(&report.cases);
    report.ran_nowhere = RanNowhere::of(&report.cases);
    report
}

/// What `kat --shard` makes of it.
fn parts(whole: &Report, of: u64) -> Vec<(String, Report)> {
    let cases = whole.cases.len() as u64 / whole.paths.len() as u64;
    let part = |part: u64| {
        let mut report = whole.clone();
        let mut position = 0..whole.cases.len() as u64;
        report.cases.retain(|_| position.next().unwrap() % cases % of == part - 1);
        report.digests.retain(|digest| digest.block.unwrap() % of == part - 1);
        report.summary = Summary::of(&report.cases);
        report.shard = Some(Shard { part, of, cases, plan: "00".repeat(32) });
        (format!("{part}.json"), report)
    };
    (1..=of.min(cases)).map(part).collect()
}

fn refused(parts: Vec<(String, Report)>) -> String {
    merge(parts).unwrap_err().to_string()
}

#[test]
fn the_parts_of_a_run_make_the_run() {
    for (cases, of) in [(1, 1), (7, 1), (7, 2), (7, 3), (6, 3), (3, 3), (2, 5)] {
        let whole = whole(cases);
        let mut parts = parts(&whole, of);
        assert_eq!(merge(parts.clone()).unwrap(), whole, "{cases}/{of}");
        parts.reverse();
        assert_eq!(merge(parts).unwrap(), whole, "{cases}/{of}, in another order");
    }
}

#[test]
fn a_missing_part_is_named() {
    let mut four = parts(&whole(9), 4);
    four.remove(2);
    assert_eq!(refused(four), "parts of the run are missing: 3/4");
    let mut many = parts(&whole(20), 20);
    many.truncate(1);
    assert!(refused(many).ends_with("10/20, 11/20 and more"));
    assert!(refused(Vec::new()).starts_with("parts of the run are missing: all"));
}

#[test]
fn a_part_that_is_there_twice_is_named() {
    let mut twice = parts(&whole(9), 2);
    twice.push(("again.json".to_owned(), twice[1].1.clone()));
    assert_eq!(refused(twice), "again.json: part 2 of 2, which 2.json has already");
}

#[test]
fn a_report_of_a_whole_run_is_no_part() {
    let whole = whole(9);
    let message = refused(vec![("w.json".to_owned(), whole)]);
    assert_eq!(message, "w.json: not one part of a run; run `pqcheck kat` with `--shard I/N`");
}

#[test]
fn parts_of_different_runs_are_told_apart() {
    type Change = fn(&mut Report);
    let changes: [(&str, Change); 6] = [
        ("2.json: pqcheck version 9.9.9, but 0.1.0 in 1.json; merge needs", |it| {
            it.version = "9.9.9".to_owned()
        }),
        ("2.json: number of parts 3, but 2 in 1.json", |it| {
            it.shard = parts(&whole(9), 3)[1].1.shard.clone()
        }),
        ("2.json: vectors elsewhere, but", |it| it.corpus = vec!["elsewhere".to_owned()]),
        ("2.json: code paths ", |it| it.paths[0].version = "other".to_owned()),
        ("2.json: plan 9 cases (11", |it| {
            it.shard.as_mut().unwrap().plan = "11".repeat(32);
        }),
        ("2.json: plan 8 cases (00", |it| *it = parts(&whole(8), 2)[1].1.clone()),
    ];
    for (expected, change) in changes {
        let mut two = parts(&whole(9), 2);
        change(&mut two[1].1);
        // Where the number of parts changes, so does what a part holds.
        if two[1].1.shard.as_ref().unwrap().of == 3 {
            two[1].1.cases = parts(&whole(9), 3)[1].1.cases.clone();
        }
        let message = refused(two);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_part_that_does_not_hold_what_it_should_is_damaged() {
    let mut short = parts(&whole(9), 2);
    short[0].1.cases.pop();
    assert_eq!(
        refused(short),
        "1.json: damaged report: part 1 of 2 has 9 outcomes, not 5 for each of 2 code paths"
    );
    let mut swapped = parts(&whole(9), 2);
    swapped[0].1.cases.swap(0, 9);
    assert!(refused(swapped).contains("/two in place of one of "));
    for (part, of, cases) in [(0, 2, 9), (3, 2, 9), (1, 0, 9), (1, 1, u64::MAX)] {
        let mut bad = parts(&whole(9), 2);
        bad[0].1.shard = Some(Shard { part, of, cases, plan: String::new() });
        assert!(refused(bad).starts_with("1.json: damaged report: "), "{part}/{of} of {cases}");
    }
    let mut vast = parts(&whole(9), 2);
    vast.truncate(1);
    vast[0].1.shard = Some(Shard { part: 1, of: u64::MAX, cases: u64::MAX, plan: String::new() });
    vast[0].1.cases = vec![vast[0].1.cases[0].clone(), vast[0].1.cases[5].clone()];
    assert!(refused(vast).contains("missing: 2/18446744073709551615"));
}

#[test]
fn machines_that_differ_have_in_common_what_each_has() {
    let mut two = parts(&whole(9), 2);
    two[0].1.platform.features = vec!["avx2".to_owned(), "sha3".to_owned()];
    two[1].1.platform.features = vec!["sha3".to_owned()];
    two[1].1.platform.cpu = Some("Another".to_owned());
    two[1].1.paths[0].lacks = vec!["avx2".to_owned()];
    let first = two[0].1.platform.cpu.clone().unwrap();
    let merged = merge(two).unwrap();
    assert_eq!(merged.platform.features, ["sha3"]);
    assert_eq!(merged.platform.cpu, Some(format!("{first}; Another")));
    assert_eq!(merged.paths[0].lacks, ["avx2"]);
}
