//! A program that is to be started is in no folder of PATH.

use std::path::PathBuf;

use super::words::{self, shown, text};
use super::{Facts, Rule, Suspect};
use crate::image::program::Asked;
use crate::image::tools::{Refusal, ToolSearch};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "tool-not-found",
        finds: "A program that you name, or that the image's entrypoint, command or health check starts, is in no folder of PATH.",
        why: "A container engine answers `executable file not found in $PATH`. PATH comes from the image's configuration, not from a login shell.",
        fix: &[
            "Install the program in the final image, not only in the build stage.",
            "Use its full path, or set PATH with `ENV PATH=…`.",
            "An image without a shell needs the exec form: `CMD [\"/program\"]`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Tool(search, asked) = suspect else { return Vec::new() };
    let name = text(&search.name);
    let by = match asked {
        Asked::ByImage(instruction) => format!(" ({instruction})"),
        _ => String::new(),
    };
    let has_slash = search.name.contains(&b'/');
    let is_shell = search.name == b"/bin/sh" || search.name == b"sh";
    let is_there = search.tried.iter().any(|(_, refusal)| !matches!(refusal, Refusal::Absent(_)));
    let cause = if is_shell {
        "The image has no shell, which the shell form of CMD, ENTRYPOINT and HEALTHCHECK needs."
    } else if has_slash {
        "The image has no such file."
    } else if is_there {
        "PATH leads to that name, but to no program that this user may execute."
    } else {
        "No folder of the image's PATH has a file of that name."
    };
    let mut fix = Vec::new();
    if is_shell {
        fix.push(
            "use the exec form: `CMD [\"/program\", \"argument\"]`, `HEALTHCHECK CMD [\"/program\"]`"
                .to_owned(),
        );
    }
    let program = name.rsplit('/').next().unwrap_or(&name);
    fix.push(words::install(facts.about, [program; 3]));
    if !has_slash {
        fix.push("if it is in another folder: set `ENV PATH=…`, or use its full path".to_owned());
    }
    let what = if has_slash { "is not in the image" } else { "is not in PATH" };
    vec![
        RULE.error(&name, format!("`{name}`{by} {what}"))
            .searched(steps(search))
            .because(cause)
            .cured_by(fix),
    ]
}

/// The search through PATH as a reader sees it.
pub(super) fn steps(search: &ToolSearch) -> Vec<Step> {
    let step = |(path, refusal): &(PathBuf, Refusal)| Step {
        path: shown(path),
        verdict: match refusal {
            Refusal::Absent(missing) => words::missing(missing),
            Refusal::NotAFile => "not a regular file".to_owned(),
            Refusal::NotExecutable(mode) => format!("not executable for this user (mode {mode:04o})"),
        },
    };
    search.tried.iter().map(step).collect()
}
