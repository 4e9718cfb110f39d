//! ML-KEM of liboqs, through its per-algorithm functions. Knows no code path.

use std::ffi::c_int;

use super::super::seeded::{accepted, output, seeded};
use super::super::{Answer, Encapsulated, Kem, exactly};
use crate::spec::Algorithm;
use crate::spec::ml_kem::{M, SEED, SHARED_SECRET};

/// An ML-KEM parameter set of liboqs. The functions' own enum is an `int` that may hold any value.
macro_rules! kem {
    ($algorithm:ident, $set:literal, ek: $ek:literal, dk: $dk:literal, c: $c:literal) => {{
        // SAFETY: as `oqs/kem_ml_kem.h` declares them; its lengths are those of the standard, which a test compares.
        unsafe extern "C" {
            #[link_name = concat!("OQS_KEM_ml_kem_", $set, "_keypair")]
            safe fn keypair(ek: &mut [u8; $ek], dk: &mut [u8; $dk]) -> c_int;
            #[link_name = concat!("OQS_KEM_ml_kem_", $set, "_encaps")]
            safe fn encaps(c: &mut [u8; $c], shared_secret: &mut [u8; SHARED_SECRET], ek: &[u8; $ek]) -> c_int;
            #[link_name = concat!("OQS_KEM_ml_kem_", $set, "_decaps")]
            safe fn decaps(shared_secret: &mut [u8; SHARED_SECRET], c: &[u8; $c], dk: &[u8; $dk]) -> c_int;
        }
        MlKem { algorithm: Algorithm::$algorithm, keypair, encaps, decaps }
    }};
}

pub(super) static ALL: &[&dyn Kem] = &[
    &kem!(MlKem512, "512", ek: 800, dk: 1632, c: 768),
    &kem!(MlKem768, "768", ek: 1184, dk: 2400, c: 1088),
    &kem!(MlKem1024, "1024", ek: 1568, dk: 3168, c: 1568),
];

struct MlKem<const EK: usize, const DK: usize, const C: usize> {
    algorithm: Algorithm,
    keypair: extern "C" fn(&mut [u8; EK], &mut [u8; DK]) -> c_int,
    encaps: extern "C" fn(&mut [u8; C], &mut [u8; SHARED_SECRET], &[u8; EK]) -> c_int,
    decaps: extern "C" fn(&mut [u8; SHARED_SECRET], &[u8; C], &[u8; DK]) -> c_int,
}

impl<const EK: usize, const DK: usize, const C: usize> Kem for MlKem<EK, DK, C> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let seeds: [&[u8]; 2] = [exactly::<SEED>(d)?, exactly::<SEED>(z)?];
        let (ek, dk) = (output(ek)?, output(dk)?);
        seeded(&seeds, || (self.keypair)(ek, dk))
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        let (ek, m) = (exactly(ek)?, exactly::<M>(m)?);
        let (c, shared_secret) = (output(to.c)?, output(to.shared_secret)?);
        seeded(&[m], || (self.encaps)(c, shared_secret, ek))
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let (dk, c, shared_secret) = (exactly(dk)?, exactly(c)?, output(shared_secret)?);
        accepted((self.decaps)(shared_secret, c, dk))
    }
}
