//! A compiler does not find liboqs's headers.

use crate::explain::cause::{Cause, always, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "oqs-header-missing",
        finds: "A compiler did not find `oqs/oqs.h` or another header of liboqs.",
        why: "Nothing that uses liboqs can be compiled. The lines that follow (make, ninja, pip, cargo, \
              docker) only repeat that the compiler stopped.",
        fix: &[
            "Build and install liboqs before this step: cmake -S liboqs -B build -DBUILD_SHARED_LIBS=ON && cmake --build build --target install.",
            "If it is installed under another prefix, name the prefix: -I PREFIX/include, CMAKE_PREFIX_PATH=PREFIX, or PKG_CONFIG_PATH=PREFIX/lib/pkgconfig.",
            "In a multi-stage build, copy PREFIX/include/oqs and PREFIX/lib from the stage that built liboqs into the stage that compiles against it.",
        ],
    },
    signs: &[
        proof(
            ": No such file|file not found",
            r"error:? .*?['\x22<]?(?<name>(?:lib)?oqs/[\w./-]+\.h(?:pp)?)[>'\x22]?:? (?:No such file or directory|file not found)",
        ),
        proof(
            "cannot open|can't open|could not open|unable to open|cannot find|can't find|could not find|unable to find",
            r"(?:cannot|can't|could not|unable to) (?:open|find) (?:(?:source|include) file:? )?['\x22<]?(?<name>oqs/[\w./-]+\.h)",
        ),
        proof("could not find", r"could not find liboqs.*missing: \w*INCLUDE_DIRS?\)"),
        likely("oqs.h", r"(?:error|fatal).*(?<name>oqs\.h).*(?:not found|missing|cannot|could not)"),
        trace("oqs/oqs.h", r"checking for (?<name>oqs/oqs\.h)\.\.\. no"),
    ],
    brings: &[
        "pip-build-failed",
        "liboqs-library-missing",
        "liboqs-version-mismatch",
        "python-module-missing",
    ],
    counts: always,
    words: |found| {
        let header = found.or("name", "oqs/oqs.h");
        found.because(format!(
            "The compiler looked for `{header}` in all of its include directories and found it in none: liboqs is not installed in \
             this image (or build stage), or under a prefix that the compiler does not know."
        ))
    },
};
