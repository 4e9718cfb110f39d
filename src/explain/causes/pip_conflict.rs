//! pip, uv or poetry finds no set of versions that goes together.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "pip-conflict",
        finds: "pip, uv, poetry or pipenv found no versions of the packages that fit together, this Python, or what the distribution \
                manages.",
        why: "Nothing is installed when the requirements cannot all be met; the same requirements may have worked before a package \
              on the index or the Python of the base image changed.",
        fix: &[
            "Loosen or remove the pin that stands against the others, and let the resolver choose.",
            "Commit a lock file (pip freeze, pip-compile, uv lock, poetry lock) made with the Python version of the image.",
            "If no version fits this Python, use a base image with one that the package supports.",
        ],
    },
    signs: &[
        proof("ResolutionImpossible", ""),
        proof("because these package versions have", r"Cannot install (?<name>.+?) because these package versions have"),
        proof("No solution found when resolving", ""),
        proof("requirements are unsatisfiable", r"(?:Because|And because|we can conclude) .*?(?<name>[\w.-]+[=<>!~]=?[\w.*]+).*unsatisfiable"),
        proof("version solving failed|SolverProblemError|dependencies could not be resolved|ResolutionTooDeep", ""),
        proof("Unable to find installation candidates", r"candidates for (?<name>[\w.-]+)"),
        proof("resolution-too-deep|is not compatible with some of the required packages Python|ResolutionFailure|UnsatisfiableError|externally-managed-environment", ""),
        proof("Double requirement given", r"Double requirement given: (?<name>[^(]+)"),
        proof("requires a different Python", r"Package '(?<name>[^']+)' requires a different Python: (?<version>\S+) not in '(?<need>[^']+)'"),
        proof("requires a different Python", r"(?<name>\S+) requires a different Python: (?<version>\S+) not in '?(?<need>[^']+)'?$").unless(&["ignored the following"]),
        proof("is not supported by the project", r"current project's .*Python|Python version (?<version>\S+) .*is not supported by the project"),
        proof("is not a supported wheel on this platform", r"(?<name>\S+\.whl) is not a supported wheel"),
        likely("Could not find a version that", r"Could not find a version that (?:satisfies the requirement|matches) (?<name>[\w.\[\]-]+\s?[^\s(;]*)"),
        likely("No matching distribution found", r"No matching distribution found for (?<name>[\w.\[\]-]+[^\s(]*)"),
        likely("depends on", r"^(?:The conflict is caused by|Because) .*depends on (?<need>.+)"),
        likely("is incompatible with", r"^(?:So, )?because .*is incompatible with|(?<name>\S+ \S+) has requirement (?<need>.+), but you.ll have (?<version>.+) which is incompatible").unless(&["dependency resolver"]),
    ],
    brings: &["python-module-missing", "python-import-name"],
    counts: always,
    words: |found| {
        if found.says(&["externally-managed"]) {
            return words(
                "The distribution manages this Python, and pip refuses to install beside its packages (PEP 668).",
                [
                    "Make a virtual environment and install there: python3 -m venv /venv && /venv/bin/pip install …; put /venv/bin first in PATH.".to_owned(),
                    "Install the distribution's own package: apt-get install -y python3-NAME.".to_owned(),
                    "In an image that has no other use: pip install --break-system-packages.".to_owned(),
                ],
            );
        }
        if let (Some(name), Some(version), Some(need)) = (found.first("name"), found.first("version"), found.first("need")) {
            return words(
                format!("`{name}` supports Python {need}, and the image has {version}."),
                [format!("Use a base image with a Python that is {need}."), format!("Pin a version of `{name}` that supports Python {version}.")],
            );
        }
        let names = found.list("name", "the requirements");
        let why = if found.says(&["(from versions: none)"]) {
            format!("The index offers no version of {names} that this Python and this platform can use, or there is no such package there.")
        } else if found.says(&["no matching distribution", "could not find a version"]) && !found.says(&["resolutionimpossible", "conflicting"]) {
            format!("No version of {names} on the index meets the requirement for this Python and this platform.")
        } else {
            format!("The requirements contradict each other: there are no versions of {names} that satisfy all of them.")
        };
        words(why, CAUSE.page.fix.iter().map(|line| (*line).to_owned()))
    },
};
