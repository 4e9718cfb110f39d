//! Help, manual page and completions: everything comes from the binary, and everything is there.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::command::{Run, pqcheck};
use crate::needs;

fn commands() -> Vec<String> {
    let help = pqcheck(["--help"]).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let lines = commands.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// What bash proposes for the last word of a line, with the functions that pqcheck gives it.
fn bash(line: &str) -> Vec<String> {
    // Bash cuts words at these characters too, and hands over the last piece.
    let script = r#"
        source /dev/stdin
        COMP_LINE="$1" COMP_POINT=${#1}
        read -ra COMP_WORDS <<<"$(sed 's/[:=]/ & /g' <<<"$1")"
        [[ $1 == *[[:space:]:=] ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        registered=$(complete -p pqcheck)
        function=${registered#*-F }
        ${function%% *} pqcheck "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let mut child = Command::new("bash")
        .args(["--norc", "-c", script, "bash", line])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let completions = pqcheck(["completions", "bash"]);
    assert_eq!(completions.code, 0, "{}", completions.everything());
    child.stdin.take().unwrap().write_all(completions.stdout.as_bytes()).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}: {}", run.everything());
    run.stdout.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_values_and_lists() {
    if !needs::program("bash", "bash") {
        return;
    }
    for (line, expected) in [
        ("pqcheck he", &["health", "help"][..]),
        ("pqcheck kat --algo", &["--algorithm"]),
        ("pqcheck kat --algorithm ML-KEM-7", &["ML-KEM-768"]),
        ("pqcheck kat --algorithm ML-KEM-768,ML-DSA-8", &["ML-KEM-768,ML-DSA-87"]),
        ("pqcheck kat --algorithm=ML-KEM-768,ML-DSA-8", &["ML-KEM-768,ML-DSA-87"]),
        ("pqcheck health --require ML-DSA-4", &["ML-DSA-44"]),
        ("pqcheck bench --algorithm al", &["all"]),
        ("pqcheck kat --operation dec", &["decaps"]),
        ("pqcheck kat --backend libcrux,rust", &["libcrux,rustcrypto", "libcrux,rustcrypto/auto"]),
        ("pqcheck kat --algorithm ml-kem-7", &["ML-KEM-768"]),
        ("pqcheck kat --algorithm ML-KEM-768,ml-dsa-8", &["ML-KEM-768,ML-DSA-87"]),
        ("pqcheck doctor --explain glibc-t", &["glibc-too-old"]),
        // Bash keeps what stands before the colon.
        ("pqcheck kat --backend broken:draft-g", &["draft-g-of-d"]),
        ("pqcheck kat --format jun", &["junit"]),
        ("pqcheck completions fi", &["fish"]),
        ("pqcheck man comp", &["compare", "completions"]),
    ] {
        assert_eq!(bash(line), expected, "{line}");
    }
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = pqcheck(["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        // Elvish and PowerShell complete names of options, and no values.
        let words = ["compare", "--algorithm", "ML-KEM-768", "broken:draft-g-of-d", "decaps"];
        let words = if ["elvish", "powershell"].contains(&shell) { &words[..2] } else { &words[..] };
        for word in words {
            // Fish names long options without their dashes.
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(run.stdout.replace("\\:", ":").contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn every_help_ends_with_an_example_and_the_exit_codes() {
    for command in commands() {
        let run = pqcheck([&command, "--help"]);
        assert_eq!(run.code, 0, "{}", run.everything());
        let (_, end) = run.stdout.split_once("\nExample").unwrap_or_else(|| panic!("{}", run.stdout));
        assert!(end.contains(&format!("pqcheck {command}")), "{end}");
        assert!(end.contains("\n\nExit codes:\n  0  "), "{end}");
    }
}

#[test]
fn the_manual_has_every_command_option_and_variable() {
    let page = pqcheck(["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    let page = page.stdout.replace('\\', "");
    for heading in
        ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "\"EXIT CODES\"", "ENVIRONMENT", "EXAMPLES"]
    {
        assert!(page.contains(&format!("\n.SH {heading}\n")), "{heading}: {page}");
    }
    for command in commands() {
        assert!(page.contains(&format!("\n.SS \"pqcheck {command}\"\n")), "{command}");
        let help = pqcheck([&command, "--help"]).stdout;
        let longs = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
        for long in longs.filter_map(|word| word.split(|c: char| c != '-' && !c.is_alphanumeric()).next()) {
            assert!(long == "--help" || page.contains(long), "{command} {long}");
        }
        let alone = pqcheck(["man", &command]);
        assert!(alone.code == 0 && alone.stdout.contains(".SH NAME"), "{}", alone.everything());
    }
    for variable in ["PQCHECK_REQUIRE", "PQCHECK_DEADLINE", "PQCHECK_LISTEN"] {
        assert!(page.contains(variable), "{variable}");
    }
}
