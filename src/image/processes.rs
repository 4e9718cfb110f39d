//! What the other processes of this container have mapped, and how the first of them was started, as far as the kernel
//! lets that be read. Knows no library.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The most processes that are looked at.
const MOST: usize = 256;
/// The longest list of mappings that is read, and the longest environment, in bytes.
const LARGEST_MAPS: u64 = 8 << 20;
const LARGEST_ENVIRONMENT: u64 = 1 << 20;

/// What was seen of the processes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Processes {
    /// The files that were asked for and that one has mapped.
    pub mapped: BTreeSet<PathBuf>,
    /// The programs that they run.
    pub programs: BTreeSet<PathBuf>,
    /// How many could be read.
    pub read: usize,
    /// How many could not, or were too many.
    pub unread: usize,
}

/// How the first process was started, where this is another one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct First {
    /// Where it is.
    pub folder: Option<PathBuf>,
    /// Its environment.
    pub environment: Vec<(OsString, OsString)>,
}

/// Looks at every other process that sees the files that this one sees; `wanted` accepts the names of files.
pub fn look(wanted: &dyn Fn(&[u8]) -> bool) -> Processes {
    let mut seen = Processes::default();
    let own = std::process::id();
    let ids = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok().filter(|id| *id != own));
    let here = fs::read_link("/proc/self/ns/mnt").ok();
    for id in ids {
        if seen.read + seen.unread >= MOST {
            seen.unread += 1;
            continue;
        }
        let of = |name: &str| format!("/proc/{id}/{name}");
        let (Ok(there), Some(maps)) = (fs::read_link(of("ns/mnt")), whole(&of("maps"), LARGEST_MAPS)) else {
            // One that has ended meanwhile is none.
            seen.unread += usize::from(Path::new(&of("")).exists());
            continue;
        };
        if Some(there) == here {
            seen.read += 1;
            seen.programs.extend(fs::read_link(of("exe")));
            seen.mapped.extend(mapped(&maps, wanted));
        }
    }
    seen
}

/// How the first process was started.
pub fn first() -> First {
    if std::process::id() == 1 {
        return First::default();
    }
    let environment = whole("/proc/1/environ", LARGEST_ENVIRONMENT).unwrap_or_default();
    let pair = |text: &[u8]| {
        let at = memchr::memchr(b'=', text)?;
        Some((OsString::from_vec(text[..at].to_vec()), OsString::from_vec(text[at + 1..].to_vec())))
    };
    First {
        folder: fs::read_link("/proc/1/cwd").ok(),
        environment: environment.split(|byte| *byte == 0).filter_map(pair).collect(),
    }
}

fn whole(path: &str, limit: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// The files in the text of /proc/PID/maps that have such a name.
fn mapped(maps: &[u8], wanted: &dyn Fn(&[u8]) -> bool) -> BTreeSet<PathBuf> {
    let mut last: &[u8] = b"";
    let mut found = BTreeSet::new();
    for line in maps.split(|byte| *byte == b'\n') {
        let Some(at) = memchr::memchr(b'/', line) else { continue };
        let path = &line[at..];
        // A file has a mapping for each of its parts.
        if std::mem::replace(&mut last, path) != path {
            let path = Path::new(OsStr::from_bytes(path));
            let is_wanted = path.file_name().is_some_and(|name| wanted(name.as_bytes()));
            found.extend(is_wanted.then(|| path.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_file_is_found_once_by_its_name() {
        let maps = b"7f00-7f01 r--p 00000000 fe:00 12   /app/a b/libcrypto-1.so.3\n\
                     7f01-7f02 r-xp 00001000 fe:00 12   /app/a b/libcrypto-1.so.3\n\
                     7f02-7f03 r-xp 00001000 fe:00 13   /lib/libc.so.6\n\
                     7f03-7f04 r-xp 00000000 00:00 0    [vdso]\n";
        let found = mapped(maps, &|name| name.starts_with(b"libcrypto"));
        assert_eq!(found, BTreeSet::from([PathBuf::from("/app/a b/libcrypto-1.so.3")]));
    }

    #[test]
    fn the_program_that_started_the_test_is_seen() {
        let seen = look(&|name| name.starts_with(b"ld-") || name.starts_with(b"libc.so"));
        assert!(seen.read + seen.unread > 0, "{seen:?}");
    }
}
