//! ML-KEM: the sizes of FIPS 203, Table 3.

use super::Algorithm;

/// Bytes of each of the seeds `d` and `z` (FIPS 203, Algorithm 16).
pub const SEED: usize = 32;
/// Bytes of the encapsulation randomness `m` (FIPS 203, Algorithm 17).
pub const M: usize = 32;
/// Bytes of the shared secret `K`.
pub const SHARED_SECRET: usize = 32;

/// Sizes in bytes of one parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterSet {
    /// Which one.
    pub algorithm: Algorithm,
    /// Encapsulation key.
    pub ek: usize,
    /// Expanded decapsulation key.
    pub dk: usize,
    /// Ciphertext.
    pub c: usize,
}

/// The three parameter sets.
pub static ALL: [ParameterSet; 3] = [
    ParameterSet { algorithm: Algorithm::MlKem512, ek: 800, dk: 1632, c: 768 },
    ParameterSet { algorithm: Algorithm::MlKem768, ek: 1184, dk: 2400, c: 1088 },
    ParameterSet { algorithm: Algorithm::MlKem1024, ek: 1568, dk: 3168, c: 1568 },
];

/// The sizes of `algorithm`, if it is an ML-KEM.
pub fn sizes(algorithm: Algorithm) -> Option<&'static ParameterSet> {
    ALL.iter().find(|set| set.algorithm == algorithm)
}
