//! The fixed inputs of the workloads, made from their names. Knows no library and no clock.
//!
//! Every input is SHAKE128 of a label and a number, so that anybody can make the same ones. The pairs that are signed
//! are chosen: how long ML-DSA takes depends on how often the loop of FIPS 204, Algorithm 7 begins anew, so the set
//! of a parameter set is the first run of [`SIGNED`] pairs in a row that needs exactly as many rounds as the
//! standard expects of so many (FIPS 204, Table 1: 4.25, 5.1 and 3.85 for each). Nothing else is chosen: within a
//! set there are pairs that sign at once and pairs that take many rounds, as they come.

use shake::{ExtendableOutput as _, Shake128, Update as _, XofReader as _};

use crate::spec::Algorithm;

/// How many pairs of key and message are signed in a pass: with 20, the expected rounds are a whole number.
pub(super) const SIGNED: usize = 20;

/// The pairs of one parameter set, and how many rounds of the loop each of them takes.
///
/// `tests/it/rejections.rs` counts them in liboqs and in PQClean, in which it has put itself between the loop and a
/// function that is called once in each round, and looks for the first run anew.
pub struct Signed {
    /// The parameter set.
    pub algorithm: Algorithm,
    /// The number of the first pair.
    pub first: u32,
    /// The rounds of each pair.
    pub rounds: [u32; SIGNED],
}

impl Signed {
    /// The rounds of a signature of the set, on average.
    pub fn mean(&self) -> f64 {
        f64::from(self.rounds.iter().sum::<u32>()) / SIGNED as f64
    }
}

/// The sets of the three parameter sets.
pub static SETS: [Signed; 3] = [
    Signed {
        algorithm: Algorithm::MlDsa44,
        first: 64,
        rounds: [6, 3, 4, 7, 1, 5, 1, 5, 1, 9, 6, 4, 10, 1, 6, 1, 2, 4, 2, 7],
    },
    Signed {
        algorithm: Algorithm::MlDsa65,
        first: 76,
        rounds: [5, 1, 10, 2, 6, 2, 9, 1, 7, 8, 3, 4, 11, 1, 7, 12, 2, 5, 4, 2],
    },
    Signed {
        algorithm: Algorithm::MlDsa87,
        first: 8,
        rounds: [6, 11, 1, 6, 2, 12, 3, 2, 5, 2, 1, 1, 1, 1, 1, 5, 2, 13, 1, 1],
    },
];

/// The set of `algorithm`, if it is an ML-DSA.
pub fn signed(algorithm: Algorithm) -> Option<&'static Signed> {
    SETS.iter().find(|set| set.algorithm == algorithm)
}

/// The seed ξ of the key of pair `number`.
pub fn xi(algorithm: Algorithm, number: u32) -> Vec<u8> {
    bytes(&format!("{algorithm} xi"), number, 32)
}

/// The message of pair `number`.
pub fn message(algorithm: Algorithm, number: u32) -> Vec<u8> {
    bytes(&format!("{algorithm} message"), number, 50)
}

/// `length` bytes of SHAKE128 of `pqcheck bench <label> <number>`.
pub fn bytes(label: &str, number: u32, length: usize) -> Vec<u8> {
    let mut hash = Shake128::default();
    hash.update(format!("pqcheck bench {label} {number}").as_bytes());
    let mut bytes = vec![0; length];
    hash.finalize_xof().read(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_takes_as_many_rounds_as_the_standard_expects() {
        for (algorithm, expected) in
            [(Algorithm::MlDsa44, 4.25), (Algorithm::MlDsa65, 5.1), (Algorithm::MlDsa87, 3.85)]
        {
            let set = signed(algorithm).unwrap();
            assert!((set.mean() - expected).abs() < 1e-9, "{algorithm}: {}", set.mean());
            assert!(set.rounds.contains(&1) && set.rounds.iter().any(|rounds| *rounds > 8), "{algorithm}");
        }
    }

    #[test]
    fn an_input_depends_on_its_label_and_its_number() {
        assert_eq!(bytes("a", 1, 50)[..32], bytes("a", 1, 32));
        assert_ne!(bytes("a", 1, 32), bytes("a", 2, 32));
        assert_ne!(bytes("a", 1, 32), bytes("b", 1, 32));
    }
}
