//! PQClean, through the C functions inside the crates `pqcrypto-mlkem` and `pqcrypto-mldsa`.
//!
//! The crates choose between an implementation for the processor and the plain one; here each is a path of its
//! own. All of them ask `entropy` for their seeds: that works alike for both algorithms and all implementations,
//! while the functions that take seeds have other names on arm64, and ML-DSA has none. Knows no vector.

use std::ffi::c_int;

// Linked for their C code alone.
use pqcrypto_internals as _;
use pqcrypto_mldsa as _;
use pqcrypto_mlkem as _;

use super::seeded::{accepted, output, seeded};
use super::{Answer, Backend, CodePath, Departure, Encapsulated, Kem, Message, Refusal, exactly};
use super::{Signature, Signed, Signing};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::image::cpu::Feature;
use crate::spec::Algorithm;
use crate::spec::ml_dsa::{RND, XI};
use crate::spec::ml_kem::{M, SEED, SHARED_SECRET};

/// The three ML-KEM parameter sets in one implementation.
macro_rules! kems {
    ($implementation:literal) => {
        &[
            &kem!($implementation, MlKem512, "512", ek: 800, dk: 1632, c: 768),
            &kem!($implementation, MlKem768, "768", ek: 1184, dk: 2400, c: 1088),
            &kem!($implementation, MlKem1024, "1024", ek: 1568, dk: 3168, c: 1568),
        ]
    };
}

macro_rules! kem {
    ($implementation:literal, $algorithm:ident, $set:literal, ek: $ek:literal, dk: $dk:literal, c: $c:literal) => {{
        // SAFETY: as `api.h` of the implementation declares them, with its lengths.
        unsafe extern "C" {
            #[link_name = concat!("PQCLEAN_MLKEM", $set, "_", $implementation, "_crypto_kem_keypair")]
            safe fn keypair(ek: &mut [u8; $ek], dk: &mut [u8; $dk]) -> c_int;
            #[link_name = concat!("PQCLEAN_MLKEM", $set, "_", $implementation, "_crypto_kem_enc")]
            safe fn encaps(
                c: &mut [u8; $c],
                shared_secret: &mut [u8; SHARED_SECRET],
                ek: &[u8; $ek],
            ) -> c_int;
            #[link_name = concat!("PQCLEAN_MLKEM", $set, "_", $implementation, "_crypto_kem_dec")]
            safe fn decaps(shared_secret: &mut [u8; SHARED_SECRET], c: &[u8; $c], dk: &[u8; $dk]) -> c_int;
        }
        MlKem { algorithm: Algorithm::$algorithm, keypair, encaps, decaps }
    }};
}

/// The three ML-DSA parameter sets in one implementation.
macro_rules! signatures {
    ($implementation:literal) => {
        &[
            &signature!($implementation, MlDsa44, "44", pk: 1312, sk: 2560, sig: 2420),
            &signature!($implementation, MlDsa65, "65", pk: 1952, sk: 4032, sig: 3309),
            &signature!($implementation, MlDsa87, "87", pk: 2592, sk: 4896, sig: 4627),
        ]
    };
}

macro_rules! signature {
    ($implementation:literal, $algorithm:ident, $set:literal, pk: $pk:literal, sk: $sk:literal, sig: $sig:literal) => {{
        // SAFETY: as `api.h` of the implementation declares them, with its lengths.
        unsafe extern "C" {
            #[link_name = concat!("PQCLEAN_MLDSA", $set, "_", $implementation, "_crypto_sign_keypair")]
            safe fn keypair(pk: &mut [u8; $pk], sk: &mut [u8; $sk]) -> c_int;
            #[link_name = concat!("PQCLEAN_MLDSA", $set, "_", $implementation, "_crypto_sign_signature_ctx")]
            fn sign(
                sig: &mut [u8; $sig],
                sig_len: &mut usize,
                msg: *const u8,
                msg_len: usize,
                ctx: *const u8,
                ctx_len: usize,
                sk: &[u8; $sk],
            ) -> c_int;
            #[link_name = concat!("PQCLEAN_MLDSA", $set, "_", $implementation, "_crypto_sign_verify_ctx")]
            fn verify(
                sig: *const u8,
                sig_len: usize,
                msg: *const u8,
                msg_len: usize,
                ctx: *const u8,
                ctx_len: usize,
                pk: &[u8; $pk],
            ) -> c_int;
        }
        MlDsa { algorithm: Algorithm::$algorithm, keypair, sign, verify }
    }};
}

pub(super) static BACKEND: Backend = Backend {
    id: "pqclean",
    version,
    notes: &[
        "Unmaintained: PQClean is archived, and so are the pqcrypto crates (RUSTSEC-2026-0160 to -0168).",
        "The arm64 code needs the SHA-3 instructions and does not check for them (PQClean #587).",
    ],
    paths: &[
        #[cfg(target_arch = "x86_64")]
        &AVX2,
        #[cfg(target_arch = "aarch64")]
        &AARCH64,
        &CLEAN,
    ],
};

/// The crates ask for AVX2 alone. The code has BMI2 and POPCNT instructions besides, and is compiled with leave
/// to use BMI1; it is compiled with AES and PCLMULQDQ too, which no compiler uses unless told to.
#[cfg(target_arch = "x86_64")]
static AVX2: CodePath = CodePath {
    id: "avx2",
    requires: &[Feature::Avx2, Feature::Bmi1, Feature::Bmi2, Feature::Popcnt],
    dispatched: || std::arch::is_x86_feature_detected!("avx2"),
    enter: || {},
    departures: &[
        Departure::EkModulus,
        Departure::DkHash,
        Departure::SkRange,
        Departure::ZNorm,
        Departure::UseHintZero,
    ],
    kems: kems!("AVX2"),
    signatures: signatures!("AVX2"),
    aeads: &[],
    installed: None,
};

#[cfg(target_arch = "aarch64")]
static AARCH64: CodePath = CodePath {
    id: "aarch64",
    requires: &[Feature::Neon, Feature::Sha3],
    dispatched: || true,
    enter: || {},
    departures: &[Departure::EkModulus, Departure::DkHash, Departure::SkRange],
    kems: kems!("AARCH64"),
    signatures: signatures!("AARCH64"),
    aeads: &[],
    installed: None,
};

static CLEAN: CodePath = CodePath {
    id: "clean",
    requires: &[],
    dispatched: || !BACKEND.paths.iter().any(|path| path.id != "clean" && (path.dispatched)()),
    enter: || {},
    departures: &[Departure::EkModulus, Departure::DkHash, Departure::SkRange],
    kems: kems!("CLEAN"),
    signatures: signatures!("CLEAN"),
    aeads: &[],
    installed: None,
};

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
        seeded(&seeds, || accepted((self.keypair)(ek, dk)))
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        let (ek, m) = (exactly(ek)?, exactly::<M>(m)?);
        let (c, shared_secret) = (output(to.c)?, output(to.shared_secret)?);
        seeded(&[m], || accepted((self.encaps)(c, shared_secret, ek)))
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        accepted((self.decaps)(output(shared_secret)?, exactly(c)?, exactly(dk)?))
    }
}

/// `sig`, its length, message, context, private key.
type Sign<const SK: usize, const SIG: usize> =
    unsafe extern "C" fn(&mut [u8; SIG], &mut usize, *const u8, usize, *const u8, usize, &[u8; SK]) -> c_int;

/// Signature, message, context, public key.
type Verify<const PK: usize> =
    unsafe extern "C" fn(*const u8, usize, *const u8, usize, *const u8, usize, &[u8; PK]) -> c_int;

struct MlDsa<const PK: usize, const SK: usize, const SIG: usize> {
    algorithm: Algorithm,
    keypair: extern "C" fn(&mut [u8; PK], &mut [u8; SK]) -> c_int,
    sign: Sign<SK, SIG>,
    verify: Verify<PK>,
}

impl<const PK: usize, const SK: usize, const SIG: usize> Signature for MlDsa<PK, SK, SIG> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let (xi, pk, sk) = (exactly::<XI>(xi)?, output(pk)?, output(sk)?);
        seeded(&[xi], || accepted((self.keypair)(pk, sk)))
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        let (msg, ctx) = pure(message)?;
        let (sk, rnd, sig) = (exactly(sk)?, exactly::<RND>(rnd)?, output(sig)?);
        let mut sig_len = 0;
        seeded(&[rnd], || {
            // SAFETY: each pointer goes with the length of its slice; the other arguments are references.
            accepted(unsafe {
                (self.sign)(sig, &mut sig_len, msg.as_ptr(), msg.len(), ctx.as_ptr(), ctx.len(), sk)
            })
        })?;
        if sig_len == SIG { Ok(()) } else { Err(Refusal::Rejected("signature length")) }
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        let (msg, ctx) = pure(message)?;
        let pk = exactly(pk)?;
        // SAFETY: each pointer goes with the length of its slice, and `pk` is a reference.
        accepted(unsafe {
            (self.verify)(sig.as_ptr(), sig.len(), msg.as_ptr(), msg.len(), ctx.as_ptr(), ctx.len(), pk)
        })
    }
}

/// Message and context, of the only interface that PQClean has.
fn pure(message: Message<'_>) -> Answer<(&[u8], &[u8])> {
    match message {
        Message::Pure { msg, ctx } => Ok((msg, ctx)),
        Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
        Message::Internal(_) => Err(Refusal::Unsupported("internal")),
        Message::ExternalMu(_) => Err(Refusal::Unsupported("external-mu")),
    }
}

fn version() -> String {
    let [kem, signature] = [env!("PQCHECK_VERSION_PQCRYPTO_MLKEM"), env!("PQCHECK_VERSION_PQCRYPTO_MLDSA")];
    format!("pqcrypto-mlkem {kem}, pqcrypto-mldsa {signature}")
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    conformance::claims! {
        conformance::runnable(&BACKEND);
        agrees_with_the_accumulated_digests,
        rejects_wrong_lengths(["error code"; 3]),
        departs_as_declared,
        binds_message_context_and_rnd,
        rejects_a_context_of_256_bytes,
    }

    #[test]
    fn every_path_is_declared_and_exactly_one_is_taken() {
        let ids: Vec<_> = BACKEND.paths.iter().map(|path| path.id).collect();
        #[cfg(target_arch = "x86_64")]
        assert_eq!(ids, ["avx2", "clean"]);
        #[cfg(target_arch = "aarch64")]
        assert_eq!(ids, ["aarch64", "clean"]);
        assert_eq!(BACKEND.paths.iter().filter(|path| (path.dispatched)()).count(), 1);
    }

    #[test]
    fn refuses_the_interfaces_that_the_library_lacks() {
        for signature in CLEAN.signatures {
            for (message, word) in
                [(Message::Internal(b""), "internal"), (Message::ExternalMu(&[0; 64]), "external-mu")]
            {
                let refusal = Err(Refusal::Unsupported(word));
                assert_eq!(signature.sign(Signing { sk: &[], message, rnd: &[] }, &mut []), refusal);
                assert_eq!(signature.verify(Signed { pk: &[], message, sig: &[] }), refusal);
            }
        }
    }

    #[test]
    fn tells_both_versions() {
        assert_eq!(version(), "pqcrypto-mlkem 0.1.1, pqcrypto-mldsa 0.1.2");
    }
}
