//! ML-KEM (FIPS 203) of the crate `ml-kem`.

use ml_kem::kem::{Decapsulate as _, KeyExport as _};

use super::{Rejection, array};

/// A parameter set; inputs have any length, outputs that of the standard.
#[expect(clippy::type_complexity, reason = "a name for each would say less than the documentation does")]
pub struct MlKem {
    /// FIPS 203, Algorithm 16: `d` and `z` to the crate's own key, and where they are asked for to `ek`, `dk`.
    pub generate: fn(&[u8], Option<[&mut [u8]; 2]>) -> Result<(), Rejection>,
    /// FIPS 203, Algorithm 17, behind the check of `ek`: `ek`, `m` to `c`, `shared_secret`.
    pub encaps: fn(&[u8], &[u8], &mut [u8], &mut [u8]) -> Result<(), Rejection>,
    /// FIPS 203, Algorithm 21, behind the check of `dk`: `dk`, `c` to `shared_secret`.
    pub decaps: fn(&[u8], &[u8], &mut [u8]) -> Result<(), Rejection>,
    /// FIPS 203, Section 7.2.
    pub check_ek: fn(&[u8]) -> Result<(), Rejection>,
    /// FIPS 203, Section 7.3.
    pub check_dk: fn(&[u8]) -> Result<(), Rejection>,
    /// `ek` to what takes `m` to `c`, `shared_secret`.
    pub encapsulator: fn(&[u8]) -> Result<Encapsulator, Rejection>,
    /// `dk` to what takes `c` to `shared_secret`.
    pub decapsulator: fn(&[u8]) -> Result<Decapsulator, Rejection>,
}

/// An encapsulation key that the crate keeps.
pub type Encapsulator = Box<dyn Fn(&[u8], &mut [u8], &mut [u8]) -> Result<(), Rejection>>;

/// A decapsulation key that the crate keeps.
pub type Decapsulator = Box<dyn Fn(&[u8], &mut [u8]) -> Result<(), Rejection>>;

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
        fn generate(seed: &[u8], encodings: Option<[&mut [u8]; 2]>) -> Result<(), Rejection> {
            use ml_kem::ExpandedKeyEncoding as _;
            let seed: &ml_kem::Seed = array(seed)?;
            let key = ml_kem::DecapsulationKey::<ml_kem::$set>::from_seed(*seed);
            // The work is to be done where nobody asks for what comes of it too.
            std::hint::black_box(&key);
            if let Some([ek, dk]) = encodings {
                ek.copy_from_slice(&key.encapsulation_key().to_bytes());
                dk.copy_from_slice(&key.to_expanded_bytes());
            }
            Ok(())
        }

        fn encaps(
            key: &ml_kem::EncapsulationKey<ml_kem::$set>,
            m: &[u8],
            c: &mut [u8],
            shared_secret: &mut [u8],
        ) -> Result<(), Rejection> {
            let (ciphertext, secret) = key.encapsulate_deterministic(array(m)?);
            c.copy_from_slice(&ciphertext);
            shared_secret.copy_from_slice(&secret);
            Ok(())
        }

        fn decaps(
            key: &ml_kem::DecapsulationKey<ml_kem::$set>,
            c: &[u8],
            shared_secret: &mut [u8],
        ) -> Result<(), Rejection> {
            shared_secret.copy_from_slice(&key.decapsulate(array(c)?));
            Ok(())
        }

        MlKem {
            encaps: |key, m, c, shared_secret| encaps(&ek(key)?, m, c, shared_secret),
            decaps: |key, c, shared_secret| decaps(&dk(key)?, c, shared_secret),
            check_ek: |key| ek(key).map(|_| ()),
            check_dk: |key| dk(key).map(|_| ()),
            generate,
            encapsulator: |key| {
                let key = ek(key)?;
                Ok(Box::new(move |m, c, shared_secret| encaps(&key, m, c, shared_secret)))
            },
            decapsulator: |key| {
                let key = dk(key)?;
                Ok(Box::new(move |c, shared_secret| decaps(&key, c, shared_secret)))
            },
        }
    }};
}

/// ML-KEM-512.
pub static ML_KEM_512: MlKem = ml_kem!(MlKem512);
/// ML-KEM-768.
pub static ML_KEM_768: MlKem = ml_kem!(MlKem768);
/// ML-KEM-1024.
pub static ML_KEM_1024: MlKem = ml_kem!(MlKem1024);
