//! The package manager knows no such package.

use crate::explain::cause::{Cause, always, context, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "apt-package-missing",
        finds: "apt, apk, dnf or yum was asked for a package (or a version of one) that the configured sources do not have.",
        why: "Packages are renamed and dropped between releases of a distribution, some live in a component that is not enabled, and \
              pinned versions vanish when a newer one is published.",
        fix: &[
            "Look up the name in the release of the base image: apt-cache search, apk search, dnf provides.",
            "Enable the component or repository that has it (universe, contrib, non-free, community, EPEL).",
            "Do not pin an exact version, or pin it to one that is still published.",
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
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let why = if let Some(version) = found.first("version") {
            fix.swap(0, 2);
            format!("The sources have {name}, but no longer in version {version}.")
        } else if found.first("by").is_some() {
            format!(
                "What is asked for depends on {name}, which cannot be installed from the configured sources together with the rest: the sources mix releases, or a version is held."
            )
        } else {
            format!(
                "The package lists of this release have no {name}: it has another name there, is in a component that is not enabled, or was dropped."
            )
        };
        words(why, fix)
    },
};
