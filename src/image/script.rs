//! The first line of a script, as the kernel reads it. Knows no file tree.

/// How many bytes of a file the kernel looks at.
pub const KERNEL_READS: usize = 256;

/// What the first line of a file says about who is to run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstLine {
    /// `#!` and who runs it.
    Shebang(Shebang),
    /// `#!` after a byte order mark, which the kernel does not skip.
    AfterMark,
    /// Text without `#!`.
    Text,
    /// Nothing at all.
    Empty,
    /// No text.
    Binary,
}

/// `#!` and what follows on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shebang {
    /// The program, as it stands there; may end with a carriage return.
    pub interpreter: Vec<u8>,
    /// All that follows on it, as one argument, without blanks around it.
    pub argument: Option<Vec<u8>>,
    /// Whether the line ends with a carriage return, which the kernel takes for a part of it.
    pub has_carriage_return: bool,
    /// Whether the line is longer than the kernel reads.
    pub is_cut: bool,
}

/// Reads the first line.
pub fn first_line(head: &[u8]) -> FirstLine {
    if head.is_empty() {
        return FirstLine::Empty;
    }
    let Some(line) = head.strip_prefix(b"#!") else {
        return match head {
            [0xef, 0xbb, 0xbf, b'#', b'!', ..] => FirstLine::AfterMark,
            _ if head.iter().take(KERNEL_READS).any(|byte| matches!(byte, 0..=6 | 14..=26)) => {
                FirstLine::Binary
            }
            _ => FirstLine::Text,
        };
    };
    let read = &line[..line.len().min(KERNEL_READS - 2)];
    let end = read.iter().position(|byte| matches!(byte, b'\n' | 0));
    let is_cut = end.is_none() && line.len() > read.len();
    let line = &read[..end.unwrap_or(read.len())];
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let line = &line[start..];
    let end = line.iter().position(blank).unwrap_or(line.len());
    let (interpreter, rest) = line.split_at(end);
    let start = rest.iter().position(|byte| !blank(byte)).unwrap_or(rest.len());
    let last = rest.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    let argument = Some(&rest[start..last]).filter(|argument| !argument.is_empty()).map(<[u8]>::to_vec);
    FirstLine::Shebang(Shebang {
        interpreter: interpreter.to_vec(),
        argument,
        has_carriage_return: line.ends_with(b"\r"),
        is_cut,
    })
}

/// What `env` is asked to start: the program's name, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvArgument {
    /// The program that it looks for in PATH.
    Program(Vec<u8>),
    /// Several words without `-S`: `env` takes them for one name.
    OneName(Vec<u8>),
    /// No program.
    None,
}

impl Shebang {
    /// Whether the interpreter is `env`.
    pub fn is_env(&self) -> bool {
        self.interpreter.rsplit(|byte| *byte == b'/').next() == Some(b"env")
    }

    /// What `env` makes of the argument.
    pub fn env_argument(&self) -> EnvArgument {
        let Some(argument) = &self.argument else { return EnvArgument::None };
        let argument = argument.strip_suffix(b"\r").unwrap_or(argument);
        let split = argument.strip_prefix(b"-S").or_else(|| argument.strip_prefix(b"--split-string="));
        let Some(words) = split else {
            let has_blank = argument.iter().any(|byte| matches!(byte, b' ' | b'\t'));
            return match argument {
                [] => EnvArgument::None,
                _ if has_blank => EnvArgument::OneName(argument.to_vec()),
                _ if argument.starts_with(b"-") => EnvArgument::None,
                _ => EnvArgument::Program(argument.to_vec()),
            };
        };
        let mut words = words.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        // Options and variables stand before the program.
        let program = words.find(|word| !word.starts_with(b"-") && !word.contains(&b'='));
        program.map_or(EnvArgument::None, |program| EnvArgument::Program(program.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shebang(head: &[u8]) -> Shebang {
        match first_line(head) {
            FirstLine::Shebang(shebang) => shebang,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_line_is_cut_into_program_and_one_argument() {
        let read = shebang(b"#! /usr/bin/env  -S python3 -u \nprint()\n");
        assert_eq!(read.interpreter, b"/usr/bin/env");
        assert_eq!(read.argument.as_deref(), Some(&b"-S python3 -u"[..]));
        assert!(read.is_env() && !read.has_carriage_return && !read.is_cut);
        assert_eq!(shebang(b"#!/bin/sh").argument, None);
        assert_eq!(shebang(b"#!\n").interpreter, b"");
    }

    #[test]
    fn a_carriage_return_belongs_to_the_line() {
        let read = shebang(b"#!/bin/sh\r\necho\r\n");
        assert_eq!(read.interpreter, b"/bin/sh\r");
        assert!(read.has_carriage_return);
        assert!(shebang(b"#!/usr/bin/env python3\r\n").has_carriage_return);
    }

    #[test]
    fn what_env_starts_is_found() {
        let env = |text: &str| shebang(format!("#!/usr/bin/env {text}\n").as_bytes()).env_argument();
        assert_eq!(env("python3"), EnvArgument::Program(b"python3".to_vec()));
        assert_eq!(env("-S A=1 python3 -u"), EnvArgument::Program(b"python3".to_vec()));
        assert_eq!(env("-Spython3"), EnvArgument::Program(b"python3".to_vec()));
        assert_eq!(env("python3 -u"), EnvArgument::OneName(b"python3 -u".to_vec()));
        assert_eq!(env(""), EnvArgument::None);
    }

    #[test]
    fn what_is_no_script_is_told_apart() {
        assert_eq!(first_line(b""), FirstLine::Empty);
        assert_eq!(first_line(b"echo hello\n"), FirstLine::Text);
        assert_eq!(first_line(b"\xef\xbb\xbf#!/bin/sh\n"), FirstLine::AfterMark);
        assert_eq!(first_line(b"MZ\x90\0\x03"), FirstLine::Binary);
        assert!(shebang(&[b"#!/".as_slice(), &[b'a'; 400]].concat()).is_cut);
    }
}
