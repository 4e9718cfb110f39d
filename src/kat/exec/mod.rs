//! One case on one code path: calls the library and compares. Knows no process and no report order.

use sha2::{Digest as _, Sha256};

use super::departure;
use super::guarded::Guarded;
use crate::backend::{Aead, CodePath, Departure, Opening, Refusal, Sealed, Sealing};
use crate::isolate;
use crate::report::{Outcome, shortened};
use crate::spec::{self, Algorithm, ml_dsa};
use crate::vector::accumulated;
use crate::vector::{Answer, Case, Expected, Task};

mod dsa;
mod kem;

use dsa::DsaRun;
use kem::KemRun;

/// Runs cases on one code path and keeps the time spent inside the library.
pub(super) struct Executor<'a> {
    path: &'static CodePath,
    strict: bool,
    timed: bool,
    /// Processor time inside the library's own calls, in nanoseconds; only where it was asked for.
    pub(super) library_ns: u64,
    /// Called now and then during a long case, so that silence means a hang.
    alive: &'a mut dyn FnMut(),
    /// The digest of the last accumulated case, for runs without a published one.
    pub(super) digest: Option<[u8; 32]>,
}

/// Why a case ends before its last step.
enum Stop {
    Skip(String),
    Fail { reason: String, expected: String, got: String },
    Error(String),
}

type Step<T = ()> = Result<T, Stop>;

impl<'a> Executor<'a> {
    /// An executor for `path`; the library has been sent down it already.
    pub(super) fn new(
        path: &'static CodePath,
        strict: bool,
        timed: bool,
        alive: &'a mut dyn FnMut(),
    ) -> Self {
        Self { path, strict, timed, library_ns: 0, alive, digest: None }
    }

    /// Runs one case.
    pub(super) fn run(&mut self, case: &Case<'_>) -> Outcome {
        match self.dispatch(case) {
            Ok(()) => Outcome::Pass,
            Err(Stop::Skip(reason)) => Outcome::Skip { reason },
            Err(Stop::Fail { reason, expected, got }) => Outcome::Fail { reason, expected, got },
            Err(Stop::Error(reason)) => Outcome::Error { reason },
        }
    }

    /// What the library has under the name of `algorithm` in place of the standard, if it is known.
    pub(super) fn instead(&mut self, algorithm: Algorithm, rounds: u64) -> Option<&'static str> {
        let case = accumulated::cases(rounds).into_iter().find(|case| case.algorithm == algorithm)?;
        self.digest = None;
        // That it fails, is known; the digest is what matters.
        self.run(&case);
        accumulated::instead(algorithm, rounds, &self.digest?)
    }

    fn dispatch(&mut self, case: &Case<'_>) -> Step {
        let algorithm = case.algorithm;
        if let Task::Aead { .. } = case.task {
            let aead = self.path.aead(algorithm).ok_or_else(|| not_offered(algorithm))?;
            return self.aead(aead, &case.task);
        }
        if let Some(sizes) = spec::kem(algorithm) {
            let kem = self.path.kem(algorithm).ok_or_else(|| not_offered(algorithm))?;
            return KemRun { run: self, kem, sizes }.task(&case.task);
        }
        if let Some(sizes) = ml_dsa::sizes(algorithm) {
            let signature = self.path.signature(algorithm).ok_or_else(|| not_offered(algorithm))?;
            // Wycheproof's flags for the signature that calls UseHint(1, r) with a low part of zero.
            let hint_at_zero =
                ["BoundaryCondition", "ZeroPublicKey"].iter().all(|flag| case.class.contains(flag));
            return DsaRun { run: self, signature, sizes, hint_at_zero }.task(&case.task);
        }
        Err(mismatched(algorithm))
    }

    /// Calls the library, with its time on the clock if that was asked for.
    fn call<T>(&mut self, library: impl FnOnce() -> T) -> T {
        if !self.timed {
            return library();
        }
        let start = isolate::thread_cpu_ns();
        let result = library();
        self.library_ns += isolate::thread_cpu_ns().saturating_sub(start);
        result
    }

    /// Whether the code is declared to depart from the standard in this way, and may.
    fn is_known(&self, departure: Departure) -> bool {
        !self.strict && self.path.departures.contains(&departure)
    }

    /// An input that must be refused was accepted: a failure, unless that is a known departure.
    fn accepted(&self, step: &str, departed: Option<Departure>) -> Stop {
        match departed {
            Some(departure) if self.is_known(departure) => known(departure),
            _ => Stop::Fail {
                reason: format!("{step}: accepted what must be rejected"),
                expected: "reject".into(),
                got: "accept".into(),
            },
        }
    }

    fn aead(&mut self, aead: &dyn Aead, task: &Task<'_>) -> Step {
        let Task::Aead { key, nonce, aad, plaintext, ciphertext, tag, valid } = task else {
            return Err(mismatched(aead.algorithm()));
        };
        if *valid {
            let (mut sealed, mut made) = (Guarded::new(plaintext.len()), Guarded::new(tag.len()));
            let to = &mut Sealed { ciphertext: sealed.output(), tag: made.output() };
            let result = self.call(|| aead.seal(Sealing { key, nonce, aad, plaintext }, to));
            accept("seal", result, &[&sealed, &made])?;
            same("seal: ciphertext", ciphertext, sealed.written())?;
            same("seal: tag", tag, made.written())?;
        }
        let mut opened = Guarded::new(ciphertext.len());
        let opening = Opening { key, nonce, aad, ciphertext, tag };
        let result = self.call(|| aead.open(opening, opened.output()));
        if *valid {
            accept("open", result, &[&opened])?;
            same("open: plaintext", plaintext, opened.written())
        } else {
            match refused("open", result, &[&opened])? {
                true => Ok(()),
                false => Err(self.accepted("open", None)),
            }
        }
    }
}

impl Executor<'_> {
    /// Compares what the library answered (`None`: it refused) with what was published. `departed`
    /// names the departure that would explain a wrong acceptance, and is asked only then.
    fn settle<T, U>(
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

    fn validity(
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

    fn beat(&mut self, round: u64) {
        if round % 16 == 15 {
            (self.alive)();
        }
    }

    fn conclude(
        &mut self,
        algorithm: Algorithm,
        count: u64,
        expected: Option<&[u8; 32]>,
        digest: [u8; 32],
    ) -> Step {
        self.digest = Some(digest);
        let Some(expected) = expected.filter(|expected| **expected != digest) else { return Ok(()) };
        let reason = match accumulated::known(algorithm, count, &digest) {
            Some(identity) => format!("accumulated digest is that of {identity}, not of {algorithm}"),
            None => "accumulated digest differs".to_owned(),
        };
        Err(Stop::Fail { reason, expected: const_hex::encode(expected), got: const_hex::encode(digest) })
    }
}

fn published(what: &str, expected: Option<&Expected<'_>>, got: &[u8]) -> Step {
    expected.map_or(Ok(()), |expected| equals(what, expected, got))
}

fn equals(what: &str, expected: &Expected<'_>, got: &[u8]) -> Step {
    match expected {
        Expected::Value(expected) => same(what, expected, got),
        Expected::Sha256(expected) => {
            let digest = Sha256::digest(got);
            if digest[..] == expected[..] {
                return Ok(());
            }
            Err(Stop::Fail {
                reason: format!("{what} differs"),
                expected: format!("sha256 {}", const_hex::encode(expected)),
                got: format!("sha256 {} of {} bytes", const_hex::encode(digest), got.len()),
            })
        }
    }
}

fn same(what: &str, expected: &[u8], got: &[u8]) -> Step {
    if expected == got {
        return Ok(());
    }
    Err(Stop::Fail {
        reason: format!("{what} differs"),
        expected: shortened(expected, got),
        got: shortened(got, expected),
    })
}

/// The two outputs of an operation, or `None` where the library refused.
fn outputs(
    step: &str,
    result: Result<(), Refusal>,
    first: Guarded,
    second: Guarded,
) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
    let refused = refused(step, result, &[&first, &second])?;
    Ok((!refused).then(|| (first.written().to_vec(), second.written().to_vec())))
}

fn accept(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step {
    if refused(step, result, outputs)? { Err(rejected_valid(step)) } else { Ok(()) }
}

/// Whether the library rejected its input. What it cannot do ends the case as a skip, and damage
/// beyond an output ends it as an error, whatever else the library says.
fn refused(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step<bool> {
    if let Some(damage) = outputs.iter().find_map(|output| output.damage()) {
        return Err(Stop::Error(format!("{step}: {damage}")));
    }
    match result {
        Ok(()) => Ok(false),
        Err(Refusal::Rejected(_)) => Ok(true),
        Err(Refusal::Unsupported(what)) => Err(Stop::Skip(format!("unsupported: {what}"))),
    }
}

fn rejected_valid(step: &str) -> Stop {
    Stop::Fail {
        reason: format!("{step}: rejected what must be accepted"),
        expected: "accept".into(),
        got: "reject".into(),
    }
}

fn known(departure: Departure) -> Stop {
    Stop::Skip(departure::skip_reason(departure))
}

fn not_offered(algorithm: Algorithm) -> Stop {
    Stop::Skip(format!("not-offered: {algorithm}"))
}

fn mismatched(algorithm: Algorithm) -> Stop {
    Stop::Error(format!("the vector's task does not belong to {algorithm}; the vector file is malformed"))
}

#[cfg(test)]
#[cfg(feature = "libcrux")]
mod tests {
    use super::*;
    use crate::backend::broken;
    use crate::spec::Operation;

    /// The outcome of an encapsulation to `ek`, which must be rejected, on a code path with `fault`
    /// that is declared not to check the modulus.
    fn outcome(fault: &str, ek: Vec<u8>, strict: bool) -> Outcome {
        let broken = broken::find(fault).and_then(broken::backend).unwrap();
        let path = Box::leak(Box::new(CodePath {
            id: "wrapped",
            requires: &[],
            dispatched: || true,
            enter: broken.paths[0].enter,
            departures: &[Departure::EkModulus],
            kems: broken.paths[0].kems,
            signatures: &[],
            aeads: &[],
            installed: None,
        }));
        let case = Case {
            name: "tc1".into(),
            algorithm: Algorithm::MlKem768,
            operation: Operation::Encaps,
            class: "".into(),
            bad: None,
            task: Task::KemEncaps { ek: ek.into(), m: vec![1; 32].into(), answer: Answer::Reject },
        };
        Executor::new(path, strict, false, &mut || ()).run(&case)
    }

    #[test]
    fn a_known_departure_excuses_itself_alone() {
        let unreduced = vec![0xff; 1184];
        let skipped = outcome("modulus-check-skipped", unreduced.clone(), false);
        assert_eq!(skipped, Outcome::Skip { reason: departure::skip_reason(Departure::EkModulus) });
        assert!(matches!(outcome("modulus-check-skipped", unreduced, true), Outcome::Fail { .. }), "strict");
        // Zeros are a valid key, but not with a byte behind them.
        assert!(matches!(outcome("ek-padded", vec![0; 1185], false), Outcome::Fail { .. }));
    }

    #[test]
    fn bytes_written_past_an_output_are_an_error() {
        let broken = broken::find("writes-past-the-output").and_then(broken::backend).unwrap();
        let case = Case {
            name: "tc1".into(),
            algorithm: Algorithm::MlKem768,
            operation: Operation::Decaps,
            class: "".into(),
            bad: None,
            task: Task::Accumulated { count: 1, block: None, digest: None },
        };
        let outcome = Executor::new(broken.paths[0], false, false, &mut || ()).run(&case);
        let Outcome::Error { reason } = outcome else { panic!("{outcome:?}") };
        assert!(reason.contains("past the end of its output (8 bytes"), "{reason}");
    }
}
