//! The AES-256-CTR-DRBG of NIST SP 800-90A Rev. 1, Section 10.2.1, without a derivation function,
//! which the generators of NIST's `.rsp` files draw from. Made for vectors, not for secrets.

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

/// Bytes of the entropy input: key and counter.
pub(super) const SEED: usize = 48;

const BLOCK: usize = 16;
const KEY: usize = 32;

/// A generator. Where one draw ends and the next begins matters: each one renews the state.
pub(super) struct Drbg {
    key: [u8; KEY],
    counter: [u8; BLOCK],
}

impl Drbg {
    /// Section 10.2.1.3.1, without a personalisation string.
    pub(super) fn new(seed: &[u8; SEED]) -> Self {
        let mut drbg = Self { key: [0; KEY], counter: [0; BLOCK] };
        drbg.update(seed);
        drbg
    }

    /// Section 10.2.1.5.1, without additional input.
    pub(super) fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut output = [0; N];
        self.fill(&mut output);
        self.update(&[0; SEED]);
        output
    }

    /// Section 10.2.1.2.
    fn update(&mut self, provided: &[u8; SEED]) {
        let mut state = [0; SEED];
        self.fill(&mut state);
        for (byte, more) in state.iter_mut().zip(provided) {
            *byte ^= more;
        }
        let (key, counter) = state.split_at(KEY);
        self.key.copy_from_slice(key);
        self.counter.copy_from_slice(counter);
    }

    fn fill(&mut self, output: &mut [u8]) {
        let cipher = Aes256::new(&self.key.into());
        for chunk in output.chunks_mut(BLOCK) {
            self.counter = u128::from_be_bytes(self.counter).wrapping_add(1).to_be_bytes();
            let mut block = self.counter.into();
            cipher.encrypt_block(&mut block);
            for (byte, made) in chunk.iter_mut().zip(block) {
                *byte = made;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_of_record_0_is_the_one_in_every_nist_kat() {
        // NIST's PQCgenKAT programs start from the entropy 00 01 … 2f, and their first `seed` is famous.
        let entropy: [u8; SEED] = std::array::from_fn(|i| u8::try_from(i).unwrap());
        let mut outer = Drbg::new(&entropy);
        assert_eq!(
            const_hex::encode_upper(outer.draw::<SEED>()),
            "061550234D158C5EC95595FE04EF7A25767F2E24CC2BC479D09D86DC9ABCFDE7056A8C266F9EF97ED08541DBD2E1FFA1"
        );
        assert_eq!(
            const_hex::encode_upper(outer.draw::<SEED>()),
            "D81C4D8D734FCBFBEADE3D3F8A039FAA2A2C9957E835AD55B22E75BF57BB556AC81ADDE6AEEB4A5A875C3BFCADFA958F"
        );
    }

    #[test]
    fn the_border_between_draws_matters() {
        let mut one = Drbg::new(&[7; SEED]);
        let mut two = Drbg::new(&[7; SEED]);
        let whole: [u8; 64] = one.draw();
        let (first, second): ([u8; 32], [u8; 32]) = (two.draw(), two.draw());
        assert_eq!(whole[..32], first);
        assert_ne!(whole[32..], second);
    }
}
