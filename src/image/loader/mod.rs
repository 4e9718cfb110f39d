//! Which files a program's own loader would take for the libraries it needs, and in what order.
//! Executes nothing, and knows no verdict on a program.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::elf::{Elf, Libc, Machine};
use super::root::{ElfFacts, FoundFile, Missing, Root};

mod cache;
mod find;
mod glibc;
mod musl;
mod search;
mod versions;

pub use cache::Cache;
pub use find::{Copy, Library, libraries, library, paths, usual};
pub use search::expanded;
pub use versions::MissingVersion;

use search::Search;

/// The most libraries that one program may load.
const MOST_OBJECTS: usize = 4096;

/// The loaders of one image, each read once.
#[derive(Debug)]
pub struct Loaders<'r> {
    root: &'r Root,
    known: RefCell<BTreeMap<PathBuf, LoaderLookup>>,
}

/// What came of looking for a loader.
pub type LoaderLookup = Result<Rc<Loader>, Rc<Missing>>;

/// A dynamic loader that is there, and its rules.
#[derive(Debug)]
pub struct Loader {
    /// As a program names it.
    pub path: PathBuf,
    /// The file.
    pub found: Rc<FoundFile>,
    /// What the file says of itself.
    pub facts: ElfFacts,
    rules: Rules,
}

#[derive(Debug)]
enum Rules {
    Glibc(glibc::Glibc),
    Musl(musl::Musl),
}

/// What a loader would load for a program.
#[derive(Debug)]
pub struct Resolution {
    /// The program, then its libraries in the order they are loaded.
    pub objects: Vec<Object>,
    /// What was needed, in the order it was looked for.
    pub needs: Vec<Need>,
}

/// A file that is loaded.
#[derive(Debug)]
pub struct Object {
    /// Where the loader found it, links not followed.
    pub path: PathBuf,
    /// The file.
    pub found: Rc<FoundFile>,
    /// What it says of itself.
    pub facts: ElfFacts,
    /// The object whose need loaded it, as an index; the program's is its own.
    pub by: usize,
    /// The names under which it was asked for.
    names: Vec<Vec<u8>>,
}

/// A library that an object needs, for the first object that needs it.
#[derive(Debug)]
pub struct Need {
    /// The object that needs it, as an index.
    pub by: usize,
    /// The name in DT_NEEDED.
    pub name: Vec<u8>,
    /// Every path that was considered, in order.
    pub tried: Vec<Candidate>,
    /// What came of it.
    pub taken: Taken,
}

/// What came of a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// An object, as an index.
    Object(usize),
    /// The loader itself is the library.
    Loader,
    /// No file was good enough: the program does not start.
    Nothing,
}

/// A path that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The path.
    pub path: PathBuf,
    /// What led there, `LD_LIBRARY_PATH`.
    pub origin: Origin,
    /// Why it was taken or refused.
    pub fit: Fit,
}

/// What leads a loader to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A name with a slash in it is the path.
    Name,
    /// DT_RPATH of this object, as an index.
    Rpath(usize),
    /// DT_RUNPATH of this object, as an index.
    Runpath(usize),
    /// The variable LD_LIBRARY_PATH.
    LibraryPath,
    /// /etc/ld.so.cache.
    Cache,
    /// musl's path file.
    PathFile,
    /// The folders built into the loader.
    Default,
}

/// Why a path was taken or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the one.
    Taken,
    /// It leads nowhere; the search goes on.
    Absent(Rc<Missing>),
    /// It is for another machine or class; the search goes on.
    Unfit(String),
    /// It is there and it is unusable; the loader gives up.
    Unusable(String),
    /// It is there and no whole ELF file; the loader gives up.
    Damaged(String),
}

impl<'r> Loaders<'r> {
    /// The loaders of `root`.
    pub fn new(root: &'r Root) -> Self {
        Self { root, known: RefCell::default() }
    }

    /// The loader that starts this file; for a library the usual one of its C library. None for a
    /// static program, or where the image has no loader for it.
    pub fn of(&self, elf: &Elf) -> Option<LoaderLookup> {
        if let Some(path) = &elf.interpreter {
            return Some(self.at(path, elf));
        }
        if !elf.is_dynamic {
            return None;
        }
        let mut usual = usual_loaders(elf).map(|path| self.at(Path::new(path), elf));
        let musl = elf.libc() == Libc::Musl;
        usual.find_map(|loader| loader.ok().filter(|loader| !musl || loader.is_musl())).map(Ok)
    }

    /// The loader of this path, for files like `elf`.
    pub fn at(&self, path: &Path, elf: &Elf) -> LoaderLookup {
        if let Some(known) = self.known.borrow().get(path) {
            return known.clone();
        }
        let loader = self.root.lookup(path).map(|found| {
            let facts = self.root.elf(&found);
            let name = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let named = path.file_name().unwrap_or_default().to_string_lossy();
            let is_musl = named.starts_with("ld-musl") || name.starts_with("ld-musl");
            let rules = if is_musl {
                Rules::Musl(musl::Musl::new(self.root, path))
            } else {
                Rules::Glibc(glibc::Glibc::new(self.root, &found, &facts, elf))
            };
            Rc::new(Loader { path: path.to_owned(), found, facts, rules })
        });
        self.known.borrow_mut().insert(path.to_owned(), loader.clone());
        loader
    }
}

/// Where the loaders of a machine usually are.
fn usual_loaders(elf: &Elf) -> impl Iterator<Item = &'static str> {
    let paths: &[&str] = match (elf.machine, elf.is_64) {
        (Machine::X86_64, true) => &["/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"],
        (Machine::X86_64, false) => &["/libx32/ld-linux-x32.so.2"],
        (Machine::AARCH64, _) => &["/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1"],
        (Machine::I386, _) => &["/lib/ld-linux.so.2", "/lib/ld-musl-i386.so.1"],
        (Machine::ARM, _) => &[
            "/lib/ld-linux-armhf.so.3",
            "/lib/ld-linux.so.3",
            "/lib/ld-musl-armhf.so.1",
            "/lib/ld-musl-arm.so.1",
        ],
        (Machine(243), true) => &["/lib/ld-linux-riscv64-lp64d.so.1", "/lib/ld-musl-riscv64.so.1"],
        (Machine(22), true) => &["/lib/ld64.so.1", "/lib/ld-musl-s390x.so.1"],
        (Machine(21), true) => &["/lib64/ld64.so.2", "/lib/ld-musl-powerpc64le.so.1"],
        _ => &[],
    };
    paths.iter().copied()
}

impl Loader {
    /// Whether it is musl's.
    pub fn is_musl(&self) -> bool {
        matches!(self.rules, Rules::Musl(_))
    }

    /// The folders built into it, or named by musl's path file.
    pub fn default_folders(&self) -> &[PathBuf] {
        match &self.rules {
            Rules::Glibc(rules) => &rules.folders,
            Rules::Musl(rules) => &rules.folders,
        }
    }

    /// What is loaded when the file at `found` is started.
    pub fn resolve(&self, root: &Root, found: &Rc<FoundFile>, facts: &ElfFacts) -> Resolution {
        let program = Object {
            path: found.path.clone(),
            found: Rc::clone(found),
            facts: facts.clone(),
            by: 0,
            names: Vec::new(),
        };
        let mut resolution = Resolution { objects: vec![program], needs: Vec::new() };
        let mut at = 0;
        while at < resolution.objects.len() {
            let facts = resolution.objects[at].facts.clone();
            let needed = facts.as_deref().map_or(&[][..], |elf| elf.needed.as_slice());
            for name in needed {
                self.load(root, &mut resolution, at, name);
            }
            at += 1;
        }
        resolution
    }

    /// What `dlopen(name)` finds, for a program that is linked to nothing else.
    pub fn search(&self, root: &Root, name: &[u8]) -> (Vec<Candidate>, Option<Rc<FoundFile>>) {
        let mut search =
            Search { root, like: &self.facts, objects: &[], by: 0, secure: false, tried: Vec::new() };
        let found = self.rules.find(&mut search, name);
        (search.tried, found.map(|(_, found)| found))
    }

    fn load(&self, root: &Root, resolution: &mut Resolution, by: usize, name: &[u8]) {
        if self.is_itself(name) {
            if !resolution.needs.iter().any(|need| need.name == name) {
                let name = name.to_vec();
                resolution.needs.push(Need { by, name, tried: Vec::new(), taken: Taken::Loader });
            }
            return;
        }
        if resolution.objects.iter().any(|object| self.answers_to(object, name)) {
            return;
        }
        let secure = resolution.objects[0].found.node.mode & 0o6000 != 0;
        let like = resolution.objects[0].facts.clone();
        let objects = &resolution.objects;
        let mut search = Search { root, like: &like, objects, by, secure, tried: Vec::new() };
        let found = self.rules.find(&mut search, name);
        let tried = search.tried;
        let taken = match found {
            Some(_) if resolution.objects.len() >= MOST_OBJECTS => Taken::Nothing,
            Some((_, found)) if found.node.identity == self.found.node.identity => Taken::Loader,
            Some((path, found)) => {
                let identity = found.node.identity;
                let same =
                    resolution.objects.iter().position(|object| object.found.node.identity == identity);
                let at = same.unwrap_or_else(|| {
                    let facts = root.elf(&found);
                    resolution.objects.push(Object { path, found, facts, by, names: Vec::new() });
                    resolution.objects.len() - 1
                });
                resolution.objects[at].names.push(name.to_vec());
                Taken::Object(at)
            }
            None => Taken::Nothing,
        };
        resolution.needs.push(Need { by, name: name.to_vec(), tried, taken });
    }

    /// Whether a library of this name is the loader.
    fn is_itself(&self, name: &[u8]) -> bool {
        if name == self.path.as_os_str().as_bytes() {
            return true;
        }
        match &self.rules {
            Rules::Musl(_) => musl::is_built_in(name),
            Rules::Glibc(_) => {
                let soname = self.facts.as_deref().ok().and_then(|elf| elf.soname.as_deref());
                soname == Some(name)
            }
        }
    }

    /// Whether an object that is loaded already is what is asked for.
    fn answers_to(&self, object: &Object, name: &[u8]) -> bool {
        if object.names.iter().any(|known| known == name) {
            return true;
        }
        // musl goes by the name it was found under, glibc by what the library calls itself too.
        !self.is_musl() && object.facts.as_deref().is_ok_and(|elf| elf.soname.as_deref() == Some(name))
    }
}

impl Rules {
    fn find(&self, search: &mut Search<'_>, name: &[u8]) -> Option<(PathBuf, Rc<FoundFile>)> {
        match self {
            Self::Glibc(rules) => rules.find(search, name),
            Self::Musl(rules) => rules.find(search, name),
        }
    }
}

#[cfg(test)]
mod tests;
