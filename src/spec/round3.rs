//! KEMs from before the standards on which services still rest, as liboqs 0.8 has them: the sizes of its headers.

use super::Algorithm;
use super::ml_kem::ParameterSet;

/// Bytes of randomness from which Classic McEliece makes its keys (`crypto_kem_keypair` of SUPERCOP 20191221).
pub const MCELIECE_SEED: usize = 32;

/// The parameter sets.
pub static ALL: [ParameterSet; 2] = [
    // `oqs/kem_kyber.h`; the same as of ML-KEM-512.
    ParameterSet { algorithm: Algorithm::Kyber512, ek: 800, dk: 1632, c: 768 },
    // `oqs/kem_classic_mceliece.h`. From liboqs 0.9 on dk has 13,608 bytes and c 156 under the same name.
    ParameterSet { algorithm: Algorithm::ClassicMcEliece460896, ek: 524_160, dk: 13_568, c: 188 },
];

/// The sizes of `algorithm`, if it is one of these.
pub fn sizes(algorithm: Algorithm) -> Option<&'static ParameterSet> {
    ALL.iter().find(|set| set.algorithm == algorithm)
}
