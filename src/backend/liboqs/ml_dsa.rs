//! ML-DSA of liboqs, through its per-algorithm functions and, for the internal interface, the functions of the
//! implementation that those would take. Knows no code path.

use std::ffi::c_int;
#[cfg(target_arch = "x86_64")]
use std::ffi::c_uint;

#[cfg(target_arch = "x86_64")]
use oqs_sys::common::OQS_CPU_EXT;

use super::super::seeded::{accepted, output, seeded};
use super::super::{Answer, Message, Refusal, Signature, Signed, Signing, exactly};
use crate::spec::Algorithm;
use crate::spec::ml_dsa::{RND, XI};

/// An ML-DSA parameter set of liboqs, with the internal interface of each of its implementations.
macro_rules! signature {
    ($algorithm:ident, $set:literal, pk: $pk:literal, sk: $sk:literal, sig: $sig:literal) => {{
        // SAFETY: as `oqs/sig_ml_dsa.h` declares them; its lengths are those of the standard, which a test compares.
        unsafe extern "C" {
            #[link_name = concat!("OQS_SIG_ml_dsa_", $set, "_keypair")]
            safe fn keypair(pk: &mut [u8; $pk], sk: &mut [u8; $sk]) -> c_int;
            #[link_name = concat!("OQS_SIG_ml_dsa_", $set, "_sign_with_ctx_str")]
            fn sign(
                sig: &mut [u8; $sig],
                sig_len: &mut usize,
                msg: *const u8,
                msg_len: usize,
                ctx: *const u8,
                ctx_len: usize,
                sk: &[u8; $sk],
            ) -> c_int;
            #[link_name = concat!("OQS_SIG_ml_dsa_", $set, "_verify_with_ctx_str")]
            fn verify(
                msg: *const u8,
                msg_len: usize,
                sig: *const u8,
                sig_len: usize,
                ctx: *const u8,
                ctx_len: usize,
                pk: &[u8; $pk],
            ) -> c_int;
        }
        MlDsa {
            algorithm: Algorithm::$algorithm,
            keypair,
            sign,
            verify,
            plain: internal!($set, "ref", $pk, $sk, $sig),
            #[cfg(target_arch = "x86_64")]
            avx2: internal!($set, "avx2", $pk, $sk, $sig),
        }
    }};
}

/// FIPS 204, Algorithms 7 and 8, in one implementation of one parameter set.
macro_rules! internal {
    ($set:literal, $implementation:literal, $pk:literal, $sk:literal, $sig:literal) => {{
        // SAFETY: as `sign.h` of the implementation declares them.
        unsafe extern "C" {
            #[link_name = concat!("pqcrystals_ml_dsa_", $set, "_", $implementation, "_signature_internal")]
            fn sign(
                sig: &mut [u8; $sig],
                sig_len: &mut usize,
                msg: *const u8,
                msg_len: usize,
                pre: *const u8,
                pre_len: usize,
                rnd: &[u8; RND],
                sk: &[u8; $sk],
            ) -> c_int;
            #[link_name = concat!("pqcrystals_ml_dsa_", $set, "_", $implementation, "_verify_internal")]
            fn verify(
                sig: *const u8,
                sig_len: usize,
                msg: *const u8,
                msg_len: usize,
                pre: *const u8,
                pre_len: usize,
                pk: &[u8; $pk],
            ) -> c_int;
        }
        Internal { sign, verify }
    }};
}

pub(super) static ALL: &[&dyn Signature] = &[
    &signature!(MlDsa44, "44", pk: 1312, sk: 2560, sig: 2420),
    &signature!(MlDsa65, "65", pk: 1952, sk: 4032, sig: 3309),
    &signature!(MlDsa87, "87", pk: 2592, sk: 4896, sig: 4627),
];

/// `sig`, its length, message, context or prefix, private key.
type Sign<const SK: usize, const SIG: usize> =
    unsafe extern "C" fn(&mut [u8; SIG], &mut usize, *const u8, usize, *const u8, usize, &[u8; SK]) -> c_int;

/// The same with `rnd` before the private key.
type SignInternal<const SK: usize, const SIG: usize> = unsafe extern "C" fn(
    &mut [u8; SIG],
    &mut usize,
    *const u8,
    usize,
    *const u8,
    usize,
    &[u8; RND],
    &[u8; SK],
) -> c_int;

/// Message and signature, in this order in the public and in the other in the internal function; then context
/// or prefix, public key.
type Verify<const PK: usize> =
    unsafe extern "C" fn(*const u8, usize, *const u8, usize, *const u8, usize, &[u8; PK]) -> c_int;

struct MlDsa<const PK: usize, const SK: usize, const SIG: usize> {
    algorithm: Algorithm,
    keypair: extern "C" fn(&mut [u8; PK], &mut [u8; SK]) -> c_int,
    sign: Sign<SK, SIG>,
    verify: Verify<PK>,
    plain: Internal<PK, SK, SIG>,
    #[cfg(target_arch = "x86_64")]
    avx2: Internal<PK, SK, SIG>,
}

struct Internal<const PK: usize, const SK: usize, const SIG: usize> {
    sign: SignInternal<SK, SIG>,
    verify: Verify<PK>,
}

impl<const PK: usize, const SK: usize, const SIG: usize> MlDsa<PK, SK, SIG> {
    /// The implementation that the library's public functions would take now.
    #[cfg(target_arch = "x86_64")]
    fn internal(&self) -> &Internal<PK, SK, SIG> {
        let wanted = [OQS_CPU_EXT::OQS_CPU_EXT_AVX2, OQS_CPU_EXT::OQS_CPU_EXT_POPCNT];
        let avx2 =
            wanted.into_iter().all(|extension| super::__wrap_OQS_CPU_has_extension(extension as c_uint) != 0);
        if avx2 { &self.avx2 } else { &self.plain }
    }

    /// The only implementation that the library has here.
    #[cfg(not(target_arch = "x86_64"))]
    fn internal(&self) -> &Internal<PK, SK, SIG> {
        &self.plain
    }
}

impl<const PK: usize, const SK: usize, const SIG: usize> Signature for MlDsa<PK, SK, SIG> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let xi = exactly::<XI>(xi)?;
        let (pk, sk) = (output(pk)?, output(sk)?);
        seeded(&[xi], || (self.keypair)(pk, sk))
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        let (sk, rnd, sig) = (exactly(sk)?, exactly(rnd)?, output(sig)?);
        let mut sig_len = 0;
        match message {
            Message::Pure { msg, ctx } => seeded(&[rnd], || {
                // SAFETY: each pointer goes with the length of its slice; the other arguments are references.
                unsafe {
                    (self.sign)(sig, &mut sig_len, msg.as_ptr(), msg.len(), ctx.as_ptr(), ctx.len(), sk)
                }
            })?,
            Message::Internal(msg) => {
                let pre: &[u8] = &[];
                // SAFETY: each pointer goes with the length of its slice; the other arguments are references.
                accepted(unsafe {
                    (self.internal().sign)(
                        sig,
                        &mut sig_len,
                        msg.as_ptr(),
                        msg.len(),
                        pre.as_ptr(),
                        pre.len(),
                        rnd,
                        sk,
                    )
                })?;
            }
            Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(_) => return Err(Refusal::Unsupported("external-mu")),
        }
        if sig_len == SIG { Ok(()) } else { Err(Refusal::Rejected("signature length")) }
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        let pk = exactly(pk)?;
        match message {
            Message::Pure { msg, ctx } => {
                // SAFETY: each pointer goes with the length of its slice, and `pk` is a reference.
                accepted(unsafe {
                    (self.verify)(
                        msg.as_ptr(),
                        msg.len(),
                        sig.as_ptr(),
                        sig.len(),
                        ctx.as_ptr(),
                        ctx.len(),
                        pk,
                    )
                })
            }
            Message::Internal(msg) => {
                let pre: &[u8] = &[];
                // SAFETY: each pointer goes with the length of its slice, and `pk` is a reference.
                accepted(unsafe {
                    (self.internal().verify)(
                        sig.as_ptr(),
                        sig.len(),
                        msg.as_ptr(),
                        msg.len(),
                        pre.as_ptr(),
                        pre.len(),
                        pk,
                    )
                })
            }
            Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
            Message::ExternalMu(_) => Err(Refusal::Unsupported("external-mu")),
        }
    }
}
