//! A module is in no folder that the image's Python searches.

use super::words::{install, quoted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::python::{Import, Installation, Refused, SearchStep};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "python-module-missing",
        finds: "A Python module is in no folder that the image's Python searches, or only as an extension for another Python or another C library.",
        why: "Python answers `ModuleNotFoundError`. A Python does not see packages installed for another one, in a virtual environment or in another stage, and it skips an extension for CPython 3.10, or for musl, without a word.",
        fix: &[
            "Install the package with the Python that runs the program: `python3 -m pip install PACKAGE`.",
            "Copy the whole virtual environment and put its `bin` first in PATH; the image must have its Python at the same path.",
            "Look up the package's name: it often differs from the module's.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Import(import) = suspect else { return Vec::new() };
    let finding = match (&import.python, &import.found) {
        (None, _) => Some(
            RULE.error(&import.module, "the image has no Python")
                .because("PATH has no `python3`, and /usr/lib and /usr/local/lib have no standard library.")
                .cured_by([install(facts.about, ["python3"; 3])]),
        ),
        (Some(python), None) => Some(not_found(import, python)),
        (Some(_), Some(_)) => None,
    };
    finding.into_iter().collect()
}

fn not_found(import: &Import, python: &Installation) -> Finding {
    let other = import.tried.iter().find_map(|step| match &step.refused {
        Some(Refused::OtherAbi(abi)) => Some((step.path.display(), abi)),
        _ => None,
    });
    let (major, minor) = python.version;
    let cause = match &other {
        Some((path, abi)) => {
            format!("`{path}` exists, but it is for `{abi}`, and this Python needs `{}`.", python.abi())
        }
        None if !import.elsewhere.is_empty() => {
            format!(
                "Another Python of the image has it: {}.",
                quoted(import.elsewhere.iter().map(|path| path.display()))
            )
        }
        None if !import.found_until.is_empty() => {
            format!("`{}` exists, but has no module `{}`.", import.found_until, rest(import))
        }
        None if !python.hooks.is_empty() => format!(
            "None of its folders has it. An editable install ({}) adds modules when Python starts; pqcheck cannot see those.",
            quoted(python.hooks.iter().map(|path| path.display()))
        ),
        None => "None of the folders that it searches has a module of that name.".to_owned(),
    };
    let name = program(python);
    let mut fix = vec![match other {
        Some(_) => format!(
            "install the package again with this Python ({major}.{minor}) instead of copying it from another image: `{name} -m pip install --force-reinstall …`"
        ),
        None => format!(
            "`{name} -m pip install PACKAGE` in the image, where PACKAGE provides the module `{}`",
            import.module.split('.').next().unwrap_or_default()
        ),
    }];
    if !import.elsewhere.is_empty() {
        fix.push("start the program with the Python that has it, or put its `bin` first in PATH".to_owned());
    }
    let path = python.path.display();
    let message = format!("Python {major}.{minor} (`{path}`) does not find the module `{}`", import.module);
    let finding = RULE.error(&import.module, message).searched(steps(import)).because(cause).cured_by(fix);
    finding.warning_if(other.is_none() && !python.hooks.is_empty() && import.found_until.is_empty())
}

fn rest(import: &Import) -> &str {
    import.module[import.found_until.len()..].trim_start_matches('.')
}

fn program(python: &Installation) -> String {
    let name = shown(&python.path);
    if name.contains("/bin/") { name } else { "python3".to_owned() }
}

/// The search for a module as a reader sees it.
pub(super) fn steps(import: &Import) -> Vec<Step> {
    let step = |step: &SearchStep| Step {
        path: shown(&step.path),
        verdict: match &step.refused {
            None => "taken".to_owned(),
            Some(Refused::Absent) => "absent".to_owned(),
            Some(Refused::NoFolder) => "no such folder".to_owned(),
            Some(Refused::OtherAbi(abi)) => format!("skipped, for `{abi}`"),
        },
    };
    import.tried.iter().map(step).collect()
}
