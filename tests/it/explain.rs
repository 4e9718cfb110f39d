//! `pqcheck explain` on the logs of `tests/logs`: the folder's name is the cause.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pqcheck::explain;
use pqcheck::report::causes::{Diagnosis, Outcome};
use serde_json::Value;

use crate::command::{Run, folder, json, pqcheck, program, root};

/// Every log, with the name of its folder.
fn samples(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for of in fs::read_dir(folder).unwrap() {
        let of = of.unwrap().path();
        for log in fs::read_dir(&of).unwrap() {
            found.push((of.file_name().unwrap().to_str().unwrap().to_owned(), log.unwrap().path()));
        }
    }
    found.sort();
    found
}

/// The logs of `folder` whose first cause, or outcome, is not the name of their folder.
fn wrong(folder: &Path) -> Vec<String> {
    let samples = samples(folder).into_iter().filter_map(|(name, path)| {
        let got = said(&diagnosis(&path));
        (got != name).then(|| format!("{}: {got}", path.display()))
    });
    samples.collect()
}

fn diagnosis(log: &Path) -> Diagnosis {
    explain::run(&mut fs::File::open(log).unwrap()).unwrap()
}

fn said(diagnosis: &Diagnosis) -> String {
    match (diagnosis.outcome, diagnosis.causes.first()) {
        (Outcome::Failed, Some(cause)) => cause.id.clone(),
        (Outcome::Succeeded, None) => "succeeded".to_owned(),
        (Outcome::Unknown, None) => "unknown".to_owned(),
        other => panic!("an outcome that does not fit its causes: {other:?}"),
    }
}

fn from_stdin(arguments: &[&str], log: &[u8]) -> Run {
    let mut child = program()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(log).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn every_log_has_the_cause_that_its_folder_names() {
    let wrong = wrong(&root().join("tests/logs"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn single_lines_in_many_wordings_are_recognised() {
    let lines = fs::read_to_string(root().join("tests/fixtures/log-lines.txt")).unwrap();
    let cases = lines.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once('|').unwrap());
    let wrong: Vec<String> = cases
        .filter_map(|(cause, line)| {
            // In a script with Windows ends, a backslash stands before the `r` that is meant.
            let line = if cause == "bad-shebang" { line.to_owned() } else { line.replace("\\n", "\n") };
            let got = said(&explain::run(&mut line.as_bytes()).unwrap());
            (got != cause).then(|| format!("{cause}, not {got}: {line}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_log_in_the_wrong_folder_is_noticed() {
    let folder = folder("planted-log");
    fs::create_dir(folder.join("disk-full")).unwrap();
    fs::write(folder.join("disk-full/planted.log"), "exec /app: exec format error\n").unwrap();
    assert_eq!(wrong(&folder).len(), 1);
}

#[test]
fn every_cause_has_samples_and_every_folder_is_a_cause() {
    let samples = samples(&root().join("tests/logs"));
    let count = |name: &str| samples.iter().filter(|(folder, _)| folder == name).count();
    for page in explain::pages() {
        assert!(count(page.id) >= 3, "{}: {}", page.id, count(page.id));
    }
    assert!(count("succeeded") >= 12 && count("unknown") >= 6);
    for (folder, path) in &samples {
        let known = ["succeeded", "unknown"].contains(&folder.as_str())
            || explain::pages().any(|page| page.id == folder);
        assert!(known, "{}", path.display());
    }
}

#[test]
fn the_exit_code_tells_cause_success_and_ignorance_apart() {
    let logs = root().join("tests/logs");
    for (log, code) in [
        ("oqs-header-missing/classic-provider.log", 1),
        ("succeeded/buildkit.log", 0),
        ("unknown/rust-borrow.log", 4),
    ] {
        let run = pqcheck(["explain".as_ref(), logs.join(log).as_os_str()]);
        assert_eq!(run.code, code, "{}", run.everything());
        assert_eq!(run.stderr, "", "{}", run.everything());
        let lines = run.stdout.lines().count();
        assert!(if code == 1 { lines > 4 } else { lines == 1 }, "{}", run.everything());
    }
    let empty = from_stdin(&["explain"], b"");
    assert_eq!((empty.code, empty.stderr.lines().count()), (4, 1), "{}", empty.everything());
    let absent = pqcheck(["explain", "/no/such/build.log"]);
    assert_eq!((absent.code, absent.stderr.lines().count()), (2, 1), "{}", absent.everything());
    assert!(absent.stderr.contains("/no/such/build.log"), "{}", absent.everything());
    let directory = pqcheck(["explain", "/"]);
    assert_eq!((directory.code, directory.stderr.lines().count()), (2, 1), "{}", directory.everything());
}

#[test]
fn a_file_and_stdin_say_the_same() {
    let path = root().join("tests/logs/copy-source-missing/buildkit.log");
    let file = pqcheck(["explain".as_ref(), path.as_os_str()]);
    let log = fs::read(&path).unwrap();
    assert_eq!(from_stdin(&["explain"], &log), file);
    assert_eq!(from_stdin(&["explain", "-"], &log), file);
}

#[test]
fn documents_keep_to_the_published_schema() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("schema/causes.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (_, path) in samples(&root().join("tests/logs")) {
        let document = serde_json::to_value(diagnosis(&path)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    let path = root().join("tests/logs/unknown/rust-borrow.log");
    let run = pqcheck(["explain".as_ref(), "--format".as_ref(), "json".as_ref(), path.as_os_str()]);
    let mut document = json(&run);
    assert!(validator.is_valid(&document));
    document["causes"] = serde_json::json!([{ "id": "x" }]);
    assert!(!validator.is_valid(&document));
}

#[test]
fn evidence_is_found_in_its_line() {
    for (_, path) in samples(&root().join("tests/logs")) {
        let log = fs::read(&path).unwrap();
        let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
        for cause in diagnosis(&path).causes {
            assert!(!cause.evidence.is_empty());
            for line in cause.evidence {
                let there = String::from_utf8_lossy(lines[line.line as usize - 1]).into_owned();
                let word =
                    line.text.split_whitespace().max_by_key(|word| word.len()).unwrap().trim_end_matches('…');
                assert!(
                    there.contains(word) || there.contains('\x1b'),
                    "{}:{}: {word}",
                    path.display(),
                    line.line
                );
            }
        }
    }
}
