//! A Python package had to be built from source, and that failed.

use crate::explain::cause::{Cause, Hit, Seen, likely, proof};
use crate::explain::package;
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "pip-build-failed",
        finds: "pip, uv or poetry built a package from source (no wheel fits this Python and platform), and \
              the build failed.",
        why: "The last lines only name the package. What is missing (a header, a helper, a module of the \
              build) stands above, in the output of its build.",
        fix: &[
            "Use a version of the package with a wheel for this Python and platform (pip download --only-binary :all: shows it), or a glibc image instead of Alpine.",
            "Install what the build asks for (development packages, a compiler) in the build stage.",
            "Upgrade the tools: pip install --upgrade pip setuptools wheel.",
        ],
    },
    signs: &[
        proof("Python.h", r"fatal error: '?(?<need>Python\.h)'?"),
        proof("pyconfig.h", r"fatal error: '?(?<need>pyconfig\.h)'?"),
        proof("pg_config", r"(?<need>pg_config) executable not found|pg_config is required"),
        proof("mysql_config|mysqlclient", r"(?<need>mysql_config)(?: not found|: (?:command )?not found)|Can not find valid pkg-config name|name (?<by>mysqlclient) .*pkg-config"),
        proof("development packages are installed|xmlCheckVersion", r"(?<need>libxml2) (?:and libxslt )?development packages are installed|function xmlCheckVersion in library (?<by>libxml2)"),
        proof("headers or library files could not be found for", r"could not be found for (?<need>\w+)"),
        proof("find valid pkg-config name", r"(?<need>pkg-config) name"),
        likely("Failed to build installable wheels", r"projects \((?<name>[\w.-]+)"),
        likely("Failed building wheel", r"Failed building (?:wheel|editable) for (?<name>[\w.-]+)"),
        likely("Could not build wheels", r"Could not build wheels for (?<name>[\w.-]+)"),
        likely("failed to build", r"ERROR: Failed to build (?:installable wheels for some pyproject\.toml based projects )?\(?(?<name>[\w.-]+)").unless(&["failed to solve", "service '", "failed to build: "]),
        likely("Failed to build", r"(?:×|x|error:) Failed to (?:download and )?build:? '?(?<name>[\w.=+-]+)"),
        likely("subprocess-exited-with-error", ""),
        likely("did not run successfully", r"× (?<by>.+) did not run successfully"),
        likely("metadata-generation-failed|legacy-install-failure", ""),
        likely("Encountered error while", r"Encountered error while (?:generating package metadata|trying to install package)"),
        likely("python setup.py egg_info", r"(?:python setup\.py egg_info).* failed with error code \d+ in \S*?/(?<name>[\w.-]+)/?$"),
        likely("Command errored out with exit status|The build backend returned an error", ""),
        likely("Call to |Build backend failed|BackendUnavailable|backend subprocess|ChefBuildError|Cannot import ", r"Call to '(?<by>[\w.:]+)' failed|Build backend failed|BackendUnavailable|backend subprocess exited|ChefBuildError|Cannot import '(?<need>[\w.]+)'"),
        likely("Build failed", r"PEP ?517 build of|Note: This error originates from the build backend"),
        likely("originates from the build backend|originates from a subprocess", ""),
        likely("fatal error: ", r"fatal error: '?(?<need>[\w./+-]+\.h(?:pp)?)'?:? (?:No such file|file not found)").unless(&["oqs/"]),
    ],
    brings: &["python-module-missing", "pip-conflict"],
    counts: built_for_python,
    words: |found| {
        let name = found.list("name", "the package");
        let by = found.first("by").filter(|by| ["mysqlclient", "libxml2"].contains(by));
        let Some(need) = found.first("need").or(by) else {
            let module = found.hits.iter().any(|hit| hit.text.contains("ModuleNotFoundError"));
            let reason = if module { "a module that the build needs is missing" } else { "the first error above says why" };
            return found.because(format!("No wheel of {name} fits this Python and platform, and the build from source failed: {reason}."));
        };
        let install = match package::of_header(need) {
            Some((debian, alpine, fedora)) => format!("{} in the build stage.", found.install(debian, alpine, fedora)),
            None => format!("Install the development package that has `{need}` (apt-file search {need} finds it)."),
        };
        found.because(format!("No wheel of {name} fits this Python and platform, and the build from source needs `{need}`, which is not installed."))
            .cured_by([install.as_str(), CAUSE.page.fix[0]])
    },
};

/// A header may be missing anywhere; here it counts only where a package for Python was being built.
fn built_for_python(hit: &Hit, seen: &Seen<'_>) -> bool {
    let is_own = |hit: &Hit| hit.needle != "fatal error: ";
    is_own(hit) || seen.of(CAUSE.page.id).any(is_own)
}
