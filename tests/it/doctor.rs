//! `pqcheck doctor` on images made on the spot: what it finds, what it says, how it ends.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{Run, folder, json, pqcheck, root};

#[path = "../../src/image/elf/sample.rs"]
mod sample;

use sample::{SAMPLE, Sample};

const GLIBC: &str = "/lib64/ld-linux-x86-64.so.2";
const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

/// An image as a folder.
struct Image(PathBuf);

impl Image {
    /// One with a glibc 2.36 and a shell.
    fn debian(test: &str) -> Self {
        let libc = Sample {
            versions: &["libc.so.6", "GLIBC_2.2.5", "GLIBC_2.36"],
            soname: Some("libc.so.6"),
            ..SAMPLE
        };
        let folders = b"\0/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0";
        Self(folder(test))
            .file(GLIBC, Sample { soname: Some("ld-linux-x86-64.so.2"), tail: folders, ..SAMPLE }.bytes())
            .file("/lib/x86_64-linux-gnu/libc.so.6", libc.bytes())
            .file("/bin/sh", program(GLIBC, &["libc.so.6"]).bytes())
            .text("/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
    }

    fn file(self, path: &str, bytes: Vec<u8>) -> Self {
        let at = self.at(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, bytes).unwrap();
        fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    fn text(self, path: &str, text: &str) -> Self {
        self.file(path, text.as_bytes().to_vec())
    }

    fn link(self, path: &str, target: &str) -> Self {
        let at = self.at(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        symlink(target, at).unwrap();
        self
    }

    fn mode(self, path: &str, mode: u32) -> Self {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.join(path.trim_start_matches('/'))
    }

    fn doctor(&self, arguments: &[&str]) -> Run {
        let root = self.0.to_str().unwrap();
        pqcheck(["doctor", "--root", root].iter().chain(arguments))
    }

    /// The tree as `docker save` writes an image with this configuration.
    fn saved(&self, config: &str) -> PathBuf {
        let mut layer = tar::Builder::new(Vec::new());
        layer.follow_symlinks(false);
        layer.append_dir_all("", &self.0).unwrap();
        let layer = layer.into_inner().unwrap();
        let manifest = br#"[{"Config":"c.json","RepoTags":["test:1"],"Layers":["1/layer.tar"]}]"#;
        let mut archive = tar::Builder::new(Vec::new());
        for (name, bytes) in
            [("manifest.json", &manifest[..]), ("c.json", config.as_bytes()), ("1/layer.tar", &layer)]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, name, bytes).unwrap();
        }
        let path = self.0.with_extension("tar");
        fs::write(&path, archive.into_inner().unwrap()).unwrap();
        path
    }
}

fn program<'a>(interpreter: &'a str, needed: &'a [&'a str]) -> Sample<'a> {
    Sample { interpreter: Some(interpreter), needed, ..SAMPLE }
}

/// `rule subject` of each error, and the exit code.
fn errors(run: &Run) -> (i32, Vec<String>) {
    let report = json(run);
    assert_eq!(report["schema"], "pqcheck.findings/1");
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        assert!(!finding["cause"].as_str().unwrap().is_empty(), "{finding:#}");
        assert!(!finding["fix"].as_array().unwrap().is_empty(), "{finding:#}");
    }
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (run.code, errors.map(|error| format!("{} {}", text(&error["rule"]), text(&error["subject"]))).collect())
}

fn found(image: &Image, path: &str) -> Vec<String> {
    let (code, errors) = errors(&image.doctor(&[path, "--format", "json"]));
    assert_eq!(code, i32::from(!errors.is_empty()));
    errors.iter().map(|error| error.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_whole_image_without_a_fault_is_fine() {
    let run = Image::debian("doctor-fine").doctor(&[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.ends_with("1 program checked, none fails to start\n"), "{}", run.stdout);
}

#[test]
fn a_musl_program_in_a_debian_image_is_a_libc_mismatch_and_shows_its_search() {
    let image = Image::debian("doctor-musl")
        .file("/usr/local/bin/app", program(MUSL, &["libc.musl-x86_64.so.1"]).bytes());
    let config = r#"{"architecture":"amd64","os":"linux","config":{"Entrypoint":["/usr/local/bin/app"]}}"#;
    let archive = image.saved(config);
    let run = pqcheck(["doctor", "--image", archive.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{}", run.everything());
    for part in [
        "ERROR /usr/local/bin/app: it is linked to musl, but the image has glibc",
        "[libc-mismatch]",
        "1. /lib/ld-musl-x86_64.so.1: loader of the program: absent",
        "2. /lib64/ld-linux-x86-64.so.2: loader of the image",
        "not found",
        "(test:1): Debian GNU/Linux 12 (bookworm), with glibc 2.36, for linux/amd64",
        "2 programs checked, 1 will not start",
    ] {
        assert!(run.stdout.contains(part), "{part:?} is not in\n{}", run.stdout);
    }
}

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    let image = Image::debian("doctor-rules")
        .file(
            "/app/arm",
            Sample { machine: 183, ..program("/lib/ld-linux-aarch64.so.1", &["libc.so.6"]) }.bytes(),
        )
        .file("/app/cut", Sample { ..program(GLIBC, &["libc.so.6"]) }.bytes()[..200].to_vec())
        .file("/app/empty", vec![])
        .file("/app/windows", b"MZ\x90\0\x03\0\0\0".to_vec())
        .file("/app/nix", program("/nix/store/x/ld-linux-x86-64.so.2", &["libc.so.6"]).bytes())
        .file("/app/lib", program(GLIBC, &["libnone.so.3", "libc.so.6"]).bytes())
        .file("/app/oqs", program(GLIBC, &["liboqs.so.7"]).bytes())
        .file(
            "/app/new",
            Sample { version_needs: &[("libc.so.6", &["GLIBC_2.38"])], ..program(GLIBC, &["libc.so.6"]) }
                .bytes(),
        )
        .file(
            "/app/cxx",
            Sample { version_needs: &[("libx.so.1", &["X_2"])], ..program(GLIBC, &["libx.so.1"]) }.bytes(),
        )
        .file("/usr/lib/libx.so.1", Sample { versions: &["libx.so.1", "X_1"], ..SAMPLE }.bytes())
        .text("/app/crlf", "#!/bin/sh\r\necho\r\n")
        .text("/app/bash", "#!/bin/bash\n")
        .text("/app/env", "#!/usr/bin/env python3\n")
        .file("/usr/bin/env", program(GLIBC, &["libc.so.6"]).bytes())
        .text("/app/none", "echo hello\n")
        .text("/app/good", "#!/bin/sh\n")
        .text("/app/denied", "#!/bin/sh\n")
        .mode("/app/denied", 0o644)
        .link("/app/dangling", "/home/me/tool")
        .link("/app/loop", "loop")
        .file("/app/static", Sample { kind: 2, ..SAMPLE }.bytes())
        .file("/app/damaged", program(GLIBC, &["libcut.so.1"]).bytes())
        .file("/usr/lib/libcut.so.1", SAMPLE.bytes().split_at(100).0.to_vec())
        .file("/app/hollow", program(GLIBC, &["liboqs.so.8"]).bytes())
        .text("/usr/lib/liboqs.so.8", "")
        .file("/app/mixed", program(GLIBC, &["libm.so.9"]).bytes())
        .file("/usr/lib/libm.so.9", Sample { needed: &["libc.musl-x86_64.so.1"], ..SAMPLE }.bytes());
    for (path, rules) in [
        ("/app/arm", &["exec-format"][..]),
        ("/app/cut", &["exec-format"]),
        ("/app/empty", &["exec-format"]),
        ("/app/windows", &["exec-format"]),
        ("/app/nix", &["interpreter-missing"]),
        ("/app/lib", &["shared-library-missing"]),
        ("/app/oqs", &["liboqs-library-missing"]),
        ("/app/damaged", &["library-damaged"]),
        ("/app/hollow", &["library-damaged"]),
        ("/app/new", &["glibc-too-old"]),
        ("/app/cxx", &["symbol-version-missing"]),
        ("/app/crlf", &["bad-shebang"]),
        ("/app/bash", &["bad-shebang"]),
        ("/app/env", &["bad-shebang"]),
        ("/app/none", &["bad-shebang"]),
        ("/app/denied", &["permission-denied"]),
        ("/app/dangling", &["link-out-of-image"]),
        ("/app/loop", &["link-out-of-image"]),
        ("/app/mixed", &["libc-mismatch"]),
        ("/app/good", &[]),
        ("/app/static", &[]),
        ("/bin/sh", &[]),
    ] {
        assert_eq!(found(&image, path), rules, "{path}");
    }
}

#[test]
fn a_library_that_ldconfig_has_not_seen_is_named_with_its_place() {
    let image = Image::debian("doctor-ldconfig")
        .file("/app/oqs", program(GLIBC, &["liboqs.so.7"]).bytes())
        .file("/usr/local/lib/liboqs.so.0.13.0", SAMPLE.bytes())
        .link("/usr/local/lib/liboqs.so", "liboqs.so.7")
        .link("/usr/local/lib/liboqs.so.7", "liboqs.so.0.13.0");
    let run = image.doctor(&["/app/oqs"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("/usr/local/lib/liboqs.so.7: exists, but the loader does not look here"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("ldconfig"), "{}", run.stdout);
}

#[test]
fn a_tool_that_is_not_there_shows_every_folder_of_path() {
    let image =
        Image::debian("doctor-tool").text("/usr/sbin/half", "#!/bin/sh\n").mode("/usr/sbin/half", 0o644);
    let run = image.doctor(&["--tool", "half", "--tool", "sh"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("ERROR half: `half` is not in PATH [tool-not-found]"), "{}", run.stdout);
    assert!(
        run.stdout.contains("/usr/sbin/half: not executable for this user (mode 0644)"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("2 programs checked, 1 will not start"), "{}", run.stdout);
}

#[test]
fn an_entrypoint_of_an_image_without_a_shell_is_said() {
    let image = Image(folder("doctor-scratch")).file("/app", Sample { kind: 2, ..SAMPLE }.bytes());
    let shell = r#"{"architecture":"amd64","os":"linux","config":{"Cmd":["/bin/sh","-c","/app"]}}"#;
    let run = pqcheck(["doctor", "--format", "json", "--image", image.saved(shell).to_str().unwrap()]);
    assert_eq!(errors(&run), (1, vec!["tool-not-found /bin/sh".to_owned()]));
    let exec = r#"{"architecture":"amd64","os":"linux","config":{"Cmd":["/app"]}}"#;
    let run = pqcheck(["doctor", "--format", "json", "--image", image.saved(exec).to_str().unwrap()]);
    assert_eq!(errors(&run), (0, vec![]));
}

#[test]
fn python_modules_and_names_are_looked_for() {
    let image = Image::debian("doctor-python")
        .file("/usr/bin/python3.11", program(GLIBC, &["libc.so.6"]).bytes())
        .link("/usr/bin/python3", "python3.11")
        .text("/usr/lib/python3.11/os.py", "")
        .text("/usr/lib/python3.11/json/__init__.py", "def dumps(): pass\n")
        .text("/usr/lib/python3.11/lazy.py", "def __getattr__(name): pass\n");
    let run = image.doctor(&[
        "--format",
        "json",
        "--import",
        "json:dumps",
        "--import",
        "json:dump",
        "--import",
        "oqs",
    ]);
    assert_eq!(
        errors(&run),
        (1, vec!["python-import-name json:dump".to_owned(), "python-module-missing oqs".to_owned()])
    );
    let run = image.doctor(&["--import", "lazy:x"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.contains("cannot tell whether `lazy`"), "{}", run.stdout);
}

#[test]
fn the_platform_that_is_asked_for_counts() {
    let image = Image::debian("doctor-platform");
    let run = image.doctor(&["--platform", "linux/arm64", "--format", "json"]);
    assert_eq!(errors(&run), (1, vec!["exec-format /bin/sh".to_owned()]));
    assert_eq!(json(&run)["target"], "linux/arm64");
}

#[test]
fn json_names_every_library_and_its_file() {
    let run = Image::debian("doctor-json").doctor(&["/bin/sh", "--format", "json"]);
    let program = &json(&run)["programs"][0];
    assert_eq!(program["kind"], "elf");
    assert_eq!(program["interpreter"], GLIBC);
    assert_eq!(program["libraries"][0]["name"], "libc.so.6");
    assert_eq!(program["libraries"][0]["path"], "/lib/x86_64-linux-gnu/libc.so.6");
}

#[test]
fn findings_keep_to_the_published_schema() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("schema/findings.schema.json")).unwrap())
            .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let image = Image::debian("doctor-schema")
        .file("/bin/musl", program(MUSL, &["libc.musl-x86_64.so.1"]).bytes())
        .file("/bin/lost", program(GLIBC, &["libnowhere.so.1", "libc.so.6"]).bytes())
        .file("/bin/static", Sample { kind: 2, ..SAMPLE }.bytes())
        .text("/bin/crlf", "#!/bin/sh\r\necho\r\n")
        .text("/bin/text", "nothing\n");
    let run = image.doctor(&[
        "/bin/sh",
        "/bin/musl",
        "/bin/lost",
        "/bin/static",
        "/bin/crlf",
        "/bin/text",
        "--format",
        "json",
    ]);
    let mut document = json(&run);
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(document["findings"].as_array().unwrap().len() > 2, "{document:#}");
    assert_eq!(document["programs"].as_array().unwrap().len(), 6);
    // One line for each finding and each program, as in every other document.
    for text in ["    {\"rule\": ", "    {\"path\": "] {
        assert!(run.stdout.lines().filter(|line| line.starts_with(text)).count() > 2, "{}", run.stdout);
    }
    document["findings"][0]["severity"] = "perhaps".into();
    assert!(!validator.is_valid(&document));
}

#[test]
fn what_cannot_be_looked_at_is_one_line_and_exit_2() {
    let image = Image::debian("doctor-bad").text("/notes.txt", "no archive");
    let notes = image.at("/notes.txt");
    let notes = notes.to_str().unwrap();
    for (arguments, part) in [
        (vec!["--root", "/no/such/folder"], "/no/such/folder: "),
        (vec!["--image", "/no/such.tar"], "/no/such.tar: "),
        (vec!["--image", notes], "not a tar archive; write one with `docker save`"),
        (vec!["--platform", "linux/amd46"], "--platform `linux/amd46`: not a platform"),
        (vec!["--platform", "windows/amd64"], "--platform `windows/amd64`: not a platform"),
        (vec!["--platform", "arm64/v7"], "--platform `arm64/v7`: not a platform"),
        (vec!["--tool", ""], "--tool <NAME>"),
        (vec!["--explain", "bad-shebang", "/bin/sh"], "cannot be used with"),
        (vec!["--import", "a b"], "--import `a b`: not a module's name"),
        (
            vec!["--explain", "nothing"],
            "--explain `nothing`: no such rule; the rules are apt-package-missing, ",
        ),
        (vec!["/no/such/file"], "/no/such/file: absent"),
    ] {
        let run = pqcheck(["doctor"].iter().chain(&arguments));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(part) && run.stderr.trim_end().lines().count() == 1, "{}", run.stderr);
    }
}

#[test]
fn an_image_without_programs_is_exit_4() {
    let run = Image(folder("doctor-nothing")).text("/etc/motd", "hello").doctor(&[]);
    assert_eq!(run.code, 4);
    assert!(run.stdout.ends_with("nothing checked: no program found\n"), "{}", run.stdout);
}

#[test]
fn a_rule_is_explained() {
    let run = pqcheck(["doctor", "--explain", "libc-mismatch"]);
    assert_eq!(run.code, 0);
    for heading in ["libc-mismatch\n", "What it finds\n", "Why it matters\n", "How to fix it\n"] {
        assert!(run.stdout.contains(heading), "{}", run.stdout);
    }
}

#[test]
fn a_report_goes_into_a_file() {
    let image = Image::debian("doctor-output");
    let path = image.at("/report.json");
    let run = image.doctor(&["--format", "json", "-o", path.to_str().unwrap()]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    let report: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(report["summary"]["looked_at"], 1);
}

#[test]
fn an_image_that_means_harm_is_looked_at_to_the_end() {
    let image = Image::debian("doctor-harm")
        .link("/bin/a", "b")
        .link("/bin/b", "a")
        .link("/bin/up", "../../../../../../../../etc/passwd")
        .text("/bin/rec", "#!/bin/rec\n")
        .file("/bin/self", program("/bin/self", &["self"]).bytes());
    let deep = format!("/bin/{}", "d/".repeat(100));
    fs::create_dir_all(image.at(&deep)).unwrap();
    let sparse = fs::File::create(image.at("/bin/sparse")).unwrap();
    std::io::Write::write_all(&mut &sparse, &SAMPLE.bytes()).unwrap();
    sparse.set_len(4 << 30).unwrap();
    let image = image.mode("/bin/sparse", 0o755);
    let begin = std::time::Instant::now();
    let run = image.doctor(&[]);
    assert!(begin.elapsed().as_secs() < 10);
    assert!([0, 1].contains(&run.code) && run.stderr.is_empty(), "{}", run.everything());
    assert!(!run.stdout.contains("/etc/passwd`: taken"));
    assert!(
        Path::new("/etc/passwd").exists() && run.stdout.contains("/bin/up: it is a link to"),
        "{}",
        run.stdout
    );
}

#[test]
fn every_rule_has_a_page() {
    let run = pqcheck(["doctor", "--explain", "?"]);
    for id in run.stderr.split("the rules are ").nth(1).unwrap().trim().split(", ") {
        assert_eq!(pqcheck(["doctor", "--explain", id]).code, 0, "{id}");
    }
}
