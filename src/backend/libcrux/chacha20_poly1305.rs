//! ChaCha20-Poly1305 of libcrux. Knows no code path.

use super::super::{Aead, Refusal, exactly};
use crate::spec::Algorithm;

/// HACL's portable code, the only one in the crate.
pub(super) struct ChaCha;

impl Aead for ChaCha {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ChaCha20Poly1305
    }

    fn seal(
        &self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        plaintext: &[u8],
        ciphertext: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Refusal> {
        let tag = tag.try_into().map_err(|_| Refusal::Rejected("length"))?;
        libcrux_chacha20poly1305::encrypt_detached(
            exactly(key)?,
            plaintext,
            ciphertext,
            tag,
            aad,
            exactly(nonce)?,
        )
        .map_err(|error| refusal_of_aead(&error))?;
        Ok(())
    }

    fn open(
        &self,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
        plaintext: &mut [u8],
    ) -> Result<(), Refusal> {
        libcrux_chacha20poly1305::decrypt_detached(
            exactly(key)?,
            plaintext,
            ciphertext,
            exactly(tag)?,
            aad,
            exactly(nonce)?,
        )
        .map_err(|error| refusal_of_aead(&error))?;
        Ok(())
    }
}

fn refusal_of_aead(error: &libcrux_chacha20poly1305::AeadError) -> Refusal {
    use libcrux_chacha20poly1305::AeadError as E;
    Refusal::Rejected(match error {
        E::InvalidCiphertext => "tag",
        E::PlaintextTooLarge
        | E::CiphertextTooLarge
        | E::AadTooLarge
        | E::CiphertextTooShort
        | E::PlaintextTooShort => "length",
    })
}
