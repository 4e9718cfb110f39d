//! A program that is to be started is nowhere in PATH.

use super::words::{self, shown, text};
use super::{Facts, Rule, Suspect};
use crate::image::tools::{Refusal, ToolSearch};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "tool-not-found",
        finds: "A program that was named, or that the image's entrypoint, command or health check starts, is in no folder of PATH.",
        why: "A container engine answers `executable file not found in $PATH`. PATH is that of the image's configuration, not that of a login shell.",
        fix: &[
            "Install the program in the final image, not only in the stage that builds.",
            "Name it with its whole path, or set PATH with `ENV PATH=…`.",
            "An image without a shell needs the exec form: `CMD [\"/program\"]`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Tool(search, asked) = subject else { return Vec::new() };
    let name = text(&search.name);
    let by = match *asked {
        "" => String::new(),
        asked => format!(" ({asked})"),
    };
    let has_slash = search.name.contains(&b'/');
    let shell = search.name == b"/bin/sh" || search.name == b"sh";
    let there = search.tried.iter().any(|(_, refusal)| !matches!(refusal, Refusal::Absent(_)));
    let cause = if shell {
        "The image has no shell, which the shell form of CMD, ENTRYPOINT and HEALTHCHECK needs."
    } else if has_slash {
        "There is no such file in the image."
    } else if there {
        "A file of that name is there, but it is none that this user may execute."
    } else {
        "No folder of the image's PATH has a file of that name."
    };
    let mut fix = Vec::new();
    if shell {
        fix.push(
            "use the exec form: `CMD [\"/program\", \"argument\"]`, `HEALTHCHECK CMD [\"/program\"]`"
                .to_owned(),
        );
    }
    let program = name.rsplit('/').next().unwrap_or(&name);
    fix.push(format!("in the image: `{}`", words::install(facts.about, program)));
    if !has_slash {
        fix.push(
            "if it is there under another folder: `ENV PATH=…`, or name it with its whole path".to_owned(),
        );
    }
    let what = if has_slash { "is not in the image" } else { "is not in PATH" };
    vec![
        RULE.error(name.clone(), format!("`{name}`{by} {what}"))
            .searched(steps(search))
            .because(cause)
            .cured_by(fix),
    ]
}

/// The search through PATH as a reader sees it.
pub(super) fn steps(search: &ToolSearch) -> Vec<Step> {
    let step = |(path, refusal): &(std::path::PathBuf, Refusal)| Step {
        path: shown(path),
        verdict: match refusal {
            Refusal::Absent(missing) => words::missing(missing),
            Refusal::NotAFile => "not a regular file".to_owned(),
            Refusal::NotExecutable(mode) => format!("mode {mode:04o} gives no right to execute it"),
        },
    };
    search.tried.iter().map(step).collect()
}
