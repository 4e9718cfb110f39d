//! A library that is found is too old for the program, glibc apart.

use std::collections::BTreeSet;

use super::glibc_too_old::{is_of_glibc, steps};
use super::words::{quoted, shown, text};
use super::{Facts, Rule, Suspect};
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "symbol-version-missing",
        finds: "A library is found, but does not define a symbol version that the program needs: `GLIBCXX_3.4.32`, `OPENSSL_3.2.0`.",
        why: "The program was linked to a newer version of the library under the same name, and the loader refuses the older one: `version … not found`.",
        fix: &[
            "Use a base image at least as new as the one that built the program.",
            "Copy the newer library from the build stage, and make the loader find it first.",
            "For libstdc++: link with `-static-libstdc++ -static-libgcc`.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let missing = || binary.missing_versions.iter().filter(|missing| !is_of_glibc(missing));
    if missing().next().is_none() {
        return Vec::new();
    }
    let names: BTreeSet<String> = missing().map(|missing| text(&missing.version)).collect();
    let files: BTreeSet<String> = missing().map(|missing| text(&missing.file)).collect();
    let it = if names.len() == 1 { "it" } else { "them" };
    let (names, files) = (quoted(names), quoted(files));
    let mut fix = vec![
        format!("use a base image whose {files} has {names}"),
        "build the program in the image that runs it".to_owned(),
    ];
    if files.contains("libstdc++") {
        fix.push("link with `-static-libstdc++ -static-libgcc`".to_owned());
    }
    let message =
        format!("it needs {names} of {files}, but the library that its loader finds does not define {it}");
    vec![
        RULE.error(shown(&program.path), message)
            .searched(steps(program, binary, missing()))
            .because("It was linked to a newer version of the library.")
            .cured_by(fix),
    ]
}
