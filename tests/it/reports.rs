//! Reports as files: their schema, their renderings, and two of them side by side.

use std::fs;

use serde_json::Value;

use crate::command::{folder, json, pqcheck, program, root};

#[test]
fn a_report_keeps_to_the_published_schema() {
    for arguments in [
        &["kat", "--format", "json", "--timing"][..],
        &["kat", "--format", "json", "--backend", "broken:sigill"],
        &["kat", "--format", "json", "--backend", "broken:verify-accepts-all"],
        &["kat", "--format", "json", "--accumulated", "3"],
    ] {
        is_valid(&json(&pqcheck(arguments)));
    }
}

/// Holds a report against the schema.
pub(crate) fn is_valid(report: &Value) {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("schema/report.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// The document is what lab/stack makes of a report that was built by hand (lab/containers/stack.py).
#[test]
fn the_diagnosis_of_the_stack_keeps_to_the_published_schema() {
    let read = |path: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
    };
    let validator = jsonschema::validator_for(&read("schema/diagnosis.schema.json")).unwrap();
    let document = read("lab/containers/diagnosis.json");
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for (pointer, wrong) in [
        ("/verdict", "fine"),
        ("/images/0/platform", "linux/s390x"),
        ("/images/0/steps/0/outcome", "skipped"),
        ("/images/1/steps/0/cause/id", "No Id"),
        ("/stacks/0/claims/0/holds", "yes"),
        ("/questions/0/id", "everything"),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap() = wrong.into();
        assert!(!validator.is_valid(&changed), "{pointer} may be `{wrong}`");
    }
}

#[test]
fn a_report_goes_whole_into_its_file() {
    let folder = folder("whole");
    let path = folder.join("report.json");
    fs::write(&path, "old").unwrap();
    let output = program()
        .args(["kat", "--backend", "libcrux", "--format", "json", "-o"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success());
    let report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["schema"], "pqcheck.report/1");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn comparing_shows_what_got_worse() {
    let folder = folder("compare");
    let write = |name: &str, arguments: &[&str]| {
        let path = folder.join(name);
        let base = ["kat", "--format", "json", "--algorithm", "ML-DSA-87"];
        fs::write(&path, pqcheck(base.iter().chain(arguments)).stdout).unwrap();
        path
    };
    let good = write("good.json", &["--backend", "libcrux"]);
    let fewer = write("fewer.json", &["--backend", "libcrux", "--shard", "1/2"]);
    let mut broken: Value = serde_json::from_str(&fs::read_to_string(&good).unwrap()).unwrap();
    let case =
        broken["cases"].as_array_mut().unwrap().iter_mut().find(|case| case["outcome"] == "pass").unwrap();
    case["outcome"] = "fail".into();
    broken["summary"]["pass"] = (broken["summary"]["pass"].as_u64().unwrap() - 1).into();
    broken["summary"]["fail"] = 1.into();
    let case =
        broken["cases"].as_array_mut().unwrap().iter_mut().find(|case| case["outcome"] == "fail").unwrap();
    case["reason"] = "planted".into();
    case["expected"] = "accept".into();
    case["got"] = "reject".into();
    let worse = folder.join("worse.json");
    fs::write(&worse, broken.to_string()).unwrap();

    let compare = |old: &std::path::Path, new: &std::path::Path| {
        pqcheck(["compare".as_ref(), old.as_os_str(), new.as_os_str()])
    };
    assert_eq!(compare(&good, &good).code, 0);
    assert_eq!(compare(&good, &worse).code, 1);
    assert_eq!(compare(&worse, &good).code, 0);
    assert_eq!(compare(&good, &fewer).code, 1);
    assert_eq!(compare(&fewer, &good).code, 0);
    fs::write(&worse, "{}").unwrap();
    let refused = compare(&good, &worse);
    assert_eq!(refused.code, 2);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.everything());
    assert!(refused.stderr.contains("worse.json"));
}
