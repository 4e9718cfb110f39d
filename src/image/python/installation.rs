//! The Pythons of an image, and where each looks for modules. Knows no module.

use std::path::{Path, PathBuf};

use super::{in_path, is_folder};
use crate::image::about::User;
use crate::image::root::{Listed, Root};

/// A Python of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Where it was found, `/usr/bin/python3` or `/usr/lib/python3.11`.
    pub path: PathBuf,
    /// `3.11` as numbers.
    pub version: (u32, u32),
    /// The folders it looks into, in order.
    pub folders: Vec<PathBuf>,
    /// What the names of its machine-code modules say: `cpython-311-x86_64-linux-gnu`.
    tag: Option<String>,
    /// Files that add modules by code that runs when Python starts, as editable installs do.
    pub hooks: Vec<PathBuf>,
}

/// The most `.pth` files that are read of one folder.
const MOST_PTH: usize = 200;

/// The Pythons of the image: first the one that PATH leads to, then the others.
pub fn installations(root: &Root, user: &User) -> Vec<Installation> {
    let mut found: Vec<Installation> = Vec::new();
    let mut add = |installation: Option<Installation>| {
        if let Some(new) = installation
            && !found.iter().any(|known| known.folders == new.folders)
        {
            found.push(new);
        }
    };
    if let Some(python) = in_path(root, user, &["python3", "python"]) {
        add(of_program(root, &python));
    }
    for folder in ["/opt/venv", "/venv", "/app/.venv", "/app/venv", "/srv/venv", "/usr/app/venv"] {
        add(of_environment(root, Path::new(folder)));
    }
    for folder in root.config.folders("VIRTUAL_ENV") {
        add(of_environment(root, &folder));
    }
    for prefix in ["/usr/local", "/usr"] {
        for version in versions(root, Path::new(prefix)) {
            let path = Path::new(prefix).join("lib").join(folder_name(version));
            add(Some(laid_out(root, path, version, Path::new(prefix), &[])));
        }
    }
    found
}

/// The Python that this program is: of a virtual environment, or of the prefix it lies in.
fn of_program(root: &Root, program: &Path) -> Option<Installation> {
    let prefix = program.parent()?.parent()?;
    if let Some(mut environment) = of_environment(root, prefix) {
        environment.path = program.to_owned();
        return Some(environment);
    }
    let found = root.lookup(program).ok()?;
    let real_prefix = found.path.parent()?.parent().unwrap_or(Path::new("/"));
    let of_name = version_of(&found.path.file_name()?.to_string_lossy());
    for prefix in [real_prefix, prefix, Path::new("/usr")] {
        let there = versions(root, prefix);
        let version = of_name.filter(|version| there.contains(version)).or_else(|| there.first().copied());
        if let Some(version) = version {
            return Some(laid_out(root, program.to_owned(), version, prefix, &[]));
        }
    }
    None
}

/// A virtual environment: its own packages, and the modules of the Python it was made from.
fn of_environment(root: &Root, folder: &Path) -> Option<Installation> {
    let text = root.read(&folder.join("pyvenv.cfg"), 64 << 10).ok()?;
    let text = String::from_utf8_lossy(&text);
    let value = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        lines
            .map(|(name, value)| (name.trim(), value.trim()))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let site = |version| folder.join("lib").join(folder_name(version)).join("site-packages");
    let stated = value("version").or(value("version_info")).and_then(version_of);
    let version = stated.filter(|version| is_folder(root, &site(*version)));
    let version = version.or_else(|| listed(root, &folder.join("lib")).into_iter().next())?;
    let home =
        Path::new(value("home").unwrap_or("/usr/bin")).parent().unwrap_or(Path::new("/usr")).to_owned();
    let with_system =
        value("include-system-site-packages").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let own = [site(version)];
    if with_system {
        return Some(laid_out(root, folder.to_owned(), version, &home, &own));
    }
    let mut folders = start(root);
    folders.extend(standard(&home, version));
    let tag = tag(root, &standard(&home, version)[1]);
    let mut installation = Installation { path: folder.to_owned(), version, folders, tag, hooks: Vec::new() };
    installation.add_sites(root, &own);
    Some(installation)
}

/// The folders of a Python in a prefix, after `more` folders for packages.
fn laid_out(
    root: &Root,
    path: PathBuf,
    version: (u32, u32),
    prefix: &Path,
    more: &[PathBuf],
) -> Installation {
    let mut folders = start(root);
    folders.extend(standard(prefix, version));
    let name = folder_name(version);
    let mut sites = more.to_vec();
    sites.push(prefix.join("lib").join(&name).join("site-packages"));
    if prefix == Path::new("/usr") {
        // Debian's and Fedora's places.
        sites.push(Path::new("/usr/local/lib").join(&name).join("dist-packages"));
        sites.push(Path::new("/usr/local/lib").join(&name).join("site-packages"));
        sites.push("/usr/lib/python3/dist-packages".into());
        sites.push(Path::new("/usr/lib").join(&name).join("dist-packages"));
        sites.push(Path::new("/usr/lib64").join(&name).join("site-packages"));
    }
    let tag = tag(root, &standard(prefix, version)[1]);
    let mut installation = Installation { path, version, folders, tag, hooks: Vec::new() };
    installation.add_sites(root, &sites);
    installation
}

/// What stands first: where the program is started, and PYTHONPATH.
fn start(root: &Root) -> Vec<PathBuf> {
    std::iter::once(root.config.start()).chain(root.config.folders("PYTHONPATH")).collect()
}

/// The standard library.
fn standard(prefix: &Path, version: (u32, u32)) -> [PathBuf; 2] {
    let library = prefix.join("lib").join(folder_name(version));
    let dynamic = library.join("lib-dynload");
    [library, dynamic]
}

/// What the machine-code modules of the standard library are named after.
fn tag(root: &Root, dynamic: &Path) -> Option<String> {
    let entries = root.list(dynamic).unwrap_or_default();
    let mut tags = entries.iter().filter_map(|(name, _)| {
        let tag = name.to_str()?.strip_suffix(".so")?.split_once('.')?.1;
        tag.starts_with("cpython-").then(|| tag.to_owned())
    });
    tags.next()
}

impl Installation {
    /// What the names of its machine-code modules say: `cpython-311-x86_64-linux-gnu`.
    pub fn abi(&self) -> String {
        let (major, minor) = self.version;
        self.tag
            .clone()
            .unwrap_or_else(|| format!("cpython-{major}{minor}-{}-linux-gnu", std::env::consts::ARCH))
    }

    /// Adds folders for packages, and what their `.pth` files name.
    fn add_sites(&mut self, root: &Root, sites: &[PathBuf]) {
        for site in sites.iter().filter(|site| is_folder(root, site)) {
            self.folders.push(site.clone());
            let entries = root.list(site).unwrap_or_default();
            let named = entries.iter().filter(|(name, kind)| {
                *kind != Listed::Folder && name.to_str().is_some_and(|name| name.ends_with(".pth"))
            });
            for (name, _) in named.take(MOST_PTH) {
                let path = site.join(name);
                let Ok(bytes) = root.read(&path, 1 << 20) else { continue };
                let text = String::from_utf8_lossy(&bytes);
                let lines =
                    text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
                for line in lines {
                    if line.starts_with("import ") || line.starts_with("import\t") {
                        let line = line.to_ascii_lowercase();
                        if line.contains("__editable__") || line.contains("finder") {
                            self.hooks.push(path.clone());
                        }
                    } else if is_folder(root, &site.join(line)) {
                        self.folders.push(site.join(line));
                    }
                }
            }
        }
    }
}

/// The versions with a standard library in a prefix, the newest first.
fn versions(root: &Root, prefix: &Path) -> Vec<(u32, u32)> {
    let library = prefix.join("lib");
    let mut versions = listed(root, &library);
    versions.retain(|version| {
        let folder = library.join(folder_name(*version));
        root.file(&folder.join("os.py")).is_some() || root.file(&folder.join("os.pyc")).is_some()
    });
    versions
}

/// The folders `python3.x` in a folder, the newest first.
fn listed(root: &Root, folder: &Path) -> Vec<(u32, u32)> {
    let entries = root.list(folder).unwrap_or_default();
    let mut versions: Vec<_> = entries
        .iter()
        .filter_map(|(name, _)| name.to_str()?.strip_prefix("python"))
        .filter(|rest| rest.starts_with("3."))
        .filter_map(version_of)
        .collect();
    versions.sort_unstable();
    versions.reverse();
    versions
}

fn folder_name((major, minor): (u32, u32)) -> String {
    format!("python{major}.{minor}")
}

/// `3.11` in `python3.11`, `3.11.2` or `3.11`.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let rest = text.trim_start_matches("python");
    let mut parts = rest.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}
