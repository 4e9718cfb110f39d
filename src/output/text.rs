//! Words for a terminal: safe, wrapped, counted and coloured. Knows no report.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Ansi};

use super::{Style, Verbosity};

/// A wrong answer.
pub(super) const FAIL: Ansi = AnsiColor::Red.on_default().bold();
/// Something that could not be done.
pub(super) const ERROR: Ansi = AnsiColor::Magenta.on_default().bold();
/// Something to know.
pub(super) const WARNING: Ansi = AnsiColor::Yellow.on_default().bold();
/// All is well.
pub(super) const GOOD: Ansi = AnsiColor::Green.on_default().bold();
/// A heading.
pub(super) const HEADING: Ansi = Ansi::new().bold();

/// `text` in a colour, where colour is wanted. What is said in colour is also said in words.
pub(super) struct Painted<T>(pub(super) T, pub(super) Ansi, pub(super) Style);

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.2.color {
            write!(f, "{}{}{}", self.1.render(), self.0, self.1.render_reset())
        } else {
            self.0.fmt(f)
        }
    }
}

/// Text of foreign origin on one line: whatever would move the cursor or cannot be seen is written
/// as `\u{1b}`, because a reason may quote a library's stderr or a vector file.
pub(super) struct Plain<'a>(pub(super) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, hostile)) = rest.char_indices().find(|(_, c)| is_hostile(*c)) {
            write!(f, "{}{}", &rest[..at], hostile.escape_debug())?;
            rest = &rest[at + hostile.len_utf8()..];
        }
        f.write_str(rest)
    }
}

fn is_hostile(c: char) -> bool {
    // `escape_debug` knows what is printable; quotes and backslashes are, for a reader.
    !matches!(c, ' '..='~') && c.escape_debug().len() > 1
}

/// [`Plain`], cut between two words where it is longer than a reader of a list can use, which no sentence of pqcheck's is.
pub(super) fn reason(text: &str, style: Style) -> String {
    const LONGEST: usize = 600;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) if style.verbosity != Verbosity::Verbose => {
            let at = text[..end].rfind(' ').filter(|at| *at > 0).unwrap_or(end);
            let left = text[at..].chars().count();
            format!("{}… ({} more)", Plain(&text[..at]), counted(left as u64, "character"))
        }
        _ => Plain(text).to_string(),
    }
}

/// `1 case`, `2 cases`.
pub(super) fn counted(number: u64, noun: &str) -> String {
    if number == 1 { format!("{number} {noun}") } else { format!("{number} {noun}s") }
}

/// Nanoseconds for a reader: `1.31 s`, `803 ms`.
pub(super) fn duration(ns: u64) -> String {
    if ns >= 1_000_000_000 {
        format!("{:.2} s", ns as f64 / 1e9)
    } else if ns >= 10_000_000 {
        format!("{:.0} ms", ns as f64 / 1e6)
    } else {
        format!("{:.1} ms", ns as f64 / 1e6)
    }
}

/// Writes `first`, then `text` broken at blanks; continuation lines start under the text.
pub(super) fn wrapped(out: &mut dyn Write, first: &str, text: &str, style: Style) -> io::Result<()> {
    let indent = first.chars().count();
    let room = style.width.saturating_sub(indent).max(20);
    write!(out, "{first}")?;
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            write!(out, "\n{:indent$}", "")?;
            used = 0;
        } else if used > 0 {
            write!(out, " ")?;
            used += 1;
        }
        write!(out, "{word}")?;
        used += length;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_moves_the_cursor_or_hides() {
        let shown = Plain("a\u{1b}[2J\r\n\t\0\u{202e}\u{fffe}\u{9b}z 'q' \"q\" \\ é µ‖ 署名").to_string();
        assert_eq!(shown, "a\\u{1b}[2J\\r\\n\\t\\0\\u{202e}\\u{fffe}\\u{9b}z 'q' \"q\" \\ é µ‖ 署名");
    }

    #[test]
    fn a_long_reason_is_cut_at_a_character_and_says_so() {
        let long = "é".repeat(601);
        let shown = reason(&long, Style::default());
        assert_eq!(shown, format!("{}… (1 character more)", "é".repeat(600)));
        let words = format!("{} word word", "é".repeat(593));
        assert_eq!(
            reason(&words, Style::default()),
            format!("{} word… (5 characters more)", "é".repeat(593))
        );
        assert_eq!(reason(&long, Style { verbosity: Verbosity::Verbose, ..Style::default() }), long);
    }

    #[test]
    fn lines_are_broken_under_their_text() {
        let mut out = Vec::new();
        let style = Style { width: 30, ..Style::default() };
        wrapped(&mut out, "warning: ", "one two three four five six", style).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "warning: one two three four\n         five six\n");
    }

    #[test]
    fn plural_forms_are_right() {
        assert_eq!(counted(0, "case"), "0 cases");
        assert_eq!(counted(1, "case"), "1 case");
        assert_eq!(counted(2, "case"), "2 cases");
    }

    #[test]
    fn durations_have_a_unit_that_fits() {
        assert_eq!(duration(1_310_000_000), "1.31 s");
        assert_eq!(duration(803_400_000), "803 ms");
        assert_eq!(duration(1_500_000), "1.5 ms");
        assert_eq!(duration(0), "0.0 ms");
    }
}
