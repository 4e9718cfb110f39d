//! Output buffers that notice a write past either end. Knows no algorithm.

use std::ops::Range;

/// Bytes kept on each side of an output.
const MARGIN: usize = 64;
/// What a margin holds at `position`: no two bytes beside each other alike, so that no constant
/// byte that a library writes goes unnoticed.
const fn canary(position: usize) -> u8 {
    (position as u8).wrapping_mul(0x9d) ^ 0x35
}
/// What an output holds before the library writes it.
const UNWRITTEN: u8 = 0x5a;

/// An output buffer of a fixed length between two margins.
pub(super) struct Guarded {
    bytes: Vec<u8>,
}

impl Guarded {
    /// A buffer for an output of `len` bytes.
    pub(super) fn new(len: usize) -> Self {
        let mut bytes: Vec<u8> = (0..MARGIN + len + MARGIN).map(canary).collect();
        bytes[MARGIN..MARGIN + len].fill(UNWRITTEN);
        Self { bytes }
    }

    /// The output, for the library to write.
    pub(super) fn output(&mut self) -> &mut [u8] {
        let end = self.bytes.len() - MARGIN;
        &mut self.bytes[MARGIN..end]
    }

    /// The output as the library left it.
    pub(super) fn written(&self) -> &[u8] {
        &self.bytes[MARGIN..self.bytes.len() - MARGIN]
    }

    /// How the margins were damaged, if they were.
    pub(super) fn damage(&self) -> Option<String> {
        let end = self.bytes.len() - MARGIN;
        let touched = |margin: Range<usize>| margin.filter(|at| self.bytes[*at] != canary(*at)).count();
        match (touched(0..MARGIN), touched(end..end + MARGIN)) {
            (0, 0) => None,
            (0, after) => Some(format!("wrote past the end of its output ({after} bytes altered)")),
            (before, _) => Some(format!("wrote before the start of its output ({before} bytes altered)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_within_its_bounds_is_no_damage() {
        let mut buffer = Guarded::new(16);
        buffer.output().fill(0);
        assert_eq!(buffer.damage(), None);
        assert_eq!(buffer.written(), [0; 16]);
    }

    #[test]
    fn one_byte_past_either_end_is_damage() {
        for (at, word) in [(MARGIN - 1, "before"), (MARGIN + 16, "past")] {
            let mut buffer = Guarded::new(16);
            buffer.bytes[at] ^= 1;
            assert!(buffer.damage().is_some_and(|text| text.contains(word)), "{word}");
        }
    }

    #[test]
    fn no_constant_byte_passes_for_a_margin() {
        for constant in 0..=u8::MAX {
            let mut buffer = Guarded::new(16);
            buffer.bytes[MARGIN + 16..][..8].fill(constant);
            assert!(buffer.damage().is_some(), "{constant:#x}");
        }
    }
}
