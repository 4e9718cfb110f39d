//! What goes through the pipe from child to parent: frames of a kind, a length and bytes.
//!
//! A child whose memory is corrupted may write anything, so the reader trusts nothing.

/// The longest frame, in bytes without its header.
pub(super) const LONGEST: usize = 1 << 20;

/// Opens every frame; the odds are that stray bytes do not.
const MARK: u8 = 0xC5;
/// Mark, kind and length.
const HEADER: usize = 6;

const MESSAGE: u8 = b'm';
const PANIC: u8 = b'p';
const DONE: u8 = b'd';

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// What the closure sent.
    Message(&'a [u8]),
    /// The closure panicked with this text.
    Panic(&'a [u8]),
    /// The closure returned.
    Done,
}

impl Frame<'_> {
    /// Replaces `buffer` by this frame as it goes through the pipe.
    pub(super) fn encode(&self, buffer: &mut Vec<u8>) {
        let (kind, bytes) = match self {
            Self::Message(bytes) => (MESSAGE, *bytes),
            Self::Panic(text) => (PANIC, *text),
            Self::Done => (DONE, &[][..]),
        };
        assert!(
            bytes.len() <= LONGEST,
            "a message of {} bytes is longer than the limit of {LONGEST}",
            bytes.len()
        );
        buffer.clear();
        buffer.extend_from_slice(&[MARK, kind]);
        // The assertion above keeps the length below 2^32.
        buffer.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        buffer.extend_from_slice(bytes);
    }
}

/// Cuts what comes out of the pipe into frames.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    garbled: bool,
}

impl Decoder {
    /// Takes in `bytes` and calls `each` for every frame that is complete.
    ///
    /// After the first byte that cannot belong to a frame, everything is dropped.
    pub(super) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Frame<'_>)) {
        if self.garbled {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((header, rest)) = self.buffer[start..].split_first_chunk::<HEADER>() {
            let [mark, kind, length @ ..] = *header;
            let length = u32::from_le_bytes(length) as usize;
            if mark != MARK || !matches!(kind, MESSAGE | PANIC | DONE) || length > LONGEST {
                self.garbled = true;
                self.buffer = Vec::new();
                return;
            }
            let Some(bytes) = rest.get(..length) else { break };
            each(match kind {
                MESSAGE => Frame::Message(bytes),
                PANIC => Frame::Panic(bytes),
                _ => Frame::Done,
            });
            start += HEADER + length;
        }
        self.buffer.drain(..start);
    }

    /// Whether something came that was no frame.
    pub(super) fn is_garbled(&self) -> bool {
        self.garbled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        decoder.feed(bytes, |frame| {
            seen.push(match frame {
                Frame::Message(bytes) => format!("message {bytes:?}"),
                Frame::Panic(text) => format!("panic {}", String::from_utf8_lossy(text)),
                Frame::Done => "done".to_owned(),
            });
        });
        seen
    }

    fn stream(frames: &[Frame<'_>]) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut buffer = Vec::new();
        for frame in frames {
            frame.encode(&mut buffer);
            stream.extend_from_slice(&buffer);
        }
        stream
    }

    #[test]
    fn frames_survive_being_cut_anywhere() {
        let stream = stream(&[Frame::Message(&[1, 2]), Frame::Message(&[]), Frame::Panic(b"x"), Frame::Done]);
        let expected = ["message [1, 2]", "message []", "panic x", "done"];
        for cut in 0..=stream.len() {
            let mut decoder = Decoder::default();
            let mut seen = decode(&mut decoder, &stream[..cut]);
            seen.extend(decode(&mut decoder, &stream[cut..]));
            assert_eq!(seen, expected, "cut at {cut}");
            assert!(!decoder.is_garbled());
        }
    }

    #[test]
    fn what_is_no_frame_is_garbage_from_there_on() {
        let good = stream(&[Frame::Message(&[7])]);
        let too_long = [[MARK, MESSAGE].as_slice(), &(LONGEST as u32 + 1).to_le_bytes()].concat();
        for garbage in [
            b"garbage".as_slice(),
            &[0, MESSAGE, 1, 0, 0, 0, 9],
            &[MARK, b'?', 0, 0, 0, 0],
            &[0xFF; 100],
            &too_long,
        ] {
            let mut decoder = Decoder::default();
            assert_eq!(decode(&mut decoder, &[&good, garbage].concat()), ["message [7]"]);
            assert!(decoder.is_garbled());
            assert_eq!(decode(&mut decoder, &good), [""; 0]);
        }
    }
}
