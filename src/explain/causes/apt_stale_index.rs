//! The package lists are out of date, or were never fetched.

use std::collections::BTreeSet;

use crate::explain::cause::{Cause, Hit, Seen, context, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "apt-stale-index",
        finds: "The package lists do not match the mirror: they were fetched long ago (in a cached layer) or \
              never, or the mirror moved on or dropped the release.",
        why: "Docker caches an `apt-get update` in a layer of its own, so a later `install` asks for \
              versions that the mirror has deleted (404). Base images come without lists, and releases at \
              their end of life move to an archive.",
        fix: &[
            "Run both in one step: RUN apt-get update && apt-get install -y --no-install-recommends … && rm -rf /var/lib/apt/lists/*.",
            "Build once without the cache: docker build --no-cache --pull.",
            "If the release has reached its end of life, use a newer base image, or its archive (archive.debian.org, old-releases.ubuntu.com, vault.centos.org).",
            "If the mirror is synchronising (hash mismatch, unexpected size), retry later or use another mirror.",
        ],
    },
    signs: &[
        proof(
            "Failed to fetch",
            r"Failed to fetch (?:https?://(?<by>[\w.-]+)/\S*/)?(?<name>[^/\s]+\.deb).*404",
        ),
        proof("Unable to fetch some archives", ""),
        likely(" 404", r"Err(?::\d+)? \S+.* 404 +Not Found"),
        proof(
            "Release file",
            r"The repository '(?<name>[^']+)' (?:does not have|no longer has) a Release file",
        ),
        proof("Release file", r"Release file for (?<name>\S+) is (?:not valid yet|expired)"),
        proof("Hash Sum mismatch", r"(?:Failed to fetch (?<name>\S+))?"),
        proof("File has unexpected size", ""),
        proof("Failed to fetch", r"Failed to fetch (?<name>\S*/dists/\S+) +404"),
        likely("404  Not Found", r"https?://(?<by>[\w.-]+)"),
        proof("Cannot find a valid baseurl for repo", r"for repo: (?<name>\S+)"),
        proof("Failed to download metadata for repo", r"for repo '(?<name>[^']+)'"),
        likely("package mentioned in index not found", r"(?<name>\S+): package mentioned in index not found"),
        proof("Unable to locate package", r"(?:E: )?Unable to locate package (?<need>[^\s'\x22]+)"),
        proof("has no installation candidate", r"Package '?(?<need>[^\s']+)'? has no installation candidate"),
        context("apt-get update", r"apt-get(?: -\S+)* update"),
        context("apt update", ""),
        context("Get:", r"^Get: ?\d+ "),
        context("Hit:", r"^Hit: ?\d+ "),
        context("Fetched ", r"^Fetched [\d.,]+ \w+ in "),
        context("apt-get install", r"apt(?:-get)?(?: -\S+)* install"),
        context("apt install", r"apt(?: -\S+)* install"),
    ],
    brings: &["apt-package-missing", "compiler-missing"],
    counts: lists_are_wrong,
    words: |found| {
        if found.says(&["release file", "baseurl", "download metadata", "/dists/"]) {
            let gone = found.list("name", "its index is gone");
            found.because(format!(
                "The mirror no longer has lists of this release ({gone}): the release has reached its end of life and moved to \
                 an archive, or the address is wrong."
            )).best(2)
        } else if found.says(&["hash sum", "unexpected size"]) {
            found.because("The mirror's lists and files do not match: the mirror is synchronising, or a proxy keeps old files.").best(3)
        } else if let Some(name) = found.first("name") {
            found.because(format!(
                "The lists in this layer name `{name}`, which the mirror has replaced since: they come from the cache of an \
                 earlier build."
            ))
        } else {
            let need = found.list("need", "the packages");
            found.because(format!(
                "apt has no package lists in this step, so it does not know {need}: base images come without lists, and \
                 `apt-get update` did not run here (or ran long ago)."
            ))
        }
    },
};

/// A package that cannot be located points to missing lists if none were fetched, as far as the log shows the
/// steps, or if apt knows none of several packages.
fn lists_are_wrong(hit: &Hit, seen: &Seen<'_>) -> bool {
    if !["Unable to locate package", "has no installation candidate"].contains(&hit.needle) {
        return true;
    }
    let context = |words: &[&str]| seen.of(CAUSE.page.id).any(|other| words.contains(&other.needle));
    let unknown: BTreeSet<&str> = seen.of(CAUSE.page.id).filter_map(|other| other.named("need")).collect();
    let fetched = context(&["Get:", "Hit:", "Fetched "]);
    let updates = context(&["apt-get update", "apt update"]);
    let installs = context(&["apt-get install", "apt install"]);
    !fetched && ((installs && !updates) || unknown.len() >= 3)
}
