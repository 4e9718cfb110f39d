//! A program was linked to another C library than the image has.

use super::libraries::{self, is_of_musl};
use super::words::{self, libc, shown, text};
use super::{Facts, Rule, Suspect};
use crate::image::elf::Libc;
use crate::image::loader::Taken;
use crate::image::program::{Binary, Program};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "libc-mismatch",
        finds: "A program or a library was linked to musl and the image has glibc, or the other way round.",
        why: "The kernel looks for the loader that the program names, `/lib/ld-musl-x86_64.so.1` or `/lib64/ld-linux-x86-64.so.2`. Where it is absent the answer is `No such file or directory` and the shell says `not found`, although the program is there: what is not found is its loader.",
        fix: &[
            "Take a base image with the C library that the program was built for: Debian, Ubuntu or Fedora for glibc, Alpine for musl.",
            "Build the program in the image, or in a stage of the same distribution, in which it is to run.",
            "Build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`.",
            "On Alpine `apk add gcompat` serves some simple glibc programs.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    loader(facts, program, binary).into_iter().chain(mixed(facts, program, binary)).collect()
}

/// Whether the loader that the program names is absent because the image has another C library.
pub(super) fn is_other_libc(facts: &Facts<'_>, binary: &Binary) -> bool {
    let own = binary.elf().map_or(Libc::Unknown, crate::image::elf::Elf::libc);
    let image = facts.about.libc();
    matches!((own, image), (Libc::Glibc, Libc::Musl) | (Libc::Musl, Libc::Glibc))
}

fn loader(facts: &Facts<'_>, program: &Program, binary: &Binary) -> Option<Finding> {
    let missing = binary.loader.as_ref()?.as_ref().err()?;
    if !is_other_libc(facts, binary) || facts.about.runs(binary.elf()?) == Some(false) {
        return None;
    }
    let elf = binary.elf()?;
    let path = shown(elf.interpreter.as_deref()?);
    let mut search = vec![Step {
        path: path.clone(),
        verdict: format!("loader of the program: {}", words::missing(missing)),
    }];
    search.extend(facts.about.loaders.iter().map(|loader| Step {
        path: shown(loader),
        verdict: "loader of the image, which the program does not ask for".to_owned(),
    }));
    let (own, image) = (libc(elf.libc()), libc(facts.about.libc()));
    let finding = RULE
        .error(shown(&program.path), format!("it is linked to {own}, and the image has {image}: its loader `{path}` is absent"))
        .searched(search)
        .because(format!(
            "It was built for {own}; this is {}. The kernel finds no loader and answers `No such file or directory`; a shell then says `{}: not found`, although the file is there.",
            facts.about.name(),
            program.path.file_name().unwrap_or_default().to_string_lossy(),
        ))
        .cured_by(cures(elf.libc()));
    Some(finding)
}

/// Libraries of one C library under the loader of the other.
fn mixed(facts: &Facts<'_>, program: &Program, binary: &Binary) -> Vec<Finding> {
    let (Some(loader), Some(resolution)) = (binary.loader(), binary.resolution.as_ref()) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    if !loader.is_musl() {
        for need in libraries::missing(program).filter(|need| is_of_musl(&need.name)) {
            let by = shown(&resolution.objects[need.by].path);
            findings.push(
                libraries::finding(&RULE, facts, program, binary, need)
                    .because(format!("`{by}` was built for musl: only musl has `{}`. The loader that starts it is glibc's.", text(&need.name)))
                    .cured_by(cures(Libc::Musl)),
            );
        }
        return findings;
    }
    for need in &resolution.needs {
        let Taken::Object(at) = need.taken else { continue };
        let object = &resolution.objects[at];
        let is_glibc = object.facts.as_deref().is_ok_and(|elf| {
            elf.needed.iter().any(|name| name == b"libc.so.6")
                && elf.version_needs.iter().any(|need| need.file == b"libc.so.6")
        });
        if is_glibc {
            let path = shown(&object.path);
            findings.push(
                RULE.error(shown(&program.path), format!("the library `{path}` is linked to glibc, and the program's loader is musl's"))
                    .searched(words::steps(&need.tried, Some(resolution)))
                    .because("musl loads a library that was built for glibc, and then finds symbols missing that only glibc has (`Error relocating …: symbol not found`).")
                    .cured_by(cures(Libc::Glibc)),
            );
        }
    }
    findings
}

fn cures(own: Libc) -> Vec<String> {
    let (base, stage) = match own {
        Libc::Musl => (
            "`FROM alpine` for the final image, which has musl",
            "build it in a Debian stage (`FROM debian` … `COPY --from=`), so that it is linked to glibc",
        ),
        _ => (
            "`FROM debian:bookworm-slim` (or the distribution that it was built on) for the final image, which has glibc",
            "build it in an Alpine stage (`FROM alpine` … `COPY --from=`), so that it is linked to musl",
        ),
    };
    vec![
        base.to_owned(),
        stage.to_owned(),
        "build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`"
            .to_owned(),
    ]
}
