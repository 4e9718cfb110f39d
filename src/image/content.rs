//! The bytes of one file of an image, wherever they lie. Knows no tree and no format.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::rc::Rc;

/// The bytes of a file, read at any place on demand.
#[derive(Clone, Debug)]
pub enum Content {
    /// A part of a file of the machine: a file itself, or an entry of an archive.
    Part {
        /// The open file.
        file: Rc<File>,
        /// Where the bytes begin.
        start: u64,
        /// How many there are.
        size: u64,
    },
    /// The beginning of a file of a compressed layer, kept when the layer was read.
    Kept {
        /// What was kept: all of it where it is `size` bytes long.
        bytes: Rc<[u8]>,
        /// How many bytes the file has.
        size: u64,
    },
}

impl Content {
    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        match self {
            Self::Part { size, .. } | Self::Kept { size, .. } => *size,
        }
    }

    /// Reads at most `buffer.len()` bytes from `offset` on; fewer only at the end of the file.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.size().saturating_sub(offset);
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let buffer = &mut buffer[..wanted];
        match self {
            Self::Part { file, start, .. } => {
                let from = start.checked_add(offset).ok_or(io::ErrorKind::InvalidInput)?;
                let mut done = 0;
                while done < buffer.len() {
                    match file.read_at(&mut buffer[done..], from + done as u64) {
                        Ok(0) => break,
                        Ok(count) => done += count,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(done)
            }
            Self::Kept { bytes, .. } => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let there = &bytes[from..bytes.len().min(from.saturating_add(wanted))];
                if there.is_empty() && wanted > 0 {
                    return Err(io::Error::other("pqcheck does not keep this part of a compressed layer"));
                }
                buffer[..there.len()].copy_from_slice(there);
                Ok(there.len())
            }
        }
    }

    /// The first bytes, at most `limit` of them.
    pub fn head(&self, limit: usize) -> io::Result<Vec<u8>> {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX).min(limit);
        let mut bytes = vec![0; size];
        let count = self.read_at(0, &mut bytes)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    /// All bytes, if there are at most `limit`.
    pub fn whole(&self, limit: usize) -> io::Result<Vec<u8>> {
        if self.size() > limit as u64 {
            return Err(io::Error::other(format!(
                "larger than the {limit} bytes that pqcheck reads of such a file"
            )));
        }
        let bytes = self.head(limit)?;
        if (bytes.len() as u64) < self.size() {
            return Err(io::Error::other("pqcheck does not keep this part of a compressed layer"));
        }
        Ok(bytes)
    }

    /// For those who read from front to back.
    pub fn cursor(&self) -> Cursor {
        Cursor { content: self.clone(), position: 0, windows: Default::default(), newest: 0 }
    }
}

/// A place in a [`Content`], with the bytes around it at hand.
#[derive(Debug)]
pub struct Cursor {
    content: Content,
    position: u64,
    /// What was read last, so that small reads side by side cost one call of the kernel. Two, because who follows a
    /// table reads there and where the table's names are by turns.
    windows: [Window; 2],
    newest: usize,
}

/// Some bytes of a file and where they begin.
#[derive(Debug, Default)]
struct Window {
    at: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The bytes from `position` on.
    fn from(&self, position: u64) -> Option<&[u8]> {
        let skip = usize::try_from(position.checked_sub(self.at)?).ok()?;
        self.bytes.get(skip..).filter(|there| !there.is_empty())
    }
}

/// The size of a window.
const WINDOW: usize = 8 << 10;

impl Read for Cursor {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.windows.iter().any(|window| window.from(self.position).is_some()) {
            if buffer.len() >= WINDOW {
                let count = self.content.read_at(self.position, buffer)?;
                self.position += count as u64;
                return Ok(count);
            }
            self.newest = 1 - self.newest;
            let Window { at, bytes } = &mut self.windows[self.newest];
            bytes.resize(WINDOW, 0);
            *at = self.position;
            // What could not be read is no part of the window.
            let count = self.content.read_at(self.position, bytes);
            bytes.truncate(*count.as_ref().unwrap_or(&0));
            count?;
        }
        let there = self.windows.iter().find_map(|window| window.from(self.position)).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.content.size().checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(bytes: &[u8], size: u64) -> Content {
        Content::Kept { bytes: bytes.into(), size }
    }

    #[test]
    fn reads_stop_at_the_end() {
        let content = kept(b"0123456789", 10);
        let mut buffer = [0; 4];
        assert_eq!(content.read_at(8, &mut buffer).unwrap(), 2);
        assert_eq!(&buffer[..2], b"89");
        assert_eq!(content.read_at(u64::MAX, &mut buffer).unwrap(), 0);
    }

    #[test]
    fn what_was_not_kept_is_an_error_and_not_an_end() {
        let content = kept(b"01", 10);
        assert!(content.read_at(2, &mut [0; 4]).is_err());
        assert!(content.whole(100).is_err());
        assert_eq!(content.head(2).unwrap(), b"01");
        assert!(kept(b"0123", 4).whole(3).unwrap_err().to_string().contains("larger than the 3 bytes"));
    }

    #[test]
    fn a_cursor_reads_what_the_file_holds() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let mut cursor = kept(&bytes, bytes.len() as u64).cursor();
        for (at, length) in [(0, 10), (5, 20_000), (99_990, 10), (8190, 4), (0, 1), (50_000, 8192)] {
            cursor.seek(SeekFrom::Start(at as u64)).unwrap();
            let mut buffer = vec![0; length];
            cursor.read_exact(&mut buffer).unwrap();
            assert_eq!(buffer, bytes[at..at + length], "{at}+{length}");
        }
        cursor.seek(SeekFrom::End(0)).unwrap();
        assert_eq!(cursor.read(&mut [0; 3]).unwrap(), 0);
        assert!(cursor.seek(SeekFrom::Current(-200_000)).is_err());
    }
}
