//! The search of musl's loader: LD_LIBRARY_PATH, the paths of whoever needs it, the path file.
//! Follows `load_library` in its ldso/dynlink.c.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::search::{Search, expanded, join};
use super::{Fit, Origin};
use crate::image::elf::Elf;
use crate::image::root::{FoundFile, Root};

#[derive(Debug)]
pub(super) struct Musl {
    library_path: Option<Vec<u8>>,
    working_dir: PathBuf,
    pub(super) folders: Vec<PathBuf>,
    has_path_file: bool,
}

impl Musl {
    /// The rules of the loader of this path.
    pub(super) fn new(root: &Root, path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let machine =
            name.strip_prefix("ld-musl-").and_then(|rest| rest.split('.').next()).unwrap_or_default();
        let file = root.read(Path::new(&format!("/etc/ld-musl-{machine}.path")), 64 << 10).ok();
        let list = file.as_deref().unwrap_or(b"/lib:/usr/local/lib:/usr/lib");
        Self {
            library_path: root.config.variable("LD_LIBRARY_PATH").map(|value| value.as_bytes().to_vec()),
            folders: folders_in(list).map(|folder| root.config.start().join(folder)).collect(),
            working_dir: root.config.start(),
            has_path_file: file.is_some(),
        }
    }

    pub(super) fn find(&self, search: &mut Search<'_>, name: &[u8]) -> Option<(PathBuf, Rc<FoundFile>)> {
        if name.contains(&b'/') {
            let path = self.working_dir.join(OsStr::from_bytes(name));
            return search.consider(path, Origin::Name, judge).ok().flatten();
        }
        let mut folders = Vec::new();
        let mut add = |list: &[u8], origin: &Origin| {
            folders.extend(folders_in(list).map(|folder| (self.working_dir.join(folder), origin.clone())));
        };
        if let Some(path) = self.library_path.as_ref().filter(|_| !search.secure) {
            add(path, &Origin::LibraryPath);
        }
        for object in search.needed_by() {
            let Some(elf) = search.elf_of(object) else { continue };
            let (list, origin) = match (&elf.runpath, &elf.rpath) {
                (Some(runpath), _) => (runpath, Origin::Runpath(object)),
                (None, Some(rpath)) => (rpath, Origin::Rpath(object)),
                _ => continue,
            };
            let value = |word: &[u8]| {
                (word == b"ORIGIN").then(|| search.origin_of(object).into_os_string().into_vec())
            };
            // Where there is another `$`, musl leaves out all of the list.
            if let (list, true) = expanded(list, &value) {
                add(&list, &origin);
            }
        }
        let own = if self.has_path_file { Origin::PathFile } else { Origin::Default };
        folders.extend(self.folders.iter().map(|folder| (folder.clone(), own.clone())));
        for (folder, origin) in folders {
            if let Some(found) = search.consider(join(&folder, name), origin, judge).ok()? {
                return Some(found);
            }
        }
        None
    }
}

/// Whether musl takes itself for a library of this name: `libc.so`, `libpthread.so.0`, `libm.so.6`.
pub(super) fn is_built_in(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 7] = [b"c.", b"pthread.", b"rt.", b"m.", b"dl.", b"util.", b"xnet."];
    let rest = name.strip_prefix(b"lib");
    rest.is_some_and(|rest| NAMES.iter().any(|name| rest.starts_with(name)))
}

/// The folders of a list, as musl cuts it.
fn folders_in(list: &[u8]) -> impl Iterator<Item = &OsStr> {
    let parts = list.split(|byte| matches!(byte, b':' | b'\n')).filter(|part| !part.is_empty());
    parts.map(OsStr::from_bytes)
}

/// musl takes the first file of the name; one that is unusable ends the search.
fn judge(elf: &Elf, like: &Elf) -> Fit {
    if elf.fits(like) {
        Fit::Taken
    } else {
        Fit::Unusable(format!("for {}, not for {}", elf.machine.name(), like.machine.name()))
    }
}
