//! ChaCha20-Poly1305 of libcrux. Knows no code path.

use super::super::{Aead, Answer, Opening, Refusal, Sealed, Sealing, exactly};
use crate::spec::Algorithm;

/// HACL's portable code, the only one in the crate.
pub(super) struct ChaCha;

impl Aead for ChaCha {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ChaCha20Poly1305
    }

    fn seal(&self, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
        let Sealing { key, nonce, aad, plaintext } = sealing;
        let tag = to.tag.try_into().map_err(|_| Refusal::Rejected("length"))?;
        libcrux_chacha20poly1305::encrypt_detached(
            exactly(key)?,
            plaintext,
            to.ciphertext,
            tag,
            aad,
            exactly(nonce)?,
        )
        .map_err(|error| refusal_of_aead(&error))?;
        Ok(())
    }

    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
        let Opening { key, nonce, aad, ciphertext, tag } = opening;
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
