//! Where an image's Python would find a module, and which names the module defines. Runs nothing.

use std::path::{Path, PathBuf};

use super::about::User;
use super::root::{FileKind, Root};
use super::tools;

mod installation;
mod module;
mod names;

pub use installation::{Installation, installations};
pub use module::{Module, ModuleKind, Refused, SearchStep};
pub use names::Names;

/// The largest source file that is read.
const LARGEST_SOURCE: usize = 8 << 20;

/// What came of looking for a module, and for a name in it.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module, `oqs.rand`.
    pub module: String,
    /// The name in it, if one was asked for.
    pub name: Option<String>,
    /// The Python that was looked at; none where the image has none.
    pub python: Option<Installation>,
    /// Every place that was considered, in order.
    pub tried: Vec<SearchStep>,
    /// The module that is found.
    pub found: Option<Module>,
    /// The part of the module's name up to which everything was there: `oqs` of `oqs.rand`.
    pub found_until: String,
    /// Other Pythons of the image that have the module.
    pub elsewhere: Vec<PathBuf>,
    /// What the module defines, where its source is there to read.
    pub names: Option<Names>,
    /// Whether the name is one of the package's modules.
    pub is_submodule: bool,
}

/// Splits `X:Y` into module and name; none where either is not a name.
pub fn parse(text: &str) -> Option<(String, Option<String>)> {
    let (module, name) = text.split_once(':').map_or((text, None), |(module, name)| (module, Some(name)));
    let is_name = |word: &str| {
        word.chars().next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && word.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    let fine = module.split('.').all(is_name) && name.is_none_or(is_name) && text.len() <= 500;
    fine.then(|| (module.to_owned(), name.map(str::to_owned)))
}

impl Import {
    /// Looks for a module in the Python that PATH leads to, or else in the first of the image.
    pub fn read(root: &Root, user: &User, module: &str, name: Option<&str>) -> Self {
        let mut pythons = installations(root, user);
        let mut import = Self {
            module: module.to_owned(),
            name: name.map(str::to_owned),
            python: None,
            tried: Vec::new(),
            found: None,
            found_until: String::new(),
            elsewhere: Vec::new(),
            names: None,
            is_submodule: false,
        };
        if pythons.is_empty() {
            return import;
        }
        let python = pythons.remove(0);
        let search = module::search(root, &python, module);
        (import.tried, import.found, import.found_until) = (search.tried, search.found, search.found_until);
        if import.found.is_none() {
            let others = pythons.iter().filter_map(|other| module::search(root, other, module).found);
            import.elsewhere = others.map(|found| found.path).collect();
        }
        if let Some(found) = &import.found {
            import.names = Names::of_module(root, &python, module, found);
            import.is_submodule = name.is_some_and(|name| {
                module::search(root, &python, &format!("{module}.{name}")).found.is_some()
            });
        }
        import.python = Some(python);
        import
    }
}

/// Whether a folder is there, links followed.
fn is_folder(root: &Root, path: &Path) -> bool {
    root.lookup(path).is_ok_and(|found| found.node.kind == FileKind::Folder)
}

/// The first program of these names in PATH.
fn in_path(root: &Root, user: &User, names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| tools::search(root, name.as_bytes(), user).taken)
}

#[cfg(test)]
mod tests;
