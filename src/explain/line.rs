//! One line of a log without what other programs put before it: time stamps, the names of services and build
//! steps. Knows no cause.

use std::borrow::Cow;

/// A line, and where in an interleaved log it belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What the program wrote.
    pub(super) text: &'a str,
    /// The build step (`#12`) or service (`web-1`) that it came from, if the log says so.
    pub(super) source: Option<&'a str>,
    /// Whether this is a command as it was given, not what came of it.
    pub(super) echo: Echo,
}

/// How a line repeats a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Echo {
    /// Not at all: a program wrote it.
    None,
    /// With the engine's word on what came of it.
    LastWord,
    /// The command alone.
    Command,
}

/// Takes `line` apart.
pub(super) fn read(line: &str) -> Line<'_> {
    let mut text = line.trim();
    let mut source = None;
    // Several may stand one before the other, in any order: a time stamp, a service, a build step, a time.
    for _ in 0..6 {
        let before = text;
        text = without_code(text);
        text = without_time(text);
        if let Some((name, rest)) = service(text).or_else(|| step(text)) {
            source = Some(name);
            text = rest.trim_start();
        }
        text = without_label(text);
        text = text.trim_start();
        if text.len() == before.len() {
            break;
        }
    }
    Line { text, source, echo: echo(text) }
}

/// `line` with one kind of quotation mark for all.
pub(super) fn with_plain_quotes(line: &str) -> Cow<'_, str> {
    if line.is_ascii() && memchr::memchr2(b'`', b'\\', line.as_bytes()).is_none() {
        return Cow::Borrowed(line);
    }
    let plain = line.replace(['`', '‘', '’'], "'").replace(['“', '”'], "\"");
    Cow::Owned(plain.replace("\\\"", "\"").replace("\\'", "'"))
}

/// Without the remains of a colour code whose escape was lost when the log was copied: `[91m`.
fn without_code(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('[') else { return text };
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    rest[digits..].strip_prefix('m').unwrap_or(text)
}

/// Without `2024-05-01T12:34:56.1234567Z`, also in brackets, or the seconds of a build step, `3.456`.
fn without_time(text: &str) -> &str {
    let bare = text.strip_prefix('[').unwrap_or(text);
    let bytes = bare.as_bytes();
    if bytes.len() > 20
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b' ')
        && bytes[13] == b':'
    {
        let end = bare[11..].find([' ', ']', '\t']).map_or(bare.len(), |at| at + 11);
        return bare[end..].trim_start_matches([']', ' ', '\t']);
    }
    let Some((seconds, rest)) = text.split_once(' ') else {
        // An empty line of a build step is its time alone.
        return if is_seconds(text) { "" } else { text };
    };
    if is_seconds(seconds) { rest } else { text }
}

fn is_seconds(word: &str) -> bool {
    word.split_once('.').is_some_and(|(whole, part)| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits(whole) && digits(part) && (1..=3).contains(&part.len())
    })
}

/// `web_1  | text`, as `docker compose` writes it, and `+base | text`.
fn service(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once('|')?;
    let after = rest.strip_prefix(' ').or(rest.is_empty().then_some(rest))?;
    let name = name.strip_suffix(' ')?.trim_end();
    let is_name = name.len() <= 80
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+/".contains(&byte));
    is_name.then_some((name, after))
}

/// `#12 text`, as BuildKit writes it.
fn step(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix('#')?.bytes().take_while(u8::is_ascii_digit).count();
    let (name, rest) = text.split_at(1 + digits);
    let ends = rest.is_empty() || rest.starts_with(' ');
    ((1..=5).contains(&digits) && ends).then_some((name, rest))
}

/// Without the words by which other programs say whose output follows: `[Build]`, `[INFO]`, `│`.
fn without_label(text: &str) -> &str {
    const LABELS: &[&str] = &["=> => # ", "##[error]", "│ ", "remote: "];
    if let Some(rest) = LABELS.iter().find_map(|label| text.strip_prefix(label)) {
        return rest;
    }
    let labelled = text.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    match labelled {
        Some((label, rest)) if label.len() <= 20 && label.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest
        }
        _ => text,
    }
}

/// Whether a line repeats a command: of a Dockerfile, of a shell that traces, or in an engine's last word.
fn echo(text: &str) -> Echo {
    const COMMANDS: &[&str] = &[
        "Step ",
        "STEP ",
        "RUN ",
        "> [",
        "=> [",
        "=> ERROR [",
        "=> CACHED [",
        "+ ",
        "++ ",
        "$ ",
        "# ",
        ">>> ",
        "warning: spurious network error",
        "##[group]",
        "##[command]",
        "| >>>",
    ];
    const LAST_WORDS: &[&str] = &[
        "The command '",
        "ERROR: process \"",
        "ERROR: failed to ",
        "failed to solve",
        "error: failed to solve",
        "executor failed running",
        "ERROR: executor failed running",
        "error: build error",
        "Error: building at STEP",
        "ERROR: Service '",
        "Error: error building at STEP",
    ];
    let bracketed = text.starts_with('[')
        && text.split_once("] ").is_some_and(|(_, rest)| {
            ["RUN ", "COPY ", "ADD ", "FROM ", "WORKDIR "].iter().any(|word| rest.starts_with(word))
        });
    if bracketed || COMMANDS.iter().any(|start| text.starts_with(start)) || is_frame(text) {
        Echo::Command
    } else if LAST_WORDS.iter().any(|start| text.starts_with(start)) {
        Echo::LastWord
    } else {
        Echo::None
    }
}

/// `  12 | >>> RUN make`, a line of the Dockerfile as BuildKit shows it; also of a source file.
fn is_frame(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=6).contains(&digits) && text[digits..].trim_start().starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, source: Option<&str>, text: &str) {
        let read = read(line);
        assert_eq!((read.source, read.text), (source, text), "{line}");
    }

    #[test]
    fn what_other_programs_put_before_is_taken_off() {
        check("#12 3.456 gcc: error", Some("#12"), "gcc: error");
        check("#12 ERROR: process", Some("#12"), "ERROR: process");
        check("0.199 CMake Error at x", None, "CMake Error at x");
        check("0.199", None, "");
        check("web_1  | Traceback", Some("web_1"), "Traceback");
        check("reth-1 | 2024-05-01T12:34:56Z ERROR x", Some("reth-1"), "ERROR x");
        check("2024-05-01T12:34:56.1234567Z #7 1.1 x", Some("#7"), "x");
        check("2024-05-01 12:34:56,123 x y", None, "x y");
        check("[2025-10-29T06:10:33.692Z] x", None, "x");
        check("\u{1b}[91m", None, "\u{1b}[91m");
        check("[91mE: x", None, "E: x");
    }

    #[test]
    fn what_a_program_wrote_stays() {
        for line in [
            "2612 |   code",
            "a | b | c d",
            "#include <x>",
            "#",
            "1.2.3 x",
            "GLIBC | ",
            "a b | c",
            "3.11 is old",
        ] {
            let text = if line == "3.11 is old" { "is old" } else { line.trim() };
            if line != "a | b | c d" && line != "GLIBC | " {
                check(line, None, text);
            }
        }
    }

    #[test]
    fn commands_are_told_from_what_came_of_them() {
        for echo in [
            "#7 [2/5] RUN apt-get install x || echo Killed",
            "Step 3/9 : RUN make",
            "  45 | >>> RUN make",
            " > [2/5] RUN make:",
            "+ make",
            "The command '/bin/sh -c make' returned a non-zero code: 2",
            "ERROR: failed to solve: process \"/bin/sh -c make\" did not complete",
        ] {
            assert_ne!(read(echo).echo, Echo::None, "{echo}");
        }
        for output in ["[ 50%] Building C object", "make: *** [all] Error 2", "E: x", "[2/5] Linking x"] {
            assert_eq!(read(output).echo, Echo::None, "{output}");
        }
    }

    #[test]
    fn quotation_marks_become_one_kind() {
        assert_eq!(with_plain_quotes("a ‘b’ `c' \\\"d\\\""), "a 'b' 'c' \"d\"");
    }
}
