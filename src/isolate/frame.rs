//! What goes through the pipes between parent and child: frames of a kind, a length and bytes. A message is JSON, in
//! several frames where it is long.
//!
//! A child whose memory is corrupted may write anything, so the reader trusts nothing.

use std::io::{self, PipeWriter, Write as _};

use serde::Serialize;

/// The longest frame, in bytes without its header.
const LONGEST: usize = 1 << 20;
/// The longest message, in bytes: more than the largest report by far.
pub(super) const MOST: usize = 32 << 20;

/// Opens every frame; the odds are that stray bytes do not.
const MARK: u8 = 0xC5;
/// Mark, kind and length.
const HEADER: usize = 6;

const PIECE: u8 = b'c';
const MESSAGE: u8 = b'm';
const PANIC: u8 = b'p';
const DONE: u8 = b'd';

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A part of a message, of which more is to come.
    Piece(&'a [u8]),
    /// A message, or the last part of one.
    Message(&'a [u8]),
    /// The closure panicked with this text.
    Panic(&'a [u8]),
    /// The closure returned.
    Done,
}

/// The end of a pipe that messages go into. Nothing is kept back: what was sent before a crash arrives.
pub(super) struct Outlet {
    pub(super) pipe: PipeWriter,
    buffer: Vec<u8>,
}

impl Outlet {
    pub(super) fn new(pipe: PipeWriter) -> Self {
        Self { pipe, buffer: Vec::new() }
    }

    /// Sends a message.
    ///
    /// # Panics
    /// If it is longer than [`MOST`].
    pub(super) fn message(&mut self, message: &impl Serialize) -> io::Result<()> {
        let bytes = serde_json::to_vec(message)?;
        assert!(bytes.len() <= MOST, "a message of {} bytes is longer than the limit of {MOST}", bytes.len());
        let (pieces, last) = bytes.split_at((bytes.len() - 1) / LONGEST * LONGEST);
        pieces.chunks(LONGEST).try_for_each(|piece| self.frame(&Frame::Piece(piece)))?;
        self.frame(&Frame::Message(last))
    }

    /// Sends one frame, of at most [`LONGEST`] bytes.
    pub(super) fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let (kind, bytes) = match frame {
            Frame::Piece(bytes) => (PIECE, *bytes),
            Frame::Message(bytes) => (MESSAGE, *bytes),
            Frame::Panic(text) => (PANIC, *text),
            Frame::Done => (DONE, &[][..]),
        };
        self.buffer.clear();
        self.buffer.extend_from_slice(&[MARK, kind]);
        // Far below 2^32.
        self.buffer.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.buffer.extend_from_slice(bytes);
        self.pipe.write_all(&self.buffer)
    }
}

/// Cuts what comes out of a pipe into frames, and puts the pieces of a message together.
#[derive(Default)]
pub(super) struct Decoder {
    buffer: Vec<u8>,
    pieces: Vec<u8>,
    garbled: bool,
}

impl Decoder {
    /// Takes in `bytes` and calls `each` for every frame that is complete and no piece.
    ///
    /// After the first byte that cannot belong to a frame, and after a frame that `each` does not understand, everything
    /// is dropped.
    pub(super) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Frame<'_>) -> bool) {
        if self.garbled {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        let mut start = 0;
        while let Some((header, rest)) = self.buffer[start..].split_first_chunk::<HEADER>() {
            let [mark, kind, length @ ..] = *header;
            let length = u32::from_le_bytes(length) as usize;
            let known = mark == MARK && matches!(kind, PIECE | MESSAGE | PANIC | DONE);
            let fits = length <= LONGEST && self.pieces.len() + length <= MOST;
            if !known || !fits {
                return self.give_up();
            }
            let Some(bytes) = rest.get(..length) else { break };
            let understood = match kind {
                PIECE => {
                    self.pieces.extend_from_slice(bytes);
                    true
                }
                MESSAGE if self.pieces.is_empty() => each(Frame::Message(bytes)),
                MESSAGE => {
                    self.pieces.extend_from_slice(bytes);
                    each(Frame::Message(&std::mem::take(&mut self.pieces)))
                }
                PANIC => each(Frame::Panic(bytes)),
                _ => each(Frame::Done),
            };
            if !understood {
                return self.give_up();
            }
            start += HEADER + length;
        }
        self.buffer.drain(..start);
    }

    fn give_up(&mut self) {
        *self = Self { garbled: true, ..Self::default() };
    }

    /// Whether something came that was no frame.
    pub(super) fn is_garbled(&self) -> bool {
        self.garbled
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Vec<String> {
        let mut seen = Vec::new();
        decoder.feed(bytes, |frame| {
            seen.push(match frame {
                Frame::Piece(_) => panic!("a piece is no message"),
                Frame::Message(bytes) => format!("message {bytes:?}"),
                Frame::Panic(text) => format!("panic {}", String::from_utf8_lossy(text)),
                Frame::Done => "done".to_owned(),
            });
            !matches!(frame, Frame::Panic(b"strange"))
        });
        seen
    }

    fn stream(frames: &[Frame<'_>]) -> Vec<u8> {
        let (mut read, pipe) = io::pipe().unwrap();
        let mut outlet = Outlet::new(pipe);
        frames.iter().for_each(|frame| outlet.frame(frame).unwrap());
        drop(outlet);
        let mut stream = Vec::new();
        read.read_to_end(&mut stream).unwrap();
        stream
    }

    #[test]
    fn frames_survive_being_cut_anywhere() {
        let [one, two] = [Frame::Piece(&[1]), Frame::Piece(&[2])];
        let stream = stream(&[
            Frame::Message(&[1, 2]),
            Frame::Message(&[]),
            one,
            two,
            Frame::Message(&[3]),
            Frame::Message(&[4]),
            Frame::Panic(b"x"),
            Frame::Done,
        ]);
        let expected =
            ["message [1, 2]", "message []", "message [1, 2, 3]", "message [4]", "panic x", "done"];
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
            &stream(&[Frame::Panic(b"strange")])[..],
        ] {
            let mut decoder = Decoder::default();
            assert_eq!(decode(&mut decoder, &[&good, garbage].concat())[0], "message [7]");
            assert!(decoder.is_garbled());
            assert_eq!(decode(&mut decoder, &good), [""; 0]);
        }
    }

    #[test]
    fn pieces_without_end_are_garbage() {
        let mut decoder = Decoder::default();
        let header = [[MARK, PIECE].as_slice(), &(LONGEST as u32).to_le_bytes()].concat();
        for number in 0..=MOST / LONGEST {
            assert!(!decoder.is_garbled(), "{number}");
            assert_eq!(decode(&mut decoder, &[header.as_slice(), &[0; LONGEST]].concat()), [""; 0]);
        }
        assert!(decoder.is_garbled());
        assert_eq!(decoder.pieces.capacity() + decoder.buffer.capacity(), 0);
    }
}
