//! A file is to be executed that this platform's kernel cannot execute.

use super::words::{is_wanted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::elf::{Elf, ElfKind};
use crate::image::program::What;
use crate::image::script::FirstLine;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "exec-format",
        finds: "A program is built for another platform than the image's, is damaged or empty, or belongs to another system.",
        why: "The kernel answers `Exec format error`. An image built on an Apple or Graviton machine is arm64, one built on a PC is amd64, and a program that was downloaded or copied from another stage may be either.",
        fix: &[
            "Build and run for the same platform: `docker build --platform linux/amd64 .`, `docker run --platform linux/amd64`.",
            "Download the program for the image's platform: `ARG TARGETARCH`.",
            "In a Dockerfile that cross-compiles, use `FROM --platform=$BUILDPLATFORM` for the build stage only.",
            "To run a foreign image anyway, install qemu-user-static with binfmt support on the host.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some(program) = suspect.program() else { return Vec::new() };
    let path = shown(&program.path);
    let finding = match &program.what {
        Some(What::Elf(binary)) => binary.elf().and_then(|elf| machine(facts, path, elf)),
        Some(What::Damaged(error)) => Some(
            RULE.error(path, format!("it is {error}"))
                .because("The file was cut short or changed on its way into the image: an interrupted download, a wrong `COPY`, or text conversion of a binary file.")
                .cured_by(["copy or download it again, and compare its size and checksum with the original"]),
        ),
        Some(What::Unknown(FirstLine::Empty, _)) => Some(
            RULE.error(path, "it is an empty file")
                .because("There is nothing to execute: a download or a redirection failed, but its build step did not.")
                .cured_by(["check the step that writes it; `curl -f` and `set -e` make it fail where it goes wrong"])
                .warning_if(!is_wanted(program)),
        ),
        Some(What::Unknown(FirstLine::Binary, head)) => Some(
            RULE.error(path, format!("it is {}, which Linux does not execute", foreign(head)))
                .because("The kernel executes ELF files and files that begin with `#!`.")
                .cured_by(["use the program's build for Linux"])
                .warning_if(!is_wanted(program)),
        ),
        _ => None,
    };
    finding.into_iter().collect()
}

fn machine(facts: &Facts<'_>, path: String, elf: &Elf) -> Option<Finding> {
    if matches!(elf.kind, ElfKind::Object | ElfKind::Other(_)) {
        return Some(
            RULE.error(path, "it is an object file, not a program: nothing linked it")
                .because("The kernel executes what a linker writes, not what a compiler leaves (`cc -c`).")
                .cured_by(["link it: `cc -o PROGRAM FILE.o`"]),
        );
    }
    if facts.about.runs(elf)? {
        return None;
    }
    let target = facts.about.target.as_ref()?;
    let machine = elf.machine.name();
    let platform = elf.machine.platform().unwrap_or("another platform");
    let kernel = match platform {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    };
    let is_emulated = facts.about.emulators.iter().any(|name| name == kernel);
    let cause = if is_emulated {
        format!(
            "The file is for {machine}. This machine runs it through qemu-{kernel}, slowly; other machines answer `Exec format error`."
        )
    } else {
        format!("The file is for {machine}; the kernel of a {target} machine answers `Exec format error`.")
    };
    let finding = RULE
        .error(path.clone(), format!("it is built for {platform}, but the image is {target}"))
        .searched(vec![
            Step { path, verdict: format!("ELF header: {machine}") },
            Step { path: target.to_string(), verdict: format!("platform, according to {}", facts.about.target_from) },
        ])
        .because(cause)
        .cured_by([
            format!("build or download it for {target}; in a Dockerfile, `ARG TARGETARCH` names the platform"),
            format!("build the image for the program's platform: `docker build --platform linux/{platform}`"),
            format!("start it with `docker run --platform linux/{platform}`, if the image supports that platform or the host emulates it"),
        ]);
    Some(finding.warning_if(is_emulated))
}

/// What a file of another system is, by its first bytes.
fn foreign(head: &[u8]) -> &'static str {
    match head {
        [b'M', b'Z', ..] => "a Windows program",
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] => "a macOS program",
        [0xca, 0xfe, 0xba, 0xbe, ..] => "a macOS program or a Java class",
        [0, b'a', b's', b'm', ..] => "a WebAssembly module",
        [b'P', b'K', 3, 4, ..] => "a ZIP or JAR archive",
        [0x1f, 0x8b, ..] => "a gzip archive",
        [b'B', b'C', 0xc0, 0xde, ..] => "LLVM bitcode",
        _ => "neither an ELF file nor a script",
    }
}
