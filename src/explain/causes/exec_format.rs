//! A program is for another processor.

use crate::explain::cause::{Cause, always, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "exec-format",
        finds: "The kernel refused to execute a file: it is for another processor, or it is a script whose \
              first line names no interpreter.",
        why: "An arm64 image does not run on amd64 without emulation, nor the other way round, and a \
              multi-platform image may contain a binary of the wrong platform.",
        fix: &[
            "Build or pull for the machine's platform: docker build --platform linux/amd64 (or linux/arm64); docker run --platform is only for emulation.",
            "In a multi-platform build, use $TARGETPLATFORM/$TARGETARCH for what goes into the image, and $BUILDPLATFORM for the tools only.",
            "For a script: make #!/bin/sh its first line.",
            "To run the other platform on purpose, install emulation: docker run --privileged --rm tonistiigi/binfmt --install all.",
        ],
    },
    signs: &[
        proof("exec format error", r"exec:? \x22?(?<name>/?[\w./+-]+)\x22?: exec format error").echoed(),
        proof(
            "exec format error",
            r"(?<name>[\w./+-]*/[\w.+-]+): (?:cannot execute(?: binary file)?: )?exec format error",
        )
        .echoed(),
        proof("exec format error", "").echoed(),
        proof("cannot execute binary file", r"(?<name>[\w./+-]+): cannot execute binary file"),
        proof("Errno 8", r"\[Errno 8\] Exec format error: '(?<name>[^']+)'"),
        proof("rosetta error", r"rosetta error: failed to open elf at (?<name>\S+)"),
        proof("Could not open '", r"qemu-\w+(?:-static)?: Could not open '(?<name>/lib\S+ld-\S+)'"),
        proof("Could not open", r"qemu-\w+(?:-static)?: Could not open .(?<name>/lib\S*/ld-[\w.-]+)"),
        likely("invalid ELF header", r"(?<name>\S+): invalid ELF header"),
        likely("wrong ELF class", r"(?<name>\S+): wrong ELF class"),
        likely(
            "file in wrong format",
            r"(?<name>\S+): file in wrong format|(?<by>\S+): error adding symbols: file in wrong format",
        ),
        trace(
            "does not match the detected host platform",
            r"platform \((?<need>\S+)\) does not match the detected host platform \((?<version>\S+)\)",
        ),
    ],
    brings: &["libc-mismatch", "bad-shebang", "shared-library-missing"],
    counts: always,
    words: |found| {
        if let (Some(need), Some(version)) = (found.first("need"), found.first("version")) {
            let name = found.quoted("name", "the program");
            return found.because(format!(
                "The image is for {need}, but the machine is {version}: the kernel cannot execute {name}."
            ));
        }
        let name = found.quoted("name", "The program");
        if found.first("name").is_some_and(is_script) {
            return found.because(format!(
                "{name} is a script whose first line names no interpreter (#!/bin/sh), or its interpreter is for another processor: \
                 the kernel cannot execute it."
            )).best(2);
        }
        found.because(format!(
            "{name} is for another processor than this machine's: the kernel cannot execute it."
        ))
    },
};

fn is_script(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| ["sh", "py", "pl", "rb"].contains(&end))
}
