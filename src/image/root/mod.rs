//! One view of an image's file tree, be it a live directory or an archive. Knows no loader and no verdict.
//!
//! Links are followed inside the tree: an absolute one starts at the image's root, `..` stops there.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::content::Content;
use super::elf::{self, Elf};

mod archive;
mod config;
mod live;
mod tar_reader;
mod tree;

pub use archive::OpenError;
pub use config::Config;

/// The most symbolic links followed on the way to one file, as in Linux.
pub const MOST_LINKS: usize = 40;

/// The longest path that is looked up, in bytes, as in Linux.
const LONGEST_PATH: usize = 4096;

/// An image's file tree, and what the image says about how it is to be started.
#[derive(Debug)]
pub struct Root {
    place: Place,
    /// How the image is to be started.
    pub config: Config,
    found: RefCell<HashMap<PathBuf, Lookup>>,
    elves: RefCell<HashMap<PathBuf, ElfFacts>>,
}

/// What came of looking up a path.
pub type Lookup = Result<Rc<FoundFile>, Rc<Missing>>;

/// What came of reading a file as ELF.
pub type ElfFacts = Result<Rc<Elf>, elf::Error>;

#[derive(Debug)]
enum Place {
    Live(live::Live),
    Tree(tree::Tree),
}

/// A file, folder or other thing that is in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is when all links are followed, from the image's root.
    pub path: PathBuf,
    /// The links that were followed on the way, in order.
    pub links: Vec<Link>,
    /// What it is.
    pub node: Node,
}

/// What a tree says of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What stands there.
    pub kind: FileKind,
    /// The permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The owner's group.
    pub gid: u32,
    /// Bytes of a file.
    pub size: u64,
    /// The same for two names of one file.
    pub identity: (u64, u64),
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this.
    Link(PathBuf),
    /// A device, a socket or a pipe.
    Other,
}

/// What a folder has under a name, as far as that costs nothing to say: where a link leads is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a socket or a pipe.
    Other,
}

/// A symbolic link that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub at: PathBuf,
    /// What it says.
    pub target: PathBuf,
    /// Whether it has more `..` than there are folders above it.
    pub climbs_out: bool,
}

/// Why a path leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is wrong.
    pub reason: Reason,
    /// The links that were followed until then.
    pub links: Vec<Link>,
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is nothing at this place.
    Absent(PathBuf),
    /// This is no folder, but the path goes on.
    NotAFolder(PathBuf),
    /// More than [`MOST_LINKS`] links.
    Loop,
    /// The path is longer than Linux allows.
    TooLong,
    /// The machine does not let us look.
    Unreadable(PathBuf, String),
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent(_) => f.write_str("absent"),
            Self::NotAFolder(at) => write!(f, "`{}` is not a folder", at.display()),
            Self::Loop => write!(f, "more than {MOST_LINKS} symbolic links: a loop"),
            Self::TooLong => write!(f, "the path is longer than {LONGEST_PATH} bytes"),
            Self::Unreadable(at, error) => write!(f, "`{}` cannot be read: {error}", at.display()),
        }
    }
}

impl Root {
    /// The tree under a folder of this machine; `/` is the running container's own.
    pub fn folder(folder: &Path) -> io::Result<Self> {
        let live = live::Live::new(folder)?;
        let config = if live.is_own() { Config::of_this_container() } else { Config::default() };
        Ok(Self::new(Place::Live(live), config))
    }

    /// The tree of a `docker save` or OCI archive, or of an archive of a plain tree.
    pub fn archive(path: &Path) -> Result<Self, OpenError> {
        let (tree, config) = archive::open(path)?;
        Ok(Self::new(Place::Tree(tree), config))
    }

    /// The tree of an archive that is open already, or in memory; `name` is for messages.
    pub fn archived(name: &Path, content: &Content) -> Result<Self, OpenError> {
        let (tree, config) = archive::read(name, content)?;
        Ok(Self::new(Place::Tree(tree), config))
    }

    fn new(place: Place, config: Config) -> Self {
        Self { place, config, found: RefCell::default(), elves: RefCell::default() }
    }

    /// Whether this is the root directory that this process itself sees.
    pub fn is_own(&self) -> bool {
        matches!(&self.place, Place::Live(live) if live.is_own())
    }

    /// Where `path` leads when links are followed. A relative path starts at the root.
    pub fn lookup(&self, path: &Path) -> Lookup {
        if let Some(known) = self.found.borrow().get(path) {
            return known.clone();
        }
        let found = self.walk(path).map(Rc::new).map_err(Rc::new);
        self.found.borrow_mut().insert(path.to_owned(), found.clone());
        found
    }

    /// Where `path` leads, if it is a regular file.
    pub fn file(&self, path: &Path) -> Option<Rc<FoundFile>> {
        self.lookup(path).ok().filter(|found| found.node.kind == FileKind::File)
    }

    fn walk(&self, path: &Path) -> Result<FoundFile, Missing> {
        let mut links: Vec<Link> = Vec::new();
        let refused = |reason, links: &[Link]| Missing { reason, links: links.to_vec() };
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(refused(Reason::TooLong, &links));
        }
        let mut current = PathBuf::from("/");
        let mut rest = parts(path);
        // A folder that was found before is where the walk may start.
        if let (Some(folder), Some(name)) = (path.parent(), path.file_name())
            && let Some(Ok(known)) = self.found.borrow().get(folder)
            && known.node.kind == FileKind::Folder
            && !path.as_os_str().as_bytes().ends_with(b"/.")
        {
            current.clone_from(&known.path);
            links.clone_from(&known.links);
            rest = VecDeque::from([name.to_owned()]);
        }
        let mut node = None;
        while let Some(part) = rest.pop_front() {
            if part == ".." {
                current.pop();
                node = None;
                continue;
            }
            let here = current.join(&part);
            let there = match self.node(&here) {
                Ok(Some(there)) => there,
                Ok(None) => return Err(refused(Reason::Absent(here), &links)),
                Err(error) => return Err(refused(Reason::Unreadable(here, error.to_string()), &links)),
            };
            match there.kind {
                FileKind::Link(target) => {
                    let climbs_out = climbs_out(&current, &target);
                    links.push(Link { at: here, target: target.clone(), climbs_out });
                    if links.len() > MOST_LINKS {
                        return Err(refused(Reason::Loop, &links));
                    }
                    if target.as_os_str().len() > LONGEST_PATH || target.as_os_str().is_empty() {
                        return Err(refused(Reason::TooLong, &links));
                    }
                    if target.is_absolute() {
                        current = PathBuf::from("/");
                    }
                    let mut parts = parts(&target);
                    parts.append(&mut rest);
                    rest = parts;
                    node = None;
                }
                FileKind::Folder => {
                    current = here;
                    node = Some(there);
                }
                _ if !rest.is_empty() => return Err(refused(Reason::NotAFolder(here), &links)),
                _ => return Ok(FoundFile { path: here, links, node: there }),
            }
        }
        let node = match node {
            Some(node) => node,
            None => match self.node(&current) {
                Ok(Some(node)) => node,
                Ok(None) => return Err(refused(Reason::Absent(current), &links)),
                Err(error) => return Err(refused(Reason::Unreadable(current, error.to_string()), &links)),
            },
        };
        Ok(FoundFile { path: current, links, node })
    }

    /// What stands at a path without links, the last part excepted.
    fn node(&self, path: &Path) -> io::Result<Option<Node>> {
        match &self.place {
            Place::Live(live) => live.node(path),
            Place::Tree(tree) => Ok(tree.node(path)),
        }
    }

    /// The bytes of a file that was found.
    pub fn open(&self, found: &FoundFile) -> io::Result<Content> {
        match &self.place {
            Place::Live(live) => live.open(&found.path),
            Place::Tree(tree) => tree.open(&found.path),
        }
    }

    /// All of a file, if it has at most `limit` bytes.
    pub fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let found = self.lookup(path).map_err(|missing| {
            let kind = match missing.reason {
                Reason::Absent(_) => io::ErrorKind::NotFound,
                _ => io::ErrorKind::Other,
            };
            io::Error::new(kind, missing.reason.to_string())
        })?;
        self.open(&found)?.whole(limit)
    }

    /// What is in a folder, sorted by name; links in it are not followed. Empty where there is no folder.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, Listed)>> {
        let Ok(found) = self.lookup(folder) else { return Ok(Vec::new()) };
        if found.node.kind != FileKind::Folder {
            return Ok(Vec::new());
        }
        let mut entries = self.entries(&found.path)?;
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(entries)
    }

    /// The same in any order, for a folder that was met on the way down from one that was found: there is no link in
    /// its path.
    pub fn entries(&self, folder: &Path) -> io::Result<Vec<(OsString, Listed)>> {
        match &self.place {
            Place::Live(live) => live.list(folder),
            Place::Tree(tree) => Ok(tree.list(folder)),
        }
    }

    /// The facts of an ELF file; read once for each file.
    pub fn elf(&self, found: &FoundFile) -> ElfFacts {
        if let Some(known) = self.elves.borrow().get(&found.path) {
            return known.clone();
        }
        let kept = match &self.place {
            Place::Live(_) => None,
            Place::Tree(tree) => tree.elf(&found.path),
        };
        let facts = kept.unwrap_or_else(|| {
            let content = self.open(found).map_err(|error| elf::Error::Unreadable(error.to_string()))?;
            Elf::read(&content).map(Rc::new)
        });
        self.elves.borrow_mut().insert(found.path.clone(), facts.clone());
        facts
    }

    /// The mount point of this path whose options forbid execution, for a live tree.
    pub fn no_exec_mount(&self, found: &FoundFile) -> Option<PathBuf> {
        match &self.place {
            Place::Live(live) => live.no_exec_mount(&found.path),
            Place::Tree(_) => None,
        }
    }

    /// Entries of the archive that were left out, each as a phrase; none for a live tree.
    pub fn remarks(&self) -> &[String] {
        match &self.place {
            Place::Live(_) => &[],
            Place::Tree(tree) => tree.remarks(),
        }
    }
}

/// The parts of a path, without empty ones and `.`.
fn parts(path: &Path) -> VecDeque<OsString> {
    let bytes = path.as_os_str().as_bytes();
    let parts = bytes.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.map(|part| OsStr::from_bytes(part).to_owned()).collect()
}

/// Whether a link in `folder` names, by `..`, something above the root.
fn climbs_out(folder: &Path, target: &Path) -> bool {
    let mut depth = if target.is_absolute() { 0 } else { parts(folder).len() };
    for part in parts(target) {
        if part != ".." {
            depth += 1;
        } else if depth == 0 {
            return true;
        } else {
            depth -= 1;
        }
    }
    false
}

#[cfg(test)]
mod tests;
