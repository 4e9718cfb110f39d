//! Why vectors could not be read: one line a message, which ends in advice.

use std::io;
use std::path::PathBuf;

use super::field::Fault;

/// The most that is read of a file, packed or unpacked.
pub(super) const LIMIT: u64 = 256 << 20;

/// Why vectors could not be read. Every message is one line and names what to do; causes are part of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file or folder cannot be read.
    #[error("{}: {}; check the path and its permissions", path.display(), plain(cause))]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file is larger than pqcheck reads.
    #[error("{}: file has {}, pqcheck reads at most {}; split it", path.display(), size(*bytes), size(LIMIT))]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The file unpacks to more than pqcheck reads.
    #[error("{}: unpacks to more than {}, which is pqcheck's limit; split it", path.display(), size(LIMIT))]
    UnpacksTooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// The gzip data is damaged.
    #[error("{}: damaged gzip data ({}); fetch the file again", path.display(), plain(cause))]
    Gzip {
        /// Which file.
        path: PathBuf,
        /// What the decompressor says.
        cause: io::Error,
    },
    /// There is nothing in the file.
    #[error("{}: file is empty; fetch it again", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// The file is not UTF-8.
    #[error("{}: not UTF-8 text at byte {offset}; vector files are JSON or .rsp text, .gz or not", path.display())]
    NotText {
        /// Which file.
        path: PathBuf,
        /// The first byte that is wrong.
        offset: usize,
    },
    /// The file starts with a byte order mark.
    #[error("{}: starts with a byte order mark; save it as UTF-8 without one", path.display())]
    ByteOrderMark {
        /// Which file.
        path: PathBuf,
    },
    /// The folders lead into each other.
    #[error("{}: symbolic link to a folder that contains it; remove it or name the files", path.display())]
    Loop {
        /// Which link.
        path: PathBuf,
    },
    /// The JSON is malformed.
    #[error("{}: line {line}, column {column}: malformed JSON: {what}; fetch the file again", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Which column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// No format knows the content.
    #[error("{}: {what}; give ACVP or Wycheproof JSON or NIST .rsp files", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
        /// What it looks like.
        what: &'static str,
    },
    /// The file is of a known format, and empty.
    #[error("{}: has no cases; leave the file out", path.display())]
    NoCases {
        /// Which file.
        path: PathBuf,
    },
    /// The vectors are of something else.
    #[error(
        "{}: `{algorithm}` is not an algorithm that pqcheck tests (ML-KEM, ML-DSA, ChaCha20-Poly1305); leave the file out",
        path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// The name in the file.
        algorithm: String,
    },
    /// A field of the file is missing, malformed or unknown.
    #[error("{}: {fault}", path.display())]
    Field {
        /// Which file.
        path: PathBuf,
        /// Which field, and what is wrong with it.
        fault: Fault,
    },
    /// One half of an ACVP pair is alone.
    #[error("{}: {has} without {lacks}; put `{}` beside it or give both files", path.display(), missing.display())]
    HalfPair {
        /// Which file.
        path: PathBuf,
        /// What it has.
        has: &'static str,
        /// What is missing.
        lacks: &'static str,
        /// The file that is missing.
        missing: PathBuf,
    },
    /// More than one file could be the other half of an ACVP pair.
    #[error("{}: more than one file may hold its expected results; give one pair at a time", path.display())]
    Ambiguous {
        /// Which file.
        path: PathBuf,
    },
}

/// What the system says, as a fragment: `no such file or directory (os error 2)`.
fn plain(cause: &io::Error) -> String {
    let text = cause.to_string();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// A number of bytes for people: `1.0 GiB`, `256 MiB`.
#[expect(clippy::cast_precision_loss, reason = "one digit after the point is shown")]
fn size(bytes: u64) -> String {
    match bytes {
        0x4000_0000.. => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}
