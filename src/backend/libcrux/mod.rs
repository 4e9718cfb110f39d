//! libcrux: the crates `libcrux-ml-kem`, `libcrux-ml-dsa` and `libcrux-chacha20poly1305`.
//!
//! Each code path is a module of its own in the crates, so a path needs no switch, only another
//! name. Only translates: knows nothing of the right answers.

use self::chacha20_poly1305::ChaCha;
use super::{Backend, CodePath, Departure};
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
use crate::image::cpu::Feature;

mod chacha20_poly1305;
mod ml_dsa;
mod ml_kem;

pub(super) static BACKEND: Backend = Backend {
    id: "libcrux",
    version,
    notes: &[
        "RUSTSEC-2025-0133: early releases gave wrong ML-KEM secrets and ML-DSA signatures on arm64 without SHA3 instructions; the linked version has the fix.",
        "RUSTSEC-2026-0076, -0077: `libcrux-ml-dsa` before 0.0.8 decoded hints wrongly and checked the norm of z wrongly; the linked version has the fix.",
        "RUSTSEC-2026-0125, -0126: `libcrux-ml-dsa` before 0.0.9 was wrong on AVX2 only; the linked version has the fix.",
        "`encapsulate` and `decapsulate` do not check keys: an application must first call `validate_public_key` and `validate_private_key`, as pqcheck does.",
    ],
    paths: &[
        #[cfg(target_arch = "x86_64")]
        &AVX2,
        #[cfg(target_arch = "aarch64")]
        &NEON,
        &PORTABLE,
    ],
};

#[cfg(target_arch = "x86_64")]
static AVX2: CodePath = CodePath {
    id: "avx2",
    requires: &[Feature::Avx2, Feature::Bmi1, Feature::Bmi2],
    dispatched: simd256_support,
    enter: || (),
    departures: &[Departure::SkRange],
    kems: ml_kem::avx2::ALL,
    signatures: ml_dsa::avx2::ALL,
    aeads: &[],
    installed: None,
};

/// The dispatch takes this path on every arm64 processor. The crates use the SHA-3 instructions
/// only where the build asks the compiler for them, which this one does not.
#[cfg(target_arch = "aarch64")]
static NEON: CodePath = CodePath {
    id: "neon",
    requires: &[Feature::Neon],
    dispatched: || true,
    enter: || (),
    departures: &[Departure::SkRange],
    kems: ml_kem::neon::ALL,
    signatures: ml_dsa::neon::ALL,
    aeads: &[],
    installed: None,
};

/// Last in the list of paths: the dispatch takes it for whatever no earlier path offers here.
static PORTABLE: CodePath = CodePath {
    id: "portable",
    requires: &[],
    dispatched: || true,
    enter: || (),
    departures: &[Departure::SkRange],
    kems: ml_kem::portable::ALL,
    signatures: ml_dsa::portable::ALL,
    aeads: &[&ChaCha],
    installed: None,
};

fn version() -> String {
    concat!(
        "libcrux-ml-kem ",
        env!("PQCHECK_VERSION_LIBCRUX_ML_KEM"),
        ", libcrux-ml-dsa ",
        env!("PQCHECK_VERSION_LIBCRUX_ML_DSA"),
        ", libcrux-chacha20poly1305 ",
        env!("PQCHECK_VERSION_LIBCRUX_CHACHA20POLY1305")
    )
    .to_owned()
}

/// The condition of `libcrux-platform`'s `simd256_support`, with which the crates choose AVX2.
#[cfg(target_arch = "x86_64")]
fn simd256_support() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx2") && has!("bmi1") && has!("bmi2") && has!("fma") && has!("movbe")
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::super::{Message, Refusal};
    use super::*;
    use crate::spec::ml_dsa::Hash;

    conformance::claims! {
        conformance::runnable(&BACKEND);
        agrees_with_the_accumulated_digests,
        rejects_wrong_lengths(["length"; 3]),
        departs_as_declared,
        checks_kem_keys,
        binds_message_context_and_rnd,
        internal_agrees_with_pure,
        rejects_a_context_of_256_bytes,
    }

    #[test]
    fn seals_and_opens_the_vector_of_rfc_8439() {
        conformance::seals_and_opens_the_vector_of_rfc_8439(&ChaCha);
    }

    /// The reason for the note: without the crate's own validation nothing refuses the key.
    #[test]
    fn encapsulate_by_itself_accepts_an_unreduced_key() {
        use libcrux_ml_kem::mlkem768::{encapsulate, generate_key_pair, validate_public_key};
        let mut ek = *generate_key_pair([1; 64]).pk();
        ek[..2].copy_from_slice(&[0xff, 0xff]);
        let ek = ek.into();
        assert!(!validate_public_key(&ek));
        let (_, shared_secret) = encapsulate(&ek, [2; 32]);
        assert_ne!(shared_secret, [0; 32]);
    }

    #[test]
    fn pre_hashing_is_shake_128_with_32_bytes() {
        use shake::{ExtendableOutput as _, Shake128, Update as _, XofReader as _};
        let (msg, ctx) = (b"message", b"context");
        let mut digest = [0; 32];
        let mut hasher = Shake128::default();
        hasher.update(msg);
        hasher.finalize_xof().read(&mut digest);
        let oid = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, Hash::Shake128 as u8];
        let formatted = [&[1, 7], &ctx[..], &oid, &digest].concat();
        for path in conformance::runnable(&BACKEND) {
            for signature in path.signatures {
                let pair = conformance::Pair::of(*signature, &[4; 32]).unwrap();
                let pre_hash = Message::PreHash { msg, ctx, hash: Hash::Shake128 };
                let sig = pair.sign(pre_hash, &[5; 32]).unwrap();
                assert_eq!(pair.sign(Message::Internal(&formatted), &[5; 32]).unwrap(), sig);
                assert_eq!(pair.verify(pre_hash, &sig), Ok(()));
                let other = Message::PreHash { msg, ctx, hash: Hash::Sha2_256 };
                assert_eq!(pair.verify(other, &sig), Err(Refusal::Unsupported("pre-hash")));
            }
        }
    }
}
