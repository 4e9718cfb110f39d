//! ML-KEM of liboqs, through the wrapper that Rust applications call. Knows no code path.

use std::sync::LazyLock;

use oqs::kem::Kem as Library;

use super::super::seeded::seeded;
use super::super::{Answer, Encapsulated, Kem, Refusal, exactly};
use super::{LENGTH, copy};
use crate::spec::Algorithm;
use crate::spec::ml_kem::{M, SEED};

/// An ML-KEM parameter set of liboqs.
struct MlKem {
    algorithm: Algorithm,
    library: LazyLock<oqs::Result<Library>>,
}

macro_rules! kem {
    ($name:ident, $algorithm:ident) => {
        static $name: MlKem = MlKem {
            algorithm: Algorithm::$algorithm,
            library: LazyLock::new(|| Library::new(oqs::kem::Algorithm::$algorithm)),
        };
    };
}

kem!(ML_KEM_512, MlKem512);
kem!(ML_KEM_768, MlKem768);
kem!(ML_KEM_1024, MlKem1024);

pub(super) static ALL: &[&dyn Kem] = &[&ML_KEM_512, &ML_KEM_768, &ML_KEM_1024];

impl MlKem {
    fn library(&self) -> Answer<&Library> {
        self.library.as_ref().map_err(|_| Refusal::Unsupported("algorithm"))
    }
}

impl Kem for MlKem {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let library = self.library()?;
        let seeds: [&[u8]; 2] = [exactly::<SEED>(d)?, exactly::<SEED>(z)?];
        let (public, secret) = seeded(&seeds, || Ok(library.keypair()?))?;
        copy(public.as_ref(), ek)?;
        copy(secret.as_ref(), dk)
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        let library = self.library()?;
        let (ek, m) = (library.public_key_from_bytes(ek).ok_or(LENGTH)?, exactly::<M>(m)?);
        let (c, secret) = seeded(&[m], || Ok(library.encapsulate(ek)?))?;
        copy(c.as_ref(), to.c)?;
        copy(secret.as_ref(), to.shared_secret)
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let library = self.library()?;
        let dk = library.secret_key_from_bytes(dk).ok_or(LENGTH)?;
        let c = library.ciphertext_from_bytes(c).ok_or(LENGTH)?;
        copy(library.decapsulate(dk, c)?.as_ref(), shared_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ml_kem::{self, SHARED_SECRET};

    #[test]
    fn the_library_has_the_lengths_of_the_standard() {
        for (set, kem) in ml_kem::ALL.iter().zip([&ML_KEM_512, &ML_KEM_768, &ML_KEM_1024]) {
            let library = kem.library().unwrap();
            assert_eq!(kem.algorithm, set.algorithm);
            assert_eq!([library.length_public_key(), library.length_secret_key()], [set.ek, set.dk]);
            assert_eq!([library.length_ciphertext(), library.length_shared_secret()], [set.c, SHARED_SECRET]);
        }
    }
}
