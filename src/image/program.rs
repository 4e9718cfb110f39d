//! One file that is to be started: what it is, who has to run it, what that loads. Knows no verdict.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::about::About;
use super::elf::{self, Elf};
use super::loader::{Loader, LoaderLookup, Loaders, MissingVersion, Resolution};
use super::root::{ElfFacts, FileKind, FoundFile, Lookup, Root};
use super::script::{self, EnvArgument, FirstLine, Shebang};
use super::tools::{self, ToolSearch};

/// A file that is to be started.
#[derive(Debug)]
pub struct Program {
    /// As it was asked for.
    pub path: PathBuf,
    /// Why it is looked at.
    pub asked: Asked,
    /// Where the path leads.
    pub lookup: Lookup,
    /// What it is; none where there is no file.
    pub what: Option<What>,
    /// The folder that the image's user may not search, on the way to it.
    pub closed_folder: Option<(PathBuf, u32)>,
    /// Whether the image's user may execute it, as far as that is known.
    pub may_execute: Option<bool>,
    /// The mount point that forbids execution.
    pub no_exec_mount: Option<PathBuf>,
}

/// Why a file is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The user named it.
    ByUser,
    /// The image's configuration starts it by this instruction, `CMD`.
    ByImage(&'static str),
    /// It is the machine code of a module that the user named.
    OfModule,
    /// It lies in PATH.
    InPath,
    /// It runs the script of this path.
    Runs(PathBuf),
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ByUser => f.write_str("by name"),
            Self::ByImage(instruction) => f.write_str(instruction),
            Self::OfModule => f.write_str("a module's extension"),
            Self::InPath => f.write_str("in PATH"),
            Self::Runs(script) => write!(f, "runs {}", script.display()),
        }
    }
}

/// What a file is.
#[derive(Debug)]
pub enum What {
    /// An ELF file.
    Elf(Box<Binary>),
    /// It begins as an ELF file, but is none.
    Damaged(elf::Error),
    /// A script.
    Script(Script),
    /// A file that no kernel starts.
    Unknown(FirstLine, Vec<u8>),
    /// The machine does not let us look.
    Unreadable(String),
}

/// An ELF file and what would be loaded for it.
#[derive(Debug)]
pub struct Binary {
    /// What it says of itself.
    pub facts: ElfFacts,
    /// Its loader; none where it needs none.
    pub loader: Option<LoaderLookup>,
    /// What the loader would load.
    pub resolution: Option<Resolution>,
    /// The versions of symbols that nothing loaded defines.
    pub missing_versions: Vec<MissingVersion>,
}

/// A script and who has to run it.
#[derive(Debug)]
pub struct Script {
    /// The first line.
    pub shebang: Shebang,
    /// Where the interpreter's path leads.
    pub interpreter: Lookup,
    /// What `env` would start, if the interpreter is `env`.
    pub through_env: Option<(EnvArgument, Option<ToolSearch>)>,
}

impl Binary {
    /// What the file says of itself, if it can be read.
    pub fn elf(&self) -> Option<&Elf> {
        self.facts.as_deref().ok()
    }

    /// The loader, if it is there.
    pub fn loader(&self) -> Option<&Rc<Loader>> {
        self.loader.as_ref()?.as_ref().ok()
    }

    /// Whether the loader is there and glibc's.
    pub fn has_glibc_loader(&self) -> bool {
        self.loader().is_some_and(|loader| !loader.is_musl())
    }

    /// The file, whose path is `own`, and the libraries that are loaded with it, as far as they can be read.
    pub fn files<'a>(&'a self, own: &'a Path) -> impl Iterator<Item = (&'a Path, &'a Elf)> {
        let objects = self.resolution.iter().flat_map(|resolution| resolution.objects.iter().skip(1));
        let libraries =
            objects.filter_map(|object| Some((object.path.as_path(), object.facts.as_deref().ok()?)));
        self.elf().map(|elf| (own, elf)).into_iter().chain(libraries)
    }
}

impl Program {
    /// Looks at the file of this path.
    pub fn read(root: &Root, loaders: &Loaders<'_>, about: &About, path: &Path, asked: Asked) -> Self {
        let lookup = root.lookup(path);
        let mut program = Self {
            path: path.to_owned(),
            asked,
            lookup: lookup.clone(),
            what: None,
            closed_folder: None,
            may_execute: None,
            no_exec_mount: None,
        };
        let Ok(found) = lookup else { return program };
        let node = &found.node;
        program.may_execute = about.user.may_execute(node.mode, node.uid, node.gid);
        program.closed_folder = closed_folder(root, about, &found);
        program.no_exec_mount = root.no_exec_mount(&found);
        if node.kind == FileKind::File {
            program.what = Some(what(root, loaders, about, &found));
        }
        program
    }

    /// The program that runs this script, to be looked at too.
    pub fn run_by(&self) -> Option<PathBuf> {
        let Some(What::Script(script)) = &self.what else { return None };
        if let Some((_, Some(search))) = &script.through_env {
            return search.taken.clone();
        }
        script.interpreter.as_ref().ok().map(|found| found.path.clone())
    }

    /// The libraries that would be loaded, by name, in order; none where it is no dynamic ELF file.
    pub fn binary(&self) -> Option<&Binary> {
        match &self.what {
            Some(What::Elf(binary)) => Some(binary),
            _ => None,
        }
    }
}

fn what(root: &Root, loaders: &Loaders<'_>, about: &About, found: &Rc<FoundFile>) -> What {
    // What was read before needs no second look.
    let facts = root.elf(found);
    match facts.as_deref() {
        Ok(elf) => {
            let loader = loaders.of(elf);
            let there = loader.as_ref().and_then(|loader| loader.as_ref().ok());
            let resolution = there.map(|loader| loader.resolve(root, found, &facts));
            let missing_versions = there
                .zip(resolution.as_ref())
                .map(|(loader, resolution)| loader.missing_versions(resolution));
            return What::Elf(Box::new(Binary {
                facts: facts.clone(),
                loader,
                resolution,
                missing_versions: missing_versions.unwrap_or_default(),
            }));
        }
        Err(elf::Error::NotElf) => {}
        Err(elf::Error::Unreadable(error)) => return What::Unreadable(error.clone()),
        Err(error) => return What::Damaged(error.clone()),
    }
    let head = match root.open(found).and_then(|content| content.head(script::KERNEL_READS + 256)) {
        Ok(head) => head,
        Err(error) => return What::Unreadable(error.to_string()),
    };
    match script::first_line(&head) {
        FirstLine::Shebang(shebang) => What::Script(Script::read(root, about, shebang)),
        other => What::Unknown(other, head),
    }
}

impl Script {
    fn read(root: &Root, about: &About, shebang: Shebang) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let path = root.config.start().join(std::ffi::OsStr::from_bytes(&shebang.interpreter));
        let through_env = shebang.is_env().then(|| {
            let argument = shebang.env_argument();
            let search = match &argument {
                EnvArgument::Program(name) => Some(tools::search(root, name, &about.user)),
                _ => None,
            };
            (argument, search)
        });
        Self { interpreter: root.lookup(&path), through_env, shebang }
    }
}

/// The first folder on the way to a file that the user may not search.
fn closed_folder(root: &Root, about: &About, found: &FoundFile) -> Option<(PathBuf, u32)> {
    let mut folders: Vec<&Path> = found.path.ancestors().skip(1).collect();
    folders.reverse();
    folders.into_iter().find_map(|folder| {
        let there = root.lookup(folder).ok()?;
        let node = &there.node;
        // Root passes through any folder.
        let closed =
            about.user.uid != Some(0) && about.user.may_execute(node.mode, node.uid, node.gid) == Some(false);
        closed.then(|| (folder.to_owned(), node.mode))
    })
}
