//! Which file a name without a slash starts: the search through PATH. Knows no verdict on the file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::about::User;
use super::root::{FileKind, FoundFile, Listed, Missing, Root};

/// A search for a program.
#[derive(Clone, Debug)]
pub struct ToolSearch {
    /// The name that was asked for.
    pub name: Vec<u8>,
    /// Every path that was considered, in order, and why it was not taken.
    pub tried: Vec<(PathBuf, Refusal)>,
    /// The one that would be started.
    pub taken: Option<PathBuf>,
}

impl ToolSearch {
    /// What the name leads to: the program that would be started, or else a link of that name that leads nowhere.
    pub fn leads_to(&self) -> Option<&Path> {
        let is_dangling = |path: &Path, refusal: &Refusal| match refusal {
            Refusal::Absent(missing) => {
                missing.links.iter().any(|link| link.at.file_name() == path.file_name())
            }
            Refusal::NotAFile | Refusal::NotExecutable(_) => false,
        };
        let dangling = || self.tried.iter().find(|(path, refusal)| is_dangling(path, refusal));
        self.taken.as_deref().or_else(|| dangling().map(|(path, _)| path.as_path()))
    }
}

/// Why a path was not taken.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It leads nowhere.
    Absent(Rc<Missing>),
    /// It is no regular file.
    NotAFile,
    /// The user may not execute it.
    NotExecutable(u32),
}

/// The folders of PATH, in order. A relative one is seen from where the program is started.
pub fn folders(root: &Root) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for part in root.config.path().as_bytes().split(|byte| *byte == b':') {
        let folder = root.config.start().join(OsStr::from_bytes(part));
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// Searches for `name` as a shell or an engine does: with a slash in it, it is the path.
pub fn search(root: &Root, name: &[u8], user: &User) -> ToolSearch {
    let mut search = ToolSearch { name: name.to_vec(), tried: Vec::new(), taken: None };
    if name.contains(&b'/') {
        let path = root.config.start().join(OsStr::from_bytes(name));
        match root.lookup(&path) {
            Ok(_) => search.taken = Some(path),
            Err(missing) => search.tried.push((path, Refusal::Absent(missing))),
        }
        return search;
    }
    for folder in folders(root) {
        let path = folder.join(OsStr::from_bytes(name));
        let refusal = match root.lookup(&path) {
            Err(missing) => Refusal::Absent(missing),
            Ok(found) => match refusal(&found, user) {
                Some(refusal) => refusal,
                None => {
                    search.taken = Some(path);
                    break;
                }
            },
        };
        search.tried.push((path, refusal));
    }
    search
}

fn refusal(found: &FoundFile, user: &User) -> Option<Refusal> {
    if found.node.kind != FileKind::File {
        return Some(Refusal::NotAFile);
    }
    let may = user.may_execute(found.node.mode, found.node.uid, found.node.gid);
    (may == Some(false)).then_some(Refusal::NotExecutable(found.node.mode))
}

/// Every file in the folders of PATH that anyone may execute, and every link there that leads nowhere.
/// A file that is shadowed by one of the same name is there too.
pub fn all(root: &Root) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for folder in folders(root) {
        // /bin and /usr/bin are often the same.
        let Ok(found) = root.lookup(&folder) else { continue };
        if !seen.insert(found.path.clone()) {
            continue;
        }
        for (name, kind) in root.list(&folder).unwrap_or_default() {
            let path = found.path.join(&name);
            let is_program = match root.lookup(&path) {
                Ok(found) => found.node.kind == FileKind::File && found.node.mode & 0o111 != 0,
                Err(_) => kind == Listed::Link,
            };
            if is_program {
                paths.push(path);
            }
        }
    }
    paths
}
