//! `pqcheck kat` on the embedded corpus.

use serde_json::Value;

use crate::command::{json, pqcheck};

fn cases(report: &Value) -> &[Value] {
    report["cases"].as_array().unwrap()
}

#[test]
fn outcomes_add_up_to_cases_times_paths() {
    let report = json(&pqcheck(["kat", "--format", "json"]));
    let total: u64 = ["pass", "fail", "suspect", "skip", "error"]
        .iter()
        .map(|word| report["summary"][word].as_u64().unwrap())
        .sum();
    assert_eq!(total, cases(&report).len() as u64);
    let paths = report["paths"].as_array().unwrap().len() as u64;
    let mut distinct: Vec<_> =
        cases(&report).iter().map(|case| (case["suite"].as_str(), case["case"].as_str())).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(total, distinct.len() as u64 * paths);
}

#[test]
fn every_linked_backend_gives_the_published_answers() {
    let run = pqcheck(["kat"]);
    assert_eq!(run.code, 0, "{}", run.everything());
}

#[test]
fn two_runs_are_the_same() {
    let run = || pqcheck(["kat", "--format", "json", "--backend", "libcrux"]);
    assert_eq!(run(), run());
}

#[test]
fn filters_keep_what_they_name() {
    let report = json(&pqcheck([
        "kat",
        "--format",
        "json",
        "--backend",
        "libcrux",
        "--algorithm",
        "ml-kem-768",
        "--operation",
        "decaps",
    ]));
    assert!(!cases(&report).is_empty());
    for case in cases(&report) {
        assert_eq!(case["backend"], "libcrux");
        assert_eq!(case["algorithm"], "ML-KEM-768");
        assert_eq!(case["operation"], "decaps");
    }
}

#[test]
fn one_case_can_be_asked_for() {
    let all = json(&pqcheck(["kat", "--format", "json", "--backend", "libcrux"]));
    let first = &cases(&all)[0];
    let id = format!("{}#{}", first["suite"].as_str().unwrap(), first["case"].as_str().unwrap());
    let one = json(&pqcheck(["kat", "--format", "json", "--backend", "libcrux", "--case", &id]));
    assert!(cases(&one).iter().all(|case| case["suite"] == first["suite"] && case["case"] == first["case"]));
    assert_eq!(cases(&one).len(), one["paths"].as_array().unwrap().len());
}

#[test]
fn shards_are_parts_of_the_whole() {
    let count = |arguments: &[&str]| {
        let base = ["kat", "--format", "json", "--backend", "libcrux"];
        cases(&json(&pqcheck(base.iter().chain(arguments)))).len()
    };
    assert_eq!(
        count(&["--shard", "1/3"]) + count(&["--shard", "2/3"]) + count(&["--shard", "3/3"]),
        count(&[])
    );
}

#[test]
fn a_code_path_can_be_run_alone() {
    let named = |arguments: &[&str]| {
        let run = pqcheck(arguments.iter().copied().chain(["--case", "*tc1", "--format", "json"]));
        assert_eq!(run.code, 0, "{}", run.everything());
        let report = json(&run);
        let paths =
            report["cases"].as_array().unwrap().iter().map(|it| format!("{}/{}", it["backend"], it["path"]));
        paths.map(|it| it.replace('"', "")).collect::<std::collections::BTreeSet<_>>()
    };
    let both = ["libcrux/portable", "rustcrypto/auto"].map(str::to_owned).into();
    assert_eq!(named(&["kat", "--backend", "libcrux/portable,rustcrypto"]), both);
    assert_eq!(named(&["kat", "--backend", "libcrux/portable"]).len(), 1);
    assert!(named(&["kat", "--backend", "libcrux/portable,libcrux"]).len() > 1);
    let health = pqcheck(["health", "--backend", "libcrux/portable"]);
    assert_eq!(health.code, 0, "{}", health.everything());
    assert!(health.stdout.contains(" on libcrux/portable ("), "{}", health.stdout);
    let wrong = pqcheck(["kat", "--backend", "libcrux/portabel"]);
    assert_eq!(wrong.code, 2, "{}", wrong.everything());
    assert!(wrong.stderr.contains("did you mean `libcrux/portable`?"), "{}", wrong.stderr);
}

#[test]
fn a_required_algorithm_that_ran_nowhere_is_a_failure() {
    for (arguments, code, said) in [
        (&["--backend", "libcrux", "--require", "ML-KEM-768,ML-DSA-87"][..], 0, ""),
        (&["--backend", "liboqs", "--require", "ChaCha20-Poly1305"], 1, "ChaCha20-Poly1305 is required"),
        (
            &["--backend", "libcrux", "--algorithm", "ML-KEM-768", "--require", "ML-DSA-87"],
            1,
            "ML-DSA-87 is required",
        ),
        (&["--case", "none-such", "--require", "ML-DSA-87"], 1, "ML-DSA-87 is required"),
    ] {
        let run = pqcheck(["kat", "--operation", "keygen,seal"].iter().chain(arguments));
        assert_eq!(run.code, code, "{}", run.everything());
        assert!(run.stderr.contains(said), "{}", run.everything());
    }
}

#[test]
fn a_report_says_what_was_required_and_not_there() {
    let run = |format: &str| {
        let arguments = ["kat", "--backend", "liboqs", "--case", "*tc1", "--require", "ChaCha20-Poly1305"];
        let run = pqcheck([&arguments[..], &["--format", format]].concat());
        assert_eq!(run.code, 1, "{}", run.everything());
        run
    };
    let words = "ChaCha20-Poly1305: required, and no code path gave a published answer";
    assert!(run("human").stdout.trim_end().ends_with(words));
    let markdown = run("markdown").stdout;
    assert!(markdown.contains('❌') && !markdown.contains('✅'), "{markdown}");
    let report = json(&run("json"));
    assert_eq!(report["unmet"], serde_json::json!(["ChaCha20-Poly1305"]));
    crate::reports::is_valid(&report);
}

#[test]
fn cases_are_listed_and_a_filter_in_vain_is_named() {
    let run =
        pqcheck(["kat", "--list", "--algorithm", "ML-KEM-768", "--case", "*keyGen*", "--case", "none-such"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    assert!(run.stdout.lines().any(|id| id.starts_with("acvp/ML-KEM-keyGen-FIPS203#tc")), "{}", run.stdout);
    assert_eq!(run.stderr, "pqcheck: --case none-such: matches no case\n");
    let id = run.stdout.lines().next().unwrap();
    assert_eq!(pqcheck(["kat", "--list", "--case", id]).stdout.lines().collect::<Vec<_>>(), [id]);
}

#[test]
fn nothing_checked_is_exit_4() {
    for arguments in [
        &["kat", "--case", "no-such-case"][..],
        &["kat", "--algorithm", "ChaCha20-Poly1305", "--backend", "liboqs"],
        &["kat", "--algorithm", "ML-KEM-512", "--operation", "seal"],
    ] {
        let run = pqcheck(arguments);
        assert_eq!(run.code, 4, "{}", run.everything());
        assert!((run.stdout + &run.stderr).contains("nothing was checked"));
        let data = pqcheck(arguments.iter().copied().chain(["--format", "junit"]));
        assert_eq!(data.code, 4, "{}", data.everything());
        assert!(
            data.stdout.contains("</testsuites>") || data.stdout.contains("<testsuites "),
            "{}",
            data.stdout
        );
    }
}

#[test]
fn accumulated_runs_of_any_length_are_confirmed_by_another_backend() {
    let run = pqcheck(["kat", "--accumulated", "7", "--algorithm", "ML-KEM-768", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    let report = json(&run);
    let digests = report["digests"].as_array().unwrap();
    assert!(digests.len() > 1);
    assert!(digests.iter().all(|entry| entry["digest"] == digests[0]["digest"]));
}

#[test]
fn an_accumulated_run_that_nobody_confirms_is_no_pass() {
    let run = pqcheck(["kat", "--accumulated", "7", "--algorithm", "ML-KEM-768", "--backend", "rustcrypto"]);
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stdout.contains("no-published-digest"), "{}", run.everything());
}

#[test]
fn in_a_block_without_a_published_digest_the_odd_one_is_named() {
    let run = |backends: &str| {
        let accumulated =
            ["--accumulated", "20", "--block", "10", "--algorithm", "ML-KEM-768", "--format", "json"];
        let run = pqcheck([&["kat", "--backend", backends][..], &accumulated].concat());
        assert_eq!(run.code, 1, "{}", run.everything());
        json(&run)
    };
    for backends in ["liboqs,libcrux,broken:draft-g-of-d", "liboqs,broken:draft-g-of-d"] {
        let report = run(backends);
        let failed: Vec<_> = cases(&report).iter().filter(|case| case["outcome"] == "fail").collect();
        assert_eq!(failed.len(), 2, "{backends}");
        assert!(failed.iter().all(|case| case["backend"] == "broken:draft-g-of-d"), "{failed:?}");
        let reason = failed[1]["reason"].as_str().unwrap();
        assert!(reason.contains("differs from the one that liboqs/native, liboqs/portable"), "{reason}");
        let digests = report["digests"].as_array().unwrap();
        let published = digests.iter().filter(|digest| digest["published"] == true).count();
        assert_eq!(
            (digests.len(), published),
            (2 * report["paths"].as_array().unwrap().len(), digests.len() / 2)
        );
    }
}

#[test]
fn only_a_published_digest_is_called_the_published_answer() {
    for (rounds, words) in [
        ("10", "every case that ran gave the published answer"),
        ("7", "every case that ran gave the answer of the other implementations; none is published"),
    ] {
        let run = pqcheck([
            "kat",
            "--backend",
            "liboqs,libcrux",
            "--accumulated",
            rounds,
            "--algorithm",
            "ml-kem-512",
        ]);
        assert!(run.stdout.trim_end().ends_with(words), "{}", run.everything());
    }
}

#[test]
fn every_prehash_case_runs_somewhere() {
    let report = json(&pqcheck(["kat", "--format", "json"]));
    let nowhere = report["ran_nowhere"].as_array().map_or(0, Vec::len);
    assert_eq!(nowhere, 0, "{}", report["ran_nowhere"]);
    let formatted = |path: &&Value| path["prehash_by_pqcheck"] == true;
    let paths: Vec<_> = report["paths"].as_array().unwrap().iter().filter(formatted).collect();
    assert!(paths.iter().any(|path| path["backend"] == "liboqs"), "{paths:?}");
    assert!(paths.iter().any(|path| path["backend"] == "rustcrypto"), "{paths:?}");
    assert!(paths.iter().all(|path| path["backend"] != "pqclean"), "{paths:?}");
}

#[test]
fn accumulated_100_has_the_published_digest() {
    let run = pqcheck(["kat", "--accumulated", "100", "--backend", "libcrux"]);
    assert_eq!(run.code, 0, "{}", run.everything());
}

#[test]
fn timing_says_where_the_time_went() {
    let report = json(&pqcheck(["kat", "--timing", "--backend", "libcrux", "--format", "json"]));
    let timing = &report["timing"];
    assert!(timing["library_ns"].as_u64() > Some(0));
    assert!(timing["total_ns"].as_u64() >= timing["library_ns"].as_u64());
}
