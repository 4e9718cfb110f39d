//! RustCrypto: the crates `ml-kem`, `ml-dsa` and `chacha20poly1305`.
//!
//! They look at the processor by themselves and offer no way to force one path, so there is one
//! path, `auto`. Only translates: knows nothing of the right answers.

use pqcheck_rustcrypto::{self as crates, MlDsa, MlKem};

use super::key_object::{Decaps, Encaps, Generate, Sign, Verify};
use super::{Aead, Answer, Backend, CodePath, Kem, Message, Refusal, Signature, exactly};
use super::{Encapsulated, Opening, Sealed, Sealing, Signed, Signing};
use crate::spec::Algorithm;

pub(super) static BACKEND: Backend = Backend {
    id: "rustcrypto",
    version,
    notes: &[
        "`ml-dsa` before 0.1.0-rc.3 accepted signatures with repeated hints; the linked version has the fix.",
    ],
    paths: &[&AUTO],
};

static AUTO: CodePath = CodePath {
    id: "auto",
    requires: &[],
    dispatched: || true,
    enter: || (),
    departures: &[],
    kems: &[
        &Ml(Algorithm::MlKem512, &crates::ML_KEM_512),
        &Ml(Algorithm::MlKem768, &crates::ML_KEM_768),
        &Ml(Algorithm::MlKem1024, &crates::ML_KEM_1024),
    ],
    signatures: &[
        &Ml(Algorithm::MlDsa44, &crates::ML_DSA_44),
        &Ml(Algorithm::MlDsa65, &crates::ML_DSA_65),
        &Ml(Algorithm::MlDsa87, &crates::ML_DSA_87),
    ],
    aeads: &[&ChaCha],
    installed: None,
};

fn version() -> String {
    concat!(
        "ml-kem ",
        env!("PQCHECK_VERSION_ML_KEM"),
        ", ml-dsa ",
        env!("PQCHECK_VERSION_ML_DSA"),
        ", chacha20poly1305 ",
        env!("PQCHECK_VERSION_CHACHA20POLY1305")
    )
    .to_owned()
}

/// A parameter set with its functions.
struct Ml<T: 'static>(Algorithm, &'static T);

impl Kem for Ml<MlKem> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let mut seed = [0; 64];
        seed[..32].copy_from_slice(exactly::<32>(d)?);
        seed[32..].copy_from_slice(exactly::<32>(z)?);
        (self.1.generate)(&seed, Some([ek, dk])).map_err(Refusal::Rejected)
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        (self.1.encaps)(ek, m, to.c, to.shared_secret).map_err(Refusal::Rejected)
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        (self.1.decaps)(dk, c, shared_secret).map_err(Refusal::Rejected)
    }

    fn check_ek(&self, ek: &[u8]) -> Answer {
        (self.1.check_ek)(ek).map_err(Refusal::Rejected)
    }

    fn check_dk(&self, dk: &[u8]) -> Answer {
        (self.1.check_dk)(dk).map_err(Refusal::Rejected)
    }

    fn generator(&self) -> Answer<Generate<'_>> {
        Ok(Box::new(move |seed, encodings| (self.1.generate)(seed, encodings).map_err(Refusal::Rejected)))
    }

    fn encapsulator(&self, ek: &[u8]) -> Answer<Encaps<'_>> {
        let encaps = (self.1.encapsulator)(ek).map_err(Refusal::Rejected)?;
        Ok(Box::new(move |m, to| encaps(m, to.c, to.shared_secret).map_err(Refusal::Rejected)))
    }

    fn decapsulator(&self, dk: &[u8]) -> Answer<Decaps<'_>> {
        let decaps = (self.1.decapsulator)(dk).map_err(Refusal::Rejected)?;
        Ok(Box::new(move |c, shared_secret| decaps(c, shared_secret).map_err(Refusal::Rejected)))
    }
}

impl Signature for Ml<MlDsa> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        (self.1.generate)(xi, Some([pk, sk])).map_err(Refusal::Rejected)
    }

    fn sign(&self, Signing { sk, message, rnd }: Signing<'_>, sig: &mut [u8]) -> Answer {
        let rnd = exactly(rnd)?;
        (self.1.sign)(sk, offered(message)?, rnd, sig).map_err(Refusal::Rejected)
    }

    fn verify(&self, Signed { pk, message, sig }: Signed<'_>) -> Answer {
        (self.1.verify)(pk, offered(message)?, sig).map_err(Refusal::Rejected)
    }

    fn generator(&self) -> Answer<Generate<'_>> {
        Ok(Box::new(move |seed, encodings| (self.1.generate)(seed, encodings).map_err(Refusal::Rejected)))
    }

    fn signer(&self, sk: &[u8]) -> Answer<Sign<'_>> {
        let sign = (self.1.signer)(sk).map_err(Refusal::Rejected)?;
        Ok(Box::new(move |msg, sig| sign(msg, sig).map_err(Refusal::Rejected)))
    }

    fn verifier(&self, pk: &[u8]) -> Answer<Verify<'_>> {
        let verify = (self.1.verifier)(pk).map_err(Refusal::Rejected)?;
        Ok(Box::new(move |msg, sig| verify(msg, sig).map_err(Refusal::Rejected)))
    }
}

/// The message, where the crate has an entry point for its form.
fn offered(message: Message<'_>) -> Answer<crates::Message<'_>> {
    match message {
        Message::Pure { msg, ctx } => Ok(crates::Message::Pure { msg, ctx }),
        Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
        Message::Internal(formatted) => Ok(crates::Message::Internal(formatted)),
        Message::ExternalMu(mu) => Ok(crates::Message::ExternalMu(mu)),
    }
}

struct ChaCha;

impl Aead for ChaCha {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ChaCha20Poly1305
    }

    fn seal(&self, Sealing { key, nonce, aad, plaintext }: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
        crates::seal(key, nonce, aad, plaintext, to.ciphertext, to.tag).map_err(Refusal::Rejected)
    }

    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
        let Opening { key, nonce, aad, ciphertext, tag } = opening;
        crates::open(key, nonce, aad, ciphertext, tag, plaintext).map_err(Refusal::Rejected)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    conformance::claims! {
        conformance::runnable(&BACKEND);
        agrees_with_the_accumulated_digests,
        rejects_wrong_lengths(["length"; 3]),
        departs_as_declared,
        checks_kem_keys,
        binds_message_context_and_rnd,
        internal_agrees_with_pure,
        external_mu_agrees_with_internal,
        rejects_a_context_of_256_bytes,
    }

    #[test]
    fn seals_and_opens_the_vector_of_rfc_8439() {
        conformance::seals_and_opens_the_vector_of_rfc_8439(&ChaCha);
    }

    #[test]
    fn the_panic_on_an_s1_out_of_range_is_a_rejection() {
        for signature in AUTO.signatures {
            let mut pair = conformance::Pair::of(*signature, &[4; 32]).unwrap();
            // s1 begins behind rho, K and tr; 0xff is out of range for both values of eta.
            pair.sk[128] = 0xff;
            assert_eq!(pair.sign(Message::Internal(b""), &[0; 32]), Err(Refusal::Rejected("panic")));
        }
    }
}
