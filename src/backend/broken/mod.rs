//! Wrong on purpose: planted faults, each in a thin wrapper around a good backend.
//!
//! They prove that the checker can fail. A fault is an entry of [`FAULTS`] that puts a function in
//! the place of an operation. Knows no vector: whether one catches the fault is for `kat` to show.

use super::{
    Aead, Answer, Backend, CodePath, Encapsulated, Kem, Opening, Sealed, Sealing, Signature, Signed, Signing,
};

mod aead;
mod death;
mod k_pke;
mod kem;
mod ml_dsa_verify;
mod signature;
pub mod slow;
mod wrapped;

pub use wrapped::backend;

/// One way to be wrong.
pub struct Fault {
    /// The stable name, in kebab-case: `pqcheck kat --backend broken:<id>`.
    pub id: &'static str,
    /// What is wrong, in one sentence.
    pub what: &'static str,
    /// Whether it is a way to die: the process does not survive it.
    pub lethal: bool,
    hooks: Hooks,
}

/// The backend that is called `broken:<id>`: a planted fault, or one that is only slow.
pub fn named(id: &str) -> Option<&'static Backend> {
    find(id).and_then(backend).or_else(|| slow::backend(id))
}

/// The fault with this id.
pub fn find(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}

/// Every planted fault.
pub static FAULTS: &[Fault] = &[
    // ML-KEM: inputs.
    Fault::wrong(
        "modulus-check-skipped",
        "ML-KEM encapsulates to a key with coefficients of q and above (FIPS 203, Section 7.2)",
        Hooks { encaps: Some(kem::encaps_unreduced), check_ek: Some(kem::check_length_of_ek), ..SOUND },
    ),
    Fault::wrong(
        "ek-padded",
        "ML-KEM encapsulates to a key with trailing bytes (FIPS 203, Section 7.2)",
        Hooks { encaps: Some(kem::encaps_to_front), check_ek: Some(kem::check_front_of_ek), ..SOUND },
    ),
    Fault::wrong(
        "dk-hash-check-skipped",
        "ML-KEM decapsulates with a key whose H(ek) is wrong (FIPS 203, Section 7.3)",
        Hooks { decaps: Some(kem::decaps_with_any_hash), check_dk: Some(kem::check_length_of_dk), ..SOUND },
    ),
    // ML-KEM: implicit rejection.
    Fault::wrong(
        "decaps-rejects-explicitly",
        "ML-KEM answers an altered ciphertext with an error",
        Hooks { decaps: Some(kem::decaps_or_reject), ..SOUND },
    ),
    Fault::wrong(
        "wrong-z",
        "ML-KEM derives the secret of implicit rejection from H(ek) instead of z",
        Hooks { decaps: Some(kem::decaps_with_h_for_z), ..SOUND },
    ),
    Fault::wrong(
        "leading-byte-compare",
        "ML-KEM compares only the first byte of the ciphertext with its re-encryption",
        Hooks { decaps: Some(kem::decaps_comparing_byte), ..SOUND },
    ),
    Fault::wrong(
        "strcmp-compare",
        "ML-KEM compares the ciphertext with its re-encryption only up to the first zero byte",
        Hooks { decaps: Some(kem::decaps_like_strcmp), ..SOUND },
    ),
    // ML-KEM: another algorithm.
    Fault::wrong(
        "z-and-d-swapped",
        "ML-KEM swaps the seeds d and z when it generates keys",
        Hooks { keygen: Some(kem::keygen_swapping), ..SOUND },
    ),
    Fault::wrong(
        "draft-g-of-d",
        "ML-KEM generates keys as in the initial public draft of FIPS 203, from G(d) without k",
        Hooks { keygen: Some(kem::keygen_of_draft), ..SOUND },
    ),
    Fault::wrong(
        "kyber-round-3",
        "ML-KEM is Kyber as submitted to round 3",
        Hooks {
            keygen: Some(kem::keygen_of_draft),
            encaps: Some(kem::encaps_of_kyber),
            decaps: Some(kem::decaps_of_kyber),
            ..SOUND
        },
    ),
    Fault::wrong(
        "decompress-rounds-wrong",
        "ML-KEM rounds down in Decompress, a fault of the kind that fips203 had before 0.5.0",
        Hooks { encaps: Some(kem::encaps_rounding_down), decaps: Some(kem::decaps_rounding_down), ..SOUND },
    ),
    Fault::wrong(
        "constant-randomness",
        "ML-KEM generates every key from d = 0 and encapsulates m = 0",
        Hooks { keygen: Some(kem::keygen_constant), encaps: Some(kem::encaps_constant), ..SOUND },
    ),
    // ML-DSA.
    Fault::wrong(
        "ctx-ignored",
        "ML-DSA signs and verifies as if every context were empty",
        Hooks {
            sign: Some(signature::sign_without_ctx),
            verify: Some(signature::verify_without_ctx),
            ..SOUND
        },
    ),
    Fault::wrong(
        "ctx-of-256-accepted",
        "ML-DSA signs and verifies with a context of more than 255 bytes",
        Hooks {
            sign: Some(signature::sign_with_any_ctx),
            verify: Some(signature::verify_with_any_ctx),
            ..SOUND
        },
    ),
    Fault::wrong(
        "rnd-ignored",
        "ML-DSA ignores the randomness and signs deterministically",
        Hooks { sign: Some(signature::sign_without_rnd), ..SOUND },
    ),
    Fault::wrong(
        "verify-accepts-all",
        "ML-DSA accepts every signature",
        Hooks { verify: Some(signature::verify_anything), ..SOUND },
    ),
    Fault::wrong(
        "verify-ignores-last-byte",
        "ML-DSA ignores the last byte of a signature",
        Hooks { verify: Some(signature::verify_but_for_the_last_byte), ..SOUND },
    ),
    Fault::wrong(
        "wrong-length-signature-accepted",
        "ML-DSA truncates or pads a signature to the right length before it verifies",
        Hooks { verify: Some(signature::verify_the_front), ..SOUND },
    ),
    Fault::wrong(
        "repeated-hints-accepted",
        "ML-DSA accepts repeated indices in the hint, as ml-dsa before 0.1.0-rc.3 did",
        Hooks { verify: Some(signature::verify_with_repeated_hints), ..SOUND },
    ),
    Fault::wrong(
        "z-norm-unchecked",
        "ML-DSA accepts a signature whose z exceeds the bound, as libcrux-ml-dsa before 0.0.8 could",
        Hooks { verify: Some(signature::verify_with_any_norm), ..SOUND },
    ),
    // ChaCha20-Poly1305.
    Fault::wrong(
        "tag-ignored",
        "ChaCha20-Poly1305 ignores the tag",
        Hooks { open: Some(aead::open_with_any_tag), ..SOUND },
    ),
    Fault::wrong(
        "tag-compared-in-15-bytes",
        "ChaCha20-Poly1305 does not compare the last byte of the tag",
        Hooks { open: Some(aead::open_comparing_15_bytes), ..SOUND },
    ),
    Fault::wrong(
        "aad-ignored",
        "ChaCha20-Poly1305 does not authenticate the additional data",
        Hooks { seal: Some(aead::seal_without_aad), open: Some(aead::open_without_aad), ..SOUND },
    ),
    Fault::wrong(
        "wrong-above-64-bytes",
        "ChaCha20-Poly1305 uses a wrong key stream after the first block",
        Hooks { seal: Some(aead::seal_wrong_stream), open: Some(aead::open_wrong_stream), ..SOUND },
    ),
    // Now and then.
    Fault::wrong(
        "wrong-every-hundredth-call",
        "every hundredth operation gives a wrong output or verdict",
        Hooks { wrong_call: Some(|call| call % 100 == 0), ..SOUND },
    ),
    Fault::wrong(
        "wrong-on-second-call",
        "the second operation of the process gives a wrong output or verdict",
        Hooks { wrong_call: Some(|call| call == 2), ..SOUND },
    ),
    // Memory, and the ways to die: in the decapsulation of ML-KEM-768.
    Fault::lethal(
        "writes-past-the-output",
        "the library writes 8 bytes past the shared secret",
        death::write_past_the_output,
    ),
    Fault::lethal("panic", "the library panics", death::panic),
    Fault::lethal("abort", "the library aborts the process", death::abort),
    Fault::lethal("sigsegv", "the library accesses memory that is not mapped", death::sigsegv),
    Fault::lethal("sigill", "the library executes an instruction that the processor lacks", death::sigill),
    Fault::lethal("endless-loop", "the library never returns", death::endless_loop),
    Fault::lethal(
        "memory-without-end",
        "the library allocates memory without limit",
        death::memory_without_end,
    ),
    Fault::lethal("stack-overflow", "the library recurses without limit", death::stack_overflow),
];

impl Fault {
    const fn wrong(id: &'static str, what: &'static str, hooks: Hooks) -> Self {
        Self { id, what, lethal: false, hooks }
    }

    const fn lethal(id: &'static str, what: &'static str, strike: fn(&mut [u8])) -> Self {
        Self { id, what, lethal: true, hooks: Hooks { strike: Some(strike), ..SOUND } }
    }
}

/// What stands in for the operations of the good backend: its own code where there is nothing.
///
/// The signatures are those of the traits, with the good implementation in the place of `self`.
#[expect(clippy::type_complexity, reason = "each is the signature of the trait's method")]
struct Hooks {
    keygen: Option<fn(&dyn Kem, &[u8], &[u8], &mut [u8], &mut [u8]) -> Answer>,
    encaps: Option<fn(&dyn Kem, &[u8], &[u8], &mut Encapsulated<'_>) -> Answer>,
    decaps: Option<fn(&dyn Kem, &[u8], &[u8], &mut [u8]) -> Answer>,
    check_ek: Option<fn(&dyn Kem, &[u8]) -> Answer>,
    check_dk: Option<fn(&dyn Kem, &[u8]) -> Answer>,
    sign: Option<fn(&dyn Signature, Signing<'_>, &mut [u8]) -> Answer>,
    verify: Option<fn(&dyn Signature, Signed<'_>) -> Answer>,
    seal: Option<fn(&dyn Aead, Sealing<'_>, &mut Sealed<'_>) -> Answer>,
    open: Option<fn(&dyn Aead, Opening<'_>, &mut [u8]) -> Answer>,
    /// Whether the call of this number, counted from 1 over all operations, comes out wrong.
    wrong_call: Option<fn(u64) -> bool>,
    /// Happens after each decapsulation of ML-KEM-768, to its output.
    strike: Option<fn(&mut [u8])>,
}

/// No fault at all.
const SOUND: Hooks = Hooks {
    keygen: None,
    encaps: None,
    decaps: None,
    check_ek: None,
    check_dk: None,
    sign: None,
    verify: None,
    seal: None,
    open: None,
    wrong_call: None,
    strike: None,
};

// They need a good backend with everything to wrap.
#[cfg(test)]
#[cfg(any(feature = "libcrux", feature = "rustcrypto"))]
mod tests;
