//! What a test needs of the machine beside the program under test. Where that is missing, the test says so on stderr and
//! goes no further; in CI (`CI` is set) it fails.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

static NOT_TRIED: AtomicUsize = AtomicUsize::new(0);

/// Whether `program` starts here; `package` is what Debian calls the package that has it.
pub(crate) fn program(program: &str, package: &str) -> bool {
    let [input, output, errors] = [Stdio::null(), Stdio::null(), Stdio::null()];
    let here =
        Command::new(program).arg("--version").stdin(input).stdout(output).stderr(errors).status().is_ok();
    if !here {
        not_tried(&format!("no program `{program}`; install {package}"));
    }
    here
}

/// Says that the rest of the running test is not tried, and why.
pub(crate) fn not_tried(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "not tried: {why}");
    let count = NOT_TRIED.fetch_add(1, Ordering::Relaxed) + 1;
    let thread = std::thread::current();
    // Not `eprintln!`: the harness keeps what that says, and drops it where the test passes.
    let line = format!("not tried ({count} so far): {}: {why}\n", thread.name().unwrap_or("a test"));
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A test of this binary in a process of its own, without any program in its PATH.
fn without_programs(test: &str, ci: bool) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test]).env("PATH", "").env_remove("CI");
    if ci {
        command.env("CI", "true");
    }
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_test_without_its_program_says_what_it_did_not_try_and_fails_in_ci() {
    let test = "serve::promtool_and_prometheus_accept_the_metrics";
    let (passes, said) = without_programs(test, false);
    assert!(passes, "{said}");
    assert_eq!(said, format!("not tried (1 so far): {test}: no program `promtool`; install prometheus\n"));
    assert!(!without_programs(test, true).0);
}
