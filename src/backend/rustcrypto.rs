//! RustCrypto: the crates `ml-kem`, `ml-dsa` and `chacha20poly1305`.
//!
//! They look at the processor by themselves and offer no way to force one path, so there is one
//! path, `auto`. Only translates: knows nothing of the right answers.

use std::convert::Infallible;
use std::marker::PhantomData;

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _};
use ml_dsa::signature::Keypair as _;
use ml_dsa::signature::rand_core::{TryCryptoRng, TryRng};
use ml_dsa::{ExpandedSigningKey, MlDsaParams, SigningKey, VerifyingKey};
use ml_kem::array::{Array, ArraySize};
use ml_kem::kem::{Decapsulate as _, KeyExport as _};

use super::{Aead, Backend, CodePath, Kem, Message, Refusal, Signature, exactly};
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
    kems: &[&MlKem512, &MlKem768, &MlKem1024],
    signatures: &[
        &MlDsa::<ml_dsa::MlDsa44>(Algorithm::MlDsa44, PhantomData),
        &MlDsa::<ml_dsa::MlDsa65>(Algorithm::MlDsa65, PhantomData),
        &MlDsa::<ml_dsa::MlDsa87>(Algorithm::MlDsa87, PhantomData),
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

/// `input` as the crates' own array type; a wrong length is a rejection.
fn array<N: ArraySize>(input: &[u8]) -> Result<&Array<u8, N>, Refusal> {
    input.try_into().map_err(|_| Refusal::Rejected("length"))
}

/// A macro and not a generic type, because the crate keeps the trait that it would be bound by to itself.
macro_rules! ml_kem {
    ($name:ident) => {
        struct $name;

        impl $name {
            fn ek(ek: &[u8]) -> Result<ml_kem::EncapsulationKey<ml_kem::$name>, Refusal> {
                ml_kem::EncapsulationKey::new(array(ek)?).map_err(|_| Refusal::Rejected("invalid key"))
            }

            #[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
            fn dk(dk: &[u8]) -> Result<ml_kem::DecapsulationKey<ml_kem::$name>, Refusal> {
                ml_kem::DecapsulationKey::from_expanded(array(dk)?)
                    .map_err(|_| Refusal::Rejected("invalid key"))
            }
        }

        impl Kem for $name {
            fn algorithm(&self) -> Algorithm {
                Algorithm::$name
            }

            #[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
            fn keygen_internal(
                &self,
                d: &[u8],
                z: &[u8],
                ek: &mut [u8],
                dk: &mut [u8],
            ) -> Result<(), Refusal> {
                use ml_kem::ExpandedKeyEncoding as _;
                let (d, z) = (exactly::<32>(d)?, exactly::<32>(z)?);
                let mut seed = ml_kem::Seed::default();
                seed[..32].copy_from_slice(d);
                seed[32..].copy_from_slice(z);
                let key = ml_kem::DecapsulationKey::<ml_kem::$name>::from_seed(seed);
                ek.copy_from_slice(&key.encapsulation_key().to_bytes());
                dk.copy_from_slice(&key.to_expanded_bytes());
                Ok(())
            }

            fn encaps_internal(
                &self,
                ek: &[u8],
                m: &[u8],
                c: &mut [u8],
                shared_secret: &mut [u8],
            ) -> Result<(), Refusal> {
                let (ciphertext, secret) = Self::ek(ek)?.encapsulate_deterministic(array(m)?);
                c.copy_from_slice(&ciphertext);
                shared_secret.copy_from_slice(&secret);
                Ok(())
            }

            fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Result<(), Refusal> {
                shared_secret.copy_from_slice(&Self::dk(dk)?.decapsulate(array(c)?));
                Ok(())
            }

            fn check_ek(&self, ek: &[u8]) -> Result<(), Refusal> {
                Self::ek(ek).map(|_| ())
            }

            fn check_dk(&self, dk: &[u8]) -> Result<(), Refusal> {
                Self::dk(dk).map(|_| ())
            }
        }
    };
}

ml_kem!(MlKem512);
ml_kem!(MlKem768);
ml_kem!(MlKem1024);

struct MlDsa<P>(Algorithm, PhantomData<P>);

impl<P: MlDsaParams + Sync> Signature for MlDsa<P> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }

    #[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Result<(), Refusal> {
        let key = SigningKey::<P>::from_seed(array(xi)?);
        pk.copy_from_slice(&key.verifying_key().encode());
        sk.copy_from_slice(&key.expanded_key().to_expanded());
        Ok(())
    }

    fn sign(&self, sk: &[u8], message: Message<'_>, rnd: &[u8], sig: &mut [u8]) -> Result<(), Refusal> {
        let mut rnd = Replay(*exactly(rnd)?);
        let sk = || expanded::<P>(sk);
        let signed = match message {
            Message::Pure { msg, ctx } => sk()?.sign_randomized(msg, ctx, &mut rnd),
            Message::PreHash { .. } => return Err(Refusal::Unsupported("pre-hash")),
            Message::Internal(formatted) => Ok(sk()?.sign_internal(&[formatted], &rnd.0.into())),
            Message::ExternalMu(mu) => {
                let mu = array(mu)?;
                sk()?.sign_mu_randomized(mu, &mut rnd)
            }
        };
        sig.copy_from_slice(&signed.map_err(|_| Refusal::Rejected("error"))?.encode());
        Ok(())
    }

    fn verify(&self, pk: &[u8], message: Message<'_>, sig: &[u8]) -> Result<(), Refusal> {
        let valid = match message {
            Message::Pure { msg, ctx } => {
                decoded::<P>(pk, sig).map(|(key, sig)| key.verify_with_context(msg, ctx, &sig))
            }
            Message::PreHash { .. } => Err(Refusal::Unsupported("pre-hash")),
            Message::Internal(formatted) => {
                decoded::<P>(pk, sig).map(|(key, sig)| key.verify_internal(formatted, &sig))
            }
            Message::ExternalMu(mu) => {
                let mu = array(mu)?;
                decoded::<P>(pk, sig).map(|(key, sig)| key.verify_mu(mu, &sig))
            }
        }?;
        if valid { Ok(()) } else { Err(Refusal::Rejected("invalid signature")) }
    }
}

/// The crate documents a panic as its answer to a malformed expanded key; here that is a rejection.
#[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
fn expanded<P: MlDsaParams>(sk: &[u8]) -> Result<ExpandedSigningKey<P>, Refusal> {
    let sk = array(sk)?;
    // The key is read again in no case.
    let decode = std::panic::AssertUnwindSafe(|| ExpandedSigningKey::from_expanded(sk));
    std::panic::catch_unwind(decode).map_err(|_| Refusal::Rejected("panic"))
}

/// The signature comes first: the matrix of the key is most of the work, and a malformed signature needs none.
fn decoded<P: MlDsaParams>(
    pk: &[u8],
    sig: &[u8],
) -> Result<(VerifyingKey<P>, ml_dsa::Signature<P>), Refusal> {
    let sig = ml_dsa::Signature::decode(array(sig)?).ok_or(Refusal::Rejected("malformed signature"))?;
    Ok((VerifyingKey::decode(array(pk)?), sig))
}

/// Hands out the given `rnd`, so that signing goes through the crate's own public entry points.
struct Replay([u8; 32]);

impl TryRng for Replay {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for (to, from) in to.iter_mut().zip(self.0.iter().cycle()) {
            *to = *from;
        }
        Ok(())
    }
}

impl TryCryptoRng for Replay {}

struct ChaCha;

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
        let buffer = InOutBuf::new(plaintext, ciphertext).map_err(|_| Refusal::Rejected("length"))?;
        let computed = ChaCha20Poly1305::new(array(key)?)
            .encrypt_inout_detached(array(nonce)?, aad, buffer)
            .map_err(|_| Refusal::Rejected("error"))?;
        tag.copy_from_slice(&computed);
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
        let buffer = InOutBuf::new(ciphertext, plaintext).map_err(|_| Refusal::Rejected("length"))?;
        ChaCha20Poly1305::new(array(key)?)
            .decrypt_inout_detached(array(nonce)?, aad, buffer, array(tag)?)
            .map_err(|_| Refusal::Rejected("tag"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    #[test]
    fn agrees_with_the_accumulated_digests() {
        conformance::runnable(&BACKEND).for_each(conformance::agrees_with_the_accumulated_digests);
    }

    #[test]
    fn rejects_wrong_lengths() {
        conformance::runnable(&BACKEND).for_each(|path| conformance::rejects_wrong_lengths(path, "length"));
    }

    #[test]
    fn departs_as_declared() {
        conformance::runnable(&BACKEND).for_each(conformance::departs_as_declared);
    }

    #[test]
    fn checks_kem_keys() {
        conformance::runnable(&BACKEND).for_each(conformance::checks_kem_keys);
    }

    #[test]
    fn binds_message_context_and_rnd() {
        conformance::runnable(&BACKEND).for_each(conformance::binds_message_context_and_rnd);
    }

    #[test]
    fn internal_agrees_with_pure() {
        conformance::runnable(&BACKEND).for_each(conformance::internal_agrees_with_pure);
    }

    #[test]
    fn external_mu_agrees_with_internal() {
        conformance::runnable(&BACKEND).for_each(conformance::external_mu_agrees_with_internal);
    }

    #[test]
    fn rejects_a_context_of_256_bytes() {
        conformance::runnable(&BACKEND).for_each(conformance::rejects_a_context_of_256_bytes);
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
