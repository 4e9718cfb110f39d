//! A shared library is in no folder that the program's loader searches.

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
        why: "The loader searches RPATH, LD_LIBRARY_PATH, RUNPATH, its cache and its default folders for every library, and the program does not start if one is missing. A program that is copied out of a build stage leaves its libraries behind.",
        fix: &[
            "Install the package with the library in the final image, not only in the build stage.",
            "Copy the library from the build stage, then run `ldconfig`.",
            "If the library exists: run `ldconfig`, add its folder to LD_LIBRARY_PATH, or link with `-Wl,-rpath`.",
            "Link the library statically.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let is_glibc = binary.has_glibc_loader();
    let of_other_libc = |need: &&Need| is_glibc && is_of_musl(&need.name);
    libraries::missing(program)
        .filter(|need| !is_liboqs(&need.name) && !of_other_libc(need) && libraries::damaged(need).is_none())
        .map(|need| {
            let finding = libraries::finding(&RULE, facts, program, binary, need);
            finding.because(libraries::cause(facts, need)).cured_by(fix(facts, need, is_glibc))
        })
        .collect()
}

fn fix(facts: &Facts<'_>, need: &Need, is_glibc: bool) -> Vec<String> {
    let name = text(&need.name);
    let mut fix = libraries::known_elsewhere(facts, need, is_glibc);
    let packages = PACKAGES.iter().find(|(library, _)| name.starts_with(library));
    fix.push(match packages {
        Some((_, packages)) => install(facts.about, *packages),
        None if facts.about.libc() == Libc::None => {
            format!("copy `{name}` and the loader into the image, or link the program statically")
        }
        None => format!("install the package with `{name}` in the final image"),
    });
    fix.push(format!("copy `{name}` from the stage that built the program (`COPY --from=…`)"));
    fix
}

/// A library's name, and its package in Debian, Alpine and Fedora.
const PACKAGES: [(&str, [&str; 3]); 16] = [
    ("libssl.so.3", ["libssl3", "libssl3", "openssl-libs"]),
    ("libcrypto.so.3", ["libssl3", "libcrypto3", "openssl-libs"]),
    ("libssl.so.1.1", ["libssl1.1 (Debian 11 and before)", "openssl1.1-compat", "openssl1.1"]),
    ("libcrypto.so.1.1", ["libssl1.1 (Debian 11 and before)", "openssl1.1-compat", "openssl1.1"]),
    ("libstdc++.so.6", ["libstdc++6", "libstdc++", "libstdc++"]),
    ("libgcc_s.so.1", ["libgcc-s1", "libgcc", "libgcc"]),
    ("libgomp.so.1", ["libgomp1", "libgomp", "libgomp"]),
    ("libz.so.1", ["zlib1g", "zlib", "zlib-ng-compat"]),
    ("libffi.so", ["libffi8", "libffi", "libffi"]),
    ("libsodium.so", ["libsodium23", "libsodium", "libsodium"]),
    ("libpq.so.5", ["libpq5", "libpq", "libpq"]),
    ("libcurl.so.4", ["libcurl4", "libcurl", "libcurl"]),
    ("libsqlite3.so.0", ["libsqlite3-0", "sqlite-libs", "sqlite-libs"]),
    ("libnftables.so.1", ["libnftables1", "libnftables", "nftables"]),
    (
        "libpython3",
        ["libpython3-stdlib and the python3 that the program was built with", "python3", "python3-libs"],
    ),
    ("libatomic.so.1", ["libatomic1", "libatomic", "libatomic"]),
];
