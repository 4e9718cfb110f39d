//! One pass over a log of any size: finds the lines that bear a sign or a mark, and counts the others. Keeps a
//! bounded part of the log in memory. Knows nothing of what the lines mean.

use memchr::{memchr_iter, memchr2, memrchr, memrchr2};

use super::course::Course;
use super::line;
use super::rules::RULES;
use super::text::Plain;

/// A line that is longer than this is read in parts.
const LONGEST_LINE: usize = 256 << 10;

/// So much of a part is read again with the next, so that no needle is cut.
const OVERLAP: usize = 512;

/// So much of a long line around a needle is looked at, before it and after it.
const AROUND: usize = 1024;

/// A log being read.
pub(super) struct Scan {
    plain: Plain,
    /// Text that has not been looked at.
    text: Vec<u8>,
    /// How many line feeds are before `text`.
    feeds: u64,
    /// Whether anything stands after the last line feed before `text`.
    open: bool,
    course: Course,
    /// The last text that was dropped.
    last: Vec<u8>,
}

/// A log that has been read.
pub(super) struct Read {
    /// What was found.
    pub(super) course: Course,
    /// How many lines there were.
    pub(super) lines: u64,
    /// The end of the log.
    pub(super) last: String,
}

impl Scan {
    /// Before the first byte.
    pub(super) fn new() -> Self {
        Self {
            plain: Plain::default(),
            text: Vec::new(),
            feeds: 0,
            open: false,
            course: Course::new(),
            last: Vec::new(),
        }
    }

    /// Reads on.
    pub(super) fn push(&mut self, raw: &[u8]) {
        for piece in raw.chunks(LONGEST_LINE) {
            // What is left of the text before has no line feed.
            let before = self.text.len();
            self.plain.push(piece, &mut self.text);
            let whole = memrchr(b'\n', &self.text[before..]).map(|at| before + at + 1);
            match whole {
                Some(whole) => self.look(whole, whole),
                None if self.text.len() > LONGEST_LINE => {
                    self.look(self.text.len(), self.text.len() - OVERLAP)
                }
                None => {}
            }
        }
    }

    /// The end of the log.
    pub(super) fn finish(mut self) -> Read {
        self.plain.finish(&mut self.text);
        let rest = self.text.len();
        self.look(rest, rest);
        let last = String::from_utf8_lossy(&self.last).into_owned();
        Read { course: self.course, lines: self.feeds + u64::from(self.open), last }
    }

    /// Looks at the first `end` bytes of the text, and then drops `used` of them.
    fn look(&mut self, end: usize, used: usize) {
        let text = &self.text[..end];
        // How far line feeds have been counted, and how many there were.
        let (mut counted, mut feeds) = (0, self.feeds);
        let mut at = 0;
        while let Some(found) = RULES.next(text, at) {
            // Where the needle begins does not matter: it has no line's end in it.
            let from = found.saturating_sub(AROUND).max(at);
            let start = memrchr2(b'\n', b'\r', &text[from..found]).map_or(from, |before| from + before + 1);
            let to = text.len().min(found + AROUND);
            let stop = memchr2(b'\n', b'\r', &text[found..to]).map_or(to, |after| found + after);
            feeds += memchr_iter(b'\n', &text[counted..start]).count() as u64;
            counted = start;
            let shown = String::from_utf8_lossy(&text[start..stop]);
            let plain = line::with_plain_quotes(&shown);
            let line = line::read(&plain);
            for bears in RULES.look(&line, |cause, sign| self.course.is_tired(cause, sign)) {
                self.course.line(feeds + 1, &shown, line.source, bears);
            }
            at = stop;
        }
        self.feeds = feeds + memchr_iter(b'\n', &text[counted..used]).count() as u64;
        self.open = text.last().map_or(self.open, |last| *last != b'\n');
        let dropped = &self.text[..used];
        if dropped.len() < AROUND {
            self.last.drain(..self.last.len().saturating_sub(AROUND));
        } else {
            self.last.clear();
        }
        self.last.extend_from_slice(&dropped[dropped.len().saturating_sub(AROUND)..]);
        self.text.drain(..used);
    }
}
