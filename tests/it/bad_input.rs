//! Bad input gets one clear line, the right exit code, and loses nothing.

use std::fs;
use std::path::Path;

use crate::command::{Run, folder, json, pqcheck, program};

/// One line on stderr that names the file, nothing on stdout, exit 2.
fn is_refused(run: &Run, names: &str) {
    assert_eq!(run.code, 2, "{}", run.everything());
    assert_eq!(run.stdout, "", "{}", run.everything());
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.everything());
    assert!(run.stderr.contains(names), "{names}: {}", run.everything());
}

fn kat(path: &Path) -> Run {
    pqcheck(["kat".as_ref(), "--vectors".as_ref(), path.as_os_str()])
}

#[test]
fn malformed_files_are_refused_by_name() {
    let folder = folder("malformed");
    for (name, content) in [
        ("empty.json", &b""[..]),
        (
            "truncated.json",
            br#"{"algorithm":"ML-KEM","mode":"keyGen","revision":"FIPS203","testGroups":[{"tgId":1,"#,
        ),
        ("not-utf8.json", b"\xff\xfe{}"),
        ("other.json", br#"{"hello":"world"}"#),
        ("text.rsp", b"count = x\n"),
        ("not-gzip.json.gz", b"hello"),
        ("nul.json", b"\0\0\0\0"),
        (
            "unknown.json",
            br#"{"vsId":1,"algorithm":"RSA","mode":"keyGen","revision":"FIPS203","testGroups":[]}"#,
        ),
    ] {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        is_refused(&kat(&path), name);
    }
}

#[test]
fn a_wrong_value_is_named_with_its_case_and_field() {
    let folder = folder("wrong-value");
    let path = folder.join("x.json");
    let file = r#"{"vsId":42,"algorithm":"ML-KEM","mode":"keyGen","revision":"FIPS203","isSample":false,
        "testGroups":[{"tgId":1,"testType":"AFT","parameterSet":"ML-KEM-512","tests":[
        {"tcId":7,"deferred":false,"z":"00","d":"0G","ek":"00","dk":"00"}]}]}"#;
    fs::write(&path, file).unwrap();
    let run = kat(&path);
    is_refused(&run, "x.json");
    assert!(run.stderr.contains("tcId 7") && run.stderr.contains("`d`"), "{}", run.everything());
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    is_refused(&kat(Path::new("/no/such/file.json")), "/no/such/file.json");
}

#[test]
fn an_empty_folder_is_nothing_checked() {
    let run = kat(&folder("nothing"));
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stderr.contains("nothing was checked"));
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let path = folder("huge").join("huge.json");
    fs::File::create(&path).unwrap().set_len(1 << 30).unwrap();
    let run = kat(&path);
    is_refused(&run, "huge.json");
    assert!(run.stderr.contains("256 MiB"), "{}", run.everything());
}

#[test]
fn a_hostile_name_stays_on_one_line() {
    let path = folder("hostile").join("a\nb\x1b[31m.json");
    fs::write(&path, "{}").unwrap();
    let run = kat(&path);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr.lines().count(), 1, "{:?}", run.stderr);
    assert!(!run.stderr.contains('\x1b'), "{:?}", run.stderr);
}

#[test]
fn unknown_names_say_which_are_known() {
    for (option, value, known) in [
        ("--backend", "openssl", "libcrux"),
        ("--algorithm", "Kyber768", "ML-KEM-768"),
        ("--operation", "encrypt", "encaps"),
        ("--format", "xml", "junit"),
        ("--shard", "4/3", "1/4"),
    ] {
        let run = pqcheck(["kat", option, value]);
        assert_eq!(run.code, 2, "{}", run.everything());
        assert!(run.stderr.contains(value) && run.stderr.contains(known), "{}", run.everything());
    }
}

#[test]
fn a_full_disk_leaves_no_report() {
    let run = pqcheck(["kat", "--backend", "libcrux", "-o", "/dev/full"]);
    is_refused(&run, "/dev/full");
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_old_one() {
    let folder = folder("kept");
    let path = folder.join("sub/report.json");
    let run = program().args(["kat", "--backend", "libcrux", "-o"]).arg(&path).output().unwrap().into();
    is_refused(&run, "report.json");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn a_reader_that_has_read_enough_is_no_fault() {
    for (arguments, code) in [
        ("list", 0),
        ("list --faults", 0),
        ("--help", 0),
        ("man", 0),
        ("completions zsh", 0),
        ("doctor --explain libc-mismatch", 0),
        ("kat --backend libcrux --case *tc1 --format json", 0),
        // What was found counts, whoever reads it.
        ("kat --backend broken:draft-g-of-d --case accumulated", 1),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = Run::from(program().args(arguments.split(' ')).stdout(writer).output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{arguments}");
    }
}

#[test]
fn what_is_wrong_is_said_once_and_with_its_limits() {
    let folder = folder("said-once");
    let old = folder.join("old.json");
    fs::write(&old, "{}").unwrap();
    let near = folder.join("odl.json");
    let near = near.to_str().unwrap();
    let meant = format!("did you mean `{}`?", old.display());
    for (arguments, parts) in [
        (&["kat", "--jobs", "-1"][..], &["'-1' for '--jobs <N>': not a whole number from 1 to 1024"][..]),
        (&["kat", "--accumulated", "0"], &["not a whole number of at least 1"]),
        (&["bench", "--samples", "4"], &["not a whole number from 5 to 100000"]),
        (&["bench", "--time", "0ms"], &["between `1us` and `24h`"]),
        (&["bench", "--time", "500"], &["no unit; write `2s`"]),
        (&["compare", "--threshold", "-1", "a", "b"], &["a number from 0 to 1000"]),
        (&["kat", "--backend", "broken"], &["name a planted fault", "pqcheck list --faults"]),
        (&["kat", "--backend", "broken:"], &["name a planted fault"]),
        (&["kat", "-o", "/none/x.json", "--backend", "libcrux"], &["folder /none does not exist"]),
        (&["compare", near, near], &[&meant]),
        (&["compare", "--baseline", near], &[&meant]),
        (&["merge", near], &[&meant]),
        (&["explain", near], &[&meant]),
        (&["doctor", "--image", near], &[&meant]),
        (&["doctor", "--root", near], &[&meant]),
    ] {
        let run = pqcheck(arguments);
        is_refused(&run, parts[0]);
        assert!(parts.iter().all(|part| run.stderr.contains(part)), "{}", run.stderr);
        assert!(run.stderr.matches("os error").count() < 2, "{}", run.stderr);
    }
    let listed = format!("{near},{near} , ");
    is_refused(&pqcheck(["compare", &listed, "x"]), near);
}

#[test]
fn a_dash_is_stdout() {
    let folder = folder("dash");
    let report = folder.join("report.json");
    let report = report.to_str().unwrap();
    let kat = ["kat", "--backend", "libcrux", "--case", "*tc1", "--format", "json", "-o"];
    assert_eq!(program().args(kat).arg(report).output().unwrap().status.code(), Some(0));
    for (arguments, schema) in [
        (&kat[..], "pqcheck.report/1"),
        (&["compare", report, report, "--format", "json", "-o"], "pqcheck.comparison/1"),
        (&["doctor", "/proc/self/exe", "--format", "json", "-o"], "pqcheck.findings/1"),
    ] {
        let run: Run = program().current_dir(&folder).args(arguments).arg("-").output().unwrap().into();
        assert_eq!(json(&run)["schema"], schema, "{}", run.everything());
        assert!(!folder.join("-").exists(), "{arguments:?}");
    }
}
