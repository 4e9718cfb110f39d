//! `pqcheck bench` and the comparison of what it writes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{Run, folder, json, pqcheck, root};

/// Short, so that a test is; the figures are not looked at.
const SHORT: [&str; 4] = ["--time", "5ms", "--samples", "5"];

fn bench(arguments: &[&str]) -> Run {
    let given = |option: &str| arguments.contains(&option);
    let short = SHORT.chunks(2).filter(|option| !given(option[0])).flatten();
    pqcheck(["bench"].iter().chain(short).chain(arguments))
}

fn report(folder: &Path, name: &str, arguments: &[&str]) -> (PathBuf, Value) {
    let run = bench(&[&["--format", "json"], arguments].concat());
    let path = folder.join(name);
    fs::write(&path, &run.stdout).unwrap();
    (path, json(&run))
}

fn compare(arguments: &[&Path]) -> Run {
    pqcheck([Path::new("compare")].iter().chain(arguments))
}

/// The text as it was before it was broken into lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn measurements_keep_to_the_published_schema() {
    let text = fs::read_to_string(root().join("schema/bench.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for arguments in [
        &["--algorithm", "all", "--backend", "libcrux,liboqs/portable"][..],
        &["--backend", "broken:verify-accepts-all"],
        &["--algorithm", "ML-KEM-768", "--backend", "broken:sigill"],
    ] {
        let report = json(&bench(&[&["--format", "json"], arguments].concat()));
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
        for (place, value) in
            [("/schema", Value::from("pqcheck.bench/2")), ("/measurements/0/outcome", "fast".into())]
        {
            let mut damaged = report.clone();
            *damaged.pointer_mut(place).unwrap() = value;
            assert!(!validator.is_valid(&damaged), "{place}");
        }
    }
}

#[test]
fn every_workload_of_the_core_is_measured_on_every_path_that_runs_here() {
    let run = bench(&["--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    let report = json(&run);
    let measured = report["measurements"].as_array().unwrap();
    assert_eq!(report["workloads"].as_array().unwrap().len(), 14);
    let outcome = |it: &Value, word: &str| it["outcome"] == word;
    assert!(measured.iter().all(|it| outcome(it, "measured") || outcome(it, "skip")));
    for backend in ["liboqs", "pqclean", "rustcrypto", "libcrux"] {
        let of_backend = measured.iter().filter(|it| it["backend"] == backend && outcome(it, "measured"));
        assert!(of_backend.count() >= 6, "{backend}");
    }
    let sign = measured.iter().find(|it| it["workload"] == "ML-DSA-87/sign").unwrap();
    let (per, median) = (sign["per_repetition"].as_f64().unwrap(), sign["median"].as_f64().unwrap());
    assert!((median / per - 3.85).abs() < 1e-6);
}

#[test]
fn what_is_wrong_is_not_timed_and_what_dies_is_a_result() {
    for (fault, workload, outcome) in [
        ("verify-accepts-all", "ML-DSA-87/verify", "wrong"),
        ("tag-ignored", "ChaCha20-Poly1305/open/1KiB", "wrong"),
        ("wrong-z", "ML-KEM-768/decaps", "wrong"),
        ("sigill", "ML-KEM-768/decaps", "error"),
        ("panic", "ML-KEM-768/decaps", "error"),
    ] {
        let run = bench(&["--format", "json", "--backend", &format!("broken:{fault}")]);
        assert_eq!(run.code, if outcome == "wrong" { 1 } else { 2 }, "{fault}: {}", run.stderr);
        let report = json(&run);
        let measurements = report["measurements"].as_array().unwrap();
        let found = measurements.iter().find(|it| it["workload"] == workload).unwrap();
        assert_eq!(found["outcome"], outcome, "{fault}: {found}");
        assert!(found.get("median").is_none(), "{fault}");
        assert!(measurements.iter().any(|it| it["outcome"] == "measured"), "{fault}: nothing else was timed");
    }
}

#[test]
fn a_backend_that_is_wrong_now_and_then_is_found() {
    let run = bench(&["--format", "json", "--backend", "broken:wrong-every-hundredth-call"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
}

#[test]
fn an_emulated_side_is_never_ranked() {
    let folder = folder("emulated");
    let (native, mut value) = report(&folder, "native.json", &["--backend", "libcrux/portable"]);
    value["testbed"]["platform"]["architecture"] = "arm64".into();
    value["testbed"]["platform"]["emulated"] =
        serde_json::json!(["qemu-aarch64 is mapped into this process"]);
    let emulated = folder.join("emulated.json");
    fs::write(&emulated, value.to_string()).unwrap();
    let refused = compare(&[&native, &emulated]);
    assert_eq!(refused.code, 2, "{}", refused.everything());
    assert!(refused.stderr.contains("--across"), "{}", refused.stderr);
    let across = compare(&[Path::new("--across"), &native, &emulated]);
    assert_eq!(across.code, 4, "{}", across.everything());
    assert!(words(&across.stdout).contains("measured on emulated arm64"), "{}", across.stdout);
}

#[test]
fn bad_reports_are_refused_in_a_line() {
    let folder = folder("bad");
    let (good, mut value) =
        report(&folder, "good.json", &["--algorithm", "ML-KEM-768", "--backend", "libcrux/portable"]);
    // The tests beside this one disturb it; that is not what is looked at.
    for measurement in value["measurements"].as_array_mut().unwrap() {
        for beside in ["reference", "probe"] {
            for turn in measurement[beside].as_array_mut().unwrap().iter_mut() {
                *turn = vec![1000; turn.as_array().unwrap().len()].into();
            }
        }
    }
    fs::write(&good, value.to_string()).unwrap();
    let kat = folder.join("kat.json");
    fs::write(&kat, pqcheck(["kat", "--backend", "libcrux", "--format", "json", "--case", "*#tc1"]).stdout)
        .unwrap();
    let text = value.to_string();
    let altered = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut value = value.clone();
        change(&mut value);
        let path = folder.join(name);
        fs::write(&path, value.to_string()).unwrap();
        path
    };
    let cut = folder.join("cut.json");
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    let empty = folder.join("empty");
    fs::create_dir(&empty).unwrap();
    let other = altered("other.json", &|value| value["schema"] = "pqcheck.bench/2".into());
    let nothing =
        altered("nothing.json", &|value| value["measurements"][0]["rounds"] = serde_json::json!([]));
    let stopped = altered("stopped.json", &|value| value["measurements"][0]["rounds"][0][0] = 0.into());
    let others = altered("others.json", &|value| {
        for it in value["measurements"].as_array_mut().unwrap() {
            it["backend"] = "elsewhere".into();
        }
        let again = value["measurements"][0].clone();
        value["measurements"].as_array_mut().unwrap().push(again);
        value["measurements"][0]["backend"] = "third".into();
    });
    let run = compare(&[&good, &others]);
    assert_eq!(run.code, 4, "{}", run.everything());
    let said = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("in common; measure both with the same --backend"), "{said}");
    assert!(said.contains("nothing could be compared"), "{said}");
    for (path, expected) in [
        (&cut, "cut short"),
        (&empty, "no report in this folder"),
        (&other, "schema is `pqcheck.bench/2`"),
        (&nothing, "has no samples"),
        (&stopped, "a sample that took no time"),
        (&kat, "compare two of a kind"),
        (&folder.join("absent.json"), "No such file"),
    ] {
        let run = compare(&[&good, path]);
        assert_eq!(run.code, 2, "{}: {}", path.display(), run.everything());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{}: {}", path.display(), run.stderr);
    }
    let inputs = altered("inputs.json", &|value| {
        value["workloads"][0]["answers"] = "0".repeat(64).into();
    });
    let run = compare(&[&good, &inputs]);
    assert_eq!(run.code, 0, "{}", run.everything());
    assert!(
        words(&run.stdout).contains("not every run timed this workload with the same inputs"),
        "{}",
        run.stdout
    );
}

#[test]
fn nonsense_on_the_command_line_is_refused() {
    for arguments in [
        &["--algorithm", "ML-KEM-769"][..],
        &["--backend", "libcrux/nowhere"],
        &["--samples", "0"],
        &["--time", "0s"],
        &["--format", "yaml"],
    ] {
        let run = bench(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.everything());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
    assert_eq!(bench(&["--algorithm", "ML-KEM-768", "--operation", "seal"]).code, 4);
}

#[test]
fn keys_that_a_library_keeps_are_workloads_of_their_own() {
    let run = bench(&["--key-objects", "--format", "json", "--backend", "rustcrypto,liboqs/portable"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    let report = json(&run);
    for measurement in report["measurements"].as_array().unwrap() {
        let (workload, backend) = (measurement["workload"].as_str().unwrap(), &measurement["backend"]);
        assert!(workload.ends_with("/key-object"), "{workload}");
        let kept = backend == "rustcrypto" && !workload.starts_with("ChaCha20");
        let outcome = if kept { "measured" } else { "skip" };
        assert_eq!(measurement["outcome"], outcome, "{measurement}");
        assert!(kept || measurement["reason"] == "unsupported: key-object", "{measurement}");
    }
    let timed = report["workloads"][1]["timed"].as_str().unwrap();
    assert!(timed.contains("an ek that the library keeps"), "{timed}");
}

#[test]
fn one_processor_is_a_warning() {
    use std::os::unix::process::CommandExt as _;
    let mut command = crate::command::program();
    command.args([
        "bench",
        "--backend",
        "libcrux/portable",
        "--algorithm",
        "ML-KEM-768",
        "--operation",
        "keygen",
    ]);
    command.args(SHORT);
    // SAFETY: both calls are system calls on a set of this frame's own, which is sound after a fork.
    unsafe {
        command.pre_exec(|| {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            let size = size_of_val(&set);
            libc::sched_getaffinity(0, size, &raw mut set);
            let first = (0..libc::CPU_SETSIZE as usize).find(|cpu| libc::CPU_ISSET(*cpu, &set)).unwrap_or(0);
            libc::CPU_ZERO(&mut set);
            libc::CPU_SET(first, &mut set);
            libc::sched_setaffinity(0, size, &raw const set);
            Ok(())
        });
    }
    let run: Run = command.output().unwrap().into();
    assert_eq!(run.code, 0, "{}", run.everything());
    assert!(words(&run.stdout).contains("warning: there is one processor"), "{}", run.stdout);
}

#[test]
fn counters_are_figures_or_a_reason() {
    let report =
        json(&bench(&["--format", "json", "--backend", "libcrux/portable", "--algorithm", "ML-KEM-768"]));
    let counters = report["method"]["counters"].as_str().unwrap();
    let counted = report["measurements"].as_array().unwrap().iter().all(|it| it["instructions"].is_number());
    if counted {
        assert_eq!(counters, "instructions and cycles in user space (perf_event_open)");
    } else {
        assert!(counters.starts_with("not counted: perf_event_open: "), "{counters}");
    }
}
