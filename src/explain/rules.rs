//! All signs of all causes, and the marks: which of them a line bears. Built once.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input};
use regex_lite::{Regex, RegexBuilder};

use super::cause::{Distribution, NAMES, Sign};
use super::line::Line;
use super::marks::{self, Says};

/// The rules of pqcheck.
pub(super) static RULES: LazyLock<Rules> = LazyLock::new(Rules::new);

/// Words that tell whose packages an image has.
const DISTRIBUTIONS: &[(&str, Distribution)] = &[
    ("apt-get", Distribution::Debian),
    ("deb.debian.org", Distribution::Debian),
    ("archive.ubuntu.com", Distribution::Debian),
    ("apk add", Distribution::Alpine),
    ("dl-cdn.alpinelinux.org", Distribution::Alpine),
    ("-alpine", Distribution::Alpine),
    ("ld-musl-", Distribution::Alpine),
    ("dnf install", Distribution::Fedora),
    ("yum install", Distribution::Fedora),
    ("microdnf", Distribution::Fedora),
];

/// The needles, and what each of them may be.
pub(super) struct Rules {
    needles: AhoCorasick,
    /// Which meaning each needle has.
    owners: Vec<usize>,
    meanings: Vec<Meaning>,
}

/// What a needle may be part of.
enum Meaning {
    Cause { cause: usize, number: usize, sign: &'static Sign, shape: Shape },
    Mark { says: Says, sign: &'static Sign, shape: Shape },
    Distribution(Distribution),
}

/// What a line bears.
pub(super) enum Bears {
    /// The sign of a cause: its place in the list, the sign's in the cause, and the names in the line.
    Cause { cause: usize, number: usize, sign: &'static Sign, names: [Option<String>; NAMES.len()] },
    /// A mark.
    Mark(Says),
    /// A word of a distribution.
    Distribution(Distribution),
}

impl Rules {
    fn new() -> Self {
        let mut needles: Vec<(&'static str, usize)> = Vec::new();
        let mut meanings = Vec::new();
        let mut add = |words: &mut dyn Iterator<Item = &'static str>, meaning| {
            needles.extend(words.map(|word| (word, meanings.len())));
            meanings.push(meaning);
        };
        for (cause, of) in super::ALL.iter().enumerate() {
            for (number, sign) in of.signs.iter().enumerate() {
                let shape = Shape::new(sign.shape);
                add(&mut sign.needles(), Meaning::Cause { cause, number, sign, shape });
            }
        }
        for mark in marks::ALL {
            let shape = Shape::new(mark.sign.shape);
            add(&mut mark.sign.needles(), Meaning::Mark { says: mark.says, sign: &mark.sign, shape });
        }
        for (word, distribution) in DISTRIBUTIONS {
            add(&mut std::iter::once(*word), Meaning::Distribution(*distribution));
        }
        let (words, owners): (Vec<&str>, Vec<usize>) = needles.into_iter().unzip();
        let needles = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .expect("a few hundred words are no more than an automaton holds");
        Self { needles, owners, meanings }
    }

    /// Where in `text`, from `at` on, the next needle ends.
    pub(super) fn next(&self, text: &[u8], at: usize) -> Option<usize> {
        self.needles.find(Input::new(text).range(at..)).map(|found| found.end())
    }

    /// Everything that `line` bears, without the signs that are `tired`: named by the cause and their place in it.
    pub(super) fn look(&self, line: &Line<'_>, tired: impl Fn(usize, usize) -> bool) -> Vec<Bears> {
        let mut all = Vec::new();
        let mut found: Vec<usize> = Vec::new();
        for needle in self.needles.find_overlapping_iter(line.text) {
            // A line bears a few of them, so looking through is fast.
            let owner = self.owners[needle.pattern().as_usize()];
            if !found.contains(&owner) {
                found.push(owner);
            }
        }
        for meaning in found.into_iter().map(|meaning| &self.meanings[meaning]) {
            match meaning {
                Meaning::Cause { cause, number, .. } if tired(*cause, *number) => {}
                Meaning::Cause { cause, number, sign, shape } => {
                    if let Some(names) = fits(sign, shape, line) {
                        all.push(Bears::Cause { cause: *cause, number: *number, sign, names });
                    }
                }
                Meaning::Mark { says, sign, shape } => {
                    // Where a mark counts, as in `[9/12]`, it is reached when both numbers are the same.
                    if fits(sign, shape, line).is_some_and(|[reached, .., of]| of.is_none() || reached == of)
                    {
                        all.push(Bears::Mark(*says));
                    }
                }
                Meaning::Distribution(distribution) => all.push(Bears::Distribution(*distribution)),
            }
        }
        all
    }
}

fn fits(sign: &Sign, shape: &Shape, line: &Line<'_>) -> Option<[Option<String>; NAMES.len()]> {
    if line.echo > sign.also {
        return None;
    }
    let names = shape.names(line.text)?;
    let excused = sign.unless.is_some_and(|words| {
        let text = line.text.to_ascii_lowercase();
        words.iter().any(|word| text.contains(&word.to_ascii_lowercase()))
    });
    (!excused).then_some(names)
}

/// An expression that is compiled when a line first has its needle.
struct Shape {
    source: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Shape {
    const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// The names that the expression takes out of `text`, if it fits.
    fn names(&self, text: &str) -> Option<[Option<String>; NAMES.len()]> {
        if self.source.is_empty() {
            return Some(Default::default());
        }
        // Every expression is compiled in a test, so none is missing here.
        let compiled = self.compiled.get_or_init(|| compile(self.source));
        if !self.source.contains("(?<") {
            // Looking alone is faster than taking something out.
            return compiled.as_ref()?.is_match(text).then(Default::default);
        }
        let found = compiled.as_ref()?.captures(text)?;
        Some(NAMES.map(|name| found.name(name).map(|place| place.as_str().chars().take(120).collect())))
    }
}

fn compile(source: &str) -> Option<Regex> {
    RegexBuilder::new(source).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles_and_takes_out_only_known_names() {
        let signs = super::super::ALL.iter().flat_map(|cause| cause.signs);
        for sign in signs.chain(marks::ALL.iter().map(|mark| &mark.sign)) {
            assert!(sign.needles().all(|needle| needle.len() > 1), "{}", sign.needle);
            if sign.shape.is_empty() {
                continue;
            }
            let regex = RegexBuilder::new(sign.shape)
                .build()
                .unwrap_or_else(|error| panic!("{}: {error}", sign.shape));
            for name in regex.capture_names().flatten() {
                assert!(NAMES.contains(&name), "{}: `{name}`", sign.shape);
            }
        }
    }
}
