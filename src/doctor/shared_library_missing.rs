//! A shared library is nowhere that the program's loader looks.

use super::libraries::{self, is_liboqs, is_of_musl};
use super::words::{install, text};
use super::{Facts, Rule, Suspect};
use crate::image::elf::Libc;
use crate::image::loader::Need;
use crate::report::finding::Finding;
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "shared-library-missing",
        finds: "A program needs a shared library that its dynamic loader does not find, or finds only for another machine or class.",
        why: "The loader looks for every library in RPATH, LD_LIBRARY_PATH, RUNPATH, its cache and its default folders, and the program does not start when one is missing. A program that was built in one stage and copied into another leaves its libraries behind.",
        fix: &[
            "Install the package that has the library in the final image, not only in the stage that builds.",
            "Copy the library from the stage that builds, and run `ldconfig` after that.",
            "Where the library is there: run `ldconfig`, or name its folder in LD_LIBRARY_PATH or by `-Wl,-rpath`.",
            "Link the library statically.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    let is_glibc = binary.loader().is_some_and(|loader| !loader.is_musl());
    let of_other_libc = |need: &&Need| is_glibc && is_of_musl(&need.name);
    libraries::missing(program)
        .filter(|need| !is_liboqs(&need.name) && !of_other_libc(need) && libraries::damaged(need).is_none())
        .map(|need| {
            let finding = libraries::finding(&RULE, facts, program, binary, need);
            finding.because(cause(facts, need)).cured_by(fix(facts, need, is_glibc))
        })
        .collect()
}

/// Why it was not found, for this rule and that of liboqs.
pub(super) fn cause(facts: &Facts<'_>, need: &Need) -> String {
    let name = text(&need.name);
    if let Some(obstacle) = libraries::obstacle(need) {
        return format!("{obstacle}.");
    }
    let others = libraries::others(facts, need);
    match others.iter().find(|path| path.ends_with(&format!("/{name}"))) {
        Some(path) => format!(
            "`{path}` is there, but the loader does not look into that folder: it is neither in its cache nor in a path that the program or the environment names."
        ),
        None if others.is_empty() => "No file of that name is in the image; it was not installed, or not copied along with the program.".to_owned(),
        None => format!("The image has it only under another name ({}), and the loader takes none but the one that is asked for.", others.join(", ")),
    }
}

fn fix(facts: &Facts<'_>, need: &Need, is_glibc: bool) -> Vec<String> {
    let name = text(&need.name);
    let mut fix = known_elsewhere(facts, need, is_glibc);
    let package = PACKAGES.iter().find(|(library, ..)| need.name.starts_with(library.as_bytes()));
    if let Some((_, debian, alpine, fedora)) = package {
        let package = match facts.about.distribution_id.as_str() {
            "alpine" | "wolfi" | "chainguard" => alpine,
            "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "amzn" => fedora,
            _ => debian,
        };
        fix.push(install(facts.about, package));
    } else if facts.about.libc() == Libc::None {
        fix.push(format!("copy `{name}` and the loader into the image, or link the program statically"));
    } else {
        fix.push(format!("install the package that has `{name}` in the final image"));
    }
    fix.push(format!("copy `{name}` from the stage that built the program (`COPY --from=…`)"));
    fix
}

/// What helps where the library is there, but not found.
pub(super) fn known_elsewhere(facts: &Facts<'_>, need: &Need, is_glibc: bool) -> Vec<String> {
    let name = text(&need.name);
    let others = libraries::others(facts, need);
    let Some(path) = others.iter().find(|path| path.ends_with(&format!("/{name}"))) else {
        return Vec::new();
    };
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    if is_glibc {
        vec![
            format!(
                "`RUN ldconfig` after the library is installed (with `{folder}` in a file of /etc/ld.so.conf.d)"
            ),
            format!("`ENV LD_LIBRARY_PATH={folder}`"),
        ]
    } else {
        vec![format!("`ENV LD_LIBRARY_PATH={folder}`, or add `{folder}` to /etc/ld-musl-*.path")]
    }
}

/// A library's name, and its package in Debian, Alpine and Fedora.
const PACKAGES: [(&str, &str, &str, &str); 16] = [
    ("libssl.so.3", "libssl3", "libssl3", "openssl-libs"),
    ("libcrypto.so.3", "libssl3", "libcrypto3", "openssl-libs"),
    ("libssl.so.1.1", "libssl1.1 (Debian 11 and before)", "openssl1.1-compat", "openssl1.1"),
    ("libcrypto.so.1.1", "libssl1.1 (Debian 11 and before)", "openssl1.1-compat", "openssl1.1"),
    ("libstdc++.so.6", "libstdc++6", "libstdc++", "libstdc++"),
    ("libgcc_s.so.1", "libgcc-s1", "libgcc", "libgcc"),
    ("libgomp.so.1", "libgomp1", "libgomp", "libgomp"),
    ("libz.so.1", "zlib1g", "zlib", "zlib-ng-compat"),
    ("libffi.so", "libffi8", "libffi", "libffi"),
    ("libsodium.so", "libsodium23", "libsodium", "libsodium"),
    ("libpq.so.5", "libpq5", "libpq", "libpq"),
    ("libcurl.so.4", "libcurl4", "libcurl", "libcurl"),
    ("libsqlite3.so.0", "libsqlite3-0", "sqlite-libs", "sqlite-libs"),
    ("libnftables.so.1", "libnftables1", "libnftables", "nftables"),
    (
        "libpython3",
        "libpython3-stdlib and the python3 that the program was built with",
        "python3",
        "python3-libs",
    ),
    ("libatomic.so.1", "libatomic1", "libatomic", "libatomic"),
];
