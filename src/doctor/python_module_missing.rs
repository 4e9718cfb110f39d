//! A module is nowhere that the image's Python looks.

use super::words::{install, listed, shown};
use super::{Facts, Rule, Suspect};
use crate::image::python::{Import, Installation, Refused};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "python-module-missing",
        finds: "A Python module is in no folder that the image's Python looks into, or only as an extension for another Python or another C library.",
        why: "Python answers `ModuleNotFoundError`. Packages installed for one Python, in a virtual environment or in another stage are not seen by another Python; an extension for CPython 3.10, or for musl, is passed over without a word.",
        fix: &[
            "Install the package with the Python that runs the program: `python3 -m pip install PACKAGE`.",
            "Copy the whole virtual environment and put its `bin` first in PATH; its Python must be in the image under the same path.",
            "The name of a package and of its module often differ.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Import(import) = subject else { return Vec::new() };
    let Some(python) = &import.python else {
        return vec![
            RULE.error(import.module.clone(), "the image has no Python".to_owned())
                .because("There is neither a `python3` in PATH nor a standard library in /usr/lib or /usr/local/lib.")
                .cured_by([format!("in the image: `{}`", install(facts.about, "python3"))]),
        ];
    };
    if import.found.is_some() {
        return Vec::new();
    }
    let other = import.tried.iter().find_map(|step| match &step.refused {
        Some(Refused::OtherAbi(abi)) => Some((step, abi)),
        _ => None,
    });
    let (major, minor) = python.version;
    let cause = match other {
        Some((step, abi)) => format!(
            "`{}` is there, but it is for `{abi}`, and this Python takes `{}`.",
            step.path.display(),
            python.abi()
        ),
        None if !import.elsewhere.is_empty() => {
            format!("Another Python of the image has it: {}.", listed(&import.elsewhere))
        }
        None if !import.found_until.is_empty() => {
            format!("`{}` is there, but has no module `{}`.", import.found_until, rest(import))
        }
        None if !python.hooks.is_empty() => format!(
            "None of its folders has it. An editable install ({}) adds modules when Python starts, which cannot be seen from here.",
            listed(&python.hooks)
        ),
        None => "None of the folders that it looks into has a module of that name.".to_owned(),
    };
    let package = import.module.split('.').next().unwrap_or_default();
    let mut fix = vec![format!(
        "`{} -m pip install PACKAGE` in the image, where PACKAGE has the module `{package}`",
        program(python)
    )];
    if other.is_some() {
        fix = vec![format!(
            "install the package anew with this Python ({major}.{minor}), instead of copying it from another image: `{} -m pip install --force-reinstall …`",
            program(python)
        )];
    }
    if !import.elsewhere.is_empty() {
        fix.push("start the program with the Python that has it, or put its `bin` first in PATH".to_owned());
    }
    let finding = RULE
        .error(
            import.module.clone(),
            format!(
                "Python {major}.{minor} (`{}`) does not find the module `{}`",
                python.path.display(),
                import.module
            ),
        )
        .searched(steps(import))
        .because(cause)
        .cured_by(fix);
    vec![finding.warning_if(other.is_none() && !python.hooks.is_empty() && import.found_until.is_empty())]
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
    let step = |step: &crate::image::python::SearchStep| Step {
        path: shown(&step.path),
        verdict: match &step.refused {
            None => "taken".to_owned(),
            Some(Refused::Absent) => "absent".to_owned(),
            Some(Refused::NoFolder) => "there is no such folder".to_owned(),
            Some(Refused::OtherAbi(abi)) => format!("passed over, for `{abi}`"),
        },
    };
    import.tried.iter().map(step).collect()
}
