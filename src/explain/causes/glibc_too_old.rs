//! A program needs a newer glibc or libstdc++ than the image has.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

/// Which Debian and Ubuntu releases have which glibc.
const RELEASES: &[(u32, &str)] = &[
    (28, "debian:buster, ubuntu:20.04"),
    (31, "debian:bullseye, ubuntu:20.04"),
    (35, "debian:bookworm, ubuntu:22.04"),
    (36, "debian:bookworm, ubuntu:24.04"),
    (39, "debian:trixie, ubuntu:24.04"),
    (41, "debian:trixie, ubuntu:25.04"),
];

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "glibc-too-old",
        finds: "A program or library was linked on a newer distribution: it asks for a version of glibc (or libstdc++) symbols that the \
                image's does not have.",
        why: "glibc only promises that old programs run on newer versions, not the other way round; the stage that builds must not be \
              newer than the stage that runs.",
        fix: &[
            "Use the same release in both stages: FROM rust:1-bookworm with FROM debian:bookworm-slim.",
            "Or build in an older image than the one that runs.",
            "Or link statically (musl), so that no C library of the image matters.",
        ],
    },
    signs: &[
        proof(
            "GLIBC_|GLIBCXX_",
            r"version '?(?<need>GLIBC(?:XX)?_[\d.]+)'? not found(?: \(required by (?<name>[^)]+)\))?",
        ),
        proof("CXXABI_", r"version '?(?<need>CXXABI_[\d.]+)'? not found(?: \(required by (?<name>[^)]+)\))?"),
        proof("@GLIBC", r"undefined reference to '?\w+@@?(?<need>GLIBC(?:XX)?_[\d.]+)"),
        proof("__isoc23_", r"undefined (?:reference to|symbol:?) '?(?<by>__isoc23_\w+)"),
        proof("requires glibc", r"requires glibc (?:>=|version)? ?(?<need>[\d.]+)"),
        likely(
            "GLIBC",
            r"(?:requires?|needs?|detected|found).{0,30}glibc.{0,20}(?<need>\d\.\d+).*(?:or (?:later|newer|higher)|too old|not supported)",
        ),
    ],
    brings: &["libc-mismatch", "shared-library-missing"],
    counts: always,
    words: |found| {
        let name = found.list("name", "the program");
        let newest = found.all("need").into_iter().max_by_key(|need| minor(need));
        let Some(need) = newest else {
            return words(
                format!(
                    "`{}` came with glibc 2.38: an object or library was compiled on a newer distribution than this one.",
                    found.or("by", "a symbol")
                ),
                CAUSE.page.fix.iter().map(|line| (*line).to_owned()),
            );
        };
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let release = need
            .starts_with("GLIBC_2.")
            .then(|| RELEASES.iter().find(|(has, _)| *has >= minor(need)))
            .flatten();
        if let Some((_, releases)) = release {
            fix.insert(
                0,
                format!("Run on an image that has {} 2.{}: {releases} or later.", "glibc", minor(need)),
            );
        }
        words(
            format!(
                "{name} was linked on a newer distribution: it asks for {need}, and the C library of the image is older."
            ),
            fix,
        )
    },
};

/// 38 for `GLIBC_2.38`.
fn minor(need: &str) -> u32 {
    need.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
}
