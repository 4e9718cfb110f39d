//! The faults of ChaCha20-Poly1305, as functions that stand in for an operation of a good library.

use super::Answer;
use crate::backend::{Aead, Opening, Sealed, Sealing};
use crate::spec::chacha20_poly1305::TAG;

/// The bytes of one ChaCha20 block.
const BLOCK: usize = 64;

pub(super) fn open_with_any_tag(good: &dyn Aead, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
    open_comparing(good, opening, plaintext, 0)
}

pub(super) fn open_comparing_15_bytes(good: &dyn Aead, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
    open_comparing(good, opening, plaintext, TAG - 1)
}

fn open_comparing(good: &dyn Aead, opening: Opening<'_>, plaintext: &mut [u8], compared: usize) -> Answer {
    let answer = good.open(opening, plaintext);
    let Opening { key, nonce, aad, ciphertext, tag } = opening;
    if answer.is_ok() || tag.len() != TAG {
        return answer;
    }
    // A stream cipher: sealing the ciphertext gives the plaintext, and sealing that the right tag.
    let (mut right, mut again) = ([0; TAG], ciphertext.to_vec());
    let sealing = Sealing { key, nonce, aad, plaintext: ciphertext };
    good.seal(sealing, &mut Sealed { ciphertext: plaintext, tag: &mut right })?;
    good.seal(Sealing { plaintext, ..sealing }, &mut Sealed { ciphertext: &mut again, tag: &mut right })?;
    if right[..compared] == tag[..compared] {
        return Ok(());
    }
    plaintext.fill(0);
    answer
}

pub(super) fn seal_without_aad(good: &dyn Aead, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
    good.seal(Sealing { aad: &[], ..sealing }, to)
}

pub(super) fn open_without_aad(good: &dyn Aead, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
    good.open(Opening { aad: &[], ..opening }, plaintext)
}

/// Seals and opens with the same wrong stream, so that a round trip succeeds.
pub(super) fn seal_wrong_stream(good: &dyn Aead, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
    let mut altered = sealing.plaintext.to_vec();
    altered.iter_mut().skip(BLOCK).for_each(|byte| *byte ^= 1);
    good.seal(Sealing { plaintext: &altered, ..sealing }, to)
}

pub(super) fn open_wrong_stream(good: &dyn Aead, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
    good.open(opening, plaintext)?;
    plaintext.iter_mut().skip(BLOCK).for_each(|byte| *byte ^= 1);
    Ok(())
}
