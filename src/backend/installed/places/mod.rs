//! Where an application of an image would find a library, beside the folders of its loader: what variables name, homes,
//! Python's environments, package managers' stores, programs and running processes. Reads folders and no library.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::image::loader;
use crate::image::processes::{self, First, Processes};
use crate::image::root::{FileKind, Listed, Root};

mod environments;

/// The most folders that are looked into.
const MOST: usize = 2000;
/// The most homes.
const MOST_HOMES: usize = 64;
/// The most programs whose RUNPATH is read.
const MOST_PROGRAMS: usize = 16;

/// What is in such places.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Every file with a name that is wanted.
    pub(super) files: Vec<PathBuf>,
    /// What was looked at, as phrases.
    pub(super) looked: Vec<String>,
}

/// Looks for files with a name that `wanted` accepts; folders in `known` are looked at by somebody else.
pub(super) fn look(root: &Root, known: &[PathBuf], wanted: &dyn Fn(&[u8]) -> bool) -> Places {
    let (processes, first) = match root.is_own() {
        true => (processes::look(wanted), processes::first()),
        false => (Processes::default(), First::default()),
    };
    let mut look =
        Look { root, first, wanted, seen: known.iter().cloned().collect(), found: Vec::new(), left: MOST };
    let mut absent: Vec<String> = Vec::new();
    for value in look.values("OQS_INSTALL_PATH") {
        if !look.libraries(&value) {
            absent
                .push(format!("OQS_INSTALL_PATH names {}, which has neither lib nor lib64", value.display()));
        }
    }
    for folder in look.lists("LD_LIBRARY_PATH").into_iter().chain(look.lists("PYTHONPATH")) {
        look.folder(&folder);
        look.packages(&folder);
    }
    for home in look.homes() {
        look.home(&home);
    }
    look.environments();
    look.stores();
    for program in processes.programs.iter().take(MOST_PROGRAMS) {
        look.runpath(program);
    }
    let left = look.left;
    let folders: Vec<String> = look.found.iter().map(|(folder, _)| folder.display().to_string()).collect();
    let mut looked = absent;
    if !folders.is_empty() {
        looked.push(format!("in {}", folders.join(", ")));
    }
    match (processes.read, processes.unread) {
        (0, 0) => {}
        (0, unread) => looked.push(format!("not at what {} mapped", have(unread))),
        (read, 0) => looked.push(format!("at what {} mapped", have(read))),
        (read, unread) => {
            looked.push(format!("at what {} mapped, but not {unread} that cannot be read", have(read)));
        }
    }
    if left == 0 {
        looked.push(format!("and no further than {MOST} folders"));
    }
    let in_folders = look
        .found
        .into_iter()
        .flat_map(|(folder, names)| names.into_iter().map(move |name| folder.join(name)));
    Places { files: in_folders.chain(processes.mapped).collect(), looked }
}

/// `3 other processes have`.
fn have(count: usize) -> String {
    if count == 1 { "1 other process has".to_owned() } else { format!("{count} other processes have") }
}

/// A search through folders.
struct Look<'s> {
    root: &'s Root,
    first: First,
    wanted: &'s dyn Fn(&[u8]) -> bool,
    /// Folders that need no second look.
    seen: HashSet<PathBuf>,
    /// The folders that were there, with what is wanted in each.
    found: Vec<(PathBuf, Vec<OsString>)>,
    left: usize,
}

impl Look<'_> {
    /// The values of a variable, in this process and in the first.
    fn variables(&self, name: &str) -> Vec<OsString> {
        let own = self.root.config.variable(name).map(OsStr::to_owned);
        let first =
            self.first.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        own.into_iter().chain(first).collect()
    }

    /// The absolute paths that are such values.
    fn values(&self, name: &str) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.variables(name).into_iter().map(PathBuf::from).collect();
        paths.retain(|path| path.is_absolute());
        paths.dedup();
        paths
    }

    /// The absolute paths that such values list.
    fn lists(&self, name: &str) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for value in self.variables(name) {
            for part in value.as_bytes().split(|byte| *byte == b':') {
                let path = PathBuf::from(OsStr::from_bytes(part));
                if path.is_absolute() && !paths.contains(&path) {
                    paths.push(path);
                }
            }
        }
        paths
    }

    /// The homes of everybody who has one.
    fn homes(&self) -> Vec<PathBuf> {
        let passwd = self.root.read(Path::new("/etc/passwd"), 1 << 20).unwrap_or_default();
        let mut homes = self.values("HOME");
        homes.push(PathBuf::from("/root"));
        let listed =
            passwd.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b':').nth(5));
        homes.extend(listed.map(|home| PathBuf::from(OsStr::from_bytes(home))));
        homes.retain(|home| home.is_absolute() && home.parent().is_some());
        homes.sort_unstable();
        homes.dedup();
        homes.truncate(MOST_HOMES);
        homes
    }

    /// Folders with a prefix for each package, of which few are looked at.
    fn stores(&mut self) {
        for store in ["/nix/store", "/gnu/store"] {
            self.named_prefixes(Path::new(store));
        }
        for folder in ["/usr/local", "/opt"] {
            for name in self.folders_in(Path::new(folder)) {
                self.libraries(&Path::new(folder).join(name));
            }
        }
        self.brew(Path::new("/home/linuxbrew/.linuxbrew"));
        self.values("HOMEBREW_PREFIX").iter().for_each(|prefix| self.brew(prefix));
    }

    fn brew(&mut self, prefix: &Path) {
        self.environment(prefix);
        self.named_prefixes(&prefix.join("opt"));
    }

    fn named_prefixes(&mut self, store: &Path) {
        const NAMES: [&str; 7] = ["oqs", "openssl", "aws-lc", "boringssl", "libressl", "gnutls", "symcrypt"];
        for name in self.folders_in(store) {
            if NAMES.iter().any(|part| name.to_string_lossy().contains(part)) {
                self.libraries(&store.join(name));
            }
        }
    }

    /// Where a program has its libraries looked for.
    fn runpath(&mut self, program: &Path) {
        let Some(found) = self.root.file(program) else { return };
        let Ok(elf) = self.root.elf(&found) else { return };
        let origin = found.path.parent().unwrap_or(Path::new("/")).as_os_str().as_bytes();
        for listed in elf.runpath.iter().chain(&elf.rpath) {
            for part in listed.split(|byte| *byte == b':').filter(|part| !part.is_empty()) {
                let (folder, _) =
                    loader::expanded(part, &|word| (word == b"ORIGIN").then(|| origin.to_vec()));
                self.folder(Path::new(OsStr::from_bytes(&folder)));
            }
        }
    }

    /// `lib` and `lib64` of a prefix; false if there is neither.
    fn libraries(&mut self, prefix: &Path) -> bool {
        let there = ["lib", "lib64"].map(|lib| self.folder(&prefix.join(lib)));
        there[0] || there[1]
    }

    /// Takes what is wanted in a folder; false if it is none.
    fn folder(&mut self, folder: &Path) -> bool {
        let Ok(there) = self.root.lookup(folder) else { return false };
        if there.node.kind != FileKind::Folder || !folder.is_absolute() {
            return false;
        }
        if self.left == 0 || !self.seen.insert(there.path.clone()) {
            return true;
        }
        self.left -= 1;
        let mut names: Vec<OsString> = self
            .root
            .entries(&there.path)
            .unwrap_or_default()
            .into_iter()
            .filter(|(name, kind)| {
                matches!(kind, Listed::File | Listed::Link) && (self.wanted)(name.as_bytes())
            })
            .map(|(name, _)| name)
            .collect();
        names.sort_unstable();
        self.found.push((folder.to_owned(), names));
        true
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.root.lookup(path).is_ok_and(|found| found.node.kind == FileKind::Folder)
    }

    fn folders_in(&self, folder: &Path) -> Vec<OsString> {
        let names = self.root.list(folder).unwrap_or_default();
        let is_folder =
            |(name, kind): (OsString, Listed)| matches!(kind, Listed::Folder | Listed::Link).then_some(name);
        names.into_iter().filter_map(is_folder).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A tree with these files, and what is found in it with these variables.
    fn found(files: &[&str], variables: &[(&str, &str)], start: &str) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let passwd = "app:x:1000:1000::/home/app:/bin/sh\nnobody:x:65534:65534::/nonexistent:/x\n";
            fs::write(path, if *file == "etc/passwd" { passwd } else { "" }).unwrap();
        }
        let mut root = Root::folder(folder.path()).unwrap();
        root.config.env = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        root.config.working_dir = start.to_owned();
        let places =
            look(&root, &[], &|name| name.starts_with(b"liboqs.so") || name.starts_with(b"libcrypto"));
        (places.files.iter().map(|path| path.display().to_string()).collect(), places.looked)
    }

    #[test]
    fn a_library_is_found_wherever_an_application_would_find_it() {
        let oqs = ("OQS_INSTALL_PATH", "/srv/oqs");
        let none: &[(&str, &str)] = &[];
        let site = "lib/python3.11/site-packages/psycopg2_binary.libs/libcrypto-fb8d5b21.so.3";
        for (file, variables, start) in [
            ("srv/oqs/lib/liboqs.so", &[oqs][..], ""),
            ("srv/oqs/lib64/liboqs.so.7", &[oqs], ""),
            ("home/app/_oqs/lib/liboqs.so", none, ""),
            ("root/_oqs/lib64/liboqs.so", none, ""),
            (&format!("app/.venv/{site}"), &[("PATH", "/app/.venv/bin:/usr/bin")], ""),
            (&format!("v/{site}"), &[("VIRTUAL_ENV", "/v")], ""),
            (&format!("app/.venv/{site}"), none, "/app"),
            (&format!("app/venv/{site}"), none, "/app/src"),
            (&format!("app/{site}"), none, "/app"),
            (&format!("home/app/.local/{site}"), none, ""),
            (&format!("home/app/.cache/pypoetry/virtualenvs/app-x-py3.11/{site}"), none, ""),
            (&format!("home/app/.local/share/pipx/venvs/tool/{site}"), none, ""),
            ("conda/lib/libcrypto.so.3", &[("CONDA_PREFIX", "/conda")], ""),
            ("usr/local/openssl3/lib64/libcrypto.so.3", none, ""),
            ("usr/local/liboqs/lib/liboqs.so", none, ""),
            ("opt/aws-lc/lib64/libcrypto.so", none, ""),
            ("nix/store/abc-liboqs-0.12.0/lib/liboqs.so", none, ""),
            ("gnu/store/abc-openssl-3.5.0/lib/libcrypto.so.3", none, ""),
            ("home/linuxbrew/.linuxbrew/lib/liboqs.so", none, ""),
            ("home/linuxbrew/.linuxbrew/opt/openssl@3/lib/libcrypto.so.3", none, ""),
            ("p/oqs/liboqs.so", &[("PYTHONPATH", "/p")], ""),
        ] {
            // Whatever folder has packages of Python's says that it is a virtual environment.
            let cfg = file
                .split("lib/python")
                .next()
                .filter(|it| it.len() < file.len())
                .map(|it| format!("{it}pyvenv.cfg"));
            let files = [file, "etc/passwd", cfg.as_deref().unwrap_or("etc/passwd")];
            let (found, looked) = found(&files, variables, start);
            assert_eq!(found, [format!("/{file}")], "{variables:?} {looked:?}");
            let folder = Path::new(file).parent().unwrap().display().to_string();
            assert!(looked.concat().contains(&format!("/{folder}")), "{looked:?}");
        }
    }

    #[test]
    fn a_named_folder_that_is_not_there_is_told_and_another_is_not() {
        let (found, looked) = found(&["etc/passwd"], &[("OQS_INSTALL_PATH", "/srv/oqs")], "/app");
        assert_eq!(found, [""; 0]);
        assert_eq!(looked, ["OQS_INSTALL_PATH names /srv/oqs, which has neither lib nor lib64"]);
    }
}
