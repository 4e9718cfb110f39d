//! Python source -> logical lines, with texts and comments cut out. Knows no statement.

/// A logical line: one statement, over as many lines as its brackets and texts take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// The number of its first line, counted from 1.
    pub(super) number: usize,
    /// Blanks before it; a tab counts as eight.
    pub(super) indent: usize,
    /// The code. Texts are empty quotes, line ends in brackets are blanks.
    pub(super) text: String,
    /// The texts in it that are plain words.
    pub(super) strings: Vec<String>,
}

/// The logical lines of a source text. Statements after a `;` are lines of their own.
pub(super) fn logical(source: &str) -> Vec<Line> {
    let mut reader =
        Reader { rest: source.strip_prefix('\u{feff}').unwrap_or(source), number: 1, lines: Vec::new() };
    while !reader.rest.is_empty() {
        reader.line();
    }
    reader.lines
}

struct Reader<'s> {
    rest: &'s str,
    number: usize,
    lines: Vec<Line>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.number += usize::from(next == '\n');
        Some(next)
    }

    fn line(&mut self) {
        let mut indent = 0;
        while let Some(blank) = self.rest.chars().next().filter(|c| matches!(c, ' ' | '\t' | '\x0c')) {
            indent += if blank == '\t' { 8 } else { 1 };
            self.next();
        }
        let mut line = Line { number: self.number, indent, ..Line::default() };
        let mut depth = 0_u32;
        while let Some(c) = self.next() {
            match c {
                '\n' if depth == 0 => break,
                '\n' | '\r' => line.text.push(' '),
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                }
                '\\' if self.rest.starts_with(['\n', '\r']) => {
                    self.next();
                    line.text.push(' ');
                }
                ';' if depth == 0 => {
                    let number = self.number;
                    self.push(std::mem::replace(&mut line, Line { number, indent, ..Line::default() }));
                }
                '(' | '[' | '{' => {
                    depth += 1;
                    line.text.push(c);
                }
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    line.text.push(c);
                }
                '"' | '\'' => self.string(c, &mut line),
                _ => line.text.push(c),
            }
        }
        self.push(line);
    }

    fn push(&mut self, mut line: Line) {
        line.text = line.text.trim().to_owned();
        if !line.text.is_empty() {
            self.lines.push(line);
        }
    }

    /// A text, from after its first quote on.
    fn string(&mut self, quote: char, line: &mut Line) {
        let three: String = [quote, quote].iter().collect();
        let is_long = self.rest.starts_with(&three);
        if is_long {
            self.rest = &self.rest[2..];
        }
        let end: String = std::iter::repeat_n(quote, if is_long { 3 } else { 1 }).collect();
        let mut text = String::new();
        while !self.rest.is_empty() && !self.rest.starts_with(&end) {
            // A text of one line ends there even without its quote.
            if !is_long && self.rest.starts_with('\n') {
                break;
            }
            let c = self.next().unwrap_or_default();
            if c == '\\' {
                self.next();
            }
            if text.len() < 200 {
                text.push(c);
            }
        }
        if self.rest.starts_with(&end) {
            self.rest = &self.rest[end.len()..];
        }
        // What stood before a raw or formatted text is not a name.
        while line.text.ends_with(['r', 'b', 'f', 'u', 'R', 'B', 'F', 'U'])
            && !line
                .text
                .trim_end_matches(['r', 'b', 'f', 'u', 'R', 'B', 'F', 'U'])
                .ends_with(|c: char| c.is_alphanumeric() || c == '_')
        {
            line.text.pop();
        }
        line.text.push_str("\"\"");
        if text.chars().all(|c| c == '_' || c.is_alphanumeric()) && !text.is_empty() {
            line.strings.push(text);
        }
    }
}
