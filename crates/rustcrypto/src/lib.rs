//! The generic code of RustCrypto's crates, made concrete: `ml-kem`, `ml-dsa` and `chacha20poly1305`.
//!
//! A package of its own, because generic code is compiled with the package that makes it concrete, and cargo chooses
//! between speed and size per package: pqcheck is built for size, a library under test as its users have it.
//! The parameter sets are statics and not constants, because a constant is made concrete where it is used.
//! Bytes in and bytes out. Adds no check that the crates do not make, and knows no right answer.

use ::ml_kem::array::{Array, ArraySize};
use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _};

mod ml_dsa;
mod ml_kem;

pub use self::ml_dsa::{ML_DSA_44, ML_DSA_65, ML_DSA_87, Message, MlDsa, Signer, Verifier};
pub use self::ml_kem::{Decapsulator, Encapsulator, ML_KEM_512, ML_KEM_768, ML_KEM_1024, MlKem};

/// How an input was refused: `length`, `invalid key`.
pub type Rejection = &'static str;

/// RFC 8439, Section 2.8: `plaintext` to `ciphertext` of the same length and `tag` of 16 bytes.
///
/// # Errors
/// If a length is wrong.
pub fn seal(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    ciphertext: &mut [u8],
    tag: &mut [u8],
) -> Result<(), Rejection> {
    let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| "length")?;
    let computed = ChaCha20Poly1305::new(array(key)?)
        .encrypt_inout_detached(array(nonce)?, aad, buffer)
        .map_err(|_| "error")?;
    tag.copy_from_slice(&computed);
    Ok(())
}

/// RFC 8439, Section 2.8: `ciphertext` to `plaintext` of the same length.
///
/// # Errors
/// If a length or the tag is wrong.
pub fn open(
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
) -> Result<(), Rejection> {
    let buffer = InOutBuf::new(ciphertext, plaintext).map_err(|_| "length")?;
    ChaCha20Poly1305::new(array(key)?)
        .decrypt_inout_detached(array(nonce)?, aad, buffer, array(tag)?)
        .map_err(|_| "tag")
}

/// `input` as the crates' own array type; a wrong length is a rejection.
fn array<N: ArraySize>(input: &[u8]) -> Result<&Array<u8, N>, Rejection> {
    input.try_into().map_err(|_| "length")
}
