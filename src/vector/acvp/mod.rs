//! NIST ACVP vector sets of ML-KEM and ML-DSA: `internalProjection.json`, and pairs of `prompt.json` and
//! `expectedResults.json`. Revisions FIPS203 and FIPS204, their `-tr1`, and the forms before them.
//! Knows the fields of a set; which files belong together is `file`'s business.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::field::{FETCH, Fault, quoted};
use super::json::{Document, Record, Row};
use super::{Case, Expected, Task};
use crate::spec::{Algorithm, Operation};

mod ml_dsa;
mod ml_kem;

/// What a file of ACVP is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Questions with answers.
    Whole,
    /// Questions alone, `prompt.json`.
    Prompt,
    /// Answers alone, `expectedResults.json`.
    Results,
    /// No vectors: `registration.json`, `validation.json`.
    Other,
}

/// What tells a set: two halves of one have it in common, as far as both say it. Answers as the protocol sends them
/// have the number of the set alone.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// The algorithm, the mode and the revision.
    words: [Option<String>; 3],
    /// `vsId`.
    pub(super) set: Option<u64>,
}

impl Key {
    /// Whether nothing says that these are two sets.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
            one.is_some() && other.is_some() && one != other
        }
        let mut words = self.words.iter().zip(&other.words);
        !differ(self.set, other.set) && !words.any(|(one, other)| differ(one.as_ref(), other.as_ref()))
    }

    /// Whether the algorithm is not said.
    pub(super) fn is_nameless(&self) -> bool {
        self.words[0].is_none()
    }
}

/// In which half a join found the fault.
#[derive(Debug)]
pub(super) enum Half {
    /// In the questions.
    Prompt(Fault),
    /// In the answers.
    Results(Fault),
}

/// What a case is about, before it has a name.
struct Question {
    operation: Operation,
    class: String,
    bad: Option<&'static str>,
    task: Task<'static>,
}

/// Whether `document` is of ACVP.
pub(super) fn knows(document: &Document<'_>) -> bool {
    ["vsId", "mode", "revision"].into_iter().any(|name| document.head.has(name))
}

/// The algorithm of a well-formed set that is none of pqcheck's.
pub(super) fn foreign<'d>(document: &'d Document<'_>) -> Option<&'d str> {
    document.head.text("algorithm").ok().filter(|algorithm| is_foreign(algorithm))
}

/// Whether this is none of pqcheck's algorithms.
pub(super) fn is_foreign(algorithm: &str) -> bool {
    !algorithm.starts_with("ML-KEM") && !algorithm.starts_with("ML-DSA")
}

/// Tells questions from answers, by the fields that each of them has.
pub(super) fn part(document: &Document<'_>) -> Part {
    let Some(groups) = &document.groups else { return Part::Other };
    let described = |fields: &Record<'_>| fields.has("parameterSet") || fields.has("testType");
    if !groups.is_empty() && !groups.iter().any(|group| described(&group.fields)) {
        return Part::Results;
    }
    let mode = document.head.text("mode").unwrap_or_default();
    let mut rows = document.rows().peekable();
    if rows.peek().is_some() && rows.all(|row| !answered(mode, row)) { Part::Prompt } else { Part::Whole }
}

/// Whether the case carries any of its answers. What is not known counts as a whole set, whose reader says so.
fn answered(mode: &str, row: Row<'_, '_>) -> bool {
    let function = row.optional_text("function").ok().flatten().unwrap_or_default();
    let answers: &[&str] = match (mode, function) {
        ("keyGen", _) => &["ek", "dk", "pk", "sk"],
        ("sigGen", _) => &["signature"],
        ("sigVer", _) | ("encapDecap", "encapsulationKeyCheck" | "decapsulationKeyCheck") => &["testPassed"],
        ("encapDecap", "encapsulation") => &["c", "k"],
        ("encapDecap", "decapsulation") => &["k"],
        _ => return true,
    };
    answers.iter().any(|name| row.has_own(name))
}

/// What tells the set of `document`.
pub(super) fn key(document: &Document<'_>) -> Key {
    let word = |name| document.head.text(name).ok().map(str::to_owned);
    Key { words: ["algorithm", "mode", "revision"].map(word), set: document.head.number("vsId") }
}

/// The suite's name, `acvp/ML-KEM-keyGen-FIPS203`.
pub(super) fn suite(document: &Document<'_>) -> Result<String, Fault> {
    let word = |name| document.head.text(name).map(quoted);
    Ok(format!("acvp/{}-{}-{}", word("algorithm")?, word("mode")?, word("revision")?))
}

/// Puts the answers to the questions, by tgId and tcId; neither may be left over.
pub(super) fn join<'a>(mut prompt: Document<'a>, results: Document<'a>) -> Result<Document<'a>, Half> {
    let mut answers = HashMap::new();
    for group in results.groups.into_iter().flatten() {
        let group_id = group.fields.number("tgId");
        for test in group.tests {
            let id = (group_id, test.number("tcId"));
            if answers.insert(id, test).is_some() {
                return Err(Half::Results(Fault::new(place(id), "tcId", format!("answered twice; {FETCH}"))));
            }
        }
    }
    for group in prompt.groups.iter_mut().flatten() {
        let group_id = group.fields.number("tgId");
        for test in &mut group.tests {
            let id = (group_id, test.number("tcId"));
            let Some(answer) = answers.remove(&id) else {
                let what = "has no answer in the expected results; fetch both files from one release";
                return Err(Half::Prompt(Fault::new(place(id), "tcId", what)));
            };
            test.complete(answer);
        }
    }
    if let Some(id) = answers.into_keys().min() {
        let what = "answers no question of the prompt; fetch both files from one release";
        return Err(Half::Results(Fault::new(place(id), "tcId", what)));
    }
    Ok(prompt)
}

fn place((group, case): (Option<u64>, Option<u64>)) -> String {
    let show = |id: Option<u64>| id.map_or_else(|| "?".to_owned(), |id| id.to_string());
    format!("tgId {}/tcId {}", show(group), show(case))
}

/// The cases of a whole set.
pub(super) fn cases(document: &Document<'_>) -> Result<Vec<Case<'static>>, Fault> {
    let read = reader(&document.head)?;
    let mut cases = Vec::new();
    let mut numbers = HashSet::new();
    for row in document.rows() {
        let number = row.number("tcId")?;
        if !numbers.insert(number) {
            return Err(row.fault("tcId", format!("given to two cases; {FETCH}")));
        }
        let (algorithm, question) = read(row)?;
        cases.push(Case {
            name: Cow::Owned(format!("tc{number}")),
            algorithm,
            operation: question.operation,
            class: Cow::Owned(question.class),
            bad: question.bad,
            task: question.task,
        });
    }
    Ok(cases)
}

type Read = fn(Row<'_, '_>) -> Result<(Algorithm, Question), Fault>;

/// How the cases of this algorithm, mode and revision are read.
fn reader(head: &Record<'_>) -> Result<Read, Fault> {
    let algorithm = head.text("algorithm")?;
    let (modes, revisions): (&[(&str, Read)], _) = match algorithm {
        "ML-KEM" => (&ml_kem::MODES, ["FIPS203", "FIPS203-tr1"]),
        "ML-DSA" => (&ml_dsa::MODES, ["FIPS204", "FIPS204-tr1"]),
        _ => return Err(Fault::unknown("", "algorithm", algorithm, &["ML-KEM", "ML-DSA"])),
    };
    let revision = head.text("revision")?;
    if !revisions.contains(&revision) {
        return Err(Fault::unknown("", "revision", revision, &revisions));
    }
    let mode = head.text("mode")?;
    modes.iter().find_map(|(name, read)| (*name == mode).then_some(*read)).ok_or_else(|| {
        Fault::unknown("", "mode", mode, &modes.iter().map(|(name, _)| *name).collect::<Vec<_>>())
    })
}

/// Whether the private key of this group is a seed; only the `-tr1` revisions say so.
fn seeded(row: Row<'_, '_>) -> Result<bool, Fault> {
    match row.optional_text("keyFormat")? {
        None => Ok(false),
        Some(_) => Ok(row.choice("keyFormat", &["seed", "expanded", "none"])? == "seed"),
    }
}

/// The last word of a class: why a `VAL` case is as it is where that is published, else the kind of test.
fn reason<'d>(row: Row<'d, '_>) -> Result<Cow<'d, str>, Fault> {
    let kind = row.choice("testType", &["AFT", "VAL"])?;
    Ok(row.optional_text("reason")?.map_or(Cow::Borrowed(kind), |reason| Cow::Owned(quoted(reason))))
}

/// A published output, which has the length of the standard.
fn value(row: Row<'_, '_>, name: &str, len: usize) -> Result<Expected<'static>, Fault> {
    Ok(Expected::Value(row.exactly(name, len)?.into()))
}
