//! ML-DSA of liboqs, through the wrapper that Rust applications call and, for the internal interface, which it lacks,
//! the functions of the implementation that those would take. Knows no code path.

use std::ffi::c_int;
#[cfg(target_arch = "x86_64")]
use std::ffi::c_uint;
use std::sync::LazyLock;

#[cfg(target_arch = "x86_64")]
use oqs::ffi::common::OQS_CPU_EXT;
use oqs::sig::Sig as Library;

use super::super::seeded::{accepted, must_be, seeded};
use super::super::{Answer, Message, Refusal, Signature, Signed, Signing, exactly};
use super::{LENGTH, copy};
use crate::spec::Algorithm;
use crate::spec::ml_dsa::{RND, XI};

/// An ML-DSA parameter set of liboqs, with the internal interface of each of its implementations.
struct MlDsa {
    algorithm: Algorithm,
    library: LazyLock<oqs::Result<Library>>,
    plain: Internal,
    #[cfg(target_arch = "x86_64")]
    avx2: Internal,
}

/// FIPS 204, Algorithms 7 and 8, in one implementation of one parameter set.
struct Internal {
    /// To the signature and its length, of message, prefix, `rnd` and private key.
    sign: unsafe extern "C" fn(
        *mut u8,
        *mut usize,
        *const u8,
        usize,
        *const u8,
        usize,
        *const u8,
        *const u8,
    ) -> c_int,
    /// Of signature, message, prefix and public key.
    verify: unsafe extern "C" fn(*const u8, usize, *const u8, usize, *const u8, usize, *const u8) -> c_int,
}

macro_rules! internal {
    ($set:literal, $implementation:literal) => {{
        // SAFETY: as `sign.h` of the implementation declares them.
        unsafe extern "C" {
            #[link_name = concat!("pqcrystals_ml_dsa_", $set, "_", $implementation, "_signature_internal")]
            fn sign(
                sig: *mut u8,
                sig_len: *mut usize,
                msg: *const u8,
                msg_len: usize,
                pre: *const u8,
                pre_len: usize,
                rnd: *const u8,
                sk: *const u8,
            ) -> c_int;
            #[link_name = concat!("pqcrystals_ml_dsa_", $set, "_", $implementation, "_verify_internal")]
            fn verify(
                sig: *const u8,
                sig_len: usize,
                msg: *const u8,
                msg_len: usize,
                pre: *const u8,
                pre_len: usize,
                pk: *const u8,
            ) -> c_int;
        }
        Internal { sign, verify }
    }};
}

macro_rules! signature {
    ($name:ident, $algorithm:ident, $set:literal) => {
        static $name: MlDsa = MlDsa {
            algorithm: Algorithm::$algorithm,
            library: LazyLock::new(|| Library::new(oqs::sig::Algorithm::$algorithm)),
            plain: internal!($set, "ref"),
            #[cfg(target_arch = "x86_64")]
            avx2: internal!($set, "avx2"),
        };
    };
}

signature!(ML_DSA_44, MlDsa44, "44");
signature!(ML_DSA_65, MlDsa65, "65");
signature!(ML_DSA_87, MlDsa87, "87");

pub(super) static ALL: &[&dyn Signature] = &[&ML_DSA_44, &ML_DSA_65, &ML_DSA_87];

impl MlDsa {
    fn library(&self) -> Answer<&Library> {
        self.library.as_ref().map_err(|_| Refusal::Unsupported("algorithm"))
    }

    /// The implementation that the library's public functions would take now.
    #[cfg(target_arch = "x86_64")]
    fn internal(&self) -> &Internal {
        let wanted = [OQS_CPU_EXT::OQS_CPU_EXT_AVX2, OQS_CPU_EXT::OQS_CPU_EXT_POPCNT];
        let avx2 =
            wanted.into_iter().all(|extension| super::__wrap_OQS_CPU_has_extension(extension as c_uint) != 0);
        if avx2 { &self.avx2 } else { &self.plain }
    }

    /// The only implementation that the library has here.
    #[cfg(not(target_arch = "x86_64"))]
    fn internal(&self) -> &Internal {
        &self.plain
    }
}

impl Signature for MlDsa {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let (library, xi) = (self.library()?, exactly::<XI>(xi)?);
        let (public, secret) = seeded(&[xi], || Ok(library.keypair()?))?;
        copy(public.as_ref(), pk)?;
        copy(secret.as_ref(), sk)
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        let (library, rnd) = (self.library()?, exactly::<RND>(rnd)?);
        let key = library.secret_key_from_bytes(sk).ok_or(LENGTH)?;
        let signed = match message {
            Message::Pure { msg, ctx: [] } => seeded(&[rnd], || Ok(library.sign(msg, key)?))?,
            Message::Pure { msg, ctx } => seeded(&[rnd], || Ok(library.sign_with_ctx_str(msg, ctx, key)?))?,
            Message::Internal(msg) => {
                must_be(sig, library.length_signature())?;
                let (mut length, pre): (usize, &[u8]) = (0, &[]);
                // SAFETY: signature, `rnd` and key have the lengths of the parameter set; message and prefix go with
                // theirs.
                accepted(unsafe {
                    (self.internal().sign)(
                        sig.as_mut_ptr(),
                        &mut length,
                        msg.as_ptr(),
                        msg.len(),
                        pre.as_ptr(),
                        pre.len(),
                        rnd.as_ptr(),
                        sk.as_ptr(),
                    )
                })?;
                return if length == sig.len() { Ok(()) } else { Err(Refusal::Rejected("signature length")) };
            }
            Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(_) => return Err(Refusal::Unsupported("external-mu")),
        };
        copy(signed.as_ref(), sig)
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        let library = self.library()?;
        let key = library.public_key_from_bytes(pk).ok_or(LENGTH)?;
        let signature = || library.signature_from_bytes(sig).ok_or(LENGTH);
        match message {
            Message::Pure { msg, ctx: [] } => Ok(library.verify(msg, signature()?, key)?),
            Message::Pure { msg, ctx } => Ok(library.verify_with_ctx_str(msg, signature()?, ctx, key)?),
            Message::Internal(msg) => {
                let pre: &[u8] = &[];
                // SAFETY: the key has the length of the parameter set; signature, message and prefix go with theirs.
                accepted(unsafe {
                    (self.internal().verify)(
                        sig.as_ptr(),
                        sig.len(),
                        msg.as_ptr(),
                        msg.len(),
                        pre.as_ptr(),
                        pre.len(),
                        pk.as_ptr(),
                    )
                })
            }
            Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(_) => Err(Refusal::Unsupported("external-mu")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::ml_dsa;

    #[test]
    fn the_library_has_the_lengths_of_the_standard() {
        for (set, scheme) in ml_dsa::ALL.iter().zip([&ML_DSA_44, &ML_DSA_65, &ML_DSA_87]) {
            let library = scheme.library().unwrap();
            assert_eq!(scheme.algorithm, set.algorithm);
            assert_eq!([library.length_public_key(), library.length_secret_key()], [set.pk, set.sk]);
            assert_eq!(library.length_signature(), set.sig);
        }
    }
}
