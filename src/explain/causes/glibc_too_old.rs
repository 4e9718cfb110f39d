//! A program needs a newer glibc or libstdc++ than the image has.

use crate::explain::cause::{Cause, always, likely, proof};
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
        finds: "A program or library was linked on a newer distribution: it needs versions of glibc (or \
              libstdc++) symbols that the image does not have.",
        why: "glibc runs old programs on new versions, not the other way round. The build stage must not be \
              newer than the runtime stage.",
        fix: &[
            "Use the same release in both stages: FROM rust:1-bookworm with FROM debian:bookworm-slim.",
            "Or build in an image older than the one that runs.",
            "Or link statically (musl): the image's C library then does not matter.",
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
        let Some(need) = found.all("need").into_iter().max_by_key(|need| minor(need)) else {
            let symbol = found.quoted("by", "a symbol");
            return found.because(format!(
                "An object or library was compiled on a newer distribution than this one: it needs {symbol} of glibc 2.38."
            ));
        };
        let name = found.list("name", "The program");
        let words = found.because(format!(
            "{name} was linked on a newer distribution: it needs {need}, but the image's C library is older."
        ));
        match RELEASES.iter().find(|(has, _)| need.starts_with("GLIBC_2.") && *has >= minor(need)) {
            Some((_, releases)) => words
                .cure_first(format!("Run on an image with glibc 2.{}: {releases} or later.", minor(need))),
            None => words,
        }
    },
};

/// 38 for `GLIBC_2.38`.
fn minor(need: &str) -> u32 {
    need.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(0)
}
