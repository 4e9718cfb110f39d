//! The checker can fail: every planted fault is caught by a published case.

use std::collections::BTreeSet;

use crate::command::{Run, json, pqcheck};

struct Fault {
    id: String,
    lethal: bool,
}

fn faults() -> Vec<Fault> {
    let list = json(&pqcheck(["list", "--format", "json"]));
    let faults = list["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|fault| Fault {
            id: fault["id"].as_str().unwrap().to_owned(),
            lethal: fault["lethal"].as_bool().unwrap(),
        })
        .collect()
}

/// The suites with a case of this outcome.
fn suites(run: &Run, outcome: &str) -> BTreeSet<String> {
    let report = json(run);
    let cases = report["cases"].as_array().unwrap().iter();
    cases
        .filter(|case| case["outcome"] == outcome)
        .filter(|case| !case["reason"].as_str().unwrap().starts_with("not run"))
        .map(|case| case["suite"].as_str().unwrap().to_owned())
        .collect()
}

fn kat(backend: &str) -> Run {
    pqcheck(["kat", "--backend", backend, "--deadline", "2s", "--format", "json"])
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what this test is read for")]
fn every_planted_fault_is_caught_by_a_published_case() {
    let faults = faults();
    assert!(faults.len() >= 25, "only {} planted faults", faults.len());
    let mut missed = Vec::new();
    for Fault { id, lethal } in &faults {
        let backend = format!("broken:{id}");
        let run = kat(&backend);
        let caught = suites(&run, if *lethal { "error" } else { "fail" });
        let health = pqcheck(["health", "--backend", &backend, "--deadline", "1s"]);
        let health_word = if health.code == 1 { "health too" } else { "health did not" };
        let names: Vec<&str> = caught.iter().map(String::as_str).collect();
        println!("{id:32} exit {}  {health_word:15} {}", run.code, names.join(", "));
        if caught.is_empty() || run.code != if *lethal { 2 } else { 1 } {
            missed.push(id.clone());
        }
    }
    assert!(missed.is_empty(), "not caught, or with the wrong exit code: {missed:?}");
}

#[test]
fn a_backend_that_dies_still_reports_its_other_cases() {
    for fault in faults().iter().filter(|fault| fault.lethal) {
        let run = kat(&format!("broken:{}", fault.id));
        let summary = &json(&run)["summary"];
        assert!(summary["pass"].as_u64() > Some(0), "{}: {summary}", fault.id);
    }
}

#[test]
fn a_crash_says_how_and_where() {
    for (fault, words) in
        [("sigill", "killed by SIGILL"), ("sigsegv", "killed by SIGSEGV"), ("abort", "killed by SIGABRT")]
    {
        let run = pqcheck(["kat", "--backend", &format!("broken:{fault}"), "--format", "human"]);
        assert!(run.stdout.contains(words), "{}", run.everything());
        assert!(run.stdout.contains(&format!("broken:{fault}/")), "{}", run.everything());
    }
}

#[test]
fn an_unknown_fault_is_a_usage_error() {
    let run = pqcheck(["kat", "--backend", "broken:nonsense"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`pqcheck list --faults`"), "{}", run.everything());
}

#[test]
fn a_draft_is_named() {
    let run = pqcheck(["kat", "--backend", "broken:draft-g-of-d", "--algorithm", "ML-KEM-768"]);
    assert!(run.stdout.contains("initial public draft of FIPS 203"), "{}", run.everything());
}
