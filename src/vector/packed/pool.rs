//! The pool of byte strings that records refer to: every string once, a part of another not at all.
//! Writes only; a reader just slices.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// A span is found inside another string where it begins at a multiple of this, as the parts of keys do.
const STRIDE: usize = 32;
/// This many first bytes decide whether a place is worth a look.
const PREFIX: usize = 16;

/// The byte strings of a volume.
#[derive(Default)]
pub(super) struct Pool {
    offsets: BTreeMap<Vec<u8>, usize>,
    bytes: Vec<u8>,
}

impl Pool {
    /// Where `string` lies: three bytes of offset and three of length, all zero until [`Pool::lay_out`]
    /// has seen every string.
    pub(super) fn span(&mut self, string: &[u8]) -> [u8; 6] {
        let offset = match self.offsets.get(string) {
            Some(offset) => *offset,
            None => *self.offsets.entry(string.to_vec()).or_insert(0),
        };
        let [a, b, c, ..] = offset.to_le_bytes();
        let [x, y, z, ..] = string.len().to_le_bytes();
        [a, b, c, x, y, z]
    }

    /// Gives every string its place; nothing if a span cannot express one of them.
    pub(super) fn lay_out(&mut self) -> Option<()> {
        let mut longest_first: Vec<_> = self.offsets.iter_mut().collect();
        longest_first.sort_by_key(|(string, _)| Reverse(string.len()));
        let mut places: HashMap<[u8; PREFIX], Vec<usize>> = HashMap::new();
        let mut bytes = Vec::new();
        for (string, offset) in longest_first {
            let prefix: Option<[u8; PREFIX]> = string.first_chunk().copied();
            let candidates = prefix.and_then(|prefix| places.get(&prefix)).map_or(&[][..], Vec::as_slice);
            let found = candidates.iter().find(|place| bytes[**place..].starts_with(string));
            *offset = found.copied().unwrap_or(bytes.len());
            if found.is_none() {
                for (index, part) in string.chunks(STRIDE).enumerate() {
                    if let Some(prefix) = part.first_chunk() {
                        places.entry(*prefix).or_default().push(*offset + index * STRIDE);
                    }
                }
                bytes.extend_from_slice(string);
            }
        }
        self.bytes = bytes;
        (self.bytes.len() < 1 << 24).then_some(())
    }

    /// The strings themselves, as laid out.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_key_takes_no_room() {
        let key: Vec<u8> = (0..96).collect();
        let mut pool = Pool::default();
        for string in [&key[32..80], &key, &key[..95], b"other", b"", &key[32..80]] {
            pool.span(string);
        }
        pool.lay_out().unwrap();
        assert_eq!(pool.bytes().len(), 96 + 5);
        assert_eq!(pool.span(&key[32..80]), [32, 0, 0, 48, 0, 0]);
        assert_eq!(pool.span(b"other"), [96, 0, 0, 5, 0, 0]);
    }

    #[test]
    fn more_than_a_span_can_express_is_refused() {
        let mut pool = Pool::default();
        pool.span(&vec![0; 1 << 24]);
        assert_eq!(pool.lay_out(), None);
    }
}
