//! What is timed: operation x algorithm, and for a cipher the length of the message. Knows no library.

use crate::report::bench::Workload as Info;
use crate::spec::{Algorithm, Operation};

use super::inputs;

/// The lengths of messages that a cipher is timed with, in bytes, and their names.
const LENGTHS: [(usize, &str); 4] = [(64, "64B"), (1 << 10, "1KiB"), (16 << 10, "16KiB"), (1 << 20, "1MiB")];
/// How many inputs a sample goes over. A few, because key generation samples by rejection and so does not always
/// take the same time; not more, so that they stay in the nearest caches, as those of a program would.
const FEW: usize = 8;
/// The same where an input is large.
const LARGE: usize = 64 << 10;

/// Something to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The operation.
    pub operation: Operation,
    /// How long the message is and what that is called, for a cipher.
    pub bytes: Option<(usize, &'static str)>,
}

impl Workload {
    /// Every workload of `algorithm`, in report order.
    pub fn of(algorithm: Algorithm) -> Vec<Self> {
        let plain = |operations: &[Operation]| {
            operations
                .iter()
                .map(|operation| Self { algorithm, operation: *operation, bytes: None })
                .collect()
        };
        match algorithm {
            Algorithm::MlKem512 | Algorithm::MlKem768 | Algorithm::MlKem1024 => {
                plain(&[Operation::Keygen, Operation::Encaps, Operation::Decaps])
            }
            Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => {
                plain(&[Operation::Keygen, Operation::Sign, Operation::Verify])
            }
            Algorithm::ChaCha20Poly1305 => [Operation::Seal, Operation::Open]
                .into_iter()
                .flat_map(|operation| {
                    LENGTHS.map(|length| Self { algorithm, operation, bytes: Some(length) })
                })
                .collect(),
            // What no standard defines is tested and not timed.
            Algorithm::Kyber512 | Algorithm::ClassicMcEliece460896 => Vec::new(),
        }
    }

    /// `ML-KEM-768/encaps`, `ChaCha20-Poly1305/seal/1KiB`.
    pub fn id(&self) -> String {
        let length = self.bytes.map(|(_, name)| format!("/{name}")).unwrap_or_default();
        format!("{}/{}{length}", self.algorithm, self.operation)
    }

    /// How long the message is, where there is one.
    pub fn length(&self) -> usize {
        self.bytes.map_or(0, |(length, _)| length)
    }

    /// How many different inputs there are.
    pub fn inputs(&self) -> usize {
        match self.operation {
            Operation::Sign => inputs::SIGNED,
            _ if self.length() > LARGE => 1,
            _ => FEW,
        }
    }

    /// How many rounds the signing loop takes, on average over the inputs.
    pub fn repetitions(&self) -> Option<f64> {
        let signed = inputs::signed(self.algorithm).filter(|_| self.operation == Operation::Sign)?;
        Some(signed.mean())
    }

    /// The digest of the right answers.
    pub fn answers(&self) -> &'static str {
        let id = self.id();
        let line = ANSWERS.lines().find_map(|line| line.strip_prefix(id.as_str())?.strip_prefix(' '));
        line.unwrap_or_default()
    }

    /// What is inside of the timed region, as a sentence.
    fn timed(&self) -> &'static str {
        match self.operation {
            Operation::Keygen => {
                "one call from a given seed to both keys in the bytes of the standard; the seed is not drawn"
            }
            Operation::Encaps => {
                "one call from the bytes of ek and given randomness to c and the shared secret: reading and checking \
                 ek is inside, drawing the randomness is not"
            }
            Operation::Decaps => {
                "one call from the bytes of dk and c to the shared secret: reading and checking dk is inside; every \
                 c is valid"
            }
            Operation::Sign => {
                "one call from the bytes of sk and a message of 50 bytes to the signature, deterministic, empty \
                 context: reading sk is inside"
            }
            Operation::Verify => {
                "one call from the bytes of pk, a message of 50 bytes and its signature to the verdict: reading pk is \
                 inside; every signature is valid"
            }
            Operation::Seal => {
                "one call from key, nonce, 13 bytes of additional data and plaintext to ciphertext and tag, each in \
                 place of its own: setting up the key is inside"
            }
            Operation::Open => {
                "one call from key, nonce, 13 bytes of additional data, ciphertext and tag to the plaintext: setting \
                 up the key is inside; every tag is right"
            }
        }
    }

    /// The workload as a report has it.
    pub(super) fn info(&self) -> Info {
        Info {
            id: self.id(),
            algorithm: self.algorithm,
            operation: self.operation,
            bytes: self.bytes.map(|(length, _)| length as u64),
            inputs: self.inputs() as u64,
            timed: self.timed().to_owned(),
            answers: self.answers().to_owned(),
            repetitions: self.repetitions(),
        }
    }
}

/// The SHA-256 digests of the answers of each workload; every linked backend agrees on them, which a test says.
const ANSWERS: &str = include_str!("answers.txt");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_workload_has_a_name_and_answers_of_its_own() {
        let all: Vec<Workload> = Algorithm::ALL.into_iter().flat_map(Workload::of).collect();
        assert_eq!(all.len(), 26);
        let names: BTreeSet<String> = all.iter().map(Workload::id).collect();
        let answers: BTreeSet<&str> = all.iter().map(Workload::answers).collect();
        assert_eq!((names.len(), answers.len()), (26, 26));
        assert!(answers.iter().all(|digest| digest.len() == 64), "{answers:?}");
        assert_eq!(ANSWERS.lines().count(), 26);
    }
}
