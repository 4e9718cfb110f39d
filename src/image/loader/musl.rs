//! The search of musl's loader: LD_LIBRARY_PATH, the paths of whoever needs it, the path file.
//! Follows `load_library` in its ldso/dynlink.c.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::glibc::{taken, word};
use super::{Fit, Origin, Search, join};
use crate::image::elf::Kind;
use crate::image::root::{FileKind, FoundFile, Root};

#[derive(Debug)]
pub(super) struct Musl {
    library_path: Option<Vec<u8>>,
    working_dir: PathBuf,
    folders: Vec<PathBuf>,
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
        let parts = list.split(|byte| matches!(byte, b':' | b'\n')).filter(|part| !part.is_empty());
        let working_dir = Path::new("/").join(&root.config.working_dir);
        Self {
            library_path: root.config.variable("LD_LIBRARY_PATH").map(|value| value.as_bytes().to_vec()),
            folders: parts.map(|part| working_dir.join(OsStr::from_bytes(part))).collect(),
            working_dir,
            has_path_file: file.is_some(),
        }
    }

    pub(super) fn default_folders(&self) -> &[PathBuf] {
        &self.folders
    }

    pub(super) fn find(&self, search: &mut Search<'_>, name: &[u8]) -> Option<(PathBuf, Rc<FoundFile>)> {
        if name.contains(&b'/') {
            let path = self.working_dir.join(OsStr::from_bytes(name));
            return taken(search.consider(path, Origin::Name, judge)).ok().flatten();
        }
        let mut folders = Vec::new();
        if let Some(path) = self.library_path.as_ref().filter(|_| !search.secure) {
            let parts = path.split(|byte| matches!(byte, b':' | b'\n')).filter(|part| !part.is_empty());
            folders.extend(
                parts.map(|part| (self.working_dir.join(OsStr::from_bytes(part)), Origin::LibraryPath)),
            );
        }
        for object in search.needed_by() {
            let Some(elf) = search.elf_of(object) else { continue };
            let (list, origin) = match (&elf.runpath, &elf.rpath) {
                (Some(runpath), _) => (runpath, Origin::Runpath(object)),
                (None, Some(rpath)) => (rpath, Origin::Rpath(object)),
                _ => continue,
            };
            let Some(list) = expanded(list, &search.origin_of(object)) else { continue };
            let parts = list.split(|byte| matches!(byte, b':' | b'\n')).filter(|part| !part.is_empty());
            folders
                .extend(parts.map(|part| (self.working_dir.join(OsStr::from_bytes(part)), origin.clone())));
        }
        let own = if self.has_path_file { Origin::PathFile } else { Origin::Default };
        folders.extend(self.folders.iter().map(|folder| (folder.clone(), own.clone())));
        for (folder, origin) in folders {
            if let Some(found) = taken(search.consider(join(&folder, name), origin, judge)).ok()? {
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

/// A list of folders with `$ORIGIN` replaced. None where there is another `$`: then musl leaves out all.
fn expanded(list: &[u8], origin: &Path) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = list;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        out.extend_from_slice(&rest[..at]);
        let (word, after) = word(&rest[at + 1..]);
        if word != b"ORIGIN" {
            return None;
        }
        out.extend(origin.as_os_str().as_bytes());
        rest = after;
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// musl takes the first file of the name; one that is unusable ends the search.
fn judge(search: &Search<'_>, found: &Rc<FoundFile>) -> Fit {
    if found.node.kind != FileKind::File {
        return Fit::Unusable("not a regular file".to_owned());
    }
    let facts = search.root.elf(found);
    match (facts.as_ref(), search.like.as_ref()) {
        (Err(error), _) => Fit::Damaged(error.to_string()),
        (Ok(elf), Ok(like)) if !elf.fits(like) => {
            Fit::Unusable(format!("for {}, not for {}", elf.machine.name(), like.machine.name()))
        }
        (Ok(elf), _) if !matches!(elf.kind, ElfKind::Shared | ElfKind::Executable) => {
            Fit::Unusable("not a library that can be loaded".to_owned())
        }
        _ => Fit::Taken,
    }
}
