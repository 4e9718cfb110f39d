//! Which revision of a standard published keys belong to: the seed of the matrix is a hash of the seed of the key, and each
//! revision hashes other bytes. Needs no implementation of any of them.

use sha3::{Digest as _, Sha3_256, Sha3_512};
use shake::digest::{ExtendableOutput as _, Update as _, XofReader as _};

use super::{Answer, DsaKeys, Encapsulation, Expected, KemKeys, PrivateKey, Task};
use crate::spec::Algorithm;

/// What an implementation, or a file of vectors, can turn out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// The standard as published.
    Final,
    /// Its initial public draft of August 2023.
    Draft,
    /// The submission to round 3 of NIST's competition, from which the draft was made.
    Round3,
}

impl Revision {
    /// `ML-KEM-768 of FIPS 203`.
    pub const fn words(self, algorithm: Algorithm) -> &'static str {
        match (self, algorithm) {
            (Self::Final, Algorithm::MlKem512) => "ML-KEM-512 of FIPS 203",
            (Self::Final, Algorithm::MlKem768) => "ML-KEM-768 of FIPS 203",
            (Self::Final, Algorithm::MlKem1024) => "ML-KEM-1024 of FIPS 203",
            (Self::Final, Algorithm::MlDsa44) => "ML-DSA-44 of FIPS 204",
            (Self::Final, Algorithm::MlDsa65) => "ML-DSA-65 of FIPS 204",
            (Self::Final, Algorithm::MlDsa87) => "ML-DSA-87 of FIPS 204",
            (Self::Draft, Algorithm::MlKem512) => {
                "ML-KEM-512 of the initial public draft of FIPS 203 (liboqs 0.10)"
            }
            (Self::Draft, Algorithm::MlKem768) => {
                "ML-KEM-768 of the initial public draft of FIPS 203 (liboqs 0.10)"
            }
            (Self::Draft, Algorithm::MlKem1024) => {
                "ML-KEM-1024 of the initial public draft of FIPS 203 (liboqs 0.10)"
            }
            (Self::Draft, Algorithm::MlDsa44) => {
                "ML-DSA-44 of the initial public draft of FIPS 204 (liboqs 0.10, 0.11)"
            }
            (Self::Draft, Algorithm::MlDsa65) => {
                "ML-DSA-65 of the initial public draft of FIPS 204 (liboqs 0.10, 0.11)"
            }
            (Self::Draft, Algorithm::MlDsa87) => {
                "ML-DSA-87 of the initial public draft of FIPS 204 (liboqs 0.10, 0.11)"
            }
            (Self::Round3, Algorithm::MlKem512) => "Kyber512, round 3 (liboqs 0.9)",
            (Self::Round3, Algorithm::MlKem768) => "Kyber768, round 3 (liboqs 0.9)",
            (Self::Round3, Algorithm::MlKem1024) => "Kyber1024, round 3 (liboqs 0.9)",
            (Self::Round3, Algorithm::MlDsa44) => "Dilithium2, round 3.1 (liboqs 0.9)",
            (Self::Round3, Algorithm::MlDsa65) => "Dilithium3, round 3.1 (liboqs 0.9)",
            (Self::Round3, Algorithm::MlDsa87) => "Dilithium5, round 3.1 (liboqs 0.9)",
            (_, Algorithm::ChaCha20Poly1305 | Algorithm::Kyber512 | Algorithm::ClassicMcEliece460896) => {
                algorithm.name()
            }
        }
    }
}

/// The revision that made the keys of `task`, where it says seed and key, and some revision did.
pub fn of(algorithm: Algorithm, task: &Task<'_>) -> Option<Revision> {
    match task {
        Task::KemKeygen { seed, answer: Answer::Accept(KemKeys { ek: Some(ek), .. }) } => {
            kem(algorithm, seed, ek, None)
        }
        Task::KemDecaps { key: PrivateKey::Seed(seed), ek: Some(ek), .. } => kem(algorithm, seed, ek, None),
        Task::KemRoundTrip { seed, m, keys: KemKeys { ek: Some(ek), .. }, encapsulation, .. } => {
            kem(algorithm, seed, ek, Some((m, encapsulation)))
        }
        Task::DsaKeygen { xi, answer: Answer::Accept(DsaKeys { pk: Some(pk), .. }) }
        | Task::DsaRoundTrip { xi, keys: DsaKeys { pk: Some(pk), .. }, .. }
        | Task::DsaSign { key: PrivateKey::Seed(xi), pk: Some(pk), .. } => dsa(algorithm, xi, pk),
        _ => None,
    }
}

/// FIPS 203, Algorithm 13, line 1: (ρ, σ) = G(d‖k), before which it was G(d). What came before the draft hashed m too
/// (round 3), after which the shared secret is the first half of G(m‖H(ek)) (FIPS 203, Algorithm 17, line 1).
fn kem(
    algorithm: Algorithm,
    seed: &[u8],
    ek: &Expected<'_>,
    encapsulated: Option<(&[u8], &Encapsulation<'_>)>,
) -> Option<Revision> {
    let (d, Expected::Value(ek)) = (seed.get(..32)?, ek) else { return None };
    let k = match algorithm {
        Algorithm::MlKem512 | Algorithm::Kyber512 => 2,
        Algorithm::MlKem768 => 3,
        Algorithm::MlKem1024 => 4,
        _ => return None,
    };
    let rho = ek.last_chunk::<32>()?;
    let begins = |parts: &[&[u8]], with: &[u8]| Sha3_512::digest(parts.concat()).starts_with(with);
    if begins(&[d, &[k]], rho) {
        return Some(Revision::Final);
    }
    if !begins(&[d], rho) {
        return None;
    }
    match encapsulated {
        Some((m, Encapsulation { shared_secret: Expected::Value(secret), .. }))
            if !begins(&[m, &Sha3_256::digest(ek)], secret) =>
        {
            Some(Revision::Round3)
        }
        _ => Some(Revision::Draft),
    }
}

/// FIPS 204, Algorithm 6, line 1: ρ is the first 32 bytes of H(ξ‖k‖l), before which it was H(ξ).
fn dsa(algorithm: Algorithm, xi: &[u8], pk: &Expected<'_>) -> Option<Revision> {
    let Expected::Value(pk) = pk else { return None };
    let sizes = match algorithm {
        Algorithm::MlDsa44 => [4, 4],
        Algorithm::MlDsa65 => [6, 5],
        Algorithm::MlDsa87 => [8, 7],
        _ => return None,
    };
    let hashed = |parts: &[&[u8]]| {
        let mut hash = shake::Shake256::default();
        parts.iter().for_each(|part| hash.update(part));
        let mut rho = [0; 32];
        hash.finalize_xof().read(&mut rho);
        pk.starts_with(&rho)
    };
    if hashed(&[xi, &sizes]) { Some(Revision::Final) } else { hashed(&[xi]).then_some(Revision::Draft) }
}
