//! The health check: one line, exit code 0 or 1.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Run, pqcheck, program};

fn is_verdict(run: &Run, word: &str) {
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.everything());
    assert!(run.stdout.starts_with(word), "{}", run.everything());
    assert!(run.stdout.len() <= 4096);
    assert_eq!(run.code, i32::from(word.starts_with("unhealthy:")), "{}", run.everything());
    assert_eq!(run.stderr, "");
}

#[test]
fn bare_and_health_are_the_same() {
    let bare = pqcheck::<&str>([]);
    is_verdict(&bare, "healthy:");
    assert_eq!(bare, pqcheck(["health"]));
    for algorithm in ["ML-KEM-768", "ML-DSA-87", "ChaCha20-Poly1305"] {
        assert!(bare.stdout.contains(algorithm), "{}", bare.stdout);
    }
}

#[test]
fn every_parameter_set_can_be_required() {
    let all = "ML-KEM-512,ML-KEM-768,ML-KEM-1024,ML-DSA-44,ML-DSA-65,ML-DSA-87,ChaCha20-Poly1305";
    is_verdict(&pqcheck(["health", "--require", all, "--all-paths"]), "healthy:");
}

#[test]
fn every_option_has_an_environment_variable() {
    let with = |name: &str, value: &str| -> Run { program().env(name, value).output().unwrap().into() };
    is_verdict(&with("PQCHECK_REQUIRE", "ml-kem-512"), "healthy: ML-KEM-512 ");
    is_verdict(&with("PQCHECK_REQUIRE", "Kyber768"), "unhealthy:");
    is_verdict(&with("PQCHECK_BACKEND", "broken:verify-accepts-all"), "unhealthy:");
    is_verdict(&with("PQCHECK_DEADLINE", "soon"), "unhealthy:");
    assert!(with("PQCHECK_ALL_PATHS", "1").stdout.len() > with("PQCHECK_ALL_PATHS", "0").stdout.len());
}

#[test]
fn a_variable_for_health_does_not_disturb_other_commands() {
    let run: Run = program().env("PQCHECK_REQUIRE", "nonsense").arg("list").output().unwrap().into();
    assert_eq!(run.code, 0, "{}", run.everything());
}

#[test]
fn a_usage_error_is_unhealthy_and_not_a_reserved_code() {
    for arguments in [&["--bogus"][..], &["health", "--bogus"], &["health", "--require", "RSA"]] {
        is_verdict(&pqcheck(arguments), "unhealthy:");
    }
}

#[test]
fn an_algorithm_that_no_backend_has_is_unhealthy() {
    let run = pqcheck(["health", "--require", "ChaCha20-Poly1305", "--backend", "liboqs"]);
    is_verdict(&run, "unhealthy: nothing here could check ChaCha20-Poly1305");
}

#[test]
fn a_hang_ends_at_the_deadline() {
    let start = Instant::now();
    let run = pqcheck(["health", "--backend", "broken:endless-loop", "--deadline", "500ms"]);
    is_verdict(&run, "unhealthy:");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_dies_in_the_common_child_is_named_alone() {
    for (fault, word) in [("sigsegv", "SIGSEGV"), ("endless-loop", "deadline"), ("panic", "panicked")] {
        let broken = format!("broken:{fault}");
        let backends = format!("{broken},rustcrypto,libcrux");
        let run = pqcheck(["health", "--backend", &backends, "--deadline", "4s"]);
        is_verdict(&run, &format!("unhealthy: {broken}"));
        assert!(run.stdout.contains(word), "{}", run.stdout);
        assert!(!run.stdout.contains("rustcrypto/") && !run.stdout.contains("libcrux/"), "{}", run.stdout);
    }
}

#[test]
fn where_fork_is_refused_the_check_runs_in_process_and_says_so() {
    let run = without_fork(&[]);
    is_verdict(&run, "healthy:");
    assert!(run.stdout.contains("without isolation"), "{}", run.stdout);
}

#[test]
fn a_crash_in_process_still_gets_its_line() {
    for fault in ["sigsegv", "abort", "endless-loop", "stack-overflow", "panic"] {
        is_verdict(
            &without_fork(&["--backend", &format!("broken:{fault}"), "--deadline", "500ms"]),
            "unhealthy:",
        );
    }
}

#[test]
fn a_verdict_that_nobody_can_read_is_not_healthy() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(program().stdout(full).status().unwrap().code(), Some(1));
}

/// Runs `health` as a user who may have one process. Root has no such limit, so root becomes
/// nobody first; the program is copied to where nobody may read it.
fn without_fork(arguments: &[&str]) -> Run {
    let folder = std::env::temp_dir().join(format!(
        "pqcheck-nofork-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let copy = folder.join("pqcheck");
    fs::copy(env!("CARGO_BIN_EXE_pqcheck"), &copy).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    let mut command = Command::new(if is_root { "setpriv" } else { "prlimit" });
    if is_root {
        command.args(["--reuid=65534", "--clear-groups", "prlimit"]);
    }
    command.arg("--nproc=1").arg(&copy).arg("health").args(arguments).current_dir("/");
    let run = command.output().unwrap().into();
    fs::remove_dir_all(&folder).unwrap();
    run
}
