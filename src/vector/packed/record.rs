//! How a case is written down: one rule per type, used in both directions, so that writer and reader
//! cannot differ. Knows no file and no checksum.
//!
//! A number is little-endian; an enum is one byte and then its fields; bytes and strings are a span,
//! three bytes of offset and three of length, in a pool that all records share.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::pool::Pool;
use crate::spec::ml_dsa::Hash;
use crate::spec::{Algorithm, Operation};
use crate::vector::{Answer, Case, DsaKeys, Encapsulation, Expected, KemKeys, Message, PrivateKey, Task};

/// A longer output is kept as its SHA-256.
const LONGEST_OUTPUT: usize = 64;

/// Something that a record contains.
pub(super) trait Field: Sized {
    /// Appends this.
    fn put(&self, out: &mut Writer);
    /// Reads what [`Field::put`] has written; nothing where there is something else.
    fn get(from: &mut Reader) -> Option<Self>;
}

/// Records as they are written.
#[derive(Default)]
pub(super) struct Writer {
    /// The records so far.
    pub(super) bytes: Vec<u8>,
    /// What they refer to.
    pub(super) pool: Pool,
}

/// Records as they are read.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    /// The records from here on.
    pub(super) bytes: &'static [u8],
    /// What they refer to.
    pub(super) pool: &'static [u8],
}

impl Reader {
    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn span(&mut self) -> Option<&'static [u8]> {
        let [a, b, c, x, y, z] = self.array()?;
        let start = u32::from_le_bytes([a, b, c, 0]) as usize;
        let length = u32::from_le_bytes([x, y, z, 0]) as usize;
        self.pool.get(start..start + length)
    }
}

/// A struct: its fields in this order.
macro_rules! fields {
    ($type:ident { $($field:ident),* }) => {
        impl Field for $type<'static> {
            fn put(&self, out: &mut Writer) {
                $(self.$field.put(out);)*
            }

            fn get(from: &mut Reader) -> Option<Self> {
                Some(Self { $($field: Field::get(from)?),* })
            }
        }
    };
}

/// An enum: its variants with named fields, and then those that hold one value.
macro_rules! variants {
    ([$($generics:tt)*] $type:ty { $($tag:literal => $variant:ident { $($field:ident),* })* } ( $($one:literal => $single:ident)* )) => {
        impl<$($generics)*> Field for $type {
            fn put(&self, out: &mut Writer) {
                match self {
                    $(Self::$variant { $($field),* } => {
                        out.bytes.push($tag);
                        $($field.put(out);)*
                    })*
                    $(Self::$single(value) => {
                        out.bytes.push($one);
                        value.put(out);
                    })*
                }
            }

            fn get(from: &mut Reader) -> Option<Self> {
                match from.array()? {
                    $([$tag] => Some(Self::$variant { $($field: Field::get(from)?),* }),)*
                    $([$one] => Some(Self::$single(Field::get(from)?)),)*
                    _ => None,
                }
            }
        }
    };
}

/// A closed list: the place in it.
macro_rules! listed {
    ($($type:ty)*) => {$(
        impl Field for $type {
            fn put(&self, out: &mut Writer) {
                // Every value is in the list of all, and no list here is near 255 long.
                let place = Self::ALL.iter().position(|item| item == self);
                out.bytes.push(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX));
            }

            fn get(from: &mut Reader) -> Option<Self> {
                let [place] = from.array()?;
                Self::ALL.get(usize::from(place)).copied()
            }
        }
    )*};
}

fields!(Case { algorithm, operation, name, class, bad, task });
fields!(KemKeys { ek, dk });
fields!(Encapsulation { c, shared_secret });
fields!(DsaKeys { pk, sk });
listed!(Algorithm Operation Hash);
variants!([T: Field] Option<T> { 0 => None {} } (1 => Some));
variants!([T: Field] Answer<T> { 0 => Reject {} } (1 => Accept 2 => Either));
variants!([] PrivateKey<'static> {} (0 => Seed 1 => Expanded));
variants!([] Message<'static> { 0 => Pure { msg, ctx } 1 => PreHash { msg, ctx, hash } } (2 => Internal 3 => ExternalMu));
variants!([] Task<'static> {
    0 => KemKeygen { seed, answer }
    1 => KemEncaps { ek, m, answer }
    2 => KemDecaps { key, ek, c, answer }
    3 => KemCheckEk { ek, valid }
    4 => KemCheckDk { key, valid }
    5 => KemRoundTrip { seed, m, keys, encapsulation, rejection }
    6 => DsaKeygen { xi, answer }
    7 => DsaSign { key, pk, message, rnd, answer }
    8 => DsaVerify { pk, message, sig, valid }
    9 => DsaRoundTrip { xi, rnd, message, keys, sig }
    10 => Aead { key, nonce, aad, plaintext, ciphertext, tag, valid }
    11 => Accumulated { count, block, digest }
} ());

impl Field for Expected<'static> {
    fn put(&self, out: &mut Writer) {
        let (tag, value) = match self {
            Self::Unpublished => return out.bytes.push(2),
            Self::Value(value) if value.len() > LONGEST_OUTPUT => {
                (1, &Cow::Owned(Sha256::digest(value).to_vec()))
            }
            Self::Value(value) => (0, value),
            Self::Sha256(digest) => (1, digest),
        };
        out.bytes.push(tag);
        value.put(out);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        match from.array()? {
            [0] => Field::get(from).map(Self::Value),
            [1] => Field::get(from).map(Self::Sha256),
            [2] => Some(Self::Unpublished),
            _ => None,
        }
    }
}

impl<A: Field, B: Field> Field for (A, B) {
    fn put(&self, out: &mut Writer) {
        self.0.put(out);
        self.1.put(out);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        Some((A::get(from)?, B::get(from)?))
    }
}

impl Field for Cow<'static, [u8]> {
    fn put(&self, out: &mut Writer) {
        let span = out.pool.span(self);
        out.bytes.extend(span);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        from.span().map(Cow::Borrowed)
    }
}

impl Field for &'static str {
    fn put(&self, out: &mut Writer) {
        let span = out.pool.span(self.as_bytes());
        out.bytes.extend(span);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        str::from_utf8(from.span()?).ok()
    }
}

impl Field for Cow<'static, str> {
    fn put(&self, out: &mut Writer) {
        let span = out.pool.span(self.as_bytes());
        out.bytes.extend(span);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        Field::get(from).map(Cow::Borrowed)
    }
}

impl Field for bool {
    fn put(&self, out: &mut Writer) {
        out.bytes.push(u8::from(*self));
    }

    fn get(from: &mut Reader) -> Option<Self> {
        match from.array()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl Field for u32 {
    fn put(&self, out: &mut Writer) {
        out.bytes.extend(self.to_le_bytes());
    }

    fn get(from: &mut Reader) -> Option<Self> {
        from.array().map(Self::from_le_bytes)
    }
}

impl Field for u64 {
    fn put(&self, out: &mut Writer) {
        out.bytes.extend(self.to_le_bytes());
    }

    fn get(from: &mut Reader) -> Option<Self> {
        from.array().map(Self::from_le_bytes)
    }
}

impl Field for [u8; 32] {
    fn put(&self, out: &mut Writer) {
        out.bytes.extend(self);
    }

    fn get(from: &mut Reader) -> Option<Self> {
        from.array()
    }
}
