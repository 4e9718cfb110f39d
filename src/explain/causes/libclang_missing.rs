//! bindgen does not find libclang, or libclang not its own headers.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "libclang-missing",
        finds: "A build script generates bindings with bindgen, which did not find libclang or libclang's \
              own headers.",
        why: "bindgen (in oqs-sys, openssl-sys, rocksdb and many more) loads libclang at build time. A C \
              compiler alone is not enough, and cargo only reports that the build script failed.",
        fix: &[
            "Install libclang in the build stage: apt-get install -y libclang-dev clang (Alpine: apk add clang-dev; Fedora: dnf install -y clang-devel).",
            "If it is installed elsewhere, set LIBCLANG_PATH to the directory of libclang.so.",
            "Use a feature or version of the crate that ships its bindings: bindgen then does not run.",
        ],
    },
    signs: &[
        proof("Unable to find libclang", ""),
        proof("libclang", r"couldn.?'?t find any valid shared libraries matching:? .*libclang"),
        proof("libclang", r"libclang[\w.-]*\.so[\w.]*: cannot open shared object"),
        proof("libclang", r"the 'libclang' shared library (?:at \S+ )?(?:could not be opened|is not loaded)"),
        proof("libclang", r"(?:failed|unable) to (?:load|locate|find) libclang"),
        proof(
            "libclang",
            r"libclang error|LibclangError|libclang (?:is|was) not found|(?:error|fatal).*could not find libclang",
        ),
        likely(
            "file not found",
            r"fatal error: '(?<name>stddef|stdarg|stdbool|stdint|limits)\.h' file not found",
        ),
    ],
    brings: &["pip-build-failed", "shared-library-missing", "compiler-missing"],
    counts: always,
    words: |found| {
        let install = found.install("libclang-dev clang", "clang-dev", "clang-devel");
        if found.says(&["dynamic loading not supported"]) {
            found.because("The build script is linked statically (a musl toolchain), so it cannot load libclang.so.").cured_by([
                "Build with RUSTFLAGS=-C target-feature=-crt-static: build scripts can then load libraries.",
                "Build for musl from a glibc image (--target x86_64-unknown-linux-musl): its build scripts are dynamic.",
            ])
        } else if let Some(header) = found.first("name") {
            found
                .because(format!("bindgen found libclang, but not `{header}.h`, which comes with clang."))
                .cured_by([
                    format!("{install}: the clang package has its headers.").as_str(),
                    "Set BINDGEN_EXTRA_CLANG_ARGS to -I and clang's include directory.",
                ])
        } else {
            found.because(
                "A build script runs bindgen, which loads libclang.so, but no directory has it: libclang is not installed in the \
                 build stage.",
            ).replace_first(format!("{install} in the build stage."))
        }
    },
};
