//! The vector files in `vectors/` against their own README.

use std::fs;
use std::io::Read as _;

use pqcheck::vector;
use sha2::{Digest as _, Sha256};

use crate::command::{json, pqcheck, root};

struct Row {
    file: String,
    cases: usize,
    sha256: String,
}

/// The rows of the table of files in `vectors/README.md`.
fn rows() -> Vec<Row> {
    let readme = fs::read_to_string(root().join("vectors/README.md")).unwrap();
    let table = readme.split("<!-- files -->").nth(1).unwrap();
    let table = table.split("<!-- end of files -->").next().unwrap();
    let rows: Vec<Row> = table
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() == 8 && cells[1].contains('/'))
        .map(|cells| Row {
            file: cells[1].to_owned(),
            cases: cells[3].parse().unwrap(),
            sha256: cells[6].trim_matches('`').to_owned(),
        })
        .collect();
    assert!(rows.len() > 30);
    rows
}

#[test]
fn every_file_has_as_many_cases_as_its_readme_says() {
    for row in rows() {
        let suites = vector::read(&[root().join("vectors").join(&row.file)]).unwrap();
        let cases: usize = suites.iter().map(|suite| suite.cases.len()).sum();
        assert_eq!(cases, row.cases, "{}", row.file);
    }
}

#[test]
fn every_file_is_the_one_its_readme_names() {
    for row in rows() {
        assert_eq!(const_hex::encode(Sha256::digest(content(&row.file))), row.sha256, "{}", row.file);
    }
}

fn content(file: &str) -> Vec<u8> {
    let bytes = fs::read(root().join("vectors").join(file)).unwrap();
    if !file.ends_with(".gz") {
        return bytes;
    }
    let mut content = Vec::new();
    flate2::read::GzDecoder::new(&*bytes).read_to_end(&mut content).unwrap();
    content
}

/// What liboqs publishes of these records is a digest of NIST's lines; the others were added.
#[test]
fn the_records_of_liboqs_have_the_digests_that_it_publishes() {
    for (name, digest) in [
        ("Kyber512", "bb0481d3325d828817900b709d23917cefbc10026fc857f098979451f67bb0ca"),
        ("Classic-McEliece-460896", "b0822a5d00d7fad26380044c77b33370a5fb38e7851263229f590cac323a46a7"),
    ] {
        let text = String::from_utf8(content(&format!("liboqs-0.8.0/kat_{name}.rsp.gz"))).unwrap();
        let is_nists = |line: &&str| {
            line.split_once(" = ")
                .is_some_and(|(key, _)| ["count", "seed", "pk", "sk", "ct", "ss"].contains(&key))
        };
        let lines: String = text.lines().filter(is_nists).map(|line| format!("{line}\n")).collect();
        assert_eq!(const_hex::encode(Sha256::digest(lines)), digest, "{name}");
    }
}

#[test]
fn every_file_has_its_row() {
    let rows = rows();
    for folder in fs::read_dir(root().join("vectors")).unwrap().map(|entry| entry.unwrap().path()) {
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            if !folder.is_dir() {
                continue;
            }
            for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = path.strip_prefix(root().join("vectors")).unwrap().display().to_string();
                let is_file = path.is_file();
                assert!(!is_file || rows.iter().any(|row| row.file == name), "{name} has no row");
                folders.push(path);
            }
        }
    }
}

#[test]
fn the_wrong_published_answer_is_a_counted_skip() {
    let run = pqcheck([
        "kat",
        "--format",
        "json",
        "--backend",
        "libcrux",
        "--vectors",
        "vectors/acvp-2025-01/ML-DSA-sigGen-FIPS204",
    ]);
    assert_eq!(run.code, 0, "{}", run.everything());
    let report = json(&run);
    let bad = report["cases"].as_array().unwrap().iter().find(|case| case["case"] == "tc16").unwrap();
    assert!(bad["reason"].as_str().unwrap().starts_with("bad-vector: "), "{bad}");
}

/// One digit of every record's secret is another one: nobody gives that answer.
#[test]
fn a_file_that_is_wrong_is_suspect_and_no_library_is_blamed() {
    let text = fs::read_to_string(root().join("tests/fixtures/rsp/kat_MLKEM_512.rsp")).unwrap();
    let folder = crate::command::folder("suspect");
    let flipped: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("ss = ") {
            Some(rest) => format!("ss = {}{}", if rest.starts_with('0') { '1' } else { '0' }, &rest[1..]),
            None => line.to_owned(),
        })
        .collect();
    fs::write(folder.join("kat.rsp"), flipped.join("\n")).unwrap();
    let arguments = ["kat", "--vectors", folder.to_str().unwrap()];
    let run = pqcheck(arguments);
    assert_eq!(run.code, 1);
    let last = run.stdout.lines().last().unwrap();
    assert!(
        last.ends_with("; 2 suspect vectors: independent implementations agree on another answer"),
        "{last}"
    );
    assert!(!run.stdout.contains("wrong answer"), "{}", run.stdout);
    assert_eq!(run.stdout.matches("SUSPECT").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("4 independent implementations agree on another answer"), "{}", run.stdout);
    let report = json(&pqcheck([&arguments[..], &["--format", "json"]].concat()));
    assert_eq!(
        (report["summary"]["fail"].as_u64(), report["summary"]["suspect"].as_u64()),
        (Some(0), Some(14))
    );
    assert_eq!(report["cases"][0]["outcome"], "suspect");
    // One implementation alone cannot tell.
    assert_eq!(
        json(&pqcheck([&arguments[..], &["--backend", "libcrux", "--format", "json"]].concat()))["summary"]["suspect"],
        0
    );
}
