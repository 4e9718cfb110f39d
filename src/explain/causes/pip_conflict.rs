//! pip, uv or poetry finds no set of versions that goes together.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "pip-conflict",
        finds: "pip, uv, poetry or pipenv found no versions that fit together, this Python, or the packages \
              that the distribution manages.",
        why: "Nothing is installed when the requirements cannot all be met. The same requirements may have \
              worked before a package on the index or the base image's Python changed.",
        fix: &[
            "Loosen or remove the pin that conflicts with the others, and let the resolver choose.",
            "Commit a lock file (pip freeze, pip-compile, uv lock, poetry lock) made with the image's Python version.",
            "If no version fits this Python, use a base image with a Python that the package supports.",
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
            return found.because("The distribution manages this Python, and pip refuses to install beside its packages (PEP 668).").cured_by([
                "Create a virtual environment and install there: python3 -m venv /venv && /venv/bin/pip install …; put /venv/bin first in PATH.",
                "Install the distribution's own package: apt-get install -y python3-NAME.",
                "If nothing else in the image uses this Python: pip install --break-system-packages.",
            ]);
        }
        if let (Some(name), Some(version), Some(need)) = (found.first("name"), found.first("version"), found.first("need")) {
            return found.because(format!("`{name}` supports Python {need}, but the image has {version}.")).cured_by([
                format!("Use a base image with Python {need}."),
                format!("Pin a version of `{name}` that supports Python {version}."),
            ]);
        }
        let names = found.list("name", "the requirements");
        if found.says(&["(from versions: none)"]) {
            found.because(format!("The index has no version of {names} for this Python and platform, or no package of that name."))
        } else if found.says(&["no matching distribution", "could not find a version"]) && !found.says(&["resolutionimpossible", "conflicting"]) {
            found.because(format!("No version of {names} on the index meets the requirement for this Python and platform."))
        } else {
            found.because(format!("The requirements conflict: no versions of {names} satisfy all of them."))
        }
    },
};
