//! What every comment on a pull request has: text that stays text, and parts that are folded away.

use std::io::{self, Write};

use super::text::Plain;

/// Text of foreign origin. A table's cells end at a bar, and a name may hold anything.
pub(super) fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in Plain(text).to_string().chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            // An `@` would call somebody.
            '@' => plain.push_str("&#64;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '~' | '#' | '!' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}

/// Folds away what `body` writes.
pub(super) fn fold(
    out: &mut dyn Write,
    summary: &str,
    body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(out, "<details><summary>{}</summary>\n", escaped(summary))?;
    body(out)?;
    writeln!(out, "</details>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(
            escaped("a|b <script> @all [x](y) a_b `c` && *"),
            "a\\|b &lt;script> &#64;all \\[x\\](y) a\\_b \\`c\\` &amp;&amp; \\*"
        );
    }
}
