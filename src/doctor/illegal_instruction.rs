//! A program says that it needs a newer processor than this one.

use super::words::shown;
use super::{Facts, Rule, Suspect};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "illegal-instruction",
        finds: "A program, or a library that it loads, says in its notes that it needs a higher x86-64 level than this processor has.",
        why: "Code for x86-64-v3 uses AVX2, for v4 AVX-512; a processor without them, or an emulator, ends the program by SIGILL, and glibc's loader refuses it before that: `CPU ISA level is lower than required`. `-march=native` and `OQS_DIST_BUILD=OFF` build for the machine that builds.",
        fix: &[
            "Build for the baseline: without `-march=native` and `-C target-cpu=native`, and liboqs with `-DOQS_DIST_BUILD=ON`.",
            "Take a base image for this processor: RHEL 10 and its kin need x86-64-v3.",
            "Start it on a machine with such a processor.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let (Suspect::Program(program), Some(level)) = (subject, facts.about.x86_level) else {
        return Vec::new();
    };
    let Some(binary) = program.binary() else { return Vec::new() };
    let own = binary.elf().and_then(|elf| elf.x86_level).map(|level| (shown(&program.path), level));
    let objects = binary.resolution.iter().flat_map(|resolution| resolution.objects.iter().skip(1));
    let loaded =
        objects.filter_map(|object| Some((shown(&object.path), object.facts.as_deref().ok()?.x86_level?)));
    let too_high: Vec<_> = own.into_iter().chain(loaded).filter(|(_, needs)| *needs > level).collect();
    let Some(highest) = too_high.iter().map(|(_, needs)| *needs).max() else { return Vec::new() };
    let step = |(path, needs): (String, u8)| Step { path, verdict: format!("its notes say x86-64-v{needs}") };
    vec![
        RULE.error(shown(&program.path), format!("it needs x86-64-v{highest}, and this processor is x86-64-v{level}"))
            .searched(too_high.into_iter().map(step).collect())
            .because("It was compiled for a newer processor than the one that is to run it.")
            .cured_by([
                "build it for the baseline: no `-march=native`, no `-C target-cpu=native`; liboqs with `-DOQS_DIST_BUILD=ON`".to_owned(),
                format!("run it on a machine with an x86-64-v{highest} processor"),
            ]),
    ]
}
