//! A library that a program needs is there, and damaged.

use super::libraries;
use super::words::text;
use super::{Facts, Rule, Suspect};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "library-damaged",
        finds: "A shared library that the loader finds is not a complete ELF file: cut off, empty, or something else.",
        why: "The loader takes the first file of that name and stops if it cannot read it; a copy elsewhere does not help. Interrupted copies and downloads leave such files, and so do full disks.",
        fix: &[
            "Copy the library again from an intact source, and compare the checksums.",
            "Rebuild the image without its cache: `docker build --no-cache --pull`.",
            "Check whether the engine's disk is full: `docker system df`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let damaged = libraries::missing(program).filter_map(|need| Some((need, libraries::damaged(need)?)));
    damaged
        .map(|(need, (path, why))| {
            libraries::finding(&RULE, facts, program, binary, need)
                .because(format!("`{path}` is {why}."))
                .cured_by([
                    format!("copy `{}` again from an intact source (`COPY --from=…`), and compare the checksums", text(&need.name)),
                    "if a package brought it: rebuild the image without its cache, `docker build --no-cache --pull`".to_owned(),
                ])
        })
        .collect()
}
