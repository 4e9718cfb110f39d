//! ML-DSA (FIPS 204) of the crate `ml-dsa`.

use std::convert::Infallible;

use ml_dsa::signature::rand_core::{TryCryptoRng, TryRng};
use ml_dsa::{ExpandedSigningKey, MlDsaParams, SigningKey, VerifyingKey};

use super::{Rejection, array};

/// What is signed.
#[derive(Clone, Copy)]
pub enum Message<'a> {
    /// FIPS 204, Algorithm 2: the message and its context.
    Pure {
        /// The message.
        msg: &'a [u8],
        /// The context.
        ctx: &'a [u8],
    },
    /// FIPS 204, Algorithm 7: the message as it is hashed.
    Internal(&'a [u8]),
    /// FIPS 204, Algorithm 7, step 6: 64 bytes that were computed elsewhere.
    ExternalMu(&'a [u8]),
}

/// A parameter set; inputs have any length, outputs that of the standard.
#[expect(clippy::type_complexity, reason = "a name for each would say less than the documentation does")]
pub struct MlDsa {
    /// FIPS 204, Algorithm 6: `xi` to the crate's own key, and where they are asked for to `pk`, `sk`.
    pub generate: fn(&[u8], Option<[&mut [u8]; 2]>) -> Result<(), Rejection>,
    /// FIPS 204, Algorithm 2 or 7: `sk`, the message, `rnd` to `sig`.
    pub sign: fn(&[u8], Message<'_>, &[u8; 32], &mut [u8]) -> Result<(), Rejection>,
    /// FIPS 204, Algorithm 3 or 8: `pk`, the message, `sig`.
    pub verify: fn(&[u8], Message<'_>, &[u8]) -> Result<(), Rejection>,
    /// `sk` to what takes a message to `sig`, deterministically and with an empty context.
    pub signer: fn(&[u8]) -> Result<Signer, Rejection>,
    /// `pk` to what takes a message and `sig`, with an empty context.
    pub verifier: fn(&[u8]) -> Result<Verifier, Rejection>,
}

/// A private key that the crate keeps.
pub type Signer = Box<dyn Fn(&[u8], &mut [u8]) -> Result<(), Rejection>>;

/// A public key that the crate keeps.
pub type Verifier = Box<dyn Fn(&[u8], &[u8]) -> Result<(), Rejection>>;

/// ML-DSA-44.
pub static ML_DSA_44: MlDsa = MlDsa::of::<ml_dsa::MlDsa44>();
/// ML-DSA-65.
pub static ML_DSA_65: MlDsa = MlDsa::of::<ml_dsa::MlDsa65>();
/// ML-DSA-87.
pub static ML_DSA_87: MlDsa = MlDsa::of::<ml_dsa::MlDsa87>();

impl MlDsa {
    const fn of<P: MlDsaParams + 'static>() -> Self {
        Self {
            generate: generate::<P>,
            sign: sign::<P>,
            verify: verify::<P>,
            signer: signer::<P>,
            verifier: verifier::<P>,
        }
    }
}

#[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
fn generate<P: MlDsaParams>(xi: &[u8], encodings: Option<[&mut [u8]; 2]>) -> Result<(), Rejection> {
    let key = SigningKey::<P>::from_seed(array(xi)?);
    // The work is to be done where nobody asks for what comes of it too.
    std::hint::black_box(&key);
    if let Some([pk, sk]) = encodings {
        pk.copy_from_slice(&key.as_ref().encode());
        sk.copy_from_slice(&key.expanded_key().to_expanded());
    }
    Ok(())
}

fn sign<P: MlDsaParams>(
    sk: &[u8],
    message: Message<'_>,
    rnd: &[u8; 32],
    sig: &mut [u8],
) -> Result<(), Rejection> {
    let mut rnd = Replay(*rnd);
    let sk = || expanded::<P>(sk);
    let signed = match message {
        Message::Pure { msg, ctx } => sk()?.sign_randomized(msg, ctx, &mut rnd),
        Message::Internal(formatted) => Ok(sk()?.sign_internal(&[formatted], &rnd.0.into())),
        Message::ExternalMu(mu) => {
            let mu = array(mu)?;
            sk()?.sign_mu_randomized(mu, &mut rnd)
        }
    };
    sig.copy_from_slice(&signed.map_err(|_| "error")?.encode());
    Ok(())
}

fn verify<P: MlDsaParams>(pk: &[u8], message: Message<'_>, sig: &[u8]) -> Result<(), Rejection> {
    let valid = match message {
        Message::Pure { msg, ctx } => {
            decoded::<P>(pk, sig).map(|(key, sig)| key.verify_with_context(msg, ctx, &sig))
        }
        Message::Internal(formatted) => {
            decoded::<P>(pk, sig).map(|(key, sig)| key.verify_internal(formatted, &sig))
        }
        Message::ExternalMu(mu) => {
            let mu = array(mu)?;
            decoded::<P>(pk, sig).map(|(key, sig)| key.verify_mu(mu, &sig))
        }
    }?;
    if valid { Ok(()) } else { Err("invalid signature") }
}

fn signer<P: MlDsaParams + 'static>(sk: &[u8]) -> Result<Signer, Rejection> {
    let key = expanded::<P>(sk)?;
    Ok(Box::new(move |msg, sig| {
        let signed = key.sign_deterministic(msg, &[]).map_err(|_| "error")?;
        sig.copy_from_slice(&signed.encode());
        Ok(())
    }))
}

fn verifier<P: MlDsaParams + 'static>(pk: &[u8]) -> Result<Verifier, Rejection> {
    let key = VerifyingKey::<P>::decode(array(pk)?);
    Ok(Box::new(move |msg, sig| {
        let sig = ml_dsa::Signature::decode(array(sig)?).ok_or("malformed signature")?;
        if key.verify_with_context(msg, &[], &sig) { Ok(()) } else { Err("invalid signature") }
    }))
}

/// The crate documents a panic as its answer to a malformed expanded key; here that is a rejection. In a box, because
/// the key has a hundred kilobytes, and each time that it is moved takes as much of the stack.
#[expect(deprecated, reason = "the standard's own form of the key, and that of the vectors")]
fn expanded<P: MlDsaParams>(sk: &[u8]) -> Result<Box<ExpandedSigningKey<P>>, Rejection> {
    let sk = array(sk)?;
    // The key is read again in no case.
    let decode = std::panic::AssertUnwindSafe(|| Box::new(ExpandedSigningKey::from_expanded(sk)));
    std::panic::catch_unwind(decode).map_err(|_| "panic")
}

/// The signature comes first: the matrix of the key is most of the work, and a malformed signature needs none.
fn decoded<P: MlDsaParams>(
    pk: &[u8],
    sig: &[u8],
) -> Result<(VerifyingKey<P>, ml_dsa::Signature<P>), Rejection> {
    let sig = ml_dsa::Signature::decode(array(sig)?).ok_or("malformed signature")?;
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
