//! A file tree in memory, laid layer upon layer. Knows no archive format.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path, PathBuf};

use super::{ElfFacts, FileKind, Listed, Node};
use crate::image::content::Content;

/// The most entries of all layers together.
const MOST_NODES: usize = 8_000_000;

/// The deepest folder.
const DEEPEST: usize = 512;

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Slot>,
    remarks: Vec<String>,
    left_out: u64,
}

#[derive(Clone, Debug)]
struct Slot {
    node: Node,
    content: Option<Content>,
    elf: Option<ElfFacts>,
    children: BTreeMap<OsString, usize>,
    /// The layer that wrote it, or something in it, last.
    layer: usize,
}

/// What an entry of a layer puts into the tree.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

#[derive(Debug)]
pub(super) enum EntryKind {
    File {
        content: Content,
        elf: Option<ElfFacts>,
    },
    Folder,
    Link(PathBuf),
    /// Another name of a file that is there already.
    Hard(Vec<u8>),
    Other,
}

impl Tree {
    pub(super) fn new() -> Self {
        let root = slot(FileKind::Folder, 0o755, 0, 0, 0, 0);
        Self { nodes: vec![root], remarks: Vec::new(), left_out: 0 }
    }

    /// Applies one entry of layer number `layer`, counted from 1.
    pub(super) fn apply(&mut self, layer: usize, name: &[u8], entry: Entry) {
        let Some(parts) = safe_parts(name) else {
            self.leave_out("its name leads out of the image", name);
            return;
        };
        let Some((last, folders)) = parts.split_last() else {
            if matches!(entry.kind, EntryKind::Folder) {
                self.nodes[0].node.mode = entry.mode;
            }
            return;
        };
        if parts.len() > DEEPEST || self.nodes.len() >= MOST_NODES {
            self.leave_out("more entries, or deeper folders, than an image can have", name);
            return;
        }
        if last.as_bytes() == b".wh..wh..opq" {
            if let Some(folder) = self.find_parts(folders) {
                self.clear(folder, layer);
            }
            return;
        }
        if let Some(gone) = last.as_bytes().strip_prefix(b".wh.") {
            self.white_out(folders, OsStr::from_bytes(gone), layer);
            return;
        }
        let mut folder = 0;
        for part in folders {
            folder = self.folder_in(folder, part, layer);
        }
        self.put(folder, last, layer, entry, name);
    }

    fn put(&mut self, folder: usize, name: &OsStr, layer: usize, entry: Entry, full: &[u8]) {
        let there = self.nodes[folder].children.get(name).copied();
        let Entry { kind, mode, uid, gid } = entry;
        let mut new = match kind {
            EntryKind::File { content, elf } => Slot {
                elf,
                node: Node { size: content.size(), ..slot(FileKind::File, mode, uid, gid, layer, 0).node },
                content: Some(content),
                ..slot(FileKind::File, mode, uid, gid, layer, 0)
            },
            EntryKind::Folder => {
                // A folder that is there keeps what is in it.
                if let Some(id) = there.filter(|id| self.nodes[*id].node.kind == FileKind::Folder) {
                    let node = &mut self.nodes[id].node;
                    (node.mode, node.uid, node.gid) = (mode, uid, gid);
                    self.nodes[id].layer = layer;
                    return;
                }
                slot(FileKind::Folder, mode, uid, gid, layer, 0)
            }
            EntryKind::Link(target) => slot(FileKind::Link(target), 0o777, uid, gid, layer, 0),
            EntryKind::Hard(target) => {
                let source = safe_parts(&target).and_then(|parts| self.find_parts(&parts));
                match source.map(|id| &self.nodes[id]) {
                    Some(source) if source.node.kind != FileKind::Folder => Slot { layer, ..source.clone() },
                    _ => {
                        self.leave_out("it is a hard link to a missing file", full);
                        return;
                    }
                }
            }
            EntryKind::Other => slot(FileKind::Other, mode, uid, gid, layer, 0),
        };
        let id = self.nodes.len();
        if new.node.identity == (0, 0) {
            new.node.identity = (0, id as u64);
        }
        self.nodes.push(new);
        self.nodes[folder].children.insert(name.to_owned(), id);
    }

    /// Takes away what older layers put into a folder.
    fn clear(&mut self, folder: usize, layer: usize) {
        let children = std::mem::take(&mut self.nodes[folder].children);
        let kept: BTreeMap<_, _> =
            children.into_iter().filter(|(_, id)| self.nodes[*id].layer == layer).collect();
        // As deep as [`DEEPEST`] at most.
        for id in kept.values() {
            self.clear(*id, layer);
        }
        self.nodes[folder].children = kept;
    }

    fn white_out(&mut self, folders: &[&OsStr], gone: &OsStr, layer: usize) {
        let Some(folder) = self.find_parts(folders) else { return };
        let Some(id) = self.nodes[folder].children.get(gone).copied() else { return };
        if self.nodes[id].layer == layer {
            self.clear(id, layer);
        } else {
            self.nodes[folder].children.remove(gone);
        }
    }

    /// The folder of this name, made where there is none. A link to a folder is followed as far as an
    /// engine does that unpacks layers: not at all.
    fn folder_in(&mut self, parent: usize, name: &OsStr, layer: usize) -> usize {
        if let Some(id) = self.nodes[parent].children.get(name).copied()
            && self.nodes[id].node.kind == FileKind::Folder
        {
            self.nodes[id].layer = layer;
            return id;
        }
        let id = self.nodes.len();
        self.nodes.push(slot(FileKind::Folder, 0o755, 0, 0, layer, id as u64));
        self.nodes[parent].children.insert(name.to_owned(), id);
        id
    }

    fn leave_out(&mut self, why: &str, name: &[u8]) {
        const SHOWN: u64 = 5;
        self.left_out += 1;
        if self.left_out <= SHOWN {
            let name: String = String::from_utf8_lossy(name).chars().take(120).collect();
            self.remarks.push(format!("skipped the entry `{name}`: {why}"));
        } else {
            self.remarks.truncate(SHOWN as usize);
            self.remarks.push(match self.left_out - SHOWN {
                1 => "skipped 1 more entry".to_owned(),
                more => format!("skipped {more} more entries"),
            });
        }
    }

    fn find_parts(&self, parts: &[&OsStr]) -> Option<usize> {
        parts.iter().try_fold(0, |id, part| self.nodes[id].children.get(*part).copied())
    }

    fn find(&self, path: &Path) -> Option<&Slot> {
        let mut id = 0;
        for part in path.components() {
            match part {
                Component::Normal(name) => id = *self.nodes[id].children.get(name)?,
                Component::RootDir | Component::CurDir => {}
                _ => return None,
            }
        }
        Some(&self.nodes[id])
    }

    pub(super) fn node(&self, path: &Path) -> Option<Node> {
        self.find(path).map(|slot| slot.node.clone())
    }

    pub(super) fn elf(&self, path: &Path) -> Option<ElfFacts> {
        self.find(path)?.elf.clone()
    }

    pub(super) fn open(&self, path: &Path) -> io::Result<Content> {
        let content = self.find(path).and_then(|slot| slot.content.clone());
        content.ok_or_else(|| io::Error::other("not a regular file"))
    }

    pub(super) fn list(&self, path: &Path) -> Vec<(OsString, Listed)> {
        let children = self.find(path).map(|slot| &slot.children);
        let children = children.into_iter().flatten();
        let entry = |id: &usize| match self.nodes[*id].node.kind {
            FileKind::File => Listed::File,
            FileKind::Folder => Listed::Folder,
            FileKind::Link(_) => Listed::Link,
            FileKind::Other => Listed::Other,
        };
        children.map(|(name, id)| (name.clone(), entry(id))).collect()
    }

    pub(super) fn remarks(&self) -> &[String] {
        &self.remarks
    }
}

fn slot(kind: FileKind, mode: u32, uid: u32, gid: u32, layer: usize, identity: u64) -> Slot {
    let node = Node { kind, mode: mode & 0o7777, uid, gid, size: 0, identity: (0, identity) };
    Slot { node, content: None, elf: None, children: BTreeMap::new(), layer }
}

/// The parts of an entry's name; none for a name with `..` in it. An absolute name is taken from the root.
fn safe_parts(name: &[u8]) -> Option<Vec<&OsStr>> {
    let parts = name.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    parts.map(|part| (part != b".." && !part.contains(&0)).then(|| OsStr::from_bytes(part))).collect()
}

/// A path of the bytes in an archive.
pub(super) fn path_of(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Entry {
        let content = Content::Kept { bytes: text.as_bytes().into(), size: text.len() as u64 };
        Entry { kind: EntryKind::File { content, elf: None }, mode: 0o100_755, uid: 1, gid: 2 }
    }

    fn folder() -> Entry {
        Entry { kind: EntryKind::Folder, mode: 0o755, uid: 0, gid: 0 }
    }

    fn text(tree: &Tree, path: &str) -> Option<String> {
        tree.open(Path::new(path)).ok().map(|content| String::from_utf8(content.whole(100).unwrap()).unwrap())
    }

    #[test]
    fn a_later_layer_takes_away_and_replaces() {
        let mut tree = Tree::new();
        for name in ["a/one", "./a/two", "b/x/y", "c/deep/z"] {
            tree.apply(1, name.as_bytes(), file(name));
        }
        tree.apply(2, b"a/.wh.one", file(""));
        tree.apply(2, b"a/two", file("new"));
        tree.apply(2, b"b/kept", file("kept"));
        tree.apply(2, b"b/.wh..wh..opq", file(""));
        tree.apply(2, b"c/.wh.deep", file(""));
        assert_eq!(text(&tree, "/a/one"), None);
        assert_eq!(text(&tree, "/a/two").as_deref(), Some("new"));
        assert_eq!(tree.list(Path::new("/b")), [("kept".into(), Listed::File)]);
        assert_eq!(tree.list(Path::new("/c")), []);
        assert_eq!(tree.remarks(), [""; 0]);
    }

    #[test]
    fn an_opaque_folder_keeps_a_folder_that_its_own_layer_wrote_into() {
        let mut tree = Tree::new();
        tree.apply(1, b"b/x/old", file("old"));
        tree.apply(2, b"b/x", folder());
        tree.apply(2, b"b/x/new", file("new"));
        tree.apply(2, b"b/.wh..wh..opq", file(""));
        assert_eq!(tree.list(Path::new("/b")), [("x".into(), Listed::Folder)]);
        assert_eq!(tree.list(Path::new("/b/x")), [("new".into(), Listed::File)]);
    }

    #[test]
    fn of_duplicate_entries_the_last_wins() {
        let mut tree = Tree::new();
        tree.apply(1, b"a", file("first"));
        tree.apply(1, b"a", file("second"));
        tree.apply(1, b"f/x", file("x"));
        tree.apply(1, b"f", file("now a file"));
        assert_eq!(text(&tree, "/a").as_deref(), Some("second"));
        assert_eq!(text(&tree, "/f").as_deref(), Some("now a file"));
        assert_eq!(text(&tree, "/f/x"), None);
    }

    #[test]
    fn a_hard_link_is_the_same_file_even_when_its_source_goes() {
        let mut tree = Tree::new();
        tree.apply(1, b"bin/perl", file("perl"));
        let hard = Entry { kind: EntryKind::Hard(b"bin/perl".to_vec()), mode: 0, uid: 0, gid: 0 };
        tree.apply(1, b"bin/perl5", hard);
        assert_eq!(
            tree.node(Path::new("/bin/perl")).unwrap().identity,
            tree.node(Path::new("/bin/perl5")).unwrap().identity
        );
        tree.apply(2, b"bin/.wh.perl", file(""));
        assert_eq!(text(&tree, "/bin/perl5").as_deref(), Some("perl"));
        let lost = Entry { kind: EntryKind::Hard(b"../etc/shadow".to_vec()), mode: 0, uid: 0, gid: 0 };
        tree.apply(2, b"lost", lost);
        assert_eq!(tree.remarks(), ["skipped the entry `lost`: it is a hard link to a missing file"]);
    }

    #[test]
    fn a_name_that_leads_out_is_left_out_and_said() {
        let mut tree = Tree::new();
        tree.apply(1, b"../../etc/passwd", file("evil"));
        tree.apply(1, b"a/../b", file("evil"));
        tree.apply(1, b"/abs/olute", file("fine"));
        for _ in 0..10 {
            tree.apply(1, b"..", folder());
        }
        assert_eq!(tree.list(Path::new("/")), [("abs".into(), Listed::Folder)]);
        assert_eq!(text(&tree, "/abs/olute").as_deref(), Some("fine"));
        assert_eq!(tree.remarks().len(), 6);
        assert_eq!(
            tree.remarks()[0],
            "skipped the entry `../../etc/passwd`: its name leads out of the image"
        );
        assert_eq!(tree.remarks()[5], "skipped 7 more entries");
    }

    #[test]
    fn a_name_that_is_no_text_keeps_its_bytes() {
        let mut tree = Tree::new();
        tree.apply(1, b"a/\xff\xfe", file("bytes"));
        assert_eq!(tree.list(Path::new("/a"))[0].0.as_bytes(), b"\xff\xfe");
    }
}
