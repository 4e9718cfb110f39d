//! The faults of ChaCha20-Poly1305, as functions that stand in for an operation of a good library.

use super::Answer;
use crate::backend::Aead;
use crate::spec::chacha20_poly1305::TAG;

/// The bytes of one ChaCha20 block.
const BLOCK: usize = 64;

pub(super) fn open_with_any_tag(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
) -> Answer {
    open_comparing(good, key, nonce, aad, ciphertext, tag, plaintext, 0)
}

pub(super) fn open_comparing_15_bytes(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
) -> Answer {
    open_comparing(good, key, nonce, aad, ciphertext, tag, plaintext, TAG - 1)
}

#[expect(clippy::too_many_arguments, reason = "those of the operation and one more")]
fn open_comparing(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
    compared: usize,
) -> Answer {
    let answer = good.open(key, nonce, aad, ciphertext, tag, plaintext);
    if answer.is_ok() || tag.len() != TAG {
        return answer;
    }
    // A stream cipher: sealing the ciphertext gives the plaintext, and sealing that the right tag.
    let mut right = [0; TAG];
    good.seal(key, nonce, aad, ciphertext, plaintext, &mut right)?;
    good.seal(key, nonce, aad, plaintext, &mut ciphertext.to_vec(), &mut right)?;
    if right[..compared] == tag[..compared] {
        return Ok(());
    }
    plaintext.fill(0);
    answer
}

pub(super) fn seal_without_aad(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    _aad: &[u8],
    plaintext: &[u8],
    ciphertext: &mut [u8],
    tag: &mut [u8],
) -> Answer {
    good.seal(key, nonce, &[], plaintext, ciphertext, tag)
}

pub(super) fn open_without_aad(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    _aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
) -> Answer {
    good.open(key, nonce, &[], ciphertext, tag, plaintext)
}

/// Seals and opens with the same wrong stream, so that a round trip succeeds.
pub(super) fn seal_wrong_behind_the_first_block(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    ciphertext: &mut [u8],
    tag: &mut [u8],
) -> Answer {
    let mut altered = plaintext.to_vec();
    altered.iter_mut().skip(BLOCK).for_each(|byte| *byte ^= 1);
    good.seal(key, nonce, aad, &altered, ciphertext, tag)
}

pub(super) fn open_wrong_behind_the_first_block(
    good: &dyn Aead,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
    plaintext: &mut [u8],
) -> Answer {
    good.open(key, nonce, aad, ciphertext, tag, plaintext)?;
    plaintext.iter_mut().skip(BLOCK).for_each(|byte| *byte ^= 1);
    Ok(())
}
