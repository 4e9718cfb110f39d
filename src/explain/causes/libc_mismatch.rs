//! A program of one C library in an image of another.

use crate::explain::cause::{Cause, Hit, Seen, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "libc-mismatch",
        finds: "A program was linked for one C library (glibc or musl), but the image has the other, or \
              none: its loader or the symbols that it needs are missing.",
        why: "The kernel reports the missing loader as `no such file or directory` for the program, although \
              the program is there. Debian and Ubuntu have glibc, Alpine has musl, scratch has none.",
        fix: &[
            "Build and run on the same family: build for Alpine in Alpine, for Debian in Debian, and copy only between stages of one family.",
            "Link statically: CGO_ENABLED=0 for Go; --target x86_64-unknown-linux-musl, or -C target-feature=+crt-static, for Rust.",
            "Use a base image with the C library that the program was built for (debian:*-slim or distroless/cc for glibc).",
            "For simple glibc programs on Alpine, try apk add gcompat.",
        ],
    },
    signs: &[
        proof("ld-linux", r"(?<need>ld-linux[\w.-]*\.so[\w.]*): (?:No such file|cannot open|not found)"),
        proof("ld-linux", r"Error loading shared library (?<need>ld-linux[\w.-]+)"),
        proof(
            "Error loading shared library",
            r"Error loading shared library (?<need>lib(?:c|m|dl|pthread|rt|resolv|util)\.so\.\d)\b.*?(?:needed by (?<name>[^)]+))?",
        ),
        proof("libc.musl", r"(?<need>libc\.musl-\w+\.so[\w.]*): cannot open"),
        proof("ld-musl", r"(?<need>\S*ld-musl-\w+\.so[\w.]*): (?:No such file|cannot open|not found)"),
        proof(
            "Error relocating",
            r"Error relocating (?<name>[^:]+): (?<by>__\w+_chk|gnu_get_libc\w*|__res_\w+|__register_atfork|__libc_\w+|\w+64|__strdup|__rawmemchr|__isoc\w+|__cxa_thread_atexit_impl|initstate_r|mallinfo2?|backtrace\w*|malloc_info|__sched_\w+|__xpg_\w+|__errno_location|__fdelt_chk|strtol\w*_l|qsort_r|error|__isnan\w*|__finite\w*|mallopt|mcheck|getcontext|__asprintf|canonicalize_file_name|fts_\w+|obstack\w*|argp\w*|_dl_\w+): symbol not found",
        ),
        proof("GLIBC_PRIVATE", r"(?:symbol lookup error|undefined symbol|relocation error).*GLIBC_PRIVATE"),
        proof(
            "no such file or directory",
            r"^(?:[\w:./-]+ )?exec:? \x22?(?<name>/?[\w./+-]+)\x22?: no such file or directory",
        )
        .echoed(),
        proof("exec user process caused", r"exec user process caused:? \x22?no such file or directory")
            .echoed(),
        proof(
            "cannot execute: required file not found",
            r"(?<name>[\w./+-]+): cannot execute: required file not found",
        ),
        likely("[FATAL tini", r"exec (?<name>\S+) failed: No such file or directory"),
        likely("[dumb-init]", r"\[dumb-init\] (?<name>\S+): No such file or directory"),
        likely(
            ": not found",
            r"^(?:/bin/)?(?:ba|da)?sh: (?:line )?(?:\d+: )?(?<name>(?:\.?/[\w.+-]+)+): not found$",
        ),
        likely(
            "undefined reference to",
            r"undefined reference to '(?<by>__\w+_chk|__isnan\w*|__memcpy_chk|__res_init|gnu_get_libc_version)'",
        ),
        trace("Error relocating", r"Error relocating (?<name>[^:]+): (?<by>\w+): symbol not found")
            .unless(&["OQS_"]),
    ],
    brings: &["shared-library-missing", "bad-shebang", "exec-format"],
    counts: is_a_program,
    words: |found| {
        let name = found.list("name", "The program");
        if let Some(need) = found.first("need") {
            let (of, here) = if need.contains("musl") { ("musl", "glibc") } else { ("glibc", "musl") };
            found.because(format!(
                "{name} was linked for {of} and needs `{need}`, but the image has {here} (or none)."
            ))
        } else if let Some(symbol) = found.first("by") {
            found.because(format!("{name} was linked for glibc: it uses `{symbol}`, which the image's C library (musl) does not have."))
        } else {
            found.because(format!(
                "The image does not have the loader that {} needs: glibc's on Alpine or scratch, musl's on Debian.",
                found.list("name", "the program")
            ))
        }
    },
};

/// A file of a script's name has no loader, but an interpreter.
fn is_a_program(hit: &Hit, _: &Seen<'_>) -> bool {
    let script = |name: &str| {
        name.contains("entrypoint")
            || name.ends_with("configure")
            || name.ends_with("gradlew")
            || name
                .rsplit_once('.')
                .is_some_and(|(_, end)| ["sh", "bash", "py", "pl", "rb", "js"].contains(&end))
    };
    !hit.named("name").is_some_and(script)
}
