//! `pqcheck compare` of measurements: bad input in one line, histories, and what each format shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::command::{Run, folder, pqcheck};

/// A report as the program writes it, with times that are made up: the same ones, `factor` times as long, for a
/// processor that is `machine` times as slow.
fn report(factor: f64, machine: f64) -> Value {
    static REPORT: OnceLock<Value> = OnceLock::new();
    let measured = || {
        let arguments = ["bench", "--format", "json", "--time", "5ms", "--samples", "25"];
        let what = ["--algorithm", "ML-KEM-768", "--backend", "libcrux/portable"];
        crate::command::json(&pqcheck(arguments.iter().chain(&what)))
    };
    let mut report = REPORT.get_or_init(measured).clone();
    report["warnings"] = json!([]);
    report["testbed"]["platform"]["emulated"] = json!([]);
    let mut noise = (0..).map(|at: u64| 1.0 + (at * 7919 % 101) as f64 * 2e-5);
    for measurement in report["measurements"].as_array_mut().unwrap() {
        measurement["calls"] = 1.into();
        measurement["parts"] = 1.into();
        measurement["chosen"] = true.into();
        let times = |base: f64, noise: &mut dyn Iterator<Item = f64>| -> Vec<u64> {
            noise.take(25).map(|noise| (base * noise) as u64).collect()
        };
        measurement["rounds"] =
            times(1e6 * factor * machine, &mut noise).into_iter().map(|time| vec![time]).collect();
        measurement["reference"] =
            times(5e5 * machine, &mut noise).into_iter().map(|time| vec![time]).collect();
        measurement["probe"] = measurement["reference"].clone();
    }
    report
}

fn written(folder: &Path, name: &str, report: &Value) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, report.to_string()).unwrap();
    path
}

fn compare<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Run {
    pqcheck(std::iter::once("compare".as_ref()).chain(arguments.iter().map(AsRef::as_ref)))
}

/// The text as it was before it was broken into lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A document of the program's, held against its published schema.
#[track_caller]
fn kept_to(schema: &str, text: &str) -> Value {
    let document = valid(schema, text);
    let mut damaged = document.clone();
    damaged["rows"][0]["path"] = 1.into();
    assert!(!validator(schema).is_valid(&damaged));
    document
}

#[track_caller]
fn valid(schema: &str, text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator(schema).iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    document
}

fn validator(schema: &str) -> jsonschema::Validator {
    let path = crate::command::root().join(format!("schema/{schema}.schema.json"));
    jsonschema::validator_for(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

#[track_caller]
fn refused(run: &Run, code: i32, expected: &str) {
    assert_eq!(run.code, code, "{}", run.everything());
    assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.everything());
    assert!(run.stderr.contains(expected), "{}", run.everything());
}

#[test]
fn a_slowdown_is_told_from_a_slow_machine() {
    let folder = folder("speed");
    let good = written(&folder, "good.json", &report(1.0, 1.0));
    let slower = written(&folder, "slower.json", &report(1.05, 1.0));
    let elsewhere = written(&folder, "busy.json", &report(1.0, 1.3));
    let found = compare(&[&good, &slower]);
    assert_eq!(found.code, 1, "{}", found.everything());
    assert!(
        found.stdout.contains("1.050") && found.stdout.contains("slower 3, faster 0"),
        "{}",
        found.stdout
    );
    assert_eq!(compare(&[&slower, &good]).code, 0);
    let busy = compare(&[&good, &elsewhere]);
    assert_eq!(busy.code, 0, "{}", busy.everything());
    let text = words(&busy.stdout);
    assert!(
        text.contains("the machine was 30.0 % slower during") && text.contains("no difference shown 3"),
        "{text}"
    );
    assert_eq!(compare(&[&good, &good]).code, 0);
    let threshold = [good.as_os_str(), slower.as_os_str(), "--threshold".as_ref(), "6".as_ref()];
    assert_eq!(compare(&threshold).code, 0);
    // Two runs on a side are pooled.
    let pooled = PathBuf::from(format!("{},{}", good.display(), good.display()));
    assert_eq!(compare(&[&pooled, &slower]).code, 1);
    // Whatever the machine did, twice as slow is slower.
    let both = written(&folder, "both.json", &report(2.0, 1.1));
    assert_eq!(compare(&[&good, &both]).code, 1);
}

/// The same as if something else had slowed the machine down in some of the turns of each measurement.
fn disturbed(report: Value, turns: impl Fn(usize) -> bool) -> Value {
    slowed(report, [("reference", 1.2), ("probe", 1.8), ("rounds", 1.4)], turns)
}

/// The same with times that are so many times as long, in some of the turns of each measurement.
fn slowed(mut report: Value, what: [(&str, f64); 3], turns: impl Fn(usize) -> bool) -> Value {
    for measurement in report["measurements"].as_array_mut().unwrap() {
        for at in (0..25).filter(|at| turns(*at)) {
            for (what, by) in what {
                let time = measurement[what][at][0].as_f64().unwrap();
                measurement[what][at][0] = ((time * by) as u64).into();
            }
        }
    }
    report
}

#[test]
fn turns_in_which_the_machine_was_slowed_down_do_not_count() {
    let folder = folder("disturbed");
    let good = written(&folder, "good.json", &report(1.0, 1.0));
    let most = |at: usize| !at.is_multiple_of(3);
    let same = written(&folder, "same.json", &disturbed(report(1.0, 1.0), most));
    let run = compare(&[&good, &same]);
    assert!(run.code == 0 && run.stdout.contains("no difference shown 3"), "{}", run.everything());
    let slower = written(&folder, "slower.json", &disturbed(report(1.05, 1.0), most));
    let run = compare(&[&good, &slower]);
    assert!(run.code == 1 && run.stdout.contains("slower 3, faster 0"), "{}", run.everything());
    // Of a quiet machine that is some percent slower, that is taken out.
    let drifted = written(&folder, "drifted.json", &report(1.0, 1.06));
    let run = compare(&[&good, &drifted]);
    assert!(
        run.code == 0 && words(&run.stdout).contains("the ratios are corrected for that"),
        "{}",
        run.everything()
    );
    // Also where it was so in most of the turns of one run and in few of the other.
    let frequency = |name: &str, factor: f64, turns: fn(usize) -> bool| {
        written(
            &folder,
            name,
            &slowed(report(factor, 1.0), ["reference", "probe", "rounds"].map(|what| (what, 1.07)), turns),
        )
    };
    let seldom = frequency("seldom.json", 1.0, |at| at.is_multiple_of(12));
    let often = frequency("often.json", 1.0, |at| !at.is_multiple_of(12));
    let run = compare(&[&seldom, &often]);
    assert!(run.code == 0 && run.stdout.contains("no difference shown 3"), "{}", run.everything());
    let run = compare(&[&seldom, &frequency("often-slower.json", 1.05, |at| !at.is_multiple_of(12))]);
    assert!(run.code == 1 && run.stdout.contains("slower 3, faster 0"), "{}", run.everything());
    let all = written(&folder, "all.json", &disturbed(report(1.3, 1.0), |at| at > 3));
    let run = compare(&[&good, &all]);
    assert!(run.code == 4 && run.stdout.contains("not comparable 3"), "{}", run.everything());
    assert!(words(&run.stdout).contains("slowed the machine in 21 of 25 turns of"), "{}", run.stdout);
    kept_to(
        "ratios",
        &compare(&[good.as_os_str(), all.as_os_str(), "--format".as_ref(), "json".as_ref()]).stdout,
    );
}

#[test]
fn every_format_shows_what_is_slower_first_and_the_page_needs_nothing() {
    let folder = folder("formats");
    let good = written(&folder, "good.json", &report(1.0, 1.0));
    let mut value = report(1.0, 1.0);
    value["measurements"][1] = report(1.2, 1.0)["measurements"][1].clone();
    value["warnings"] = json!(["<script>alert(1)</script> @all"]);
    let slower = written(&folder, "slow|er.json", &value);
    let format =
        |format: &str| compare(&[good.as_os_str(), slower.as_os_str(), "--format".as_ref(), format.as_ref()]);
    let markdown = format("markdown");
    assert_eq!(markdown.code, 1, "{}", markdown.everything());
    let place =
        |what: &str| markdown.stdout.find(what).unwrap_or_else(|| panic!("no {what}: {}", markdown.stdout));
    assert!(place("**slower**") < place("<details><summary>no difference shown: 2</summary>"));
    assert!(place("&lt;script>") < place("&#64;all"));
    let page = format("html").stdout;
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("http-equiv"), "{page}");
    // Of each workload there is one row, which is a chart as well.
    for line in page.split(" points=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let points: Vec<&str> = line.split_whitespace().collect();
        assert!(points.windows(2).all(|pair| pair[0] != pair[1]), "a line without length: {line}");
    }
    let links = page.matches("http").count() - page.matches("http://www.w3.org/2000/svg").count();
    assert_eq!(links, 0, "{page}");
    let json = format("json");
    assert_eq!(json.code, 1);
    kept_to("ratios", &json.stdout);
}

#[test]
fn a_history_shows_the_step_and_between_which_reports_it_is() {
    let folder = folder("history");
    for number in 1..=12 {
        let factor = if number > 9 { 1.08 } else { 1.0 };
        written(&folder, &format!("{number}-commit.json"), &report(factor, 1.0));
    }
    fs::write(folder.join("README.md"), "not a report").unwrap();
    let history = |arguments: &[&str]| {
        compare(
            &[
                &["--baseline".as_ref(), folder.as_os_str()],
                &arguments.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..],
            ]
            .concat(),
        )
    };
    let human = history(&[]);
    assert_eq!(human.code, 1, "{}", human.everything());
    assert!(human.stdout.contains("▁▁▁▁▁▁▁▁▁"), "{}", human.stdout);
    let text = words(&human.stdout);
    assert!(
        text.contains("slower by 1.080") && text.contains("12 reports, 3 measurements, 3 steps"),
        "{text}"
    );
    assert!(text.contains("9-commit.json and") && text.contains("10-commit.json"), "{text}");
    let document = kept_to("trend", &history(&["--format", "json"]).stdout);
    assert_eq!(document["rows"][0]["steps"][0]["between"], json!([8, 9]));
    assert!(history(&["--format", "html"]).stdout.matches("<svg").count() == 3);
    assert!(history(&["--format", "markdown"]).stdout.contains("9-commit.json and"));
    assert_eq!(history(&["--threshold", "10"]).code, 0);

    // What made it slower was taken back: the last step is none to the worse.
    let last = written(&folder, "13-commit.json", &report(1.0, 1.0));
    let mended = history(&[]);
    assert_eq!(mended.code, 0, "{}", mended.everything());
    assert!(mended.stdout.contains("6 steps"), "{}", mended.stdout);
    // The newest may be named apart from the history.
    let moved = folder.with_file_name("newest.json");
    fs::rename(&last, &moved).unwrap();
    assert_eq!(history(&[moved.to_str().unwrap()]).stdout.lines().last(), mended.stdout.lines().last());
}

#[test]
fn a_bad_history_is_refused_in_a_line() {
    let folder = folder("bad-history");
    let refused_for = |expected: &str| {
        refused(&compare(&["--baseline".as_ref(), folder.as_os_str()]), 2, expected);
    };
    refused_for("no report in this folder");
    let good = written(&folder, "1.json", &report(1.0, 1.0));
    refused_for("needs two or more");
    let second = folder.join("2.json");
    for (text, expected) in [
        ("{\"schema\": \"pqcheck.ratios/1\"}", "2.json: not a document for this version"),
        ("{\"name\": \"a foreign file\"}", "2.json: not a pqcheck report"),
        ("{\"schema\": \"pqcheck.bench/1\", ", "2.json: the document ends too early"),
        ("", "2.json: not a pqcheck report"),
    ] {
        fs::write(&second, text).unwrap();
        refused_for(expected);
    }
    let kat = pqcheck(["kat", "--backend", "libcrux", "--format", "json", "--case", "*#tc1"]).stdout;
    fs::write(&second, kat).unwrap();
    refused_for("2.json is a known-answer report");
    refused(&compare(&[folder.as_os_str(), good.as_os_str()]), 2, "put them into separate folders");
    let mut other = report(1.0, 1.0);
    other["testbed"]["platform"]["cpu"] = "another processor".into();
    written(&folder, "2.json", &other);
    refused_for("a history needs reports from one machine");
    refused(&compare(&[folder.as_os_str(), good.as_os_str()]), 2, "its runs are from two machines");
    let emulated = folder.with_file_name("emulated-history");
    let _ = fs::remove_dir_all(&emulated);
    fs::create_dir(&emulated).unwrap();
    let mut value = report(1.0, 1.0);
    value["testbed"]["platform"]["emulated"] = json!(["qemu-aarch64 is mapped into this process"]);
    written(&emulated, "1.json", &value);
    written(&emulated, "2.json", &value);
    refused(&compare(&["--baseline".as_ref(), emulated.as_os_str()]), 2, "without emulation");
    refused(&compare(&["--baseline".as_ref(), folder.join("absent").as_os_str()]), 2, "No such file");
    refused(&compare(&[&good]), 2, "needs two reports: OLD NEW");
}

#[test]
fn what_a_run_warned_of_is_carried_into_the_comparison() {
    let folder = folder("warnings");
    let good = written(&folder, "good.json", &report(1.0, 1.0));
    let mut value = report(1.0, 1.0);
    value["testbed"]["throttled_ns"] = 2_000_000_000_u64.into();
    let warning =
        "the control group held this run back for 2.00 s in all: raise its CPU limit, or compare the p5";
    value["warnings"] = json!([warning]);
    let throttled = written(&folder, "throttled.json", &value);
    for format in ["human", "markdown", "html", "json"] {
        let run = compare(&[good.as_os_str(), throttled.as_os_str(), "--format".as_ref(), format.as_ref()]);
        assert_eq!(run.code, 0, "{format}: {}", run.everything());
        let text = words(&run.stdout);
        assert!(text.contains(&format!("throttled.json: {warning}")), "{format}: {text}");
    }
}

#[test]
fn what_was_not_measured_is_not_compared_and_is_listed() {
    let folder = folder("unmeasured");
    let good = written(&folder, "good.json", &report(1.0, 1.0));
    let outcome =
        |name: &str, outcome: Value| written(&folder, name, &with_outcome(report(1.0, 1.0), 0, &outcome));
    let clock = "the monotonic clock went back or stood still during a sample";
    let rounds = |count: usize| {
        let mut value = report(1.0, 1.0);
        for part in ["rounds", "reference", "probe"] {
            value["measurements"][0][part].as_array_mut().unwrap().truncate(count);
        }
        written(&folder, &format!("rounds-{count}.json"), &value)
    };
    for (path, code, expected) in [
        (outcome("wrong.json", json!({"outcome": "wrong", "reason": "accepted"})), 1, "wrong answer in"),
        (outcome("clock.json", json!({"outcome": "error", "reason": clock})), 1, clock),
        (outcome("skip.json", json!({"outcome": "skip", "reason": "cpu-lacks: avx2"})), 1, "skipped in"),
        (rounds(4), 0, "has fewer than 5 rounds"),
    ] {
        for (sides, code) in [([&good, &path], code), ([&path, &good], 0)] {
            let run = compare(&sides);
            assert_eq!(run.code, code, "{}", run.everything());
            let text = words(&run.stdout);
            assert!(text.contains("not comparable: ML-KEM-768/keygen/libcrux/portable: "), "{text}");
            assert!(text.contains(expected) && text.contains("not comparable 1"), "{expected}: {text}");
        }
    }
    // A round too few is not noticed by its number alone, but a round without its reference is.
    let mut value = report(1.0, 1.0);
    value["measurements"][0]["rounds"].as_array_mut().unwrap().pop();
    let cut = written(&folder, "cut.json", &value);
    refused(&compare(&[&good, &cut]), 2, "another number of references or probes than of samples");
    for parts in [0, 2] {
        let mut value = report(1.0, 1.0);
        value["measurements"][0]["parts"] = parts.into();
        let cut = written(&folder, "parts.json", &value);
        refused(&compare(&[&good, &cut]), 2, "has a round without a sample of each part");
    }
}

/// The same with every measurement on another code path too.
fn with_another_path(mut report: Value, backend: &str, path: &str) -> Value {
    let measurements = report["measurements"].as_array_mut().unwrap();
    for mut measurement in measurements.clone() {
        measurement["backend"] = backend.into();
        measurement["path"] = path.into();
        measurements.push(measurement);
    }
    report
}

/// The same where this came of the measurement at that place.
fn with_outcome(mut report: Value, at: usize, outcome: &Value) -> Value {
    let measurement = report["measurements"][at].as_object_mut().unwrap();
    measurement.retain(|key, _| ["workload", "backend", "path", "chosen", "rng"].contains(&key.as_str()));
    measurement.extend(outcome.as_object().unwrap().clone());
    report
}

/// The same without some of the measurements.
fn lacking(mut report: Value, lacks: impl Fn(&Value) -> bool) -> Value {
    report["measurements"].as_array_mut().unwrap().retain(|measurement| !lacks(measurement));
    report
}

/// What a report with two code paths can lose, and what is said then.
fn losses() -> [(&'static str, Value, &'static str); 6] {
    let whole = || with_another_path(report(1.0, 1.0), "liboqs", "native");
    let outcome = |outcome: Value| with_outcome(whole(), 3, &outcome);
    [
        (
            "backend",
            lacking(whole(), |it| it["backend"] == "liboqs"),
            "vanished: ML-KEM-768/keygen/liboqs/native and 2 more",
        ),
        (
            "workload",
            lacking(whole(), |it| it["workload"] == "ML-KEM-768/decaps"),
            "vanished: ML-KEM-768/decaps/libcrux/portable and 1 more",
        ),
        ("all", lacking(whole(), |_| true), "vanished: ML-KEM-768/keygen/libcrux/portable and 5 more"),
        (
            "wrong",
            outcome(json!({"outcome": "wrong", "reason": "accepted"})),
            "newly failing: ML-KEM-768/keygen/liboqs/native: accepted",
        ),
        (
            "dead",
            outcome(json!({"outcome": "error", "reason": "killed by SIGILL"})),
            "newly failing: ML-KEM-768/keygen/liboqs/native: killed by SIGILL",
        ),
        (
            "skipped",
            outcome(json!({"outcome": "skip", "reason": "cpu-lacks: avx2"})),
            "newly skipped: ML-KEM-768/keygen/liboqs/native: cpu-lacks: avx2",
        ),
    ]
}

#[test]
fn times_are_worse_where_a_measurement_is_gone_wrong_or_skipped() {
    let folder = folder("lost");
    let good = written(&folder, "good.json", &with_another_path(report(1.0, 1.0), "liboqs", "native"));
    for (name, value, expected) in losses() {
        let path = written(&folder, &format!("{name}.json"), &value);
        let run = compare(&[&good, &path]);
        assert_eq!(run.code, 1, "{name}: {}", run.everything());
        let text = words(&run.stdout);
        assert!(text.contains(expected), "{name}: {text}");
        for format in ["markdown", "html"] {
            let run = compare(&[good.as_os_str(), path.as_os_str(), "--format".as_ref(), format.as_ref()]);
            assert_eq!(run.code, 1, "{name}: {}", run.everything());
            let (what, _) = expected.split_once(':').unwrap();
            assert!(run.stdout.contains(what), "{name} as {format}: {}", run.stdout);
        }
        let json = compare(&[good.as_os_str(), path.as_os_str(), "--format".as_ref(), "json".as_ref()]);
        let document = valid("ratios", &json.stdout);
        assert_eq!(document["conclusion"], "worse");
        assert_eq!(document["lost"][0]["loss"], expected.split_once(':').unwrap().0.replace(' ', "-"));
        // What the old report lacks is no loss, and what both lack is none.
        if name != "all" {
            assert_eq!(compare(&[&path, &good]).code, 0, "{name}");
            assert_eq!(compare(&[&path, &path]).code, 0, "{name}");
        }
    }
    // A new code path that is wrong is newly failing, one that is right is new.
    let one = written(&folder, "one.json", &report(1.0, 1.0));
    assert_eq!(compare(&[&one, &good]).code, 0);
    assert_eq!(compare(&[&one, &folder.join("wrong.json")]).code, 1);
    // Of several runs of a side one is enough.
    let runs = |last: &str| PathBuf::from(format!("{},{}", good.display(), folder.join(last).display()));
    assert_eq!(compare(&[&good, &runs("backend.json")]).code, 1);
    assert_eq!(compare(&[&runs("backend.json"), &runs("backend.json")]).code, 0);
    assert_eq!(compare(&[&good, &runs("wrong.json")]).code, 1);
}

#[test]
fn a_history_is_worse_where_its_newest_report_lacks_a_measurement() {
    for (name, value, expected) in losses() {
        let folder = folder(&format!("lost-{name}"));
        let whole = with_another_path(report(1.0, 1.0), "liboqs", "native");
        written(&folder, "1.json", &whole);
        written(&folder, "2.json", &whole);
        let last = written(&folder, "3.json", &value);
        let history = |format: &str| {
            compare(&["--baseline".as_ref(), folder.as_os_str(), "--format".as_ref(), format.as_ref()])
        };
        let run = history("human");
        assert_eq!(run.code, 1, "{name}: {}", run.everything());
        assert!(words(&run.stdout).contains(expected), "{name}: {}", run.stdout);
        for format in ["markdown", "html"] {
            let shown = history(format).stdout;
            assert!(shown.contains(expected.split_once(':').unwrap().0), "{name} as {format}: {shown}");
        }
        assert_eq!(valid("trend", &history("json").stdout)["lost"][0]["side"], 2);
        // It is there again, or was never there.
        fs::rename(&last, folder.join("0.json")).unwrap();
        assert_eq!(history("human").code, 0, "{name}");
    }
}

#[test]
fn a_path_of_another_architecture_has_not_vanished() {
    let folder = folder("lost-across");
    let here = written(&folder, "here.json", &with_another_path(report(1.0, 1.0), "libcrux", "avx2"));
    let mut elsewhere = report(1.0, 1.0);
    elsewhere["testbed"]["platform"]["cpu"] = "another processor".into();
    let across = |value: &Value| {
        let there = written(&folder, "there.json", &with_another_path(value.clone(), "libcrux", "neon"));
        compare(&["--across".as_ref(), here.as_os_str(), there.as_os_str()])
    };
    let fine = across(&elsewhere);
    assert_eq!(fine.code, 0, "{}", fine.everything());
    let wrong = json!({"outcome": "wrong", "reason": "accepted"});
    let worse = across(&with_outcome(elsewhere, 0, &wrong));
    assert_eq!(worse.code, 1, "{}", worse.everything());
    assert!(words(&worse.stdout).contains("newly failing: ML-KEM-768/keygen/libcrux/"), "{}", worse.stdout);
}

#[test]
fn two_machines_are_compared_only_when_asked() {
    let folder = folder("machines");
    let here = written(&folder, "here.json", &report(1.0, 1.0));
    let mut value = report(1.0, 2.0);
    value["testbed"]["platform"]["cpu"] = "another processor".into();
    let there = written(&folder, "there.json", &value);
    refused(&compare(&[&here, &there]), 2, "add --across to compare two machines");
    let across = |more: &[&str]| {
        let sides = ["--across".as_ref(), here.as_os_str(), there.as_os_str()];
        compare(&[&sides[..], &more.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..]].concat())
    };
    let slower = across(&[]);
    assert_eq!(slower.code, 1, "{}", slower.everything());
    assert!(slower.stdout.contains("2.000"), "{}", slower.stdout);
    // Divided by itself, nothing is left.
    // Of what was divided by something else, no nanoseconds are shown.
    let ratios = across(&["--normalise", "libcrux"]);
    assert_eq!(ratios.code, 0);
    assert!(ratios.stdout.contains("1.000 × libcrux") && !ratios.stdout.contains(" ns"), "{}", ratios.stdout);
    refused(&across(&["--normalise", "liboqs"]), 2, "no backend `liboqs` to normalise by; it has libcrux");
    let cycles = across(&["--normalise", "cycles"]);
    assert!([1, 4].contains(&cycles.code), "{}", cycles.everything());
}

/// Two of three workloads of the newest report have inputs that no earlier one timed.
#[test]
fn a_history_of_which_little_can_be_compared_is_not_fine() {
    let folder = folder("partial-history");
    let mut newest = report(1.0, 1.0);
    for workload in newest["workloads"].as_array_mut().unwrap().iter_mut().take(2) {
        workload["answers"] = "0".repeat(64).into();
    }
    for name in ["1.json", "2.json"] {
        written(&folder, name, &report(1.0, 1.0));
    }
    written(&folder, "3.json", &newest);
    let run = compare(&["--baseline".as_ref(), folder.as_os_str()]);
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(words(&run.stdout).contains("too little could be compared"), "{}", run.everything());
    assert_eq!(compare(&["--baseline".as_ref(), folder.as_os_str(), "--allow-partial".as_ref()]).code, 0);
    fs::create_dir(folder.join("runs")).unwrap();
    let inner = written(&folder.join("runs"), "1.json", &newest);
    let run = compare(&[folder.as_os_str(), inner.as_os_str()]);
    refused(&run, 2, "a folder in ");
}

#[test]
fn what_was_not_compared_is_not_fine() {
    let folder = folder("partial");
    let whole = report(1.0, 1.0);
    let others = |count: usize| {
        let mut report = report(1.0, 1.0);
        for workload in report["workloads"].as_array_mut().unwrap().iter_mut().take(count) {
            workload["answers"] = "0".repeat(64).into();
        }
        report
    };
    let old = written(&folder, "old.json", &whole);
    for (count, options, code, said) in [
        (0, &[][..], 0, "nothing is slower by more than 3.0 %: 3 measurements compared"),
        (1, &[], 0, "nothing is slower by more than 3.0 %: 2 of 3 measurements compared"),
        (2, &[], 4, "too little could be compared: 1 of 3 measurements; --allow-partial takes that"),
        (2, &["--allow-partial"], 0, "1 of 3 measurements compared"),
        (3, &["--allow-partial"], 4, "nothing could be compared"),
    ] {
        let new = written(&folder, "new.json", &others(count));
        let sides = [old.as_os_str(), new.as_os_str()];
        let run = compare(&options.iter().map(AsRef::as_ref).chain(sides).collect::<Vec<&std::ffi::OsStr>>());
        assert_eq!(run.code, code, "{}", run.everything());
        assert!(words(&run.stdout).contains(said), "{}", run.everything());
    }
}

#[test]
fn known_answers_with_nothing_in_common_are_two_things() {
    let folder = folder("two-things");
    let sides = ["keyGen*#tc1", "encapDecap*#tc1"].map(|case| {
        let case = format!("acvp/ML-KEM-{case}");
        let run = pqcheck(["kat", "--backend", "libcrux", "--format", "json", "--case", &case]);
        let path = folder.join(format!("{}.json", &case[12..15]));
        fs::write(&path, run.stdout).unwrap();
        path
    });
    let run = compare(&sides);
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stdout.contains("nothing was compared"), "{}", run.everything());
    assert_eq!(compare(&[&sides[0], &sides[0]]).code, 0);
}
