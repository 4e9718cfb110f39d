//! What a cause consists of: its page, the signs by which a line is recognised, and its words. Knows no cause.

use std::cmp::Reverse;

use super::line::Echo;
use crate::report::page::Page;

/// One cause of a failed build or start, as data.
pub struct Cause {
    /// What is said of it in general.
    pub page: Page,
    /// What its lines look like.
    pub(super) signs: &'static [Sign],
    /// The ids of causes that come along in its wake: where both are found, this one is the cause.
    pub(super) brings: &'static [&'static str],
    /// Whether a line counts, given everything else that was found.
    pub(super) counts: fn(&Hit, &Seen<'_>) -> bool,
    /// Why, and what to do, with the names that the log gives.
    pub(super) words: fn(&Found) -> Words,
}

/// How one kind of line of a cause looks.
pub(super) struct Sign {
    /// Words of which every such line has one, in whatever case, with `|` between them; one pass looks for the
    /// needles of all causes.
    pub(super) needle: &'static str,
    /// The whole line, as an expression that takes out names; nothing means that the needle is enough.
    pub(super) shape: &'static str,
    /// What the line proves.
    pub(super) weight: Weight,
    /// Words whose presence shows that the line is another one.
    pub(super) unless: Option<&'static [&'static str]>,
    /// In which lines it is looked for besides those that a program wrote.
    pub(super) also: Echo,
}

impl Sign {
    /// The words, one by one.
    pub(super) fn needles(&self) -> impl Iterator<Item = &'static str> {
        self.needle.split('|')
    }

    /// With words that must not be there.
    pub(super) const fn unless(mut self, words: &'static [&'static str]) -> Self {
        self.unless = Some(words);
        self
    }

    /// Also in the last words of an engine, which repeat a command.
    pub(super) const fn echoed(mut self) -> Self {
        self.also = Echo::LastWord;
        self
    }
}

/// A line after which the program that wrote it has failed.
pub(super) const fn proof(needle: &'static str, shape: &'static str) -> Sign {
    Sign { needle, shape, weight: Weight::Proof, unless: None, also: Echo::None }
}

/// A line that a program may survive: it counts where something failed.
pub(super) const fn likely(needle: &'static str, shape: &'static str) -> Sign {
    Sign { weight: Weight::Likely, ..proof(needle, shape) }
}

/// A line that other causes leave behind too.
pub(super) const fn trace(needle: &'static str, shape: &'static str) -> Sign {
    Sign { weight: Weight::Trace, ..proof(needle, shape) }
}

/// A line that only helps to judge others.
pub(super) const fn context(needle: &'static str, shape: &'static str) -> Sign {
    Sign { weight: Weight::Context, also: Echo::Command, ..proof(needle, shape) }
}

/// What a line proves, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Nothing alone.
    Context,
    /// The cause or a consequence of another one.
    Trace,
    /// The cause, if something failed.
    Likely,
    /// The cause.
    Proof,
}

/// The names that an expression may take out of a line.
pub(super) const NAMES: [&str; 4] = ["name", "by", "version", "need"];

/// One line that looks like a cause's.
#[derive(Clone, Debug)]
pub(super) struct Hit {
    /// The number of the line, from 1.
    pub(super) line: u64,
    /// The line as it is shown.
    pub(super) text: String,
    /// What the line proves.
    pub(super) weight: Weight,
    /// What stood in the places of [`NAMES`].
    pub(super) names: [Option<String>; NAMES.len()],
    /// The needle of its sign.
    pub(super) needle: &'static str,
}

impl Hit {
    /// What the expression took out in the place `place`.
    pub(super) fn named(&self, place: &str) -> Option<&str> {
        NAMES.iter().zip(&self.names).find(|(name, _)| **name == place)?.1.as_deref()
    }
}

/// Everything that was found, for a cause that has to look around.
pub(super) struct Seen<'a> {
    /// All hits of all causes that have not been survived, by id.
    pub(super) hits: &'a [(&'static str, Hit)],
}

impl Seen<'_> {
    /// The hits of one cause.
    pub(super) fn of(&self, id: &str) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |(of, _)| *of == id).map(|(_, hit)| hit)
    }
}

/// Every line counts.
pub(super) fn always(_: &Hit, _: &Seen<'_>) -> bool {
    true
}

/// What was found of one cause, for its words.
pub(super) struct Found {
    /// The page of the cause.
    pub(super) page: &'static Page,
    /// The lines, in the order of the log.
    pub(super) hits: Vec<Hit>,
    /// Whose packages the image has.
    pub(super) distribution: Distribution,
}

impl Found {
    /// What was taken out in the place `place`, each once, the best lines' first.
    pub(super) fn all(&self, place: &str) -> Vec<&str> {
        let mut best_first: Vec<&Hit> = self.hits.iter().collect();
        best_first.sort_by_key(|hit| Reverse(hit.weight));
        let mut all = Vec::new();
        for name in best_first.into_iter().filter_map(|hit| hit.named(place)) {
            if !name.is_empty() && !all.contains(&name) {
                all.push(name);
            }
        }
        all
    }

    /// The first of [`Found::all`].
    pub(super) fn first(&self, place: &str) -> Option<&str> {
        self.all(place).first().copied()
    }

    /// The first of `place`, or else these words.
    pub(super) fn or<'a>(&'a self, place: &str, otherwise: &'a str) -> &'a str {
        self.first(place).unwrap_or(otherwise)
    }

    /// The first of `place` in backticks, or else these words.
    pub(super) fn quoted(&self, place: &str, otherwise: &str) -> String {
        self.first(place).map_or_else(|| otherwise.to_owned(), |name| format!("`{name}`"))
    }

    /// The names of `place` as a list for a sentence, or else these words.
    pub(super) fn list(&self, place: &str, otherwise: &str) -> String {
        let all = self.all(place);
        match all.as_slice() {
            [] => otherwise.to_owned(),
            [one] => format!("`{one}`"),
            [first @ .., last] if all.len() <= 4 => {
                let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
                format!("{} and `{last}`", first.join(", "))
            }
            _ => format!("`{}`, `{}`, `{}` and {} more", all[0], all[1], all[2], all.len() - 3),
        }
    }

    /// Whether a line has one of these words.
    pub(super) fn says(&self, words: &[&str]) -> bool {
        self.hits.iter().any(|hit| {
            let text = hit.text.to_ascii_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    }

    /// Words that say why, with the cures of the page.
    pub(super) fn because(&self, why: impl Into<String>) -> Words {
        Words { why: why.into(), fix: self.page.fix.iter().map(|cure| (*cure).to_owned()).collect() }
    }

    /// The command that installs a package, by its names in Debian, Alpine and Fedora.
    pub(super) fn install(&self, debian: &str, alpine: &str, fedora: &str) -> String {
        match self.distribution {
            Distribution::Debian => format!("apt-get install -y {debian}"),
            Distribution::Alpine => format!("apk add {alpine}"),
            Distribution::Fedora => format!("dnf install -y {fedora}"),
            Distribution::Unknown => {
                format!(
                    "apt-get install -y {debian} (Alpine: apk add {alpine}; Fedora: dnf install -y {fedora})"
                )
            }
        }
    }
}

/// Whose packages an image has, as far as the log tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Distribution {
    /// The log does not tell.
    #[default]
    Unknown,
    /// Debian, Ubuntu.
    Debian,
    /// Alpine.
    Alpine,
    /// Fedora, Red Hat and the like.
    Fedora,
}

/// What is said of a cause in a log.
pub(super) struct Words {
    /// Why it happens.
    pub(super) why: String,
    /// What to do, the likeliest cure first.
    pub(super) fix: Vec<String>,
}

impl Words {
    /// With cure `number` of the page first; the first takes its place.
    pub(super) fn best(mut self, number: usize) -> Self {
        self.fix.swap(0, number);
        self
    }

    /// With `cure` in place of the first.
    pub(super) fn replace_first(mut self, cure: String) -> Self {
        self.fix[0] = cure;
        self
    }

    /// With `cure` before the others.
    pub(super) fn cure_first(mut self, cure: impl Into<String>) -> Self {
        self.fix.insert(0, cure.into());
        self
    }

    /// With these cures alone.
    pub(super) fn cured_by<T: Into<String>>(mut self, fix: impl IntoIterator<Item = T>) -> Self {
        self.fix = fix.into_iter().map(Into::into).collect();
        self
    }
}
