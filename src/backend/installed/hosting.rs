//! Which loader of the image would load a library. Runs nothing.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::host;
use crate::image::elf::{Elf, Libc, Machine};
use crate::image::loader::{Loader, Loaders};
use crate::image::root::Root;

/// The machine of this program.
pub(super) const HERE: Machine =
    if cfg!(target_arch = "aarch64") { Machine::AARCH64 } else { Machine::X86_64 };

/// Where the loaders of glibc and musl usually are.
#[cfg(target_arch = "x86_64")]
pub(super) const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "/lib/ld-linux-x86-64.so.2",
    "/lib/ld-musl-x86_64.so.1",
];
#[cfg(target_arch = "aarch64")]
pub(super) const LOADERS: [&str; 4] = [
    "/lib/ld-linux-aarch64.so.1",
    "/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1",
    "/lib64/ld-linux-aarch64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// The loader that an application would have the library loaded by.
pub(super) fn way(there: &[Rc<Loader>], elf: &Elf) -> Result<Rc<Loader>, String> {
    let libc = elf.libc();
    let fits = |loader: &&Rc<Loader>| match libc {
        Libc::Glibc => !loader.is_musl(),
        Libc::Musl => loader.is_musl(),
        Libc::Unknown | Libc::None => true,
    };
    if let Some(loader) = there.iter().find(fits) {
        return Ok(Rc::clone(loader));
    }
    let Some(other) = there.first() else {
        return Err(format!(
            "this image has no dynamic loader (looked for {}), so no application here can load it",
            LOADERS.join(", ")
        ));
    };
    let (wanted, has) = if libc == Libc::Musl { ("musl", "glibc") } else { ("glibc", "musl") };
    Err(format!(
        "linked to {wanted}, but this image has only {has} ({}), so no application here can load it",
        other.path.display()
    ))
}

/// The loaders of this machine that the image has.
pub(super) fn present(root: &Root, loaders: &Loaders<'_>) -> Vec<Rc<Loader>> {
    let mut there: Vec<Rc<Loader>> = Vec::new();
    for path in LOADERS.map(Path::new) {
        let Some(found) = root.file(path) else { continue };
        if there.iter().any(|other| other.found.node.identity == found.node.identity) {
            continue;
        }
        let facts = root.elf(&found);
        let Some(elf) = facts.as_deref().ok().filter(|elf| elf.machine == HERE) else { continue };
        there.extend(loaders.at(path, elf));
    }
    there
}

/// The loader as it is hosted.
pub(super) fn hosting(loader: &Loader) -> (PathBuf, host::Libc) {
    (loader.path.clone(), if loader.is_musl() { host::Libc::Musl } else { host::Libc::Glibc })
}
