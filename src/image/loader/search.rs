//! One search of a loader for one library: what is considered, and whether it fits. Knows no order of folders.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::{Candidate, Fit, Object, Origin};
use crate::image::elf::{self, Elf, ElfKind};
use crate::image::root::{ElfFacts, FileKind, FoundFile, Root};

/// One search for one library.
pub(super) struct Search<'s> {
    pub(super) root: &'s Root,
    /// What a library must fit.
    pub(super) like: &'s ElfFacts,
    pub(super) objects: &'s [Object],
    /// Who needs it.
    pub(super) by: usize,
    /// Whether the program runs with another's rights, so that the environment has no say.
    pub(super) secure: bool,
    pub(super) tried: Vec<Candidate>,
}

/// Whether the first file, a library, fits the second, the program.
pub(super) type Judge = fn(&Elf, &Elf) -> Fit;

/// The file that is taken; nothing where the search goes on, an error where the loader gives up.
pub(super) type Considered = Result<Option<(PathBuf, Rc<FoundFile>)>, ()>;

impl Search<'_> {
    /// The object that needs the library, and who had it loaded, up to the program.
    pub(super) fn needed_by(&self) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut at = self.by;
        while at < self.objects.len() && !chain.contains(&at) {
            chain.push(at);
            at = self.objects[at].by;
        }
        chain
    }

    pub(super) fn elf_of(&self, object: usize) -> Option<&Elf> {
        self.objects.get(object)?.facts.as_deref().ok()
    }

    /// The folder that `$ORIGIN` stands for in an object: the program's with links followed, as the
    /// kernel names it; a library's as it was found.
    pub(super) fn origin_of(&self, object: usize) -> PathBuf {
        let object = &self.objects[object];
        object.path.parent().unwrap_or(Path::new("/")).to_owned()
    }

    /// Considers one path. `judge` says whether a library fits the program. An error where the loader gives up.
    pub(super) fn consider(&mut self, path: PathBuf, origin: Origin, judge: Judge) -> Considered {
        let (fit, found) = match self.root.lookup(&path) {
            Err(missing) => (Fit::Absent(missing), None),
            Ok(found) => (self.fit(&found, judge), Some(found)),
        };
        self.tried.push(Candidate { path: path.clone(), origin, fit: fit.clone() });
        match fit {
            Fit::Taken => Ok(found.map(|found| (path, found))),
            Fit::Unusable(_) | Fit::Damaged(_) => Err(()),
            Fit::Absent(_) | Fit::Unfit(_) => Ok(None),
        }
    }

    fn fit(&self, found: &FoundFile, judge: Judge) -> Fit {
        if found.node.kind != FileKind::File {
            return Fit::Unusable("not a regular file".to_owned());
        }
        let elf = match self.root.elf(found) {
            Ok(elf) => elf,
            Err(elf::Error::NotElf) if found.node.size == 0 => {
                return Fit::Damaged("an empty file".to_owned());
            }
            Err(error) => return Fit::Damaged(error.to_string()),
        };
        match self.like.as_deref().map_or(Fit::Taken, |like| judge(&elf, like)) {
            Fit::Taken if !matches!(elf.kind, ElfKind::Shared | ElfKind::Executable) => {
                Fit::Unusable("not a library that can be loaded".to_owned())
            }
            fit => fit,
        }
    }
}

/// A text with each `$WORD` and `${WORD}` replaced that has a value; whether each had one.
pub fn expanded(text: &[u8], value: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> (Vec<u8>, bool) {
    let (mut out, mut all) = (Vec::new(), true);
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
        out.extend_from_slice(&rest[..at]);
        let (word, after) = word(&rest[at + 1..]);
        match value(word) {
            Some(value) => {
                out.extend(value);
                rest = after;
            }
            None => {
                out.push(b'$');
                rest = &rest[at + 1..];
                all = false;
            }
        }
    }
    out.extend_from_slice(rest);
    (out, all)
}

/// The word after a `$`, in braces or not, and what follows on it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    if let Some(inner) = text.strip_prefix(b"{") {
        let end = inner.iter().position(|byte| *byte == b'}');
        return end.map_or((&[][..], text), |end| (&inner[..end], &inner[end + 1..]));
    }
    let end = text.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    text.split_at(end.unwrap_or(text.len()))
}

/// A folder and a file's name in it, as loaders put them together.
pub(super) fn join(folder: &Path, name: &[u8]) -> PathBuf {
    folder.join(OsStr::from_bytes(name))
}
