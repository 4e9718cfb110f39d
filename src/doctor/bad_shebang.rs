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
        finds: "A script's first line names an interpreter that is not in the image, ends with a carriage return, is missing, or asks `env` for something that is not in PATH.",
        why: "The kernel starts the program that stands after `#!`, byte for byte. Lines from Windows end with a carriage return, which belongs to the name: `/bin/sh\\r` is not there, and the message `No such file or directory` names the script. Without `#!` the kernel answers `Exec format error`.",
        fix: &[
            "Turn the line ends: `sed -i 's/\\r$//' FILE`, and `*.sh text eol=lf` in .gitattributes.",
            "Install the interpreter, or name one that is there: `#!/bin/sh` in Alpine and other small images.",
            "Begin the script with `#!/bin/sh` or what it is written for, before anything else.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let path = shown(&program.path);
    match &program.what {
        Some(What::Script(script)) => script_finding(facts, program, script).into_iter().collect(),
        Some(What::Unknown(FirstLine::AfterMark, _)) => vec![
            RULE.error(path, "a byte order mark stands before its `#!`".to_owned())
                .because("The kernel looks at the first two bytes, and these are of the mark. It answers `Exec format error`.")
                .cured_by(["save it as UTF-8 without a byte order mark: `sed -i '1s/^\\xEF\\xBB\\xBF//' FILE`".to_owned()]),
        ],
        Some(What::Unknown(FirstLine::Text, _)) => {
            let finding = RULE
                .error(path, "it is text without `#!` in its first line".to_owned())
                .because("A shell runs it all the same, but the kernel, and so the engine that starts a container, answers `Exec format error`.")
                .cured_by(["begin it with `#!/bin/sh`, or what it is written for".to_owned()]);
            vec![finding.warning_if(!is_wanted(program))]
        }
        _ => Vec::new(),
    }
}

fn script_finding(facts: &Facts<'_>, program: &Program, script: &Script) -> Option<Finding> {
    let path = shown(&program.path);
    let shebang = &script.shebang;
    let name = text(&shebang.interpreter).trim_end_matches('\r').to_owned();
    if shebang.has_carriage_return {
        let line = text(&shebang.interpreter).replace('\r', "\\r");
        let step = match &script.interpreter {
            Err(missing) => Step { path: line.clone(), verdict: words::missing(missing) },
            Ok(_) => Step {
                path: line.clone(),
                verdict: "found, and given an argument that ends with `\\r`".to_owned(),
            },
        };
        return Some(
            RULE.error(path, "its first line ends with a carriage return (CRLF)".to_owned())
                .searched(vec![step])
                .because("The file has the line ends of Windows. The kernel takes the carriage return for a part of the line, and looks for a program whose name ends with it.")
                .cured_by([
                    format!("`sed -i 's/\\r$//' {}`", program.path.display()),
                    "`*.sh text eol=lf` in .gitattributes, so that a checkout keeps them".to_owned(),
                ]),
        );
    }
    if name.is_empty() {
        return Some(
            RULE.error(path, "its first line is `#!` without a program".to_owned())
                .because("The kernel answers `Exec format error`.")
                .cured_by(["write `#!/bin/sh`, or what it is written for".to_owned()]),
        );
    }
    if let Err(missing) = &script.interpreter {
        let cause = if shebang.is_cut {
            "The line is longer than the 256 bytes that the kernel reads.".to_owned()
        } else {
            format!(
                "`{name}` is not in the image. The message of the kernel, `No such file or directory`, names the script."
            )
        };
        let finding = RULE
            .error(path, format!("the program that is to run it, `{name}`, is not in the image"))
            .searched(vec![Step { path: name.clone(), verdict: words::missing(missing) }])
            .because(cause)
            .cured_by(cures(facts, &name));
        return Some(finding.warning_if(!is_wanted(program)));
    }
    let (argument, search) = script.through_env.as_ref()?;
    let finding = match (argument, search) {
        (EnvArgument::Program(_), Some(search)) if search.taken.is_some() => return None,
        (EnvArgument::Program(name), Some(search)) => RULE
            .error(path, format!("`{}`, which `env` is to start for it, is not in PATH", text(name)))
            .searched(tool_not_found::steps(search))
            .because("`env` looks into every folder of PATH for the name that stands after it.")
            .cured_by(cures(facts, &text(name))),
        (EnvArgument::OneName(name), _) => RULE
            .error(path, format!("`env` takes `{}` for the name of one program", text(name)))
            .because("The kernel hands over all that follows on the interpreter as one argument.")
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
    let mut fix = vec![format!("in the image: `{}`", words::install(facts.about, package))];
    match name {
        "bash" => fix.push("write it for `#!/bin/sh`, if it needs nothing of bash".to_owned()),
        "python" => fix.push("name what is there: `#!/usr/bin/env python3`".to_owned()),
        _ => {}
    }
    fix
}
