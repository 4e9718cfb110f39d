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
    /// Whether the key is an object that the library has set up before and keeps, in place of bytes.
    pub key_object: bool,
}

impl Workload {
    /// Every workload of `algorithm` with keys of this kind, in report order.
    pub fn of(algorithm: Algorithm, key_object: bool) -> Vec<Self> {
        let one = |operation, bytes| Self { algorithm, operation, bytes, key_object };
        let plain = |operations: &[Operation]| operations.iter().map(|it| one(*it, None)).collect();
        match algorithm {
            Algorithm::MlKem512 | Algorithm::MlKem768 | Algorithm::MlKem1024 => {
                plain(&[Operation::Keygen, Operation::Encaps, Operation::Decaps])
            }
            Algorithm::MlDsa44 | Algorithm::MlDsa65 | Algorithm::MlDsa87 => {
                plain(&[Operation::Keygen, Operation::Sign, Operation::Verify])
            }
            Algorithm::ChaCha20Poly1305 => [Operation::Seal, Operation::Open]
                .into_iter()
                .flat_map(|operation| LENGTHS.map(|length| one(operation, Some(length))))
                .collect(),
            // What no standard defines is tested and not timed.
            Algorithm::Kyber512 | Algorithm::ClassicMcEliece460896 => Vec::new(),
        }
    }

    /// `ML-KEM-768/encaps`, `ChaCha20-Poly1305/seal/1KiB`, `ML-DSA-87/sign/key-object`.
    pub fn id(&self) -> String {
        format!("{}{}", self.answered(), if self.key_object { "/key-object" } else { "" })
    }

    /// The name without the kind of the key, on which the answers do not depend.
    fn answered(&self) -> String {
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
        let name = self.answered();
        let line = ANSWERS.lines().find_map(|line| line.strip_prefix(name.as_str())?.strip_prefix(' '));
        line.unwrap_or_default()
    }

    /// What is inside of the timed region, as a sentence.
    fn timed(&self) -> &'static str {
        match (self.operation, self.key_object) {
            (Operation::Keygen, false) => {
                "one call from a given seed to both keys in the bytes of the standard; the seed is not drawn"
            }
            (Operation::Keygen, true) => {
                "one call from a given seed to the library's own key object, and giving that back; neither drawing the \
                 seed nor encoding the keys is inside"
            }
            (Operation::Encaps, false) => {
                "one call from the bytes of ek and given randomness to c and the shared secret: reading and checking \
                 ek is inside, drawing the randomness is not"
            }
            (Operation::Encaps, true) => {
                "one call from given randomness to c and the shared secret, to an ek that the library keeps: neither \
                 reading ek nor drawing the randomness is inside"
            }
            (Operation::Decaps, false) => {
                "one call from the bytes of dk and c to the shared secret: reading and checking dk is inside; every \
                 c is valid"
            }
            (Operation::Decaps, true) => {
                "one call from c to the shared secret, with a dk that the library keeps: reading dk is not inside; \
                 every c is valid"
            }
            (Operation::Sign, false) => {
                "one call from the bytes of sk and a message of 50 bytes to the signature, deterministic, empty \
                 context: reading sk is inside"
            }
            (Operation::Sign, true) => {
                "one call from a message of 50 bytes to the signature, deterministic, empty context, with an sk that \
                 the library keeps: reading sk is not inside"
            }
            (Operation::Verify, false) => {
                "one call from the bytes of pk, a message of 50 bytes and its signature to the verdict: reading pk is \
                 inside; every signature is valid"
            }
            (Operation::Verify, true) => {
                "one call from a message of 50 bytes and its signature to the verdict, with a pk that the library \
                 keeps: reading pk is not inside; every signature is valid"
            }
            (Operation::Seal, false) => {
                "one call from key, nonce, 13 bytes of additional data and plaintext to ciphertext and tag, each in \
                 place of its own: setting up the key is inside"
            }
            (Operation::Seal, true) => {
                "one call from nonce, 13 bytes of additional data and plaintext to ciphertext and tag, each in place \
                 of its own, with a key that the library keeps: setting up the key is not inside"
            }
            (Operation::Open, false) => {
                "one call from key, nonce, 13 bytes of additional data, ciphertext and tag to the plaintext: setting \
                 up the key is inside; every tag is right"
            }
            (Operation::Open, true) => {
                "one call from nonce, 13 bytes of additional data, ciphertext and tag to the plaintext, with a key \
                 that the library keeps: setting up the key is not inside; every tag is right"
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
        let of = |key_object| Algorithm::ALL.into_iter().flat_map(move |it| Workload::of(it, key_object));
        let all: Vec<Workload> = of(false).chain(of(true)).collect();
        let names: BTreeSet<String> = all.iter().map(Workload::id).collect();
        let answers: BTreeSet<&str> = all.iter().map(Workload::answers).collect();
        let timed: BTreeSet<&str> = all.iter().map(Workload::timed).collect();
        assert_eq!((names.len(), answers.len(), timed.len()), (52, 26, 14));
        assert!(answers.iter().all(|digest| digest.len() == 64), "{answers:?}");
        assert_eq!(ANSWERS.lines().count(), 26);
    }
}
