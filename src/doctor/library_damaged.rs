//! A library that a program needs is there, and damaged.

use super::libraries;
use super::words::text;
use super::{Facts, Rule, Suspect};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "library-damaged",
        finds: "A shared library is where the loader looks, and it is not a whole ELF file: cut off, empty, or something else altogether.",
        why: "The loader takes the first file of the name and gives up when it cannot read it, so that no copy elsewhere helps. A copy or a download that was interrupted leaves such files, and so does a disk that was full.",
        fix: &[
            "Copy the library anew from where it is whole, and compare the checksums.",
            "Build the image anew without its cache: `docker build --no-cache --pull`.",
            "Look whether the disk of the engine is full: `docker system df`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    let damaged = libraries::missing(program).filter_map(|need| Some((need, libraries::damaged(need)?)));
    damaged
        .map(|(need, (path, why))| {
            libraries::finding(&RULE, facts, program, binary, need)
                .because(format!("`{path}` is {why}."))
                .cured_by([
                    format!("copy `{}` anew from where it is whole (`COPY --from=…`), and compare the checksums", text(&need.name)),
                    "if a package brought it: build the image anew without its cache, `docker build --no-cache --pull`".to_owned(),
                ])
        })
        .collect()
}
