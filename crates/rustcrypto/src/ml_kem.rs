//! ML-KEM (FIPS 203) of the crate `ml-kem`.

use ml_kem::kem::{Decapsulate as _, KeyExport as _};

use super::{Rejection, array};

/// A parameter set; inputs have any length, outputs that of the standard.
#[expect(clippy::type_complexity, reason = "a name for each would say less than the documentation does")]
pub struct MlKem {
    /// FIPS 203, Algorithm 16: `d`, `z` to `ek`, `dk`.
    pub keygen: fn(&[u8; 32], &[u8; 32], &mut [u8], &mut [u8]),
    /// FIPS 203, Algorithm 17, behind the check of `ek`: `ek`, `m` to `c`, `shared_secret`.
    pub encaps: fn(&[u8], &[u8], &mut [u8], &mut [u8]) -> Result<(), Rejection>,
    /// FIPS 203, Algorithm 21, behind the check of `dk`: `dk`, `c` to `shared_secret`.
    pub decaps: fn(&[u8], &[u8], &mut [u8]) -> Result<(), Rejection>,
    /// FIPS 203, Section 7.2.
    pub check_ek: fn(&[u8]) -> Result<(), Rejection>,
    /// FIPS 203, Section 7.3.
    pub check_dk: fn(&[u8]) -> Result<(), Rejection>,
}

/// A macro and not generic functions, because the crate keeps the trait that they would be bound by to itself.
macro_rules! ml_kem {
    ($set:ident) => {{
        fn ek(ek: &[u8]) -> Result<ml_kem::EncapsulationKey<ml_kem::$set>, Rejection> {
            ml_kem::EncapsulationKey::new(array(ek)?).map_err(|_| "invalid key")
        }

        #[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
        fn dk(dk: &[u8]) -> Result<ml_kem::DecapsulationKey<ml_kem::$set>, Rejection> {
            ml_kem::DecapsulationKey::from_expanded(array(dk)?).map_err(|_| "invalid key")
        }

        #[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
        fn keygen(d: &[u8; 32], z: &[u8; 32], ek: &mut [u8], dk: &mut [u8]) {
            use ml_kem::ExpandedKeyEncoding as _;
            let mut seed = ml_kem::Seed::default();
            seed[..32].copy_from_slice(d);
            seed[32..].copy_from_slice(z);
            let key = ml_kem::DecapsulationKey::<ml_kem::$set>::from_seed(seed);
            ek.copy_from_slice(&key.encapsulation_key().to_bytes());
            dk.copy_from_slice(&key.to_expanded_bytes());
        }

        MlKem {
            keygen,
            encaps: |key, m, c, shared_secret| {
                let (ciphertext, secret) = ek(key)?.encapsulate_deterministic(array(m)?);
                c.copy_from_slice(&ciphertext);
                shared_secret.copy_from_slice(&secret);
                Ok(())
            },
            decaps: |key, c, shared_secret| {
                shared_secret.copy_from_slice(&dk(key)?.decapsulate(array(c)?));
                Ok(())
            },
            check_ek: |key| ek(key).map(|_| ()),
            check_dk: |key| dk(key).map(|_| ()),
        }
    }};
}

/// ML-KEM-512.
pub static ML_KEM_512: MlKem = ml_kem!(MlKem512);
/// ML-KEM-768.
pub static ML_KEM_768: MlKem = ml_kem!(MlKem768);
/// ML-KEM-1024.
pub static ML_KEM_1024: MlKem = ml_kem!(MlKem1024);
