//! The package lists are out of date, or were never fetched.

use std::collections::BTreeSet;

use crate::explain::cause::{Cause, Hit, Seen, context, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "apt-stale-index",
        finds: "The package lists do not fit what the mirror has: they were fetched long ago (in a cached layer), never, or the mirror \
                has moved on or dropped the release.",
        why: "`apt-get update` in a layer of its own is cached, so a later `install` asks for versions that the mirror has deleted (404); \
              base images come without any lists; and releases at their end of life move to an archive.",
        fix: &[
            "Put both into one step: RUN apt-get update && apt-get install -y --no-install-recommends … && rm -rf /var/lib/apt/lists/*.",
            "Build once without the cache: docker build --no-cache --pull.",
            "If the release has reached its end of life, use a newer base image, or its archive (archive.debian.org, old-releases.ubuntu.com, vault.centos.org).",
            "If a mirror is being synchronised (hash mismatch, unexpected size), try again later or use another one.",
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
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let why = if found.says(&["release file", "baseurl", "download metadata", "/dists/"]) {
            fix.swap(0, 2);
            format!(
                "The mirror has no lists of this release any more ({}): it has reached its end of life and was moved to an archive, or the address is wrong.",
                found.list("name", "its index is gone")
            )
        } else if found.says(&["hash sum", "unexpected size"]) {
            fix.swap(0, 3);
            "The lists and the files of the mirror do not belong together: it is being synchronised, or a proxy keeps old files.".to_owned()
        } else if let Some(name) = found.first("name") {
            format!(
                "The lists in this layer name `{name}`, which the mirror has since replaced: they come from the cache of an earlier build."
            )
        } else {
            format!(
                "apt has no package lists in this step, so it knows none of {}: base images come without them, and `apt-get update` did not run here (or long ago).",
                found.list("need", "the packages")
            )
        };
        words(why, fix)
    },
};

/// A package that cannot be located points to missing lists if none were fetched, as far as the log shows the
/// steps, or if apt knows none of several packages.
fn lists_are_wrong(hit: &Hit, seen: &Seen<'_>) -> bool {
    if !["Unable to locate package", "has no installation candidate"].contains(&hit.needle) {
        return true;
    }
    let context = |words: &[&str]| seen.of(CAUSE.page.id).any(|other| words.contains(&other.needle));
    let unknown: BTreeSet<&str> = seen
        .of(CAUSE.page.id)
        .filter(|other| other.names[3].is_some())
        .filter_map(|other| other.names[3].as_deref())
        .collect();
    let fetched = context(&["Get:", "Hit:", "Fetched "]);
    let updates = context(&["apt-get update", "apt update"]);
    let installs = context(&["apt-get install", "apt install"]);
    !fetched && ((installs && !updates) || unknown.len() >= 3)
}
