//! A program needs a newer glibc than the image has.

use super::words::{BUILD_STATIC, shown, text};
use super::{Facts, Rule, Suspect};
use crate::image::about::glibc_version;
use crate::image::loader::MissingVersion;
use crate::image::program::{Binary, Program};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "glibc-too-old",
        finds: "A program or a library needs symbols of a newer glibc than the image has: `GLIBC_2.38 not found`.",
        why: "A program linked on a newer system uses newer versions of functions, and the loader of an older system refuses it. Old programs run on a newer glibc, but not the other way round.",
        fix: &[
            "Use a base image at least as new as the one that built the program (glibc 2.31: Debian 11, 2.35: Ubuntu 22.04, 2.36: Debian 12, 2.39: Ubuntu 24.04, 2.41: Debian 13).",
            "Build in the oldest image in which the program has to run.",
            "Build a static program.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let missing = binary.missing_versions.iter().filter(|missing| is_of_glibc(missing));
    let Some(newest) = missing.clone().filter_map(|missing| glibc_version(&missing.version)).max() else {
        return Vec::new();
    };
    let (major, minor) = newest;
    let has =
        facts.about.glibc.map_or("an older one".to_owned(), |(major, minor)| format!("{major}.{minor}"));
    let from =
        RELEASES.iter().find(|(least, _)| *least >= newest).map_or("the newest release", |(_, name)| name);
    let finding = RULE
        .error(shown(&program.path), format!("it needs glibc {major}.{minor}, but the image has {has}"))
        .searched(steps(program, binary, missing))
        .because(format!(
            "It was built on a newer system. The loader answers `version `GLIBC_{major}.{minor}' not found`."
        ))
        .cured_by([
            format!("use a base image with glibc {major}.{minor} or newer: {from}"),
            "build it in the image that runs it, or in an older one".to_owned(),
            BUILD_STATIC.to_owned(),
        ]);
    vec![finding]
}

pub(super) fn is_of_glibc(missing: &MissingVersion) -> bool {
    missing.version.starts_with(b"GLIBC_")
}

/// Which version was looked for in which library, and for whom.
pub(super) fn steps<'m>(
    program: &Program,
    binary: &Binary,
    missing: impl Iterator<Item = &'m MissingVersion>,
) -> Vec<Step> {
    let object = |at: usize| {
        let objects = binary.resolution.as_ref().map(|resolution| &resolution.objects);
        objects.and_then(|objects| objects.get(at)).map(|object| shown(&object.path))
    };
    missing
        .map(|missing| Step {
            path: missing.of.and_then(object).unwrap_or_else(|| text(&missing.file)),
            verdict: format!(
                "has no `{}`, which `{}` needs",
                text(&missing.version),
                object(missing.by).unwrap_or_else(|| shown(&program.path)),
            ),
        })
        .collect()
}

/// glibc's version in releases that are in use.
const RELEASES: [((u32, u32), &str); 9] = [
    ((2, 28), "Debian 10 or RHEL 8"),
    ((2, 31), "Debian 11 or Ubuntu 20.04"),
    ((2, 34), "RHEL 9 or Amazon Linux 2023"),
    ((2, 35), "Ubuntu 22.04"),
    ((2, 36), "Debian 12"),
    ((2, 38), "Ubuntu 23.10"),
    ((2, 39), "Ubuntu 24.04"),
    ((2, 41), "Debian 13"),
    ((2, 42), "Fedora 43"),
];
