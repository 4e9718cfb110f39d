//! A script's first line does not lead to a program that runs it.

use super::words::{self, is_wanted, shown, text};
use super::{Facts, Rule, Suspect, tool_not_found};
use crate::image::program::{Program, Script, What};
use crate::image::script::{EnvArgument, FirstLine};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "bad-shebang",
        finds: "A script's first line has no `#!`, ends with a carriage return, names an interpreter that is not in the image, or asks `env` for a program that is not in PATH.",
        why: "The kernel starts the program after `#!`, byte for byte. With Windows line endings the name ends with a carriage return: `/bin/sh\\r` does not exist, and the message `No such file or directory` names the script. Without `#!`, the kernel answers `Exec format error`.",
        fix: &[
            "Convert the line endings: `sed -i 's/\\r$//' FILE`, and add `*.sh text eol=lf` to .gitattributes.",
            "Install the interpreter, or name one that the image has: `#!/bin/sh` in Alpine and other small images.",
            "Start the script with `#!/bin/sh`, or with the interpreter it is written for.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some(program) = suspect.program() else { return Vec::new() };
    let path = shown(&program.path);
    let finding = match &program.what {
        Some(What::Script(script)) => script_finding(facts, program, script),
        Some(What::Unknown(FirstLine::AfterMark, _)) => Some(
            RULE.error(path, "its `#!` follows a byte order mark")
                .because("The kernel reads the first two bytes, which belong to the mark, and answers `Exec format error`.")
                .cured_by(["save it as UTF-8 without a byte order mark: `sed -i '1s/^\\xEF\\xBB\\xBF//' FILE`"]),
        ),
        Some(What::Unknown(FirstLine::Text, _)) => Some(
            RULE.error(path, "it is a text file without `#!`")
                .because("A shell runs it anyway, but the kernel, and so the container engine, answers `Exec format error`.")
                .cured_by(["start it with `#!/bin/sh`, or with the interpreter it is written for"])
                .warning_if(!is_wanted(program)),
        ),
        _ => None,
    };
    finding.into_iter().collect()
}

fn script_finding(facts: &Facts<'_>, program: &Program, script: &Script) -> Option<Finding> {
    let path = shown(&program.path);
    let shebang = &script.shebang;
    let name = text(&shebang.interpreter).trim_end_matches('\r').to_owned();
    if shebang.has_carriage_return {
        let verdict = match &script.interpreter {
            Err(missing) => words::missing(missing),
            Ok(_) => "found, but its argument ends with `\\r`".to_owned(),
        };
        let line = text(&shebang.interpreter).replace('\r', "\\r");
        return Some(
            RULE.error(path.clone(), "its first line ends with a carriage return (CRLF)")
                .searched(vec![Step { path: line, verdict }])
                .because("The file has Windows line endings. The kernel reads the carriage return as part of the line and looks for a program whose name ends with it.")
                .cured_by([
                    format!("`sed -i 's/\\r$//' {path}`"),
                    "add `*.sh text eol=lf` to .gitattributes, so that a checkout keeps the line endings".to_owned(),
                ]),
        );
    }
    if name.is_empty() {
        return Some(
            RULE.error(path, "its first line is `#!` without a program")
                .because("The kernel answers `Exec format error`.")
                .cured_by(["write `#!/bin/sh`, or the interpreter it is written for"]),
        );
    }
    let finding = match (&script.interpreter, &script.through_env) {
        (Err(missing), _) => RULE
            .error(path, format!("its interpreter `{name}` is not in the image"))
            .searched(vec![Step { path: name.clone(), verdict: words::missing(missing) }])
            .because(match shebang.is_cut {
                true => "The line is longer than the 256 bytes that the kernel reads.",
                false => "The kernel's message, `No such file or directory`, names the script and means its interpreter.",
            })
            .cured_by(cures(facts, &name)),
        (_, Some((EnvArgument::Program(name), Some(search)))) if search.taken.is_none() => RULE
            .error(path, format!("its interpreter `{}`, which `env` looks up, is not in PATH", text(name)))
            .searched(tool_not_found::steps(search))
            .because("`env` searches every folder of PATH for the name that follows it.")
            .cured_by(cures(facts, &text(name))),
        (_, Some((EnvArgument::OneName(name), _))) => RULE
            .error(path, format!("`env` takes `{}` for the name of one program", text(name)))
            .because("The kernel passes everything after the interpreter as one argument.")
            .cured_by([format!("`#!/usr/bin/env -S {}`", text(name))]),
        _ => return None,
    };
    Some(finding.warning_if(!is_wanted(program)))
}

fn cures(facts: &Facts<'_>, interpreter: &str) -> Vec<String> {
    let name = interpreter.rsplit('/').next().unwrap_or(interpreter);
    let package = match name {
        "python3" | "python" => "python3",
        "node" => "nodejs",
        other => other,
    };
    let mut fix = vec![words::install(facts.about, [package; 3])];
    match name {
        "bash" => fix.push("write it for `#!/bin/sh`, if it needs nothing of bash".to_owned()),
        "python" => fix.push("name the program that exists: `#!/usr/bin/env python3`".to_owned()),
        _ => {}
    }
    fix
}
