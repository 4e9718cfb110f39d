//! The dynamic loader that a program names is not in the image.

use super::words::{self, shown};
use super::{Facts, Rule, Suspect, libc_mismatch};
use crate::image::elf::Libc;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "interpreter-missing",
        finds: "A program is linked dynamically, and the loader that it names (PT_INTERP) is not in the image, or is no loader.",
        why: "In an image without a C library, `FROM scratch` or distroless/static, only static programs start. The kernel answers `No such file or directory` for the loader, and a shell says `not found` of a program that is there. A program built under Nix or Homebrew names a loader that exists on that machine alone.",
        fix: &[
            "Build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`.",
            "Take a base image with a C library: `gcr.io/distroless/cc`, `debian:bookworm-slim`.",
            "Where the loader stands elsewhere: `patchelf --set-interpreter`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some((binary, elf)) = program.binary().and_then(|binary| Some((binary, binary.elf()?))) else {
        return Vec::new();
    };
    let Some(path) = elf.interpreter.as_deref() else { return Vec::new() };
    if facts.about.runs(elf) == Some(false) {
        return Vec::new();
    }
    let mut search = Vec::new();
    let message = match binary.loader.as_ref() {
        Some(Err(missing)) if !libc_mismatch::is_other_libc(facts, binary) => {
            search.push(Step { path: shown(path), verdict: words::missing(missing) });
            format!("its loader `{}` is not in the image", path.display())
        }
        Some(Ok(loader)) => match loader.facts.as_ref() {
            Ok(loader) if loader.fits(elf) => return Vec::new(),
            Ok(loader) => format!("its loader `{}` is for {}", path.display(), loader.machine.name()),
            Err(error) => format!("its loader `{}` is {error}", path.display()),
        },
        _ => return Vec::new(),
    };
    search.extend(facts.about.loaders.iter().map(|loader| Step {
        path: shown(loader),
        verdict: "a loader of the image, which the program does not ask for".to_owned(),
    }));
    let cause = match facts.about.libc() {
        Libc::None => {
            "The image has no C library and no loader, so that only static programs start in it.".to_owned()
        }
        _ => format!("It was built for a system whose loader stands there; this is {}.", facts.about.name()),
    };
    let fix = [
        "build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`",
        "take a base image with the C library it was built for (`debian:bookworm-slim` or `gcr.io/distroless/cc` for glibc, `alpine` for musl)",
    ];
    vec![
        RULE.error(shown(&program.path), message)
            .searched(search)
            .because(cause)
            .cured_by(fix.map(str::to_owned)),
    ]
}
