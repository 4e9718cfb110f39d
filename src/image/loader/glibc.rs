//! The search of glibc's loader: RPATH, LD_LIBRARY_PATH, RUNPATH, the cache, the default folders.
//! Follows `_dl_map_object` and `open_verify` in its elf/dl-load.c.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::search::{Considered, Search, expanded, join};
use super::{Cache, Fit, Origin};
use crate::image::cpu;
use crate::image::elf::{Elf, Machine};
use crate::image::root::{ElfFacts, FoundFile, Root};

/// The largest cache that is read.
const LARGEST_CACHE: usize = 32 << 20;
/// The largest loader that is searched for its default folders.
const LARGEST_LOADER: usize = 8 << 20;

#[derive(Debug)]
pub(super) struct Glibc {
    library_path: Option<Vec<u8>>,
    working_dir: PathBuf,
    cache: Option<Cache>,
    cache_flags: u32,
    pub(super) folders: Vec<PathBuf>,
    /// The folders under `glibc-hwcaps` that are preferred, best first.
    hwcaps: Vec<String>,
    platform: &'static str,
}

impl Glibc {
    /// The rules of the loader at `found`, for files like `elf`.
    pub(super) fn new(root: &Root, found: &FoundFile, facts: &ElfFacts, elf: &Elf) -> Self {
        let cache = root.read(Path::new("/etc/ld.so.cache"), LARGEST_CACHE).ok();
        // The level whose folders it prefers: this processor's, where the files are for one like it.
        let level = if elf.machine == Machine::X86_64 { cpu::x86_level().unwrap_or(1) } else { 1 };
        Self {
            library_path: root.config.variable("LD_LIBRARY_PATH").map(|value| value.as_bytes().to_vec()),
            working_dir: root.config.start(),
            cache: cache.and_then(|bytes| Cache::parse(&bytes)),
            cache_flags: cache_flags(elf),
            folders: built_in(root, found, facts).unwrap_or_else(|| usual(elf)),
            hwcaps: (2..=level).rev().map(|level| format!("x86-64-v{level}")).collect(),
            platform: match elf.machine {
                Machine::X86_64 => "x86_64",
                Machine::AARCH64 => "aarch64",
                _ => "",
            },
        }
    }

    pub(super) fn find(&self, search: &mut Search<'_>, name: &[u8]) -> Option<(PathBuf, Rc<FoundFile>)> {
        if name.contains(&b'/') {
            let path = match search.objects.is_empty() {
                true => name.to_vec(),
                false => self.expanded(search, search.by, name),
            };
            let path = self.working_dir.join(OsStr::from_bytes(&path));
            return search.consider(path, Origin::Name, judge).ok().flatten();
        }
        // `Err` is a file that makes the loader give up.
        self.stages(search, name).ok().flatten()
    }

    fn stages(&self, search: &mut Search<'_>, name: &[u8]) -> Considered {
        let by = search.by;
        let runpath = search.elf_of(by).and_then(|elf| elf.runpath.clone());
        if runpath.is_none() {
            let mut chain = search.needed_by();
            if !chain.contains(&0) && !search.objects.is_empty() {
                chain.push(0);
            }
            for object in chain {
                // An object with a RUNPATH has no say by its RPATH.
                let rpath = search.elf_of(object).filter(|elf| elf.runpath.is_none());
                let Some(rpath) = rpath.and_then(|elf| elf.rpath.clone()) else { continue };
                for folder in self.folders_of(search, object, &rpath) {
                    if let Some(found) = self.in_folder(search, &folder, name, &Origin::Rpath(object))? {
                        return Ok(Some(found));
                    }
                }
            }
        }
        if let Some(path) = self.library_path.as_ref().filter(|path| !search.secure && !path.is_empty()) {
            for folder in path.split(|byte| matches!(byte, b':' | b';')) {
                let folder = self.folder(folder);
                if let Some(found) = self.in_folder(search, &folder, name, &Origin::LibraryPath)? {
                    return Ok(Some(found));
                }
            }
        }
        if let Some(runpath) = runpath {
            for folder in self.folders_of(search, by, &runpath) {
                if let Some(found) = self.in_folder(search, &folder, name, &Origin::Runpath(by))? {
                    return Ok(Some(found));
                }
            }
        }
        let only_named = search.elf_of(by).is_some_and(|elf| elf.no_default_lib);
        if let Some(path) = self.cached(name) {
            let in_default = self.folders.iter().any(|folder| path.parent() == Some(folder));
            if (!only_named || !in_default)
                && let Some(found) = search.consider(path, Origin::Cache, judge)?
            {
                return Ok(Some(found));
            }
        }
        if only_named {
            return Ok(None);
        }
        for folder in &self.folders {
            if let Some(found) = self.in_folder(search, folder, name, &Origin::Default)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The path in the cache: of a folder for this processor if there is one.
    fn cached(&self, name: &[u8]) -> Option<PathBuf> {
        let entries = self.cache.as_ref()?.get(name);
        let fitting = || entries.iter().filter(|entry| entry.flags == self.cache_flags);
        let rank = |hwcap: &[u8]| self.hwcaps.iter().position(|known| known.as_bytes() == hwcap);
        let best = fitting().filter_map(|entry| Some((rank(entry.hwcap.as_deref()?)?, entry)));
        let best = best.min_by_key(|(rank, _)| *rank).map(|(_, entry)| entry);
        let entry = best.or_else(|| fitting().find(|entry| entry.hwcap.is_none()))?;
        Some(PathBuf::from(OsStr::from_bytes(&entry.path)))
    }

    /// The paths in the cache of libraries whose names `wanted` accepts.
    pub(super) fn cached_paths(&self, wanted: &dyn Fn(&[u8]) -> bool) -> Vec<PathBuf> {
        let names = self.cache.iter().flat_map(Cache::names).filter(|name| wanted(name));
        names.filter_map(|name| self.cached(name)).collect()
    }

    /// Looks into a folder, and before that into its folders for this processor.
    fn in_folder(&self, search: &mut Search<'_>, folder: &Path, name: &[u8], origin: &Origin) -> Considered {
        let special = folder.join("glibc-hwcaps");
        if !self.hwcaps.is_empty() && search.root.lookup(&special).is_ok() {
            for hwcap in &self.hwcaps {
                let folder = special.join(hwcap);
                if search.root.lookup(&folder).is_ok()
                    && let Some(found) = search.consider(join(&folder, name), origin.clone(), judge)?
                {
                    return Ok(Some(found));
                }
            }
        }
        search.consider(join(folder, name), origin.clone(), judge)
    }

    /// The folders of a RPATH or RUNPATH.
    fn folders_of(&self, search: &Search<'_>, object: usize, list: &[u8]) -> Vec<PathBuf> {
        let parts = list.split(|byte| *byte == b':');
        parts.map(|part| self.folder(&self.expanded(search, object, part))).collect()
    }

    /// An empty folder, and a relative one, is seen from where the program is started.
    fn folder(&self, bytes: &[u8]) -> PathBuf {
        self.working_dir.join(OsStr::from_bytes(bytes))
    }

    /// `$ORIGIN`, `$LIB` and `$PLATFORM` replaced; any other `$` is one.
    fn expanded(&self, search: &Search<'_>, object: usize, text: &[u8]) -> Vec<u8> {
        let value = |word: &[u8]| match word {
            b"ORIGIN" => Some(search.origin_of(object).into_os_string().into_vec()),
            b"LIB" => {
                let first =
                    self.folders.first().map_or(Path::new("/lib"), PathBuf::as_path).as_os_str().as_bytes();
                Some(first.strip_prefix(b"/").unwrap_or(first).to_vec())
            }
            b"PLATFORM" => Some(self.platform.as_bytes().to_vec()),
            _ => None,
        };
        expanded(text, &value).0
    }
}

/// Whether the loader takes a library for a program like `like`. Another class or machine is passed over.
fn judge(elf: &Elf, like: &Elf) -> Fit {
    if elf.is_64 != like.is_64 {
        Fit::Unfit(format!("a {}-bit library", if elf.is_64 { 64 } else { 32 }))
    } else if elf.is_big_endian != like.is_big_endian {
        Fit::Unusable("a library of the other byte order".to_owned())
    } else if elf.machine != like.machine {
        Fit::Unfit(format!("for {}, not for {}", elf.machine.name(), like.machine.name()))
    } else {
        Fit::Taken
    }
}

/// The mark that the cache has for files like this.
fn cache_flags(elf: &Elf) -> u32 {
    const LIBC6: u32 = 3;
    // EF_ARM_ABI_FLOAT_HARD
    const HARD_FLOAT: u32 = 0x400;
    LIBC6
        | match (elf.machine, elf.is_64) {
            (Machine::X86_64, true) => 0x300,
            (Machine::X86_64, false) => 0x800,
            (Machine::AARCH64, _) => 0xa00,
            (Machine::ARM, _) if elf.flags & HARD_FLOAT != 0 => 0x900,
            (Machine::ARM, _) => 0xb00,
            (Machine(22), true) => 0x400,
            (Machine(21), true) => 0x500,
            (Machine(243), true) => 0x1000,
            (Machine(258), true) => 0x1200,
            _ => 0,
        }
}

/// The default folders as they stand in the loader.
fn built_in(root: &Root, found: &FoundFile, facts: &ElfFacts) -> Option<Vec<PathBuf>> {
    let content = root.open(found).ok()?;
    let elf = facts.as_deref().ok()?;
    elf.where_texts_are(content.size()).find_map(|part| {
        let mut bytes =
            vec![0; usize::try_from(part.end - part.start).ok().filter(|size| *size <= LARGEST_LOADER)?];
        let count = content.read_at(part.start, &mut bytes).ok()?;
        folders_in(&bytes[..count])
    })
}

/// Texts side by side, each from `/` to `/`.
fn folders_in(bytes: &[u8]) -> Option<Vec<PathBuf>> {
    let is_folder = |text: &[u8]| {
        text.len() > 1
            && text.starts_with(b"/")
            && text.ends_with(b"/")
            && text.windows(3).any(|three| three == b"lib")
            && text.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b':' | b'%' | b'$'))
    };
    let mut best: Vec<PathBuf> = Vec::new();
    let mut run: Vec<PathBuf> = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(0, bytes).chain([bytes.len()]) {
        let text = &bytes[start..end];
        start = end + 1;
        if is_folder(text) {
            run.push(PathBuf::from(OsStr::from_bytes(text.strip_suffix(b"/").unwrap_or(text))));
        } else if !run.is_empty() {
            best = if run.len() > best.len() { run } else { best };
            run = Vec::new();
        }
    }
    if run.len() > best.len() {
        best = run;
    }
    (!best.is_empty()).then_some(best)
}

/// The default folders where the loader does not tell: those of Debian's and of Fedora's builds.
fn usual(elf: &Elf) -> Vec<PathBuf> {
    let triplet = match elf.machine {
        Machine::X86_64 => "x86_64-linux-gnu",
        Machine::AARCH64 => "aarch64-linux-gnu",
        Machine::I386 => "i386-linux-gnu",
        Machine::ARM => "arm-linux-gnueabihf",
        _ => "",
    };
    let multiarch = ["/lib", "/usr/lib"].map(|folder| Path::new(folder).join(triplet));
    let others = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(PathBuf::from);
    let skipped = if elf.is_64 { 0 } else { 2 };
    let multiarch = multiarch.into_iter().filter(|_| !triplet.is_empty());
    multiarch.chain(others.into_iter().skip(skipped)).collect()
}
