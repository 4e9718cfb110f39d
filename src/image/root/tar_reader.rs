//! One tar archive -> entries of a tree. Never trusts a length that the archive states.

use std::io::{self, BufReader, Read, Seek};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entries, EntryType, PaxExtensions};

use super::tree::{Entry, EntryKind, Tree, path_of};
use crate::image::content::Content;
use crate::image::elf::Elf;

/// The longest name or extended header that is read.
const LONGEST_NAME: u64 = 64 << 10;
/// The most bytes that a compressed layer may inflate to.
const MOST_INFLATED: u64 = 32 << 30;
/// The largest ELF file of a compressed layer that is looked into.
const LARGEST_ELF: u64 = 256 << 20;
/// The largest other file of a compressed layer that is kept as it is.
const LARGEST_KEPT: u64 = 1 << 20;
/// What is kept of a larger one: enough to tell what it is.
const HEAD: usize = 4 << 10;
/// The most bytes kept of all compressed layers; after that, heads only.
const MOST_KEPT: u64 = 256 << 20;

/// Applies an uncompressed archive to `tree`; the files' bytes stay where they are.
pub(super) fn apply(content: &Content, layer: usize, tree: &mut Tree) -> io::Result<()> {
    let mut archive = Archive::new(content.cursor());
    let end = each(archive.entries_with_seek()?.raw(true), layer, tree, |entry, size| {
        let at = entry.raw_file_position();
        if at.checked_add(size).is_none_or(|end| end > content.size()) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut short"));
        }
        Ok(match content {
            Content::Part { file, start, .. } => {
                (Content::Part { file: Rc::clone(file), start: start + at, size }, None)
            }
            Content::Kept { bytes, .. } => {
                // Both bounds were checked against what is there.
                let bytes = bytes.get(at as usize..(at + size) as usize).unwrap_or_default();
                (Content::Kept { bytes: bytes.into(), size }, None)
            }
        })
    })?;
    // A block of zeros ends an archive; without it nobody knows what is missing.
    let mut block = [1; 512];
    let there = content.read_at(end.div_ceil(512).saturating_mul(512), &mut block)?;
    if there < block.len() || block.iter().any(|byte| *byte != 0) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive is cut short"));
    }
    Ok(())
}

/// Applies a gzip-compressed archive to `tree`. What is needed of the files is kept: ELF files as
/// facts, small files whole, of others the beginning. `kept` counts the bytes over all layers.
pub(super) fn apply_gzip(content: &Content, layer: usize, tree: &mut Tree, kept: &mut u64) -> io::Result<()> {
    let inflated = MultiGzDecoder::new(BufReader::new(content.cursor())).take(MOST_INFLATED);
    let mut archive = Archive::new(inflated);
    each(archive.entries()?.raw(true), layer, tree, |entry, size| {
        let mut head = Vec::new();
        entry.take(HEAD as u64).read_to_end(&mut head)?;
        if head.starts_with(b"\x7fELF") && size <= LARGEST_ELF {
            let keep_whole = is_loader(&entry.path_bytes()) && size <= 4 * LARGEST_KEPT;
            let mut whole = head.clone();
            entry.read_to_end(&mut whole)?;
            let whole = Content::Kept { bytes: whole.into(), size };
            let facts = Elf::read(&whole).map(Rc::new);
            let content = if keep_whole { whole } else { Content::Kept { bytes: head.into(), size } };
            return Ok((content, Some(facts)));
        }
        if size <= LARGEST_KEPT && *kept + size <= MOST_KEPT {
            entry.read_to_end(&mut head)?;
        }
        *kept += head.len() as u64;
        Ok((Content::Kept { bytes: head.into(), size }, None))
    })
    .map(drop)
}

/// A dynamic loader has its default folders in its own bytes.
fn is_loader(name: &[u8]) -> bool {
    let file = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    file.starts_with(b"ld-") || file.starts_with(b"ld.so") || file.starts_with(b"ld64.so")
}

type Taken = (Content, Option<super::ElfFacts>);

/// Applies every entry and answers where the last one ends; `take` says what to keep of a file of so many bytes.
fn each<R: Read>(
    entries: Entries<'_, R>,
    layer: usize,
    tree: &mut Tree,
    mut take: impl FnMut(&mut tar::Entry<'_, R>, u64) -> io::Result<Taken>,
) -> io::Result<u64> {
    let mut long = Long::default();
    let mut end = 0_u64;
    for entry in entries {
        let mut entry = entry?;
        let header = entry.header();
        let kind = header.entry_type();
        let size = header.entry_size()?;
        end = entry.raw_file_position().saturating_add(size);
        match kind {
            EntryType::GNULongName => {
                long.name = Some(text_of(&mut entry, size)?);
                continue;
            }
            EntryType::GNULongLink => {
                long.link = Some(text_of(&mut entry, size)?);
                continue;
            }
            EntryType::XHeader => {
                long.extend(&extended(&mut entry, size)?);
                continue;
            }
            EntryType::XGlobalHeader => continue,
            _ => {}
        }
        if long.size.is_some_and(|stated| stated != size) {
            return Err(io::Error::other("an entry larger than 8 GiB"));
        }
        let (mode, uid, gid) = (
            header.mode().unwrap_or(0o644),
            header.uid().unwrap_or(0) as u32,
            header.gid().unwrap_or(0) as u32,
        );
        let sparse = kind == EntryType::GNUSparse;
        if sparse && header.as_gnu().is_some_and(tar::GnuHeader::is_extended) {
            return Err(io::Error::other("a sparse entry in several parts, which pqcheck does not read"));
        }
        let Long { name, link, .. } = std::mem::take(&mut long);
        let name = name.unwrap_or_else(|| entry.path_bytes().into_owned());
        let link = link.unwrap_or_else(|| entry.link_name_bytes().unwrap_or_default().into_owned());
        let kind = match kind {
            _ if name.ends_with(b"/") => EntryKind::Folder,
            EntryType::Regular | EntryType::Continuous => {
                let (content, elf) = take(&mut entry, size)?;
                EntryKind::File { content, elf }
            }
            EntryType::GNUSparse => {
                EntryKind::File { content: Content::Kept { bytes: [].into(), size }, elf: None }
            }
            EntryType::Directory => EntryKind::Folder,
            EntryType::Symlink => EntryKind::Link(path_of(link)),
            EntryType::Link => EntryKind::Hard(link),
            _ => EntryKind::Other,
        };
        tree.apply(layer, &name, Entry { kind, mode, uid, gid });
    }
    Ok(end)
}

/// What was said of the next entry.
#[derive(Default)]
struct Long {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Long {
    fn extend(&mut self, bytes: &[u8]) {
        for extension in PaxExtensions::new(bytes).flatten() {
            let value = extension.value_bytes();
            match extension.key_bytes() {
                b"path" => self.name = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()),
                _ => {}
            }
        }
    }
}

fn text_of<R: Read>(entry: &mut tar::Entry<'_, R>, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = extended(entry, size)?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(bytes)
}

/// The bytes of an extended header. One larger than a name can be, as with extended attributes, is
/// cut: the name comes first.
fn extended<R: Read>(entry: &mut tar::Entry<'_, R>, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.take(size.min(LONGEST_NAME)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether the bytes begin like a tar archive.
pub(super) fn is_tar(content: &Content) -> bool {
    let mut cursor = content.cursor();
    let mut header = tar::Header::new_old();
    if cursor.rewind().is_err() || cursor.read_exact(header.as_mut_bytes()).is_err() {
        return false;
    }
    let bytes = header.as_bytes();
    let others = bytes[..148].iter().chain(&bytes[156..]);
    let sum = others.map(|byte| u32::from(*byte)).sum::<u32>() + 8 * u32::from(b' ');
    // An archive without entries is 1024 bytes of zeros.
    bytes.iter().all(|byte| *byte == 0) || header.cksum().is_ok_and(|stated| stated == sum)
}
