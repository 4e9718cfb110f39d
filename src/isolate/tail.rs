//! What a child wrote on stderr, shortened to one line. Knows no pipe.

/// How many bytes are kept of the beginning, and how many of the end.
const KEPT: usize = 160;

/// The beginning and the end of a stream of text: a cause tends to stand in one or the other.
#[derive(Default)]
pub(super) struct Tail {
    beginning: Vec<u8>,
    end: Vec<u8>,
    cut: bool,
}

impl Tail {
    /// Takes in the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let room = KEPT - self.beginning.len();
        let (beginning, rest) = bytes.split_at(room.min(bytes.len()));
        self.beginning.extend_from_slice(beginning);
        self.end.extend_from_slice(rest);
        let surplus = self.end.len().saturating_sub(KEPT);
        self.cut |= surplus > 0;
        self.end.drain(..surplus);
    }

    /// What is kept as one line, with `…` where something was left out.
    pub(super) fn line(&self) -> String {
        let cut = if self.cut { " … ".as_bytes() } else { &[] };
        one_line(&[&self.beginning, cut, &self.end].concat())
    }
}

/// `text` as one line that is safe to print: control characters and runs of white space are one space each.
pub(super) fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_are_kept_and_the_cut_is_shown() {
        let mut tail = Tail::default();
        tail.push(b"the cause");
        for _ in 0..1000 {
            tail.push(b" and so on,");
        }
        tail.push(b" to the end\n");
        let line = tail.line();
        assert!(line.starts_with("the cause and so on,"), "{line}");
        assert!(line.ends_with("and so on, to the end"), "{line}");
        assert!(line.contains(" … ") && line.len() < 2 * KEPT + 10, "{line}");
    }

    #[test]
    fn what_fits_is_kept_whole() {
        let text = "0123456789".repeat(32);
        for cut in 0..=text.len() {
            let mut tail = Tail::default();
            tail.push(&text.as_bytes()[..cut]);
            tail.push(&text.as_bytes()[cut..]);
            assert_eq!(tail.line(), text);
        }
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut tail = Tail::default();
        tail.push(b"a\x1b[31mred\r\n\tb\0c\xff");
        assert_eq!(tail.line(), "a [31mred b c\u{fffd}");
    }
}
