//! liboqs.so is nowhere that the program's loader looks.

use super::libraries::{self, is_liboqs};
use super::{Facts, Rule, Suspect, shared_library_missing};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "liboqs-library-missing",
        finds: "A program or a Python extension needs liboqs.so, and its loader does not find it.",
        why: "No distribution has a package of liboqs, so that it is built from source, often into /usr/local/lib, which the loader finds only after `ldconfig` ran, or only in the stage that builds. Its soname changes with its versions (0.10: 5, 0.11: 6, 0.12 and 0.13: 7, 0.14: 8, 0.15: 9), and the loader takes no other.",
        fix: &[
            "Copy liboqs.so with all its links from the stage that builds it, and run `ldconfig` in the final image.",
            "Build the program against the version of liboqs that the image has.",
            "Build liboqs with `-DBUILD_SHARED_LIBS=OFF` and link it statically.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    let is_glibc = binary.loader().is_some_and(|loader| !loader.is_musl());
    libraries::missing(program)
        .filter(|need| is_liboqs(&need.name) && libraries::damaged(need).is_none())
        .map(|need| {
            let mut fix = shared_library_missing::known_elsewhere(facts, need, is_glibc);
            let after = if is_glibc { ", then `RUN ldconfig`" } else { "" };
            fix.push(format!(
                "copy it with its links: `COPY --from=build /usr/local/lib/liboqs.so* /usr/local/lib/`{after}"
            ));
            fix.push("build liboqs with `-DBUILD_SHARED_LIBS=OFF` and link it statically".to_owned());
            libraries::finding(&RULE, facts, program, binary, need)
                .because(shared_library_missing::cause(facts, need))
                .cured_by(fix)
        })
        .collect()
}
