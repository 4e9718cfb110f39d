//! A library that is found is too old for the program, glibc apart.

use std::collections::BTreeSet;

use super::glibc_too_old::{is_of_glibc, steps};
use super::words::{shown, text};
use super::{Facts, Rule, Suspect};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "symbol-version-missing",
        finds: "A library is found, but does not define a version of its symbols that the program needs: `GLIBCXX_3.4.32`, `OPENSSL_3.2.0`.",
        why: "The program was linked to a newer version of the library under the same name, and the loader refuses the older one: `version … not found`.",
        fix: &[
            "Take a base image at least as new as the one that built the program.",
            "Copy the newer library from the stage that builds, and let the loader find it first.",
            "For libstdc++: link with `-static-libstdc++ -static-libgcc`.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    let missing: Vec<_> = binary.missing_versions.iter().filter(|missing| !is_of_glibc(missing)).collect();
    let names: BTreeSet<String> = missing.iter().map(|missing| text(&missing.version)).collect();
    let files: BTreeSet<String> = missing.iter().map(|missing| text(&missing.file)).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let (names, files) = (shortened(&names), shortened(&files));
    let mut fix = vec![
        format!("take a base image whose {files} has {names}"),
        "build the program in the image in which it is to run".to_owned(),
    ];
    if files.contains("libstdc++") {
        fix.push("link with `-static-libstdc++ -static-libgcc`".to_owned());
    }
    vec![
        RULE.error(
            shown(&program.path),
            format!("it needs {names} of {files}, and the library that is found does not define that"),
        )
        .searched(steps(program, binary, missing.into_iter()))
        .because("It was linked to a newer version of the library than the one its loader finds.")
        .cured_by(fix),
    ]
}

fn shortened(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let mut words: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        words.push(format!("{} more", names.len() - SHOWN));
    }
    words.join(", ")
}
