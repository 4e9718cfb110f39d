//! bindgen does not find libclang, or libclang not its own headers.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "libclang-missing",
        finds: "A build script generates bindings with bindgen and did not find libclang, or the headers that belong to it.",
        why: "bindgen (used by oqs-sys, openssl-sys, rocksdb and many more) loads libclang at build time; a C compiler alone is not \
              enough, and cargo only reports that the build script failed.",
        fix: &[
            "Install libclang in the stage that builds: apt-get install -y libclang-dev clang (Alpine: apk add clang-dev; Fedora: dnf install -y clang-devel).",
            "If it is installed elsewhere, set LIBCLANG_PATH to the directory that has libclang.so.",
            "Use a feature or version of the crate that ships its bindings, so that bindgen does not run.",
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
            return words(
                "The build script is itself linked statically (a musl toolchain), so it cannot load libclang.so at all.",
                [
                    "Build with RUSTFLAGS=-C target-feature=-crt-static, so that build scripts can load libraries.".to_owned(),
                    "Build for musl from a glibc image (--target x86_64-unknown-linux-musl), whose build scripts are dynamic.".to_owned(),
                ],
            );
        }
        if let Some(header) = found.first("name") {
            return words(
                format!("bindgen has a libclang, but not the `{header}.h` that comes with clang itself."),
                [
                    format!("{install}: the package of clang brings its headers."),
                    "Set BINDGEN_EXTRA_CLANG_ARGS to -I of clang's include directory.".to_owned(),
                ],
            );
        }
        words(
            "A build script runs bindgen, which loads libclang.so, and no directory has it: libclang is not installed in the stage \
             that builds.",
            [
                format!("{install} in the stage that builds."),
                CAUSE.page.fix[1].to_owned(),
                CAUSE.page.fix[2].to_owned(),
            ],
        )
    },
};
