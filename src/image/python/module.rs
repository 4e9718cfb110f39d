//! The files of a module, as Python's own finder looks for them. Knows no source text.

use std::path::{Path, PathBuf};

use super::Installation;
use crate::image::root::{Listed, Root};

/// A module that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its file; the folder of a package without `__init__`; empty for one built into Python.
    pub path: PathBuf,
    /// What it is.
    pub kind: ModuleKind,
}

/// What a module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleKind {
    /// Source text.
    Source,
    /// A package: source text in a folder.
    Package,
    /// Compiled, without its source.
    Bytecode,
    /// A library of machine code.
    Extension,
    /// A folder without `__init__`.
    Namespace,
    /// Built into Python.
    BuiltIn,
}

/// A place that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchStep {
    /// The place.
    pub path: PathBuf,
    /// Why it was refused; none for what is taken.
    pub refused: Option<Refused>,
}

/// Why a place was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Nothing of that name is there.
    Absent,
    /// The folder is not there.
    NoFolder,
    /// A library for another Python or another C library: what its name says.
    OtherAbi(String),
}

/// What came of a search.
pub(super) struct Search {
    pub(super) tried: Vec<SearchStep>,
    pub(super) found: Option<Module>,
    pub(super) found_until: String,
}

/// Modules without a file, of those that are imported by hand.
const BUILT_IN: [&str; 14] = [
    "sys",
    "builtins",
    "time",
    "marshal",
    "gc",
    "itertools",
    "errno",
    "posix",
    "pwd",
    "atexit",
    "faulthandler",
    "_thread",
    "_io",
    "_ctypes",
];

pub(super) fn search(root: &Root, python: &Installation, module: &str) -> Search {
    let mut search = Search { tried: Vec::new(), found: None, found_until: String::new() };
    let mut folders = python.folders.clone();
    let parts: Vec<&str> = module.split('.').collect();
    for (depth, part) in parts.iter().enumerate() {
        let mut found = None;
        let mut namespace = Vec::new();
        for folder in &folders {
            found = in_folder(root, python, folder, part, &mut search.tried, &mut namespace);
            if found.is_some() {
                break;
            }
        }
        if depth == 0 && found.is_none() && BUILT_IN.contains(part) {
            search.found = Some(Module { path: PathBuf::new(), kind: ModuleKind::BuiltIn });
            search.found_until = (*part).to_owned();
            // They hold no modules.
            if parts.len() > 1 {
                search.found = None;
            }
            return search;
        }
        // A folder without `__init__` counts where nothing better is found in any place.
        let is_namespace = found.is_none() && !namespace.is_empty();
        let module = match found {
            Some(module) => module,
            None if is_namespace => Module { path: namespace[0].clone(), kind: ModuleKind::Namespace },
            None => return search,
        };
        search.found_until = parts[..=depth].join(".");
        folders = match module.kind {
            ModuleKind::Namespace => namespace,
            ModuleKind::Package => module.path.parent().map(Path::to_owned).into_iter().collect(),
            _ => Vec::new(),
        };
        if depth + 1 == parts.len() {
            search.found = Some(module);
        }
    }
    search
}

fn in_folder(
    root: &Root,
    python: &Installation,
    folder: &Path,
    name: &str,
    tried: &mut Vec<SearchStep>,
    namespace: &mut Vec<PathBuf>,
) -> Option<Module> {
    let step = |path: PathBuf, refused| SearchStep { path, refused };
    if !super::is_folder(root, folder) {
        tried.push(step(folder.to_owned(), Some(Refused::NoFolder)));
        return None;
    }
    let package = folder.join(name);
    let is_package = super::is_folder(root, &package);
    let places = [(is_package, package.as_path(), "__init__"), (true, folder, name)];
    for (_, place, stem) in places.into_iter().filter(|(there, ..)| *there) {
        for (suffix, kind) in suffixes(python) {
            let path = place.join(format!("{stem}{suffix}"));
            if root.file(&path).is_some() {
                tried.push(step(path.clone(), None));
                let kind =
                    if stem == "__init__" && kind == ModuleKind::Source { ModuleKind::Package } else { kind };
                return Some(Module { path, kind });
            }
        }
    }
    let before = tried.len();
    for (entry, kind) in root.list(folder).unwrap_or_default() {
        let entry = entry.to_string_lossy();
        let rest = entry.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        if let Some(abi) = rest.and_then(|rest| rest.strip_suffix(".so"))
            && kind != Listed::Folder
        {
            tried.push(step(folder.join(&*entry), Some(Refused::OtherAbi(abi.to_owned()))));
        }
    }
    if is_package {
        namespace.push(package);
    } else if tried.len() == before {
        tried.push(step(package, Some(Refused::Absent)));
    }
    None
}

/// What a module's file name may end with, in the order of Python's finder.
fn suffixes(python: &Installation) -> Vec<(String, ModuleKind)> {
    let mut all = vec![(format!(".{}.so", python.abi()), ModuleKind::Extension)];
    all.push((".abi3.so".to_owned(), ModuleKind::Extension));
    all.push((".so".to_owned(), ModuleKind::Extension));
    all.push((".py".to_owned(), ModuleKind::Source));
    all.push((".pyc".to_owned(), ModuleKind::Bytecode));
    all
}
