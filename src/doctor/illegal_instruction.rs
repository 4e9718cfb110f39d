//! A program says that it needs a newer processor than this one.

use super::words::shown;
use super::{Facts, Rule, Suspect};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "illegal-instruction",
        finds: "A program, or a library that it loads, declares in its notes that it needs a higher x86-64 level than this processor has.",
        why: "Code for x86-64-v3 uses AVX2, for v4 AVX-512. A processor or an emulator without them ends the program with SIGILL; glibc's loader refuses it before that: `CPU ISA level is lower than required`. `-march=native` and `OQS_DIST_BUILD=OFF` build for the processor of the build machine.",
        fix: &[
            "Build for the baseline: without `-march=native` and `-C target-cpu=native`, and liboqs with `-DOQS_DIST_BUILD=ON`.",
            "Use a base image for this processor: RHEL 10 and its relatives need x86-64-v3.",
            "Run it on a machine with such a processor.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let (Some((program, binary)), Some(level)) = (suspect.binary(), facts.about.x86_level) else {
        return Vec::new();
    };
    let needs = binary.files(&program.path).filter_map(|(path, elf)| Some((path, elf.x86_level?)));
    let too_high: Vec<_> = needs.filter(|(_, needs)| *needs > level).collect();
    let Some(highest) = too_high.iter().map(|(_, needs)| *needs).max() else { return Vec::new() };
    let step = |(path, needs)| Step { path: shown(path), verdict: format!("its notes say x86-64-v{needs}") };
    vec![
        RULE.error(shown(&program.path), format!("it needs x86-64-v{highest}, but this processor is x86-64-v{level}"))
            .searched(too_high.into_iter().map(step).collect())
            .because("It was compiled for a newer processor than this one.")
            .cured_by([
                "build it for the baseline: no `-march=native`, no `-C target-cpu=native`; liboqs with `-DOQS_DIST_BUILD=ON`".to_owned(),
                format!("run it on a machine with an x86-64-v{highest} processor"),
            ]),
    ]
}
