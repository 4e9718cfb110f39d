//! The course of a log: which signs were seen where, and which of them were survived, because the step they stood
//! in was done or the tool came to a good end. Knows no cause.

use std::collections::BTreeMap;

use super::cause::{Distribution, Hit, Weight};
use super::marks::Says;
use super::rules::Bears;
use crate::report::causes::Evidence;

/// So many sources, steps and services, are told apart; what comes from others has none.
const MOST_SOURCES: usize = 1024;

/// So many lines are kept of one sign in one source, and the last.
const MOST_ALIKE: usize = 6;

/// So many lines are kept altogether.
const MOST_HITS: usize = 8192;

/// After so many lines of one sign, with nothing survived in between, more of them say nothing new.
const MOST_SEEN: u32 = 4096;

/// A shown line is cut after so many characters.
const LONGEST_SHOWN: usize = 400;

/// A sign in a source: the source, the cause, the sign's number in the cause.
type Key = (usize, usize, usize);

/// What is known at some line of the log.
pub(super) struct Course {
    /// The first is that of lines without one.
    sources: Vec<Source>,
    numbers: BTreeMap<String, usize>,
    kept: BTreeMap<Key, Vec<Hit>>,
    hits: usize,
    /// How often each sign was seen since something was survived, by cause.
    seen: Vec<Vec<u32>>,
    /// What went well last, if anything did.
    success: Option<Success>,
    distribution: Distribution,
}

/// How something went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Success {
    /// A tool said so in this line, and another may have followed.
    Tool(u64),
    /// The whole was built, or a service runs.
    Whole,
}

/// One source of lines.
#[derive(Default)]
struct Source {
    /// Whether the build or the program has failed there.
    failed: bool,
    /// The first line that says that something failed.
    failure: Option<Evidence>,
    /// Whether it is a service of its own and not a step of a build.
    service: bool,
}

/// What is left at the end of the log.
pub(super) struct End {
    /// The hits that were not survived, with the cause's place in the list, in the order of the log.
    pub(super) hits: Vec<(usize, Hit)>,
    /// The line that says that something failed.
    pub(super) failure: Option<Evidence>,
    /// What went well last, if anything did.
    pub(super) success: Option<Success>,
    /// Whose packages the image has.
    pub(super) distribution: Distribution,
}

impl Course {
    pub(super) fn new() -> Self {
        Self {
            sources: vec![Source::default()],
            numbers: BTreeMap::new(),
            kept: BTreeMap::new(),
            hits: 0,
            seen: super::ALL.iter().map(|cause| vec![0; cause.signs.len()]).collect(),
            success: None,
            distribution: Distribution::Unknown,
        }
    }

    /// Line `number` of the log, which came from `source`, bears this.
    pub(super) fn line(&mut self, number: u64, shown: &str, source: Option<&str>, bears: Bears) {
        let source = source.map_or(0, |name| self.source(name));
        match bears {
            Bears::Cause { cause, number: place, sign, names } => {
                self.seen[cause][place] += 1;
                let text = cut(shown);
                let hit = Hit { line: number, text, weight: sign.weight, names, needle: sign.needle };
                self.keep((source, cause, place), hit);
            }
            Bears::Mark(says) => self.mark(number, shown, source, says),
            Bears::Distribution(distribution) => {
                // The first one named is the image's: others are in comments and messages.
                if self.distribution == Distribution::Unknown {
                    self.distribution = distribution;
                }
            }
        }
    }

    /// Whether a sign, named by its cause and its place in it, was seen so often that it is not worth looking for.
    pub(super) fn is_tired(&self, cause: usize, sign: usize) -> bool {
        self.seen[cause][sign] >= MOST_SEEN
    }

    fn source(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        if self.sources.len() == MOST_SOURCES {
            return 0;
        }
        let number = self.sources.len();
        self.sources.push(Source { service: !name.starts_with('#'), ..Source::default() });
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn keep(&mut self, key: Key, hit: Hit) {
        let alike = self.kept.entry(key).or_default();
        // A long line is read in parts, and may be seen twice.
        if alike.last().is_some_and(|last| last.line == hit.line && last.names == hit.names) {
            return;
        }
        // A name that was not seen before is worth keeping longer.
        let known = alike.iter().any(|other| other.names == hit.names);
        let room = if known { MOST_ALIKE } else { 3 * MOST_ALIKE };
        if alike.len() < room && self.hits < MOST_HITS {
            alike.push(hit);
            self.hits += 1;
        } else if let Some(last) = alike.last_mut() {
            *last = hit;
        }
    }

    fn mark(&mut self, number: u64, shown: &str, source: usize, says: Says) {
        match says {
            Says::Built => {
                for other in 0..self.sources.len() {
                    if other == source || !(self.sources[other].failed || self.sources[other].service) {
                        self.survive(other, Weight::Proof);
                    }
                }
                self.success = Some(Success::Whole);
            }
            Says::Ended => {
                if !self.sources[source].failed {
                    self.survive(source, Weight::Proof);
                }
                if self.success != Some(Success::Whole) {
                    self.success = Some(Success::Tool(number));
                }
            }
            Says::Works => {
                // What failed before it and named no cause was tolerated.
                if !self.sources[source].failed {
                    self.sources[source].failure = None;
                }
                if self.success != Some(Success::Whole) {
                    self.success = Some(Success::Tool(number));
                }
            }
            Says::Serves => {
                if !self.sources[source].failed {
                    self.survive(source, Weight::Proof);
                }
                self.success = Some(Success::Whole);
            }
            Says::StepDone if source != 0 => self.survive(source, Weight::Proof),
            Says::NextStep => {
                if !self.sources[source].failed {
                    self.survive(source, Weight::Proof);
                }
            }
            Says::Fetched => self.survive(source, Weight::Likely),
            Says::StepDone => {}
            Says::StepFailed if source == 0 => {}
            Says::StepFailed | Says::Failed | Says::Error => {
                let of = &mut self.sources[source];
                of.failed |= says != Says::Error;
                of.failure.get_or_insert_with(|| Evidence { line: number, text: cut(shown) });
            }
        }
    }

    /// What was seen in `source` up to this weight was survived.
    fn survive(&mut self, source: usize, weight: Weight) {
        self.seen.iter_mut().for_each(|signs| signs.fill(0));
        let keys: Vec<Key> =
            self.kept.range((source, 0, 0)..(source + 1, 0, 0)).map(|(key, _)| *key).collect();
        for key in keys {
            if let Some(alike) = self.kept.get_mut(&key) {
                let before = alike.len();
                // What helps to judge other lines helps on.
                alike.retain(|hit| hit.weight == Weight::Context || hit.weight > weight);
                self.hits -= before - alike.len();
            }
        }
        if weight == Weight::Proof {
            let of = &mut self.sources[source];
            (of.failed, of.failure) = (false, None);
        }
    }

    /// The end of the log.
    pub(super) fn end(self) -> End {
        // Where steps are known to have failed, the others were only stopped.
        let failed: Vec<bool> = self.sources.iter().map(|source| source.failed).collect();
        let some_failed = failed[1..].contains(&true);
        let counts = |source: usize| source == 0 || failed[source] || !some_failed;
        let has_proof = self.kept.iter().any(|((source, ..), alike)| {
            counts(*source) && alike.iter().any(|hit| hit.weight > Weight::Context)
        });
        let mut hits: Vec<(usize, Hit)> = self
            .kept
            .into_iter()
            .filter(|((source, ..), alike)| {
                let context = alike.iter().all(|hit| hit.weight == Weight::Context);
                context || counts(*source) || !has_proof
            })
            .flat_map(|((_, cause, _), alike)| alike.into_iter().map(move |hit| (cause, hit)))
            .collect();
        hits.sort_by_key(|(_, hit)| hit.line);
        let failure =
            self.sources.into_iter().filter_map(|source| source.failure).min_by_key(|line| line.line);
        End { hits, failure, success: self.success, distribution: self.distribution }
    }
}

fn cut(shown: &str) -> String {
    let shown = shown.trim_end();
    match shown.char_indices().nth(LONGEST_SHOWN) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown.to_owned(),
    }
}
