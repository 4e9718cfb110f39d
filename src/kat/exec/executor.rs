//! Calls a library, compares what it answered with what was published, and says how a case ends. Knows no operation.

use sha2::{Digest as _, Sha256};

use crate::backend::{CodePath, Departure, Refusal};
use crate::isolate;
use crate::kat::departure;
use crate::kat::guarded::Guarded;
use crate::report::shortened;
use crate::spec::Algorithm;
use crate::vector::{Answer, Expected, accumulated};

/// Runs cases on one code path and keeps the time spent inside the library.
pub(in crate::kat) struct Executor<'a> {
    pub(super) path: &'static CodePath,
    strict: bool,
    timed: bool,
    /// Processor time inside the library's own calls, in nanoseconds; only where it was asked for.
    pub(in crate::kat) library_ns: u64,
    /// Called now and then during a long case, so that silence means a hang.
    alive: &'a mut dyn FnMut(),
    /// The digest of the last accumulated case, for runs without a published one.
    pub(in crate::kat) digest: Option<[u8; 32]>,
    /// What tells the last wrong answer from another one.
    pub(in crate::kat) answer: Option<[u8; 32]>,
    /// Whether pqcheck formatted a message that the library cannot format.
    pub(in crate::kat) formatted: bool,
}

/// Why a case ends before its last step.
pub(super) enum Stop {
    Skip(String),
    Fail { reason: String, expected: String, got: String, answer: [u8; 32] },
    Error(String),
}

/// A wrong answer: what is wrong, what was expected, and what came, in words and whole.
fn wrong(reason: String, expected: String, got: String, whole: &[u8]) -> Stop {
    let answer = Sha256::new().chain_update(&reason).chain_update(whole).finalize().into();
    Stop::Fail { reason, expected, got, answer }
}

pub(super) type Step<T = ()> = Result<T, Stop>;

impl<'a> Executor<'a> {
    /// An executor for `path`; the library has been sent down it already.
    pub(in crate::kat) fn new(
        path: &'static CodePath,
        strict: bool,
        timed: bool,
        alive: &'a mut dyn FnMut(),
    ) -> Self {
        Self { path, strict, timed, library_ns: 0, alive, digest: None, answer: None, formatted: false }
    }

    /// Calls the library, with its time on the clock if that was asked for.
    pub(super) fn call<T>(&mut self, library: impl FnOnce() -> T) -> T {
        if !self.timed {
            return library();
        }
        let start = isolate::thread_cpu_ns();
        let result = library();
        self.library_ns += isolate::thread_cpu_ns().saturating_sub(start);
        result
    }

    /// Whether the code is declared to depart from the standard in this way, and may.
    pub(super) fn is_known(&self, departure: Departure) -> bool {
        !self.strict && self.path.departures.contains(&departure)
    }

    /// An input that must be refused was accepted: a failure, unless that is a known departure.
    pub(super) fn accepted(&self, step: &str, departed: Option<Departure>) -> Stop {
        match departed {
            Some(departure) if self.is_known(departure) => known(departure),
            _ => wrong(format!("{step}: accepted an invalid input"), "reject".into(), "accept".into(), b""),
        }
    }

    /// Compares what the library answered (`None`: it refused) with what was published. `departed`
    /// names the departure that would explain a wrong acceptance, and is asked only then.
    pub(super) fn settle<T, U>(
        &self,
        step: &str,
        departed: impl FnOnce() -> Option<Departure>,
        result: Option<T>,
        answer: &Answer<U>,
        compare: impl FnOnce(T, &U) -> Step,
    ) -> Step {
        match (result, answer) {
            (Some(output), Answer::Accept(expected) | Answer::Either(expected)) => compare(output, expected),
            (None, Answer::Reject | Answer::Either(_)) => Ok(()),
            (None, Answer::Accept(_)) => Err(rejected_valid(step)),
            (Some(_), Answer::Reject) => Err(self.accepted(step, departed())),
        }
    }

    pub(super) fn validity(
        &self,
        step: &str,
        departed: impl FnOnce() -> Option<Departure>,
        valid: bool,
        rejected: bool,
    ) -> Step {
        match (valid, rejected) {
            (true, false) | (false, true) => Ok(()),
            (true, true) => Err(rejected_valid(step)),
            (false, false) => Err(self.accepted(step, departed())),
        }
    }

    pub(super) fn beat(&mut self, round: u64) {
        if round % 16 == 15 {
            (self.alive)();
        }
    }

    pub(super) fn conclude(
        &mut self,
        algorithm: Algorithm,
        count: u64,
        expected: Option<&[u8; 32]>,
        digest: [u8; 32],
    ) -> Step {
        self.digest = Some(digest);
        let Some(expected) = expected.filter(|expected| **expected != digest) else { return Ok(()) };
        let reason = match accumulated::known(algorithm, count, &digest) {
            Some(identity) => format!("accumulated digest matches {identity}, not {algorithm}"),
            None => "accumulated digest differs".to_owned(),
        };
        Err(wrong(reason, const_hex::encode(expected), const_hex::encode(digest), &digest))
    }
}

pub(super) fn published(what: &str, expected: Option<&Expected<'_>>, got: &[u8]) -> Step {
    expected.map_or(Ok(()), |expected| equals(what, expected, got))
}

pub(super) fn equals(what: &str, expected: &Expected<'_>, got: &[u8]) -> Step {
    match expected {
        Expected::Value(expected) => same(what, expected, got),
        Expected::Unpublished => Ok(()),
        Expected::Sha256(expected) => {
            let digest = Sha256::digest(got);
            if digest[..] == expected[..] {
                return Ok(());
            }
            let (expected, digest) = (const_hex::encode(expected), const_hex::encode(digest));
            let (expected, short) =
                (format!("sha256 {expected}"), format!("sha256 {digest} of {} bytes", got.len()));
            Err(wrong(format!("{what} differs"), expected, short, got))
        }
    }
}

pub(super) fn same(what: &str, expected: &[u8], got: &[u8]) -> Step {
    if expected == got {
        return Ok(());
    }
    Err(wrong(format!("{what} differs"), shortened(expected, got), shortened(got, expected), got))
}

/// The two outputs of an operation, or `None` where the library refused.
pub(super) fn outputs(
    step: &str,
    result: Result<(), Refusal>,
    first: Guarded,
    second: Guarded,
) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
    let refused = refused(step, result, &[&first, &second])?;
    Ok((!refused).then(|| (first.written().to_vec(), second.written().to_vec())))
}

pub(super) fn accept(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step {
    if refused(step, result, outputs)? { Err(rejected_valid(step)) } else { Ok(()) }
}

/// Whether the library rejected its input. What it cannot do ends the case as a skip, and damage
/// beyond an output ends it as an error, whatever else the library says.
pub(super) fn refused(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step<bool> {
    if let Some(damage) = outputs.iter().find_map(|output| output.damage()) {
        return Err(Stop::Error(format!("{step}: {damage}")));
    }
    match result {
        Ok(()) => Ok(false),
        Err(Refusal::Rejected(_)) => Ok(true),
        Err(Refusal::Unsupported(what)) => Err(Stop::Skip(format!("unsupported: {what}"))),
    }
}

pub(super) fn rejected_valid(step: &str) -> Stop {
    wrong(format!("{step}: rejected a valid input"), "accept".into(), "reject".into(), b"")
}

pub(super) fn known(departure: Departure) -> Stop {
    Stop::Skip(departure::skip_reason(departure))
}

pub(super) fn not_offered(algorithm: Algorithm) -> Stop {
    Stop::Skip(format!("not-offered: {algorithm}"))
}

pub(super) fn mismatched(algorithm: Algorithm) -> Stop {
    Stop::Error(format!("malformed vector file: this task does not belong to {algorithm}"))
}
