//! The dynamic loader that a program names is not in the image.

use super::words::{self, BUILD_STATIC, shown};
use super::{Facts, Rule, Suspect, libc_mismatch};
use crate::image::elf::Libc;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "interpreter-missing",
        finds: "A dynamically linked program names a loader (PT_INTERP) that is not in the image, or is no loader.",
        why: "In an image without a C library, `FROM scratch` or distroless/static, only static programs start. The kernel answers `No such file or directory` for the loader, and a shell says `not found` about a program that exists. A program built under Nix or Homebrew names a loader that only that machine has.",
        fix: &[
            "Build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`.",
            "Use a base image with a C library: `gcr.io/distroless/cc`, `debian:bookworm-slim`.",
            "If the loader is elsewhere: `patchelf --set-interpreter`.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    finding(facts, suspect).into_iter().collect()
}

fn finding(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Option<Finding> {
    let (program, binary) = suspect.binary()?;
    let elf = binary.elf()?;
    let path = elf.interpreter.as_deref()?;
    if facts.about.runs(elf) == Some(false) {
        return None;
    }
    let mut search = Vec::new();
    let message = match binary.loader.as_ref()? {
        Err(_) if libc_mismatch::is_other_libc(facts, binary) => return None,
        Err(missing) => {
            search.push(Step { path: shown(path), verdict: words::missing(missing) });
            format!("its loader `{}` is not in the image", path.display())
        }
        Ok(loader) => match loader.facts.as_deref() {
            Ok(loader) if loader.fits(elf) => return None,
            Ok(loader) => format!("its loader `{}` is for {}", path.display(), loader.machine.name()),
            Err(error) => format!("its loader `{}` is {error}", path.display()),
        },
    };
    search.extend(words::other_loaders(facts.about));
    let cause = match facts.about.libc() {
        Libc::None => {
            "The image has no C library and no loader: only static programs start in it.".to_owned()
        }
        _ => format!("It was built for a system with that loader; this is {}.", facts.about.name()),
    };
    Some(RULE.error(shown(&program.path), message).searched(search).because(cause).cured_by([
        BUILD_STATIC,
        "use a base image with the C library it was built for (`debian:bookworm-slim` or `gcr.io/distroless/cc` for glibc, `alpine` for musl)",
    ]))
}
