//! One case on one code path: from its task to its outcome. Knows no process and no report order.

use super::guarded::Guarded;
use crate::backend::{Aead, Opening, Sealed, Sealing};
use crate::report::Outcome;
use crate::spec::{self, Algorithm, ml_dsa};
use crate::vector::{Case, Task, accumulated};

mod dsa;
mod executor;
mod kem;

use dsa::DsaRun;
pub(super) use executor::Executor;
use executor::{Step, Stop, accept, mismatched, not_offered, refused, same};
use kem::KemRun;

impl Executor<'_> {
    /// Runs one case.
    pub(super) fn run(&mut self, case: &Case<'_>) -> Outcome {
        match self.dispatch(case) {
            Ok(()) => Outcome::Pass,
            Err(Stop::Skip(reason)) => Outcome::Skip { reason },
            Err(Stop::Fail { reason, expected, got, answer }) => {
                self.answer = Some(answer);
                Outcome::Fail { reason, expected, got }
            }
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

#[cfg(test)]
#[cfg(feature = "libcrux")]
mod tests {
    use super::*;
    use crate::backend::{CodePath, Departure, broken};
    use crate::kat::departure;
    use crate::spec::Operation;
    use crate::vector::Answer;

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
