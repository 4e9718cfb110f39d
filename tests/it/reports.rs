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
    assert_eq!(report["schema"], "pqcheck.report/1");
    keeps_to(&schema_of(report), report);
}

/// Holds a document against a schema, and gives the validator for more.
#[track_caller]
fn keeps_to(schema: &Value, document: &Value) -> jsonschema::Validator {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    validator
}

/// The schema of a document, by the name that the document gives it.
fn schema_of(document: &Value) -> Value {
    let name = document["schema"].as_str().unwrap();
    let name = name.strip_prefix("pqcheck.").and_then(|name| name.strip_suffix("/1")).unwrap();
    serde_json::from_str(&fs::read_to_string(root().join(format!("schema/{name}.schema.json"))).unwrap())
        .unwrap()
}

#[test]
fn every_command_that_writes_json_keeps_to_a_published_schema() {
    let folder = folder("schemas");
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let kat = ["kat", "--backend", "libcrux", "--algorithm", "ML-KEM-768"];
    for (name, backend) in [("old.json", "libcrux"), ("new.json", "broken:draft-g-of-d")] {
        let arguments =
            ["kat", "--backend", backend, "--algorithm", "ml-kem-768", "--format", "json", "-o", &at(name)];
        assert!(pqcheck(arguments).code < 2);
    }
    for part in ["1", "2"] {
        let (shard, file) = (format!("{part}/2"), at(&format!("part-{part}.json")));
        pqcheck([&kat[..], &["--shard", &shard, "--format", "json", "-o", &file]].concat());
    }
    let bench = |name: &str| {
        let file = at(name);
        let run = [
            "bench",
            "--backend",
            "libcrux",
            "--algorithm",
            "ml-kem-768",
            "--operation",
            "keygen",
            "--samples",
            "20",
            "--time",
            "20ms",
        ];
        let run = pqcheck([&run[..], &["--format", "json", "-o", &file]].concat());
        assert_eq!(run.code, 0, "{}", run.everything());
        file
    };
    let (first, second) = (bench("a.json"), bench("b.json"));
    fs::create_dir(folder.join("history")).unwrap();
    for (file, name) in [(&first, "1.json"), (&second, "2.json"), (&second, "3.json")] {
        fs::copy(file, folder.join("history").join(name)).unwrap();
    }
    fs::write(folder.join("build.log"), "/usr/bin/ld: cannot find -loqs: No such file or directory\n")
        .unwrap();
    let mut met = std::collections::BTreeSet::new();
    for arguments in [
        &kat[..],
        &["list"],
        &["list", "--installed"],
        &["doctor", "/bin/sh"],
        &["doctor", "--explain", "libc-mismatch"],
        &["explain", &at("build.log")],
        &["merge", &at("part-1.json"), &at("part-2.json")],
        &["compare", &at("old.json"), &at("new.json")],
        &["compare", &first, &second],
        &["compare", "--baseline", &at("history"), &second],
        &[
            "bench",
            "--backend",
            "libcrux",
            "--algorithm",
            "ml-kem-768",
            "--operation",
            "keygen",
            "--samples",
            "20",
            "--time",
            "20ms",
        ],
    ] {
        let run = pqcheck([arguments, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{error}: {arguments:?} {}", run.everything()));
        let schema = schema_of(&document);
        let validator = keeps_to(&schema, &document);
        for field in schema["required"].as_array().unwrap() {
            let mut without = document.clone();
            without.as_object_mut().unwrap().remove(field.as_str().unwrap());
            assert!(!validator.is_valid(&without), "{arguments:?} may lack {field}");
        }
        met.insert(document["schema"].as_str().unwrap().to_owned());
    }
    // That of the stack is written by a script, and has its own test.
    let files = fs::read_dir(root().join("schema")).unwrap().count();
    assert_eq!(met.len(), files - 1, "{met:?}");
}

/// The document is what lab/stack makes of a report that was built by hand (lab/containers/stack.py).
#[test]
fn the_diagnosis_of_the_stack_keeps_to_the_published_schema() {
    let read = |path: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
    };
    let document = read("lab/containers/diagnosis.json");
    let validator = keeps_to(&read("schema/diagnosis.schema.json"), &document);
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
