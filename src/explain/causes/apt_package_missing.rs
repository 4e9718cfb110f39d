//! The package manager knows no such package.

use crate::explain::cause::{Cause, always, context, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "apt-package-missing",
        finds: "The configured sources of apt, apk, dnf or yum do not have a package, or not in the version \
              asked for.",
        why: "Distributions rename and drop packages between releases. Some packages live in a component \
              that is not enabled, and mirrors delete a pinned version when a newer one appears.",
        fix: &[
            "Look up the name in the base image's release: apt-cache search, apk search, dnf provides.",
            "Enable the component or repository that has it (universe, contrib, non-free, community, EPEL).",
            "Do not pin an exact version, or pin one that is still published.",
            "Use a base image of the release that has the package.",
        ],
    },
    signs: &[
        proof("Unable to locate package", r"(?:E: )?Unable to locate package (?<name>[^\s'\x22]+)"),
        proof("has no installation candidate", r"Package '?(?<name>[^\s']+)'? has no installation candidate"),
        proof(
            "Couldn't find any package by",
            r"Couldn't find any package by (?:regex|glob) '(?<name>[^']+)'",
        ),
        proof("was not found", r"Version '(?<version>[^']+)' for '(?<name>[^']+)' was not found"),
        proof("(no such package)", r"(?<name>\S+) \(no such package\)"),
        proof("breaks: world", r"breaks: world\[(?<name>[^\]]+)\]"),
        proof("unable to select packages|unsatisfiable constraints", ""),
        proof("Unable to find a match", r"Unable to find a match: (?<name>.+)"),
        proof("No match for argument", r"No match for argument: (?<name>\S+)"),
        proof("No package ", r"No package (?<name>\S+) available"),
        proof("nothing provides", r"nothing provides (?<name>.+?) needed by"),
        proof(
            "not found in repo|target not found|error: package",
            r"^(?:error|Error): package '?(?<name>[\w.+-]+)'? not found|^error: target not found: (?<by>\S+)",
        ),
        likely("unmet dependencies|you have held broken packages", ""),
        likely(
            "Depends:",
            r"(?<by>[\w.+-]+) : Depends: (?<name>[\w.+:-]+).*(?:but .* is to be installed|not installable|not going to be installed)",
        ),
        context("is not available, but is referred to", ""),
    ],
    brings: &["compiler-missing", "cmake-missing-or-too-old", "shared-library-missing"],
    counts: always,
    words: |found| {
        let name = found.list("name", "a package");
        if let Some(version) = found.first("version") {
            found.because(format!("The sources have {name}, but no longer in version {version}.")).best(2)
        } else if found.first("by").is_some() {
            found.because(format!(
                "A requested package depends on {name}, which cannot be installed together with the rest: the sources mix \
                 releases, or a version is held."
            ))
        } else {
            found.because(format!(
                "This release's package lists do not have {name}: it has another name there, belongs to a component that is \
                 not enabled, or was dropped."
            ))
        }
    },
};
