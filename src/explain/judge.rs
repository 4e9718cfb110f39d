//! From what was found in a log to its causes, the most likely first. Knows no log format.

use std::cmp::Reverse;

use super::cause::{Cause, Found, Hit, Seen, Weight};
use super::course::Success;
use super::scan::Read;
use crate::report::causes::{self, Diagnosis, Evidence, Outcome, SCHEMA};

/// A line that proves nothing alone counts where something failed, or among the last so many lines.
const LAST_LINES: u64 = 40;

/// So many lines of evidence are shown of a cause.
const MOST_EVIDENCE: usize = 6;

/// The causes in a log that has been read.
pub(super) fn judge(Read { course, lines, last }: Read) -> Diagnosis {
    let end = course.end();
    let hits: Vec<(&'static str, Hit)> =
        end.hits.into_iter().map(|(cause, hit)| (super::ALL[cause].page.id, hit)).collect();
    let seen = Seen { hits: &hits };
    let failed = end.failure.is_some();
    let success = match end.success {
        _ if failed => false,
        Some(Success::Whole) => true,
        // Another tool may have come after the one that said so, and have failed in words of its own.
        Some(Success::Tool(line)) => !is_doubtful(&last, lines - line.min(lines)),
        None => false,
    };
    let mut found: Vec<(&Cause, Found)> = Vec::new();
    for cause in super::ALL {
        let hits: Vec<Hit> = seen
            .of(cause.page.id)
            .filter(|hit| hit.weight > Weight::Context && (cause.counts)(hit, &seen))
            .filter(|hit| {
                hit.weight == Weight::Proof || failed || (!success && hit.line + LAST_LINES > lines)
            })
            .cloned()
            .collect();
        if !hits.is_empty() {
            found.push((cause, Found { page: &cause.page, hits, distribution: end.distribution }));
        }
    }
    let mut ranked: Vec<(Rank, &Cause, &Found)> =
        found.iter().map(|(cause, of)| (rank(cause, of, &found), *cause, of)).collect();
    ranked.sort_by_key(|(rank, ..)| *rank);
    let causes: Vec<causes::Cause> = ranked.into_iter().map(|(_, cause, of)| told(cause, of)).collect();
    let outcome = match (causes.is_empty(), success) {
        (false, _) => Outcome::Failed,
        (true, true) => Outcome::Succeeded,
        (true, false) => Outcome::Unknown,
    };
    let failure = end.failure.filter(|_| outcome == Outcome::Unknown);
    Diagnosis { schema: SCHEMA.to_owned(), outcome, lines, failure, causes }
}

/// Whether the last lines of a log, at most so many, speak of a failure, in whatever words.
fn is_doubtful(last: &str, lines: u64) -> bool {
    const DOUBTS: &[&str] = &[
        "error",
        "failed",
        "failure",
        "fatal",
        "cannot",
        "can't",
        "denied",
        "abort",
        "exception",
        "unable to",
        "killed",
        "exit code",
        "exit status",
    ];
    const HARMLESS: &[&str] =
        &["warning", "0 failed", "0 errors", "0 failures", "no errors", "debconf", "deprecat"];
    last.lines().rev().take(lines.min(6) as usize).any(|line| {
        let line = line.to_ascii_lowercase();
        DOUBTS.iter().any(|word| line.contains(word)) && !HARMLESS.iter().any(|word| line.contains(word))
    })
}

/// Where a cause comes in the list: after those that bring it about, by what its lines prove, by the first line.
type Rank = (bool, Reverse<Weight>, u64);

fn rank(cause: &Cause, of: &Found, found: &[(&Cause, Found)]) -> Rank {
    let brought = found.iter().any(|(other, lines)| {
        let surely = weight(lines) >= Weight::Likely.min(weight(of));
        other.brings.contains(&cause.page.id) && surely
    });
    (brought, Reverse(weight(of)), first_line(of))
}

fn weight(of: &Found) -> Weight {
    of.hits.iter().map(|hit| hit.weight).max().unwrap_or(Weight::Context)
}

/// The first line among those that prove most.
fn first_line(of: &Found) -> u64 {
    let weight = weight(of);
    of.hits.iter().filter(|hit| hit.weight == weight).map(|hit| hit.line).min().unwrap_or(0)
}

fn told(cause: &Cause, of: &Found) -> causes::Cause {
    let words = (cause.words)(of);
    causes::Cause { id: cause.page.id.to_owned(), evidence: evidence(of), why: words.why, fix: words.fix }
}

/// The lines that prove most, in the order of the log, and each text once.
fn evidence(of: &Found) -> Vec<Evidence> {
    let mut best_first: Vec<&Hit> = of.hits.iter().collect();
    best_first.sort_by_key(|hit| (Reverse(hit.weight), hit.line));
    let mut shown: Vec<Evidence> = Vec::new();
    for hit in best_first {
        if shown.len() < MOST_EVIDENCE
            && shown.iter().all(|line| line.line != hit.line && line.text != hit.text)
        {
            shown.push(Evidence { line: hit.line, text: hit.text.clone() });
        }
    }
    shown.sort_by_key(|line| line.line);
    shown
}
