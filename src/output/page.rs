//! The frame of every HTML page: head, theme, end, and text that cannot leave its element. A page needs nothing from
//! elsewhere, has no script, and follows the reader's choice of light or dark. Knows no report.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::text::Plain;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#59636e;--page:#fff;--line:#d1d9e0;--bar:#7aa7e0;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9198a1;--page:#0d1117;--line:#3d444d;--bar:#2f5f9e;--bad:#ff7b72}}
body{margin:0 auto;padding:1rem;max-width:80rem;background:var(--page);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:0 0 .3rem}
section{border-top:1px solid var(--line);padding:1rem 0}
.work{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:1rem;align-items:start}
@media(max-width:56rem){.work{grid-template-columns:minmax(0,1fr)}}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.8rem;width:100%}
th,td{padding:.2rem .35rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1rem;font-size:.9rem}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
p.note{color:var(--dim);font-size:.85rem;margin:.2rem 0}.bad{color:var(--bad);font-weight:600}
svg{width:100%;height:auto;display:block}svg text{fill:var(--ink);font-size:13px}
svg polyline{stroke:var(--ink)}svg rect{fill:var(--bar)}svg circle{fill:var(--ink)}
";

/// Begins a page: `title` is its heading, and with `subject` the name of its tab.
pub(super) fn begin(out: &mut dyn Write, title: &str, subject: &str) -> io::Result<()> {
    let (title, subject) = (escaped(title), escaped(subject));
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{title}: {subject}</title>\n<style>{STYLE}</style></head><body>\n<h1>{title}</h1>"
    )
}

/// Ends it.
pub(super) fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</body></html>")
}

/// Text of foreign origin inside of an element.
pub(super) fn escaped(text: &str) -> String {
    let mut plain = String::new();
    for c in Plain(text).to_string().chars() {
        match c {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            c => {
                // Writing to a `String` cannot fail.
                let _ = plain.write_char(c);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_cannot_leave_its_element() {
        assert_eq!(escaped("<script>&\"\u{1b}"), "&lt;script&gt;&amp;&quot;\\u{1b}");
        let mut page = Vec::new();
        begin(&mut page, "pqcheck", "</title><script>").unwrap();
        assert!(!String::from_utf8(page).unwrap().contains("<script>"));
    }
}
