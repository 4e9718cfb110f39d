//! Libraries of the image: this machine's own libcrypto, and hostile ones that are compiled on the spot.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{Run, folder, json, pqcheck, program};
use crate::needs;

/// What every one of the libraries below has of liboqs. Its answers are wrong, for want of an algorithm.
const LIBOQS: &str = r#"
#include <stddef.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void (*random_bytes)(unsigned char *, size_t);
const char *OQS_version(void) { return "0.13.0"; }
void OQS_init(void) {}
void OQS_randombytes_custom_algorithm(void (*source)(unsigned char *, size_t)) { random_bytes = source; }
int OQS_KEM_ml_kem_768_keypair(unsigned char *ek, unsigned char *dk) {
    unsigned char seed[64];
    random_bytes(seed, sizeof seed);
    memcpy(ek, seed, sizeof seed);
    memcpy(dk, seed, sizeof seed);
    KEYPAIR;
    return 0;
}
int OQS_KEM_ml_kem_768_encaps(unsigned char *c, unsigned char *secret, const unsigned char *ek) {
    unsigned char m[32];
    random_bytes(m, sizeof m);
    memcpy(secret, m, sizeof m);
    (void)ek, (void)c;
    return 0;
}
int OQS_KEM_ml_kem_768_decaps(unsigned char *secret, const unsigned char *c, const unsigned char *dk) {
    memcpy(secret, c, 32);
    (void)dk;
    return 0;
}
__attribute__((constructor)) static void begin(void) { BEGIN; }
"#;

/// The same with what services use from before the standards, `SUPERCOP` saying which Classic McEliece.
const BEFORE: &str = r#"
#include <stddef.h>
#include <string.h>
static void (*random_bytes)(unsigned char *, size_t);
const char *OQS_version(void) { return "0.8.0"; }
const char alg_version[] = "SUPERCOP-" SUPERCOP;
void OQS_init(void) {}
void OQS_randombytes_custom_algorithm(void (*source)(unsigned char *, size_t)) { random_bytes = source; }
int OQS_KEM_kyber_512_keypair(unsigned char *ek, unsigned char *dk) {
    random_bytes(ek, 32), random_bytes(dk, 32);
    return 0;
}
int OQS_KEM_kyber_512_encaps(unsigned char *c, unsigned char *secret, const unsigned char *ek) {
    random_bytes(secret, 32);
    return 0;
}
int OQS_KEM_kyber_512_decaps(unsigned char *secret, const unsigned char *c, const unsigned char *dk) {
    memcpy(secret, c, 32);
    return 0;
}
int OQS_KEM_classic_mceliece_460896_keypair(unsigned char *ek, unsigned char *dk) {
    random_bytes(dk, 32);
    ek[524159] = dk[13567] = 1;
    return 0;
}
int OQS_KEM_classic_mceliece_460896_encaps(unsigned char *c, unsigned char *secret, const unsigned char *ek) {
    return -1;
}
int OQS_KEM_classic_mceliece_460896_decaps(unsigned char *secret, const unsigned char *c, const unsigned char *dk) {
    memcpy(secret, c + 188 - 32, 32);
    return 0;
}
"#;

/// Has its version behind other bytes of one string, as a linker may put it behind a table.
const BEHIND: &str = r#"
static const char table[] = "table0.11.0";
const char *OQS_version(void) { return table + 5; }
void OQS_init(void) {}
void OQS_randombytes_custom_algorithm(void (*source)(unsigned char *, unsigned long)) {}
int OQS_KEM_kyber_512_keypair(unsigned char *ek, unsigned char *dk) { return -1; }
int OQS_KEM_ml_kem_768_keypair(unsigned char *ek, unsigned char *dk) { return -1; }
int OQS_SIG_ml_dsa_87_ipd_keypair(unsigned char *ek, unsigned char *dk) { return -1; }
"#;

/// What AWS-LC has of OpenSSL's names, and says of itself.
const AWS_LC: &str = r#"
const char compatible[] = "OpenSSL 1.1.1 (compatible; AWS-LC 1.66.0)";
const char *awslc_version_string(void) { return "AWS-LC 1.66.0"; }
const char *OpenSSL_version(int which) { return awslc_version_string(); }
int EVP_chacha20_poly1305(void) { return 1; }
"#;

/// Compiles a library that does `begin` when it is loaded and `keypair` when it makes keys.
fn library(name: &str, begin: &str, keypair: &str) -> PathBuf {
    compiled(name, LIBOQS, &[format!("-DBEGIN={begin}"), format!("-DKEYPAIR={keypair}")])
}

fn compiled(name: &str, text: &str, defined: &[String]) -> PathBuf {
    let folder = folder(&format!("installed-{name}"));
    let (source, library) = (folder.join("liboqs.c"), folder.join("liboqs.so.7"));
    fs::write(&source, text).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-w", "-Wl,-soname,liboqs.so.7"])
        .args(defined)
        .arg("-o")
        .args([&library, &source])
        .output()
        .unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    library
}

fn kat(library: &Path, more: &[&str]) -> Run {
    let case = ["--case", "acvp/ML-KEM-keyGen-FIPS203*", "--algorithm", "ML-KEM-768"];
    program().arg("kat").arg("--library").arg(library).args(case).args(more).output().unwrap().into()
}

fn health(library: &Path) -> Run {
    let required = ["--require", "ML-KEM-768"];
    program().arg("health").arg("--library").arg(library).args(required).output().unwrap().into()
}

/// An outcome, and not the end of pqcheck: exit 2 with these words for `kat`, 1 and one line for `health`.
fn is_an_error(library: &Path, more: &[&str], words: &str) {
    let run = kat(library, more);
    assert_eq!(run.code, 2, "{}", run.everything());
    assert!(run.stdout.contains(words), "{words}: {}", run.everything());
    assert_eq!(run.stderr, "", "{}", run.everything());
    let run = health(library);
    assert_eq!(run.code, 1, "{}", run.everything());
    assert!(run.stdout.starts_with("unhealthy: ") && run.stdout.lines().count() == 1, "{}", run.everything());
}

#[test]
fn a_library_with_wrong_answers_fails_and_is_named() {
    let library = library("wrong", "", "");
    let run = kat(&library, &[]);
    assert_eq!(run.code, 1, "{}", run.everything());
    assert!(run.stdout.contains("keygen: ek differs"), "{}", run.everything());
    let run = health(&library);
    assert_eq!(run.code, 1, "{}", run.everything());
    let title = format!("liboqs 0.13.0 ({})", library.display());
    assert!(run.stdout.starts_with(&format!("unhealthy: {title}")), "{}", run.everything());
}

/// What the library is told is random arrives in it, through the image's own thread pointer and back.
#[test]
fn the_randomness_of_the_vectors_reaches_the_library() {
    let run = kat(&library("seeded", "", ""), &["--format", "json"]);
    let report = json(&run);
    let fail = report["cases"].as_array().unwrap().iter().find(|case| case["expected"].is_string());
    let fail = fail.unwrap_or_else(|| panic!("no failure: {}", run.everything()));
    // The fake keys begin with the seed d of the case.
    let got = fail["got"].as_str().unwrap();
    assert!(!got.contains("0000000000000000"), "{got}");
}

#[test]
fn what_a_constructor_does_is_an_outcome() {
    is_an_error(&library("exit", "exit(7)", ""), &[], "called exit with code 7");
    is_an_error(&library("abort", "abort()", ""), &[], "killed by SIGABRT");
    is_an_error(&library("segv", "raise(SIGSEGV)", ""), &[], "killed by SIGSEGV");
    is_an_error(&library("hang", "for (;;) pause()", ""), &["--deadline", "500ms"], "no answer for 500ms");
}

#[test]
fn what_a_function_does_is_an_outcome() {
    is_an_error(&library("null", "", "*(volatile char *)8 = 1"), &[], "killed by SIGSEGV");
    is_an_error(&library("quit", "", "_exit(0)"), &[], "called exit with code 0");
    let past = library("past", "", "memset(ek + 1184, 0, 8)");
    is_an_error(&past, &[], "wrote past the end of its output (8 bytes altered)");
}

#[test]
fn what_a_library_prints_is_not_in_the_report() {
    let print = "for (int i = 0; i < 100000; i++) { \
                 fprintf(stdout, \"%0100d\", i)%s fprintf(stderr, \"%0100d\", i)%s } fflush(stdout)";
    let library = library("prints", &print.replace("%s", ";"), "");
    let run = kat(&library, &["--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(json(&run)["summary"]["fail"].as_u64().unwrap() > 0);
    assert_eq!(run.stderr, "");
    assert_eq!(health(&library).stdout.lines().count(), 1);
}

#[test]
fn a_library_that_forks_is_tested_once() {
    let library = library("forks", "fork()", "");
    let (forked, plain) =
        (kat(&library, &["--format", "json"]), kat(&self::library("plain", "", ""), &["--format", "json"]));
    assert_eq!(forked.code, 1, "{}", forked.everything());
    assert_eq!(json(&forked)["summary"], json(&plain)["summary"]);
}

#[test]
fn a_file_that_is_no_library_for_this_image_is_refused_in_one_line() {
    let folder = folder("installed-refused");
    let whole = fs::read(library("whole", "", "")).unwrap();
    let mut foreign = whole.clone();
    // EM_S390.
    foreign[18..20].copy_from_slice(&22_u16.to_le_bytes());
    for (name, bytes, why) in [
        ("empty.so", &b""[..], "not an ELF file"),
        ("text.so", b"INPUT(liboqs.so.7)\n", "not an ELF file"),
        ("header.so", &whole[..70], "damaged"),
        ("half.so", &whole[..whole.len() / 2], "damaged"),
        ("foreign.so", &foreign, "built for s390x, but this machine is"),
        ("program.so", &fs::read(env!("CARGO_BIN_EXE_pqcheck")).unwrap(), ""),
    ] {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        let run = kat(&path, &[]);
        assert_eq!(run.code, 2, "{name}: {}", run.everything());
        assert_eq!(
            (run.stdout.as_str(), run.stderr.lines().count()),
            ("", 1),
            "{name}: {}",
            run.everything()
        );
        assert!(run.stderr.contains(name) && run.stderr.contains(why), "{name}: {}", run.everything());
        assert_eq!(health(&path).code, 1, "{name}");
    }
    let run = kat(&folder.join("nowhere.so"), &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nowhere.so: absent"), "{}", run.everything());
    let run = kat(&folder, &[]);
    assert!(run.stderr.contains("not a file"), "{}", run.everything());
}

#[test]
fn what_the_loader_misses_is_told_in_its_own_words() {
    let library = library("needy", "", "");
    let needy = library.with_file_name("needy.so");
    let linked = Command::new("cc")
        .args(["-shared", "-o"])
        .args([&needy, &library.with_file_name("liboqs.c")])
        .args(["-w", "-fPIC", "-DBEGIN=", "-DKEYPAIR=", "-Wl,--no-as-needed"])
        .arg(&library)
        .status()
        .unwrap();
    assert!(linked.success());
    fs::remove_file(&library).unwrap();
    is_an_error(&needy, &[], "liboqs.so.7");
}

/// The options by which one algorithm of one library is asked for.
fn asked<'a>(command: &'a str, library: &'a Path, option: &'a str, algorithm: &'a str) -> Run {
    program().arg(command).arg("--library").arg(library).args([option, algorithm]).output().unwrap().into()
}

#[test]
fn what_no_standard_defines_is_tested_where_a_library_has_it() {
    let library = compiled("before", BEFORE, &["-DSUPERCOP=\"20191221\"".to_owned()]);
    for algorithm in ["Kyber512", "Classic-McEliece-460896"] {
        let run = asked("kat", &library, "--algorithm", algorithm);
        assert_eq!(run.code, 1, "{}", run.everything());
        for words in ["keygen: ek differs", "decaps: shared_secret differs"] {
            assert!(run.stdout.contains(words), "{}", run.everything());
        }
        let run = asked("health", &library, "--require", algorithm);
        assert_eq!(run.code, 1, "{}", run.everything());
        let title = format!("unhealthy: liboqs 0.8.0 ({}) {algorithm} ", library.display());
        assert!(run.stdout.starts_with(&title), "{}", run.everything());
    }
    // Without being named, they are there all the same; and the standards are not.
    let run =
        program().arg("kat").arg("--library").arg(&library).args(["--format", "json"]).output().unwrap();
    let report = json(&run.into());
    let cases = report["cases"].as_array().unwrap();
    let failed = |algorithm: &str| {
        cases.iter().filter(|case| case["algorithm"] == algorithm && case["outcome"] == "fail").count()
    };
    assert_eq!((failed("Kyber512"), failed("Classic-McEliece-460896"), failed("ML-KEM-768")), (4, 3, 0));
}

/// Its functions have the same names, and write and read other lengths: they are not called.
#[test]
fn another_classic_mceliece_under_the_same_name_is_not_asked() {
    let library = compiled("after", BEFORE, &["-DSUPERCOP=\"20221025\"".to_owned()]);
    let run = asked("kat", &library, "--algorithm", "Classic-McEliece-460896");
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stdout.contains("not-offered: Classic-McEliece-460896"), "{}", run.everything());
    let run = asked("health", &library, "--require", "Classic-McEliece-460896");
    assert_eq!(run.code, 1, "{}", run.everything());
    let words = "a revision of Classic-McEliece-460896 that pqcheck does not test";
    assert!(run.stdout.contains(words), "{}", run.everything());
}

#[test]
fn nobody_is_asked_for_what_nobody_has_unless_it_is_named() {
    let run = pqcheck(["kat", "--backend", "libcrux", "--case", "*#tc26", "--case", "rsp/kat_Kyber512*"]);
    assert!(!run.stdout.contains("Kyber512"), "{}", run.everything());
    let run = pqcheck(["kat", "--backend", "libcrux", "--algorithm", "Kyber512"]);
    assert_eq!(run.code, 4, "{}", run.everything());
    assert!(run.stdout.contains("not-offered: Kyber512"), "{}", run.everything());
}

#[test]
fn a_version_is_where_the_code_says_and_round_3_is_no_standard() {
    let library = compiled("behind", BEHIND, &[]);
    let plain = library.with_file_name("liboqs.so");
    fs::rename(&library, &plain).unwrap();
    let run: Run = program().arg("list").arg("--library").arg(&plain).output().unwrap().into();
    assert!(run.stdout.starts_with("liboqs 0.11.0  /"), "{}", run.everything());
    let line = |label: &str| {
        let found = run.stdout.lines().find_map(|line| line.trim_start().strip_prefix(label));
        found.unwrap_or_else(|| panic!("{label}: {}", run.everything())).trim_start()
    };
    let lines = ["standard", "draft", "round 3"].map(line);
    assert_eq!(lines, ["ML-KEM-768", "ML-DSA-87", "Kyber512"], "{}", run.everything());
    let words = "liboqs 0.12 and later have ML-DSA of the standard";
    assert!(
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(words),
        "{}",
        run.everything()
    );
}

/// A variable names it, as liboqs-python has it named; nothing that the image needs, but what an application there uses.
#[test]
fn a_draft_where_a_variable_leads_to_is_unhealthy() {
    let library = compiled("draft", BEHIND, &[]);
    let folder = library.parent().unwrap().join("lib");
    fs::create_dir_all(&folder).unwrap();
    fs::rename(&library, folder.join("liboqs.so")).unwrap();
    let health = |more: &[&str]| -> Run {
        let prefix = library.parent().unwrap();
        let mut program = program();
        program
            .args(["health", "--installed"])
            .args(more)
            .env("OQS_INSTALL_PATH", prefix)
            .output()
            .unwrap()
            .into()
    };
    let named = format!("{}/liboqs.so", folder.display());
    let run = health(&[]);
    assert_eq!(run.code, 1, "{}", run.everything());
    assert!(run.stdout.contains(&named) || run.stdout.contains("draft"), "{}", run.everything());
    let run = health(&["--require", "ML-DSA-87"]);
    assert_eq!(run.code, 1, "{}", run.everything());
    let words = format!("liboqs 0.11.0 has the draft (ipd) under the name ML-DSA-87, in {named}");
    assert!(run.stdout.contains(&words), "{}", run.everything());
    let run: Run = program()
        .args(["list", "--installed"])
        .env("OQS_INSTALL_PATH", "/nowhere/oqs")
        .output()
        .unwrap()
        .into();
    let words = "OQS_INSTALL_PATH names /nowhere/oqs, which has neither lib nor lib64";
    assert!(
        run.stdout.split_whitespace().collect::<Vec<_>>().join(" ").contains(words),
        "{}",
        run.everything()
    );
}

#[test]
fn what_stands_in_for_openssl_is_named_and_not_tested() {
    let library = compiled("aws-lc", AWS_LC, &[]);
    let run = health(&library);
    assert_eq!(run.code, 1, "{}", run.everything());
    assert!(
        run.stdout.contains("this is AWS-LC 1.66.0; pqcheck tests liboqs and OpenSSL"),
        "{}",
        run.everything()
    );
}

/// Where this machine has OpenSSL 3, as `make` sees to, its cipher answers as published.
#[test]
fn this_machine_s_own_libcrypto_is_found_and_tested() {
    let run = pqcheck(["list", "--installed", "--format", "json"]);
    let list = json(&run);
    let libraries = list["installed"]["libraries"].as_array().unwrap();
    let openssl: Vec<_> = libraries.iter().filter(|library| library["name"] == "OpenSSL").collect();
    if openssl.is_empty() {
        return needs::not_tried("no libcrypto on this machine; install openssl");
    }
    let run = pqcheck(["kat", "--installed", "--algorithm", "ChaCha20-Poly1305", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.everything());
    let report = json(&run);
    assert!(report["summary"]["pass"].as_u64().unwrap() > 300, "{}", report["summary"]);
    let paths = report["paths"].as_array().unwrap();
    assert!(paths.iter().any(|path| path["backend"] == "installed-openssl"), "{paths:?}");
    assert!(
        paths.iter().all(|path| path["backend"].as_str().unwrap().starts_with("installed-")),
        "{paths:?}"
    );
}

#[test]
fn an_installed_library_runs_beside_a_linked_backend_that_is_named() {
    let library = library("beside", "", "");
    let run = kat(&library, &["--backend", "rustcrypto", "--format", "json"]);
    let backends: Vec<_> =
        json(&run)["paths"].as_array().unwrap().iter().map(|path| path["backend"].clone()).collect();
    assert_eq!(backends, ["rustcrypto", "installed-liboqs"]);
}
