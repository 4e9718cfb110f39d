//! ML-KEM of libcrux: for each code path a module of its own, as in the crate. Knows not when a path is taken.

use super::super::{Answer, Encapsulated, Kem, Refusal, exactly};
use crate::spec::Algorithm;

/// The three parameter sets on one path.
macro_rules! path {
    ($path:ident) => {
        pub(super) mod $path {
            use super::*;

            pub(in super::super) static ALL: &[&dyn Kem] = &[&MlKem512, &MlKem768, &MlKem1024];

            kem!($path, MlKem512, mlkem512);
            kem!($path, MlKem768, mlkem768);
            kem!($path, MlKem1024, mlkem1024);
        }
    };
}

/// A macro and not a generic type, because a path is a module of the crate.
macro_rules! kem {
    ($path:ident, $set:ident, $module:ident) => {
        struct $set;

        impl Kem for $set {
            fn algorithm(&self) -> Algorithm {
                Algorithm::$set
            }

            fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
                let (d, z) = (exactly::<32>(d)?, exactly::<32>(z)?);
                let mut seed = [0; 64];
                seed[..32].copy_from_slice(d);
                seed[32..].copy_from_slice(z);
                let keys = libcrux_ml_kem::$module::$path::generate_key_pair(seed);
                ek.copy_from_slice(keys.pk());
                dk.copy_from_slice(keys.sk());
                Ok(())
            }

            // The crate's documentation leaves the checks of FIPS 203, Sections 7.2 and 7.3, to
            // its caller, through its own `validate_public_key` and `validate_private_key`:
            // encapsulation and decapsulation as documented are both calls together.
            fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
                let m = *exactly(m)?;
                self.check_ek(ek)?;
                let (ciphertext, secret) =
                    libcrux_ml_kem::$module::$path::encapsulate(&exactly(ek)?.into(), m);
                to.c.copy_from_slice(ciphertext.as_slice());
                to.shared_secret.copy_from_slice(&secret);
                Ok(())
            }

            fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
                let (dk, c) = (exactly(dk)?.into(), exactly(c)?.into());
                if !libcrux_ml_kem::$module::$path::validate_private_key(&dk, &c) {
                    return Err(Refusal::Rejected("invalid key"));
                }
                let secret = libcrux_ml_kem::$module::$path::decapsulate(&dk, &c);
                shared_secret.copy_from_slice(&secret);
                Ok(())
            }

            fn check_ek(&self, ek: &[u8]) -> Answer {
                if libcrux_ml_kem::$module::$path::validate_public_key(&exactly(ek)?.into()) {
                    Ok(())
                } else {
                    Err(Refusal::Rejected("invalid key"))
                }
            }

            fn check_dk(&self, dk: &[u8]) -> Answer {
                if libcrux_ml_kem::$module::$path::validate_private_key_only(&exactly(dk)?.into()) {
                    Ok(())
                } else {
                    Err(Refusal::Rejected("invalid key"))
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
path!(avx2);
#[cfg(target_arch = "aarch64")]
path!(neon);
path!(portable);
