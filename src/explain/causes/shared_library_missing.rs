//! A shared library is not installed.

use crate::explain::cause::{Cause, Hit, Seen, likely, proof, trace, words};
use crate::explain::package;
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "shared-library-missing",
        finds: "A program asks for a shared library that no directory of the loader has; or a linker for one that is not installed.",
        why: "The stage that runs often has fewer packages than the stage that built, and a program is only checked for its libraries \
              when it starts.",
        fix: &[
            "Install the package that brings the library in the stage that runs (apt-file search NAME; apk search so:NAME).",
            "Copy the library from the stage that built, and run ldconfig after it.",
            "If it is there in a directory of its own, name it: LD_LIBRARY_PATH, /etc/ld.so.conf.d, or an RPATH.",
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
            let by = found.first("by").map_or_else(|| "The program".to_owned(), |by| format!("`{by}`"));
            let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
            if let Some((debian, alpine, fedora)) = package::of_library(name) {
                fix[0] = format!("{} in the stage that runs.", found.install(debian, alpine, fedora));
            }
            return words(
                format!(
                    "{by} needs {} when it starts, and no directory that the loader searches has it.",
                    found.list("name", "")
                ),
                fix,
            );
        }
        let need = found.or("need", "a library");
        let key = need.to_ascii_lowercase();
        let install = package::of_link(&key).or(package::of_header(&key)).map_or_else(
            || format!("Install the development package of {need} in the stage that builds."),
            |(debian, alpine, fedora)| {
                format!("{} in the stage that builds.", found.install(debian, alpine, fedora))
            },
        );
        words(
            format!(
                "The build links with {}, which is not installed in the stage that builds.",
                found.list("need", "a library")
            ),
            [
                install,
                "If it is under a prefix of its own: -L PREFIX/lib, CMAKE_PREFIX_PATH or PKG_CONFIG_PATH."
                    .to_owned(),
            ],
        )
    },
};

/// liboqs, libclang and the parts of a C library have causes of their own.
fn is_no_other_causes(hit: &Hit, _: &Seen<'_>) -> bool {
    const OTHERS: &[&str] = &["liboqs", "oqs", "libclang", "ld-linux", "libc.musl", "ld-musl", "oqsprovider"];
    let name = hit.name().or(hit.names[3].as_deref()).unwrap_or_default();
    !OTHERS.iter().any(|other| name.starts_with(other))
}
