//! liboqs.so is in no folder that the program's loader searches.

use super::libraries::{self, is_liboqs};
use super::{Facts, Rule, Suspect};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "liboqs-library-missing",
        finds: "A program or a Python extension needs liboqs.so, and its loader does not find it.",
        why: "No distribution packages liboqs, so it is built from source, often into /usr/local/lib. The loader finds it there only after `ldconfig`, and it is easily left behind in the build stage. Its soname changes with its version (0.10: 5, 0.11: 6, 0.12 and 0.13: 7, 0.14: 8, 0.15: 9), and the loader accepts no other.",
        fix: &[
            "Copy liboqs.so with all its links from the stage that builds it, then run `ldconfig` in the final image.",
            "Build the program against the version of liboqs that the image has.",
            "Build liboqs with `-DBUILD_SHARED_LIBS=OFF` and link it statically.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let is_glibc = binary.has_glibc_loader();
    libraries::missing(program)
        .filter(|need| is_liboqs(&need.name) && libraries::damaged(need).is_none())
        .map(|need| {
            let mut fix = libraries::known_elsewhere(facts, need, is_glibc);
            let after = if is_glibc { ", then `RUN ldconfig`" } else { "" };
            fix.push(format!(
                "copy it with its links: `COPY --from=build /usr/local/lib/liboqs.so* /usr/local/lib/`{after}"
            ));
            fix.push("build liboqs with `-DBUILD_SHARED_LIBS=OFF` and link it statically".to_owned());
            libraries::finding(&RULE, facts, program, binary, need)
                .because(libraries::cause(facts, need))
                .cured_by(fix)
        })
        .collect()
}
