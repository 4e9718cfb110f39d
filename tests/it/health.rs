//! The health check: one line, exit code 0 or 1.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Run, folder, pqcheck, program};
use crate::needs;
use crate::serve::promtool;

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
    is_verdict(
        &with("PQCHECK_ANSWERS", "tcp:127.0.0.1:1,unix:/none"),
        "unhealthy: no answer at tcp:127.0.0.1:1: ",
    );
    assert!(with("PQCHECK_ALSO_USES", "FrodoKEM").stdout.ends_with("; not tested: FrodoKEM\n"));
    is_verdict(&with("PQCHECK_TEXTFILE", "/none/x.prom"), "unhealthy: /none/x.prom: ");
    assert!(with("PQCHECK_ALL_PATHS", "1").stdout.len() > with("PQCHECK_ALL_PATHS", "0").stdout.len());
}

#[test]
fn a_variable_is_named_where_it_is_wrong_and_not_set_where_it_is_empty() {
    let with = |name: &str, value: &str| -> Run { program().env(name, value).output().unwrap().into() };
    for (name, value, why) in [
        ("PQCHECK_REQUIRE", "foo", "'foo' for PQCHECK_REQUIRE"),
        ("PQCHECK_INSTALLED", "flase", "'flase' for PQCHECK_INSTALLED: write `true` or `false`"),
        ("PQCHECK_DEADLINE", "2", "'2' for PQCHECK_DEADLINE: no unit"),
        ("PQCHECK_DEADLINE", "1.5e19s", "a time is between `1us` and `24h`"),
        ("PQCHECK_TEXTFILE", "metrics", "names end in .prom"),
    ] {
        let run = with(name, value);
        is_verdict(&run, "unhealthy: ");
        assert!(run.stdout.contains(why), "{}", run.stdout);
    }
    let bare = pqcheck::<&str>([]).stdout;
    for name in ["REQUIRE", "BACKEND", "INSTALLED", "LIBRARY", "DEADLINE", "ALL_PATHS", "ANSWERS", "TEXTFILE"]
    {
        assert_eq!(with(&format!("PQCHECK_{name}"), "").stdout, bare, "{name}");
    }
    assert_eq!(with("PQCHECK_REQUIRE", "ML-KEM-768, ML-DSA-87 ,chacha20poly1305").stdout, bare);
}

#[test]
fn a_verdict_that_cannot_be_written_goes_to_stderr() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, pipe) = std::io::pipe().unwrap();
    drop(reader);
    for (stdout, code) in [(std::process::Stdio::from(full), 1), (pipe.into(), 0)] {
        let run =
            Run::from(program().args(["health", "--backend", "libcrux"]).stdout(stdout).output().unwrap());
        assert_eq!(run.code, code, "{}", run.everything());
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.everything());
        assert!(run.stderr.contains("the verdict is: healthy: "), "{}", run.stderr);
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = Run::from(program().args(["health", "--help"]).stdout(full).output().unwrap());
    assert_eq!(run.code, 1, "{}", run.everything());
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
    is_verdict(&run, "unhealthy: ChaCha20-Poly1305 was not checked: ");
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
    if !without_fork_can_be_tried() {
        return;
    }
    let run = without_fork(&[]);
    is_verdict(&run, "healthy:");
    assert!(run.stdout.contains("without isolation"), "{}", run.stdout);
}

#[test]
fn a_crash_in_process_still_gets_its_line() {
    if !without_fork_can_be_tried() {
        return;
    }
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

#[test]
fn the_service_has_to_answer_too() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = service.local_addr().unwrap();
    let run = pqcheck(["health", "--answers", &format!("tcp:{at}")]);
    is_verdict(&run, "healthy: ML-KEM-768, ");
    assert!(run.stdout.ends_with(&format!("; answers at tcp:{at}\n")), "{}", run.stdout);
    // It listens, and says nothing: known in time, and the rest is still said.
    let (start, address) = (Instant::now(), format!("http://{at}/healthz"));
    let run = pqcheck(["health", "--answers", &address, "--deadline", "1s"]);
    is_verdict(&run, &format!("unhealthy: no answer at {address}: timed out after "));
    assert!(run.stdout.contains("; otherwise healthy: ML-KEM-768, "), "{}", run.stdout);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    drop(service);
    let both = [
        "health",
        "--answers",
        &address,
        "--answers",
        "unix:/none",
        "--backend",
        "broken:verify-accepts-all",
    ];
    is_verdict(
        &pqcheck(both),
        &format!(
            "unhealthy: no answer at {address}: connection refused; no answer at unix:/none: no such socket; \
             broken:verify-accepts-all/wrapped ML-DSA-87 verify: "
        ),
    );
    is_verdict(&pqcheck(["health", "--answers", "db:5432"]), "unhealthy: invalid value 'db:5432'");
}

#[test]
fn what_is_not_tested_is_named() {
    let run = pqcheck(["health", "--also-uses", "kyber512,Classic-McEliece-460896"]);
    is_verdict(&run, "healthy:");
    let words = "; not tested: Kyber512 (round 3, not ML-KEM), Classic-McEliece-460896\n";
    assert!(run.stdout.ends_with(words), "{}", run.stdout);
    let run = pqcheck(["health", "--also-uses", "ML-KEM-768"]);
    is_verdict(&run, "unhealthy: invalid value 'ML-KEM-768'");
    assert!(run.stdout.contains("name it with --require"), "{}", run.stdout);
    is_verdict(&pqcheck(["health", "--also-uses", "a\nb"]), "unhealthy:");
}

#[test]
fn the_textfile_has_the_verdict_whatever_it_is() {
    let folder = folder("textfile");
    let file = folder.join("pqcheck.prom");
    let with = |arguments: &[&str]| -> Run {
        program().arg("health").args(arguments).arg("--textfile").arg(&file).output().unwrap().into()
    };
    let metrics = |healthy: char| {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("\npqcheck_healthy {healthy}\n")), "{text}");
        // What older readers of node_exporter do not know.
        assert!(!text.contains(" info\n") && !text.contains("# EOF"), "{text}");
        promtool(&text);
        text
    };
    is_verdict(&with(&[]), "healthy:");
    assert!(metrics('1').contains("pqcheck_cases{backend=\"libcrux\","));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    is_verdict(&with(&["--backend", "broken:sigsegv"]), "unhealthy:");
    let is_error = |line: &str| line.contains("outcome=\"error\"} ") && !line.ends_with(" 0");
    assert!(metrics('0').lines().any(is_error));
    is_verdict(&with(&["--library", "/none/liboqs.so"]), "unhealthy:");
    assert!(!metrics('0').contains("pqcheck_cases{"));
    is_verdict(&with(&["--answers", "unix:/none"]), "unhealthy: no answer at unix:/none: ");
    assert!(metrics('0').contains("outcome=\"pass\"} 1\n"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn a_textfile_that_cannot_be_written_is_unhealthy() {
    for file in ["/none/pqcheck.prom", "/proc/pqcheck.prom", "/dev/full"] {
        let run = pqcheck(["health", "--textfile", file]);
        is_verdict(&run, &format!("unhealthy: {file}: "));
        assert!(
            run.stdout.contains("cannot write") || run.stdout.contains("does not exist"),
            "{}",
            run.stdout
        );
        assert!(run.stdout.contains("; otherwise healthy: "), "{}", run.stdout);
    }
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
    let mut command = Command::new(if is_root() { "setpriv" } else { "prlimit" });
    if is_root() {
        command.args(["--reuid=65534", "--clear-groups", "prlimit"]);
    }
    command.arg("--nproc=1").arg(&copy).arg("health").args(arguments).current_dir("/");
    let run = command.output().unwrap().into();
    fs::remove_dir_all(&folder).unwrap();
    run
}

fn without_fork_can_be_tried() -> bool {
    needs::program("prlimit", "util-linux") && (!is_root() || needs::program("setpriv", "util-linux"))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}
