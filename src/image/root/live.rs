//! A folder of this machine as the root of an image. Never follows a link by itself.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{FileKind, Listed, Node};
use crate::image::content::Content;

#[derive(Debug)]
pub(super) struct Live {
    folder: PathBuf,
    /// All mount points as this process sees them, and those with the option `noexec`; read when they are asked for.
    mounts: OnceCell<(Vec<PathBuf>, Vec<PathBuf>)>,
}

impl Live {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let folder = fs::canonicalize(folder)?;
        if !folder.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { folder, mounts: OnceCell::new() })
    }

    pub(super) fn is_own(&self) -> bool {
        self.folder == Path::new("/")
    }

    fn on_machine(&self, path: &Path) -> PathBuf {
        self.folder.join(path.strip_prefix("/").unwrap_or(path))
    }

    pub(super) fn node(&self, path: &Path) -> io::Result<Option<Node>> {
        let path = self.on_machine(path);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let kind = match metadata.file_type() {
            kind if kind.is_file() => FileKind::File,
            kind if kind.is_dir() => FileKind::Folder,
            kind if kind.is_symlink() => FileKind::Link(fs::read_link(&path)?),
            _ => FileKind::Other,
        };
        Ok(Some(Node {
            kind,
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            size: metadata.size(),
            identity: (metadata.dev(), metadata.ino()),
        }))
    }

    pub(super) fn open(&self, path: &Path) -> io::Result<Content> {
        // A pipe or a device that took a file's place in between does not hold us up.
        let mut options = File::options();
        let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC);
        let file = options.open(self.on_machine(path))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        Ok(Content::Part { file: Rc::new(file), start: 0, size: metadata.size() })
    }

    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<(OsString, Listed)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.on_machine(path))? {
            let entry = entry?;
            let kind = match entry.file_type()? {
                kind if kind.is_file() => Listed::File,
                kind if kind.is_dir() => Listed::Folder,
                kind if kind.is_symlink() => Listed::Link,
                _ => Listed::Other,
            };
            names.push((entry.file_name(), kind));
        }
        Ok(names)
    }

    pub(super) fn no_exec_mount(&self, path: &Path) -> Option<PathBuf> {
        let path = self.on_machine(path);
        let (all, no_exec) = self.mounts.get_or_init(|| {
            let table = fs::read("/proc/self/mountinfo").unwrap_or_default();
            mounts(&String::from_utf8_lossy(&table))
        });
        let mount =
            all.iter().filter(|mount| path.starts_with(mount)).max_by_key(|mount| mount.as_os_str().len())?;
        no_exec.contains(mount).then(|| mount.clone())
    }
}

/// The mount points in the text of /proc/self/mountinfo, and those of them with the option `noexec`.
fn mounts(table: &str) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let mut all = Vec::new();
    let mut no_exec = Vec::new();
    for line in table.lines() {
        let mut fields = line.split(' ').skip(4);
        let (Some(point), Some(options)) = (fields.next(), fields.next()) else { continue };
        let point = PathBuf::from(point.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"));
        // The last mount on a point is the one that is seen.
        all.retain(|known| *known != point);
        no_exec.retain(|known| *known != point);
        if options.split(',').any(|option| option == "noexec") {
            no_exec.push(point.clone());
        }
        all.push(point);
    }
    (all, no_exec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_that_forbid_execution_are_found() {
        let table = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                     23 22 0:5 / /a\\040b rw,nosuid,noexec,relatime - tmpfs tmpfs rw,noexec\n\
                     24 22 0:6 / /dev rw,noexec - devtmpfs d rw\n\
                     25 22 0:6 / /dev rw - devtmpfs d rw\nshort\n";
        let (all, no_exec) = mounts(table);
        assert_eq!(all, [Path::new("/"), Path::new("/a b"), Path::new("/dev")]);
        assert_eq!(no_exec, [Path::new("/a b")]);
    }
}
