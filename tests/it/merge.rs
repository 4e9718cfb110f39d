//! `pqcheck merge`: the parts of a run against the run in one piece.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{folder, json, pqcheck, root};

/// Each part of a run as a file; the arguments are those of the run in one piece.
fn parts(folder: &Path, arguments: &[&str], of: usize) -> Vec<PathBuf> {
    (1..=of)
        .map(|part| {
            let file = folder.join(format!("{part}.json"));
            let shard = format!("{part}/{of}");
            let more = ["--format", "json", "--shard", &shard, "-o", file.to_str().unwrap()];
            let run = pqcheck(arguments.iter().copied().chain(more));
            assert!(file.exists(), "{}", run.everything());
            file
        })
        .collect()
}

fn merge(files: &[PathBuf]) -> crate::command::Run {
    pqcheck(["merge"].iter().copied().chain(files.iter().map(|file| file.to_str().unwrap())))
}

#[test]
fn the_parts_of_a_run_make_the_report_of_the_run() {
    let folder = folder("merge");
    for arguments in [
        &["kat", "--algorithm", "ML-KEM-768,ChaCha20-Poly1305"][..],
        &[
            "kat",
            "--backend",
            "broken:verify-accepts-all",
            "--algorithm",
            "ML-DSA-44",
            "--operation",
            "verify",
        ],
        &["kat", "--accumulated", "25", "--block", "10", "--algorithm", "ML-KEM-512,ML-DSA-44"],
    ] {
        let whole = pqcheck(arguments.iter().copied().chain(["--format", "json"]));
        let files = parts(&folder, arguments, 3);
        let merged = merge(&files);
        assert_eq!(merged.code, whole.code, "{arguments:?}: {}", merged.everything());
        assert_eq!(json(&merged), json(&whole), "{arguments:?}");
        assert!(merged.stdout == whole.stdout, "{arguments:?}: not byte for byte");
    }
}

#[test]
fn a_merged_report_goes_into_a_file_and_is_compared_like_any_other() {
    let folder = folder("merge-file");
    let base = ["kat", "--backend", "libcrux", "--algorithm", "ML-KEM-768"];
    let files = parts(&folder, &base, 2);
    let out = folder.join("all.json");
    let mut arguments = vec!["merge".into(), "-o".into(), out.clone().into_os_string()];
    arguments.extend(files.iter().map(|file| file.clone().into_os_string()));
    let run = pqcheck(&arguments);
    assert_eq!(run.code, 0, "{}", run.everything());
    assert!(run.stdout.contains("gave the published answer"), "{}", run.everything());
    let whole = folder.join("whole.json");
    fs::write(&whole, pqcheck(base.iter().copied().chain(["--format", "json"])).stdout).unwrap();
    let compared = pqcheck(["compare".as_ref(), whole.as_os_str(), out.as_os_str()]);
    assert_eq!(compared.code, 0, "{}", compared.everything());
}

#[test]
fn what_is_not_all_of_one_run_is_refused_in_a_line() {
    let folder = folder("merge-refused");
    let files = parts(&folder, &["kat", "--backend", "libcrux", "--algorithm", "ML-KEM-768"], 3);
    let other = folder.join("other.json");
    let strict = ["kat", "--backend", "libcrux", "--algorithm", "ML-KEM-768", "--strict", "--format", "json"];
    fs::write(&other, pqcheck(strict.iter().copied().chain(["--shard", "2/3"])).stdout).unwrap();
    let cut = folder.join("cut.json");
    let bytes = fs::read(&files[1]).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let absent = folder.join("absent.json");
    let of = |middle: &PathBuf| vec![files[0].clone(), middle.clone(), files[2].clone()];
    for (given, expected) in [
        (vec![files[0].clone(), files[2].clone()], "missing: 2/3"),
        (of(&files[0]), "1.json: part 1 of 3, which "),
        (of(&other), "other.json: plan "),
        (of(&cut), "cut.json: the document ends too early"),
        (of(&absent), "absent.json: No such file"),
    ] {
        let run = merge(&given);
        assert_eq!(run.code, 2, "{}", run.everything());
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.everything());
        assert!(run.stderr.contains(expected), "{expected}: {}", run.everything());
    }
}

#[test]
fn backends_that_disagree_in_one_block_fail_there() {
    // The fault shows in no published digest of block 0 alone: every block of it is another one's.
    let run = pqcheck([
        "kat",
        "--accumulated",
        "8",
        "--block",
        "4",
        "--algorithm",
        "ML-KEM-768",
        "--backend",
        "libcrux,broken:draft-g-of-d",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, 1, "{}", run.everything());
    let report = json(&run);
    let wrong: Vec<&Value> =
        report["cases"].as_array().unwrap().iter().filter(|case| case["outcome"] == "fail").collect();
    assert!(!wrong.is_empty());
    for case in ["ML-KEM-768-x4-block0", "ML-KEM-768-x4-block1"] {
        assert!(wrong.iter().any(|it| it["case"] == case), "{wrong:?}");
    }
}

#[test]
fn a_part_of_a_run_keeps_to_the_published_schema() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("schema/report.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report =
        json(&pqcheck(["kat", "--accumulated", "6", "--block", "3", "--shard", "2/4", "--format", "json"]));
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["shard"]["part"], 2);
    assert_eq!(report["shard"]["cases"], 12);
    assert_eq!(report["digests"][0]["block"], 1);
}

#[test]
fn a_part_without_cases_says_so() {
    let run = pqcheck(["kat", "--accumulated", "5", "--shard", "7/7"]);
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stderr.contains("part 7 of 7 is empty, with 6 cases in all"), "{}", run.everything());
    let folder = folder("empty-part");
    let file = folder.join("part-7.json");
    fs::write(&file, "yesterday's").unwrap();
    let shard = ["kat", "--accumulated", "5", "--shard", "7/7", "--format", "json", "-o"];
    let run = pqcheck(shard.into_iter().chain([file.to_str().unwrap()]));
    assert_eq!(run.code, 4, "{}", run.everything());
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(report["shard"]["part"], 7);
    assert_eq!(report["cases"].as_array().unwrap().len(), 0);
    let many = pqcheck(["kat", "--accumulated", "18446744073709551615", "--block", "1"]);
    assert_eq!(many.code, 2, "{}", many.everything());
    assert!(many.stderr.contains("choose larger blocks"), "{}", many.everything());
}
