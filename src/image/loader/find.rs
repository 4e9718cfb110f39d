//! Which file a program would get for a library's name, and every other copy in the usual places.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::search::join;
use super::{Candidate, Loader};
use crate::image::elf;
use crate::image::root::{ElfFacts, FileKind, FoundFile, Listed, Root};

/// A library by its name.
#[derive(Debug)]
pub struct Library {
    /// The name that was asked for.
    pub name: String,
    /// What the loader considered, in order.
    pub tried: Vec<Candidate>,
    /// What `dlopen` would take.
    pub taken: Option<Copy>,
    /// Other files of that name in the usual places, sorted by path.
    pub others: Vec<Copy>,
}

/// One copy of a library.
#[derive(Clone, Debug)]
pub struct Copy {
    /// A path that leads to it.
    pub path: PathBuf,
    /// The file.
    pub found: Rc<FoundFile>,
    /// What it says of itself.
    pub facts: ElfFacts,
}

/// The most folders that are looked into for copies.
const MOST_FOLDERS: usize = 20_000;

/// Places that a loader may not search but that installers use, and how far below them: as deep as
/// `python3.13/site-packages/oqs` and `venv/lib/python3.13/site-packages/oqs`.
const USUAL: [(&str, usize); 8] = [
    ("/usr/local/lib", 3),
    ("/usr/local/lib64", 3),
    ("/usr/lib", 3),
    ("/usr/lib64", 3),
    ("/lib", 3),
    ("/lib64", 3),
    ("/opt", 5),
    ("/usr/local/ssl", 1),
];

/// The usual places that this image has.
pub fn usual(root: &Root) -> Vec<&'static str> {
    USUAL.iter().map(|(folder, _)| *folder).filter(|folder| is_usual(root, folder)).collect()
}

/// Whether a folder is there; one that is only a link to another is seen there.
fn is_usual(root: &Root, folder: &str) -> bool {
    root.lookup(Path::new(folder)).is_ok_and(|found| found.links.is_empty())
}

/// What `dlopen(name)` finds through `loader`, and every other file whose name begins with `name`.
pub fn library(root: &Root, loader: &Loader, name: &str) -> Library {
    let (tried, found) = loader.search(root, name.as_bytes());
    let path = tried.last().map(|candidate| candidate.path.clone()).unwrap_or_default();
    let taken = found.map(|found| copy(root, path, found));
    let mut others = libraries(root, loader, &|file| file.starts_with(name.as_bytes()));
    if let Some(taken) = &taken {
        others.retain(|other| other.found.node.identity != taken.found.node.identity);
    }
    Library { name: name.to_owned(), tried, taken, others }
}

/// Every library whose file name `wanted` accepts, in the loader's folders, its cache and the usual
/// places, Python's among them. Each file once, sorted by path.
pub fn libraries(root: &Root, loader: &Loader, wanted: &dyn Fn(&[u8]) -> bool) -> Vec<Copy> {
    let mut found: BTreeMap<(u64, u64), Copy> = BTreeMap::new();
    for copy in paths(root, loader, wanted) {
        found.entry(copy.found.node.identity).or_insert(copy);
    }
    let mut copies: Vec<Copy> = found.into_values().collect();
    copies.sort_by(|a, b| a.path.cmp(&b.path));
    copies
}

/// The same under every name that leads to one, links included: a file may be there more than once.
pub fn paths(root: &Root, loader: &Loader, wanted: &dyn Fn(&[u8]) -> bool) -> Vec<Copy> {
    let mut found: Vec<Copy> = Vec::new();
    let mut take = |path: PathBuf| {
        if let Ok(there) = root.lookup(&path)
            && there.node.kind == FileKind::File
        {
            let copy = copy(root, path, there);
            // A linker script has a library's name too; a damaged library is still one.
            let is_script = matches!(copy.facts.as_ref(), Err(elf::Error::NotElf));
            if !is_script && !found.iter().any(|known| known.path == copy.path) {
                found.push(copy);
            }
        }
    };
    if let super::Rules::Glibc(rules) = &loader.rules {
        rules.cached_paths(wanted).into_iter().for_each(&mut take);
    }
    let look = Look { root, wanted };
    // The loader has some folders under two names, and they are usual ones too.
    let mut seen: Vec<(PathBuf, Contents)> = Vec::new();
    for folder in root.config.folders("LD_LIBRARY_PATH").chain(loader.default_folders().iter().cloned()) {
        let Ok(there) = root.lookup(&folder) else { continue };
        if there.node.kind == FileKind::Folder {
            let at = seen.iter().position(|(known, _)| *known == there.path).unwrap_or_else(|| {
                seen.push((there.path.clone(), look.contents(&there.path)));
                seen.len() - 1
            });
            seen[at].1.names.iter().for_each(|name| take(join(&folder, name.as_bytes())));
        }
    }
    let mut left = MOST_FOLDERS;
    for (folder, depth) in USUAL {
        if is_usual(root, folder) {
            look.below(Path::new(folder), depth, &mut seen, &mut left, &mut take);
        }
    }
    found
}

/// A search through folders.
struct Look<'s> {
    root: &'s Root,
    wanted: &'s dyn Fn(&[u8]) -> bool,
}

/// What matters of a folder, sorted.
#[derive(Default)]
struct Contents {
    /// Names that are wanted.
    names: Vec<OsString>,
    /// Folders in it.
    folders: Vec<OsString>,
}

impl Look<'_> {
    /// What is in a folder whose path has no link in it.
    fn contents(&self, folder: &Path) -> Contents {
        let mut contents = Contents::default();
        for (name, kind) in self.root.entries(folder).unwrap_or_default() {
            match kind {
                Listed::Folder if may_hold_libraries(folder, &name) => contents.folders.push(name),
                Listed::File | Listed::Link if (self.wanted)(name.as_bytes()) => contents.names.push(name),
                _ => {}
            }
        }
        contents.names.sort_unstable();
        contents.folders.sort_unstable();
        contents
    }

    /// Takes what is in a folder and those in it down to `depth`, without following links; stops after so many
    /// folders.
    fn below(
        &self,
        folder: &Path,
        depth: usize,
        seen: &mut Vec<(PathBuf, Contents)>,
        left: &mut usize,
        take: &mut dyn FnMut(PathBuf),
    ) {
        let mut waiting = vec![(folder.to_owned(), depth)];
        while let Some((folder, depth)) = waiting.pop() {
            if *left == 0 {
                return;
            }
            *left -= 1;
            let known = seen.iter().position(|(known, _)| known.as_os_str() == folder.as_os_str());
            let contents = known.map_or_else(|| self.contents(&folder), |at| seen.swap_remove(at).1);
            contents.names.iter().for_each(|name| take(folder.join(name)));
            if depth > 0 {
                waiting.extend(contents.folders.iter().map(|name| (folder.join(name), depth - 1)));
            }
        }
    }
}

/// Python's compiled modules, what a package manager notes of a package, and glibc's converters and languages have
/// folders of their own, often most of an image's; and so have the parts of Python's own library, of which only the
/// folders for packages are anybody else's. Nobody puts another library there.
fn may_hold_libraries(folder: &Path, name: &OsStr) -> bool {
    let name = name.as_bytes();
    let is_metadata = name.ends_with(b".dist-info") || name.ends_with(b".egg-info");
    let is_python = folder.file_name().is_some_and(|folder| folder.as_bytes().starts_with(b"python3."));
    !is_metadata
        && ![&b"__pycache__"[..], b"gconv", b"locale"].contains(&name)
        && (!is_python || name.ends_with(b"-packages") || name == b"lib-dynload")
}

fn copy(root: &Root, path: PathBuf, found: Rc<FoundFile>) -> Copy {
    let facts = root.elf(&found);
    Copy { path, found, facts }
}
