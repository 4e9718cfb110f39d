//! A shared library is not installed.

use crate::explain::cause::{Cause, Hit, Seen, likely, proof, trace};
use crate::explain::package;
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "shared-library-missing",
        finds: "A program needs a shared library that no directory of the loader has, or a linker needs one \
              that is not installed.",
        why: "The runtime stage often has fewer packages than the build stage, and a program's libraries are \
              only checked when it starts.",
        fix: &[
            "Install the library's package in the runtime stage (apt-file search NAME; apk search so:NAME).",
            "Copy the library from the build stage, then run ldconfig.",
            "If it is in a directory of its own, name it: LD_LIBRARY_PATH, /etc/ld.so.conf.d, or an RPATH.",
        ],
    },
    signs: &[
        proof(
            "error while loading shared libraries",
            r"(?:^|\s)(?<by>[^\s:]+): error while loading shared libraries: (?<name>[^:\s]+): cannot open shared object",
        ),
        proof(
            "cannot open shared object file",
            r"(?<name>[\w.+-]+\.so[\w.]*): cannot open shared object file",
        ),
        proof(
            "Error loading shared library",
            r"Error loading shared library (?<name>[^:\s]+): (?:No such file or directory|Exec format error)(?: \(needed by (?<by>[^)]+)\))?",
        ),
        proof("No usable version of libssl was found", r"(?<name>libssl)"),
        proof("valid ICU package", r"Couldn't find a valid (?<name>ICU) package"),
        likely("cannot find -l", r"cannot find -l(?<need>[\w.+-]+)"),
        likely("unable to find library -l", r"unable to find library -l(?<need>[\w.+-]+)"),
        likely("library not found for", r"library not found for -l(?<need>[\w.+-]+)"),
        trace("required by crate", r"system library '(?<need>[^']+)' required by crate"),
        trace("pkg-config search path", r"Package (?<need>\S+) was not found in the pkg-config search path"),
        trace(
            "required by 'virtual:world'",
            r"Package '(?<need>[^']+)', required by 'virtual:world', not found",
        ),
        trace("Could not find directory of OpenSSL installation", r"(?<need>OpenSSL)"),
        trace("missing: OPENSSL_", r"Could NOT find (?<need>OpenSSL)").unless(&["optional"]),
    ],
    brings: &["python-import-name", "python-module-missing", "pip-build-failed"],
    counts: is_no_other_causes,
    words: |found| {
        if let Some(name) = found.first("name") {
            let (by, names) = (found.quoted("by", "The program"), found.list("name", ""));
            let words = found.because(format!(
                "{by} needs {names} at start, which the loader finds in none of its directories."
            ));
            return match package::of_library(name) {
                Some((debian, alpine, fedora)) => words.replace_first(format!(
                    "{} in the runtime stage.",
                    found.install(debian, alpine, fedora)
                )),
                None => words,
            };
        }
        let need = found.or("need", "a library");
        let key = need.to_ascii_lowercase();
        let install = match package::of_link(&key).or(package::of_header(&key)) {
            Some((debian, alpine, fedora)) => {
                format!("{} in the build stage.", found.install(debian, alpine, fedora))
            }
            None => format!("Install the development package of {need} in the build stage."),
        };
        found
            .because(format!(
                "The build links with {}, which the build stage does not have.",
                found.list("need", "a library")
            ))
            .cured_by([
                install.as_str(),
                "If it is under another prefix: -L PREFIX/lib, CMAKE_PREFIX_PATH or PKG_CONFIG_PATH.",
            ])
    },
};

/// liboqs, libclang and the parts of a C library have causes of their own.
fn is_no_other_causes(hit: &Hit, _: &Seen<'_>) -> bool {
    const OTHERS: &[&str] = &["liboqs", "oqs", "libclang", "ld-linux", "libc.musl", "ld-musl", "oqsprovider"];
    let name = hit.named("name").or(hit.named("need")).unwrap_or_default();
    !OTHERS.iter().any(|other| name.starts_with(other))
}
