//! A program was linked to another C library than the image has.

use super::libraries::{self, is_of_musl};
use super::words::{self, BUILD_STATIC, libc, shown, text};
use super::{Facts, Rule, Suspect};
use crate::image::elf::{Elf, Libc};
use crate::image::loader::{Need, Taken};
use crate::image::program::{Binary, Program};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "libc-mismatch",
        finds: "A program or a library is linked to musl and the image has glibc, or the other way round.",
        why: "The kernel starts the loader that the program names, `/lib/ld-musl-x86_64.so.1` or `/lib64/ld-linux-x86-64.so.2`. If it is absent, the kernel answers `No such file or directory` and a shell says `not found`, although the program exists: its loader does not.",
        fix: &[
            "Use a base image with the C library that the program was built for: Debian, Ubuntu or Fedora for glibc, Alpine for musl.",
            "Build the program in the image that runs it, or in a stage of the same distribution.",
            "Build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`.",
            "On Alpine, `apk add gcompat` runs some simple glibc programs.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    loader(facts, program, binary).into_iter().chain(mixed(facts, program, binary)).collect()
}

/// Whether the loader that the program names is absent because the image has another C library.
pub(super) fn is_other_libc(facts: &Facts<'_>, binary: &Binary) -> bool {
    let own = binary.elf().map_or(Libc::Unknown, Elf::libc);
    matches!((own, facts.about.libc()), (Libc::Glibc, Libc::Musl) | (Libc::Musl, Libc::Glibc))
}

fn loader(facts: &Facts<'_>, program: &Program, binary: &Binary) -> Option<Finding> {
    let missing = binary.loader.as_ref()?.as_ref().err()?;
    let elf = binary.elf()?;
    if !is_other_libc(facts, binary) || facts.about.runs(elf) == Some(false) {
        return None;
    }
    let path = shown(elf.interpreter.as_deref()?);
    let verdict = format!("loader of the program: {}", words::missing(missing));
    let mut search = vec![Step { path: path.clone(), verdict }];
    search.extend(words::other_loaders(facts.about));
    let (own, image) = (libc(elf.libc()), libc(facts.about.libc()));
    let finding = RULE
        .error(shown(&program.path), format!("it is linked to {own}, but the image has {image}: its loader `{path}` is absent"))
        .searched(search)
        .because(format!(
            "It was built for {own}; this is {}. The kernel does not find its loader and answers `No such file or directory`; a shell says `{}: not found`, although the file exists.",
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
    if !loader.is_musl() {
        let finding = |need: &Need| {
            libraries::finding(&RULE, facts, program, binary, need)
                .because(format!(
                    "`{}` was built for musl: only musl has `{}`. The loader that starts the program is glibc's.",
                    shown(&resolution.objects[need.by].path),
                    text(&need.name)
                ))
                .cured_by(cures(Libc::Musl))
        };
        return libraries::missing(program).filter(|need| is_of_musl(&need.name)).map(finding).collect();
    }
    let is_glibc = |elf: &Elf| {
        elf.needed.iter().any(|name| name == b"libc.so.6")
            && elf.version_needs.iter().any(|need| need.file == b"libc.so.6")
    };
    let finding = |need: &Need| {
        let Taken::Object(at) = need.taken else { return None };
        let object = &resolution.objects[at];
        object.facts.as_deref().is_ok_and(is_glibc).then(|| {
            RULE.error(shown(&program.path), format!("its library `{}` is linked to glibc, but its loader is musl's", shown(&object.path)))
                .searched(words::steps(&need.tried, Some(resolution)))
                .because("musl loads a library that was built for glibc, and then misses symbols that only glibc has (`Error relocating …: symbol not found`).")
                .cured_by(cures(Libc::Glibc))
        })
    };
    resolution.needs.iter().filter_map(finding).collect()
}

fn cures(own: Libc) -> [&'static str; 3] {
    match own {
        Libc::Musl => [
            "use `FROM alpine`, which has musl, for the final image",
            "build it in a Debian stage (`FROM debian` … `COPY --from=`), which links it to glibc",
            BUILD_STATIC,
        ],
        _ => [
            "use `FROM debian:bookworm-slim`, which has glibc, or the distribution that built it, for the final image",
            "build it in an Alpine stage (`FROM alpine` … `COPY --from=`), which links it to musl",
            BUILD_STATIC,
        ],
    }
}
