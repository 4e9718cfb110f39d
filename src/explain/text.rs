//! Bytes of a log as text: without colours and other terminal codes, and UTF-16 as UTF-8. Line ends stay
//! where they are. Knows no line.

use memchr::memchr;

/// The longest terminal code that is waited for; what is longer was none.
const LONGEST_CODE: usize = 4096;

/// Turns the bytes of one log, piece by piece, into text.
#[derive(Debug, Default)]
pub(super) struct Plain {
    encoding: Encoding,
    /// Bytes that say nothing alone: the first of a file, or half a character.
    held: Vec<u8>,
    code: Code,
    /// How long the code is by now.
    length: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Encoding {
    #[default]
    NotKnownYet,
    Bytes,
    Utf16Le,
    Utf16Be,
}

/// Where in a terminal code the text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Code {
    #[default]
    None,
    /// After the escape.
    Escape,
    /// In `ESC [ … letter`.
    Control,
    /// In `ESC ] … BEL`, a title or a link.
    Title,
    /// After an escape in a title, which ends it.
    TitleEscape,
}

impl Plain {
    /// Adds the text of `raw` to `out`.
    pub(super) fn push(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Bytes => self.without_codes(raw, out),
            Encoding::NotKnownYet => {
                self.held.extend_from_slice(raw);
                if self.held.len() >= 2 {
                    self.decide(out);
                }
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                self.held.extend_from_slice(raw);
                self.utf16(out);
            }
        }
    }

    /// Adds what was still held back.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        if self.encoding == Encoding::NotKnownYet {
            self.without_codes(&held, out);
        }
    }

    fn decide(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        (self.encoding, self.held) = match held.as_slice() {
            [0xff, 0xfe, rest @ ..] => (Encoding::Utf16Le, rest.to_vec()),
            [0xfe, 0xff, rest @ ..] => (Encoding::Utf16Be, rest.to_vec()),
            [first, 0, ..] if *first != 0 => (Encoding::Utf16Le, held.clone()),
            _ => (Encoding::Bytes, Vec::new()),
        };
        if self.encoding == Encoding::Bytes {
            let start = if held.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            self.without_codes(&held[start..], out);
        } else {
            self.utf16(out);
        }
    }

    fn utf16(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        let mut units: Vec<u16> = held
            .chunks_exact(2)
            .map(|pair| match self.encoding {
                Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
                _ => u16::from_le_bytes([pair[0], pair[1]]),
            })
            .collect();
        // The first half of a pair of surrogates waits for the second.
        let waits = usize::from(units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)));
        units.truncate(units.len() - waits);
        self.held = held[units.len() * 2..].to_vec();
        self.without_codes(String::from_utf16_lossy(&units).as_bytes(), out);
    }

    fn without_codes(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        while !text.is_empty() {
            if self.code == Code::None {
                let Some(at) = memchr(0x1b, text) else {
                    out.extend_from_slice(text);
                    return;
                };
                out.extend_from_slice(&text[..at]);
                text = &text[at + 1..];
                (self.code, self.length) = (Code::Escape, 0);
                continue;
            }
            let byte = text[0];
            self.length += 1;
            self.code = match (self.code, byte) {
                // No code goes over a line's end: what looked like one was none.
                (_, b'\n' | b'\r') => Code::None,
                (Code::Escape, b'[') => Code::Control,
                (Code::Escape, b']') => Code::Title,
                // One more byte selects a character set.
                (Code::Escape, b'(' | b')') => Code::TitleEscape,
                (Code::Control, 0x40..=0x7e) | (Code::Title, 0x07) => Code::None,
                (Code::Escape | Code::TitleEscape | Code::None, _) => Code::None,
                (Code::Title, 0x1b) => Code::TitleEscape,
                (code @ (Code::Control | Code::Title), _) if self.length < LONGEST_CODE => code,
                _ => Code::None,
            };
            // The line's end itself belongs to the text.
            if !matches!(byte, b'\n' | b'\r') {
                text = &text[1..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `raw` in pieces of every size gives `text`.
    fn check(raw: &[u8], text: &str) {
        for size in 1..=raw.len().max(1) {
            let (mut plain, mut out) = (Plain::default(), Vec::new());
            raw.chunks(size).for_each(|piece| plain.push(piece, &mut out));
            plain.finish(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), text, "in pieces of {size}");
        }
    }

    #[test]
    fn colours_titles_and_cursor_moves_are_left_out() {
        check(b"a\x1b[01;31m\x1b[Kfatal\x1b[m b\n", "afatal b\n");
        check(b"\x1b]0;title\x07x\x1b]8;;http://h\x1b\\y\x1b(Bz", "xyz");
        check(b"plain", "plain");
        check(b"", "");
        check(b"x", "x");
    }

    #[test]
    fn a_code_that_does_not_end_takes_no_line_with_it() {
        check(b"\x1b[12\nnext", "\nnext");
        check(b"\x1b]never ends\nnext", "\nnext");
        check(b"\x1b", "");
    }

    #[test]
    fn utf_16_is_read_with_and_without_its_mark() {
        let little: Vec<u8> = "aé😀\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "aé😀\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&[b"\xff\xfe", little.as_slice()].concat(), "aé😀\r\n");
        check(&[b"\xfe\xff", big.as_slice()].concat(), "aé😀\r\n");
        check(&little, "aé😀\r\n");
    }

    #[test]
    fn the_mark_of_utf_8_is_no_text() {
        let (mut plain, mut out) = (Plain::default(), Vec::new());
        plain.push(b"\xef\xbb\xbfabc", &mut out);
        assert_eq!(out, b"abc");
    }
}
