//! A linker, a loader or a wrapper does not find liboqs itself.

use crate::explain::cause::{Cause, always, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "liboqs-library-missing",
        finds: "A linker, the dynamic loader, a build system or a language wrapper did not find liboqs, or \
              the OpenSSL provider made of it.",
        why: "The headers alone, or a liboqs in another build stage, are not enough: both the linker and the \
              loader must find the library.",
        fix: &[
            "Install liboqs as a shared library in this image: cmake -DBUILD_SHARED_LIBS=ON … && cmake --build build --target install, then ldconfig (glibc).",
            "In a multi-stage build, COPY --from=BUILD PREFIX/lib/liboqs.so* into the last stage too, and run ldconfig there.",
            "If it is under another prefix: -L PREFIX/lib for linking; LD_LIBRARY_PATH=PREFIX/lib, an entry in /etc/ld.so.conf.d or an RPATH for starting; CMAKE_PREFIX_PATH or PKG_CONFIG_PATH for build systems.",
        ],
    },
    signs: &[
        proof(
            "cannot open shared object file",
            r"(?<name>liboqs[\w.-]*\.(?:so|dylib)[\w.]*): cannot open shared object file",
        ),
        proof("Error loading shared library", r"Error loading shared library (?<name>liboqs[\w.-]*)"),
        proof("-loqs", r"(?:cannot find|unable to find library|could not find) (?<name>-loqs)"),
        proof("library not found: oqs", ""),
        likely(
            "liboqs not found|liboqs library|liboqs was not|liboqs is not",
            r"^(?:error: |fatal: )?(?<name>liboqs)(?: library)?(?: was| is)? not found",
        ),
        proof("-lliboqs", r"(?:cannot find|unable to find library) (?<name>-lliboqs\S*)"),
        proof(
            "library not found for|ld: library ",
            r"library '?(?<name>oqs)'? not found|library not found for (?:-loqs)",
        ),
        proof("find native static library", r"could not find native static library '(?<name>oqs)'"),
        proof("OQS_", r"undefined (?:reference to|symbol:?) '?(?<name>OQS_\w+)")
            .unless(&["symbol lookup error", ".so"]),
        proof("oqs shared libraries", r"No (?:lib)?oqs shared libraries found"),
        proof(
            "could not load|could not find|couldn't load|couldn't find",
            r"Could(?: not|n't) (?:load|find) (?:the )?liboqs (?:shared )?librar",
        ),
        proof("can't find|cannot find", r"Can(?:'t|not) find (?<name>liboqs)(?: library)?"),
        proof(
            "package configuration file provided by",
            r"(?:package configuration file provided by|find a package configuration file provided by) \x22(?<name>liboqs)\x22",
        ),
        proof("could not find", r"Could NOT find (?<name>liboqs)\b.*missing:.*LIBRAR"),
        proof(
            "pkg-config search path|No package |required by ",
            r"(?:No p|P)ackage '?(?<name>liboqs[\w-]*)'?,? (?:found|was not found|required by .* not found)",
        ),
        proof("Dependency \"", r"Dependency \x22(?<name>liboqs)\x22 not found"),
        proof("required by crate", r"(?:system )?library '(?<name>liboqs)' required by crate"),
        proof("oqs.so", r"could not load the shared library.*(?<name>oqs(?:provider)?\.so)"),
        proof("provider oqs", r"unable to load provider (?<name>oqs(?:provider)?)"),
        likely(
            "liboqs not|liboqs is missing|liboqs is not|liboqs library not",
            r"(?:error|fatal|failed).*liboqs.*(?:not found|is missing|not installed)",
        ),
        trace("Error installing liboqs", ""),
        trace("-loqs", r"checking for \w+ in -loqs\.\.\. no"),
    ],
    brings: &["shared-library-missing", "pip-build-failed"],
    counts: always,
    words: |found| {
        let name = found.or("name", "liboqs");
        let at_start = [
            "cannot open shared object",
            "error loading shared library",
            "shared libraries found",
            "load liboqs",
        ];
        if found.says(&["undefined reference", "undefined symbol"]) {
            found.because(format!(
                "liboqs's headers declare `{name}`, but no library given to the linker has it: liboqs is not linked, stands before \
                 the objects that use it, or was built without this algorithm."
            ))
        } else if found.says(&at_start) {
            found.because(format!(
                "The program needs `{name}` at start, but no directory of the dynamic loader has it: the program was built against \
                 a liboqs that is not in this image."
            ))
        } else if found.says(&["provider"]) {
            found.because("OpenSSL did not find liboqs's provider (oqsprovider) in its directory of modules.")
        } else {
            found.because(format!("The build needs `{name}`, which is not installed where it looks."))
        }
    },
};
