//! The steps of an ML-DSA case. Knows the standard's algorithms, not where a case comes from.

use super::executor::{
    Executor, Step, equals, known, mismatched, outputs, published, refused, rejected_valid,
};
use crate::backend::{self, Answer, Departure, Refusal, Signature, Signed, Signing};
use crate::kat::departure;
use crate::kat::guarded::Guarded;
use crate::spec::ml_dsa;
use crate::vector::accumulated::{Digest, Stream};
use crate::vector::{DsaKeys, Expected, Message, PrivateKey, Task};

pub(super) struct DsaRun<'r, 'a> {
    pub(super) run: &'r mut Executor<'a>,
    pub(super) signature: &'static dyn Signature,
    pub(super) sizes: &'static ml_dsa::ParameterSet,
    pub(super) hint_at_zero: bool,
}

impl DsaRun<'_, '_> {
    pub(super) fn task(&mut self, task: &Task<'_>) -> Step {
        match task {
            Task::DsaKeygen { xi, answer } => {
                let result = self.keygen(xi)?;
                self.run.settle(
                    "keygen",
                    || None,
                    result,
                    answer,
                    |(pk, sk), keys| compare_dsa_keys(keys, &pk, &sk),
                )
            }
            Task::DsaSign { key, pk, message, rnd, answer } => {
                let result = self.sign_with(key, pk.as_ref(), message, rnd)?;
                let departed = || self.only_the_key_can_be_wrong(key, message);
                self.run.settle("sign", departed, result, answer, |sig, expected| {
                    equals("sign: signature", expected, &sig)
                })
            }
            Task::DsaVerify { pk, message, sig, valid } => match (self.verify(pk, message, sig)?, valid) {
                (true, true) | (false, false) => Ok(()),
                (false, true) if self.hint_at_zero && self.run.is_known(Departure::UseHintZero) => {
                    Err(known(Departure::UseHintZero))
                }
                (false, true) => Err(rejected_valid("verify")),
                (true, false) => {
                    let too_large = departure::z_too_large(self.sizes, sig);
                    Err(self.run.accepted("verify", too_large.then_some(Departure::ZNorm)))
                }
            },
            Task::DsaRoundTrip { xi, rnd, message, keys, sig } => {
                let (pk, sk) = self.keygen(xi)?.ok_or_else(|| rejected_valid("keygen"))?;
                compare_dsa_keys(keys, &pk, &sk)?;
                let made = self.sign(&sk, message, rnd)?.ok_or_else(|| rejected_valid("sign"))?;
                equals("sign: signature", sig, &made)?;
                self.must_verify(&pk, message, &made)
            }
            Task::Accumulated { count, block, digest } => {
                self.accumulated(*count, block.unwrap_or(0), digest.as_ref())
            }
            _ => Err(mismatched(self.sizes.algorithm)),
        }
    }

    fn only_the_key_can_be_wrong(&self, key: &PrivateKey<'_>, message: &Message<'_>) -> Option<Departure> {
        let ctx_fits = match message {
            Message::Pure { ctx, .. } | Message::PreHash { ctx, .. } => ctx.len() <= ml_dsa::MAX_CTX,
            Message::Internal(_) | Message::ExternalMu(_) => true,
        };
        let out_of_range =
            matches!(key, PrivateKey::Expanded(sk) if departure::sk_out_of_range(self.sizes, sk));
        (ctx_fits && out_of_range).then_some(Departure::SkRange)
    }

    fn keygen(&mut self, xi: &[u8]) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
        let (mut pk, mut sk) = (Guarded::new(self.sizes.pk), Guarded::new(self.sizes.sk));
        let result = self.run.call(|| self.signature.keygen_internal(xi, pk.output(), sk.output()));
        outputs("keygen", result, pk, sk)
    }

    fn sign(&mut self, sk: &[u8], message: &Message<'_>, rnd: &[u8]) -> Step<Option<Vec<u8>>> {
        let mut sig = Guarded::new(self.sizes.sig);
        let result = self.through(message, |signature, message| {
            signature.sign(Signing { sk, message, rnd }, sig.output())
        });
        Ok((!refused("sign", result, &[&sig])?).then(|| sig.written().to_vec()))
    }

    fn sign_with(
        &mut self,
        key: &PrivateKey<'_>,
        pk: Option<&Expected<'_>>,
        message: &Message<'_>,
        rnd: &[u8],
    ) -> Step<Option<Vec<u8>>> {
        match key {
            PrivateKey::Expanded(sk) => self.sign(sk, message, rnd),
            PrivateKey::Seed(xi) => {
                let Some((made, sk)) = self.keygen(xi)? else { return Ok(None) };
                if let Some(expected) = pk {
                    equals("keygen: pk", expected, &made)?;
                }
                self.sign(&sk, message, rnd)
            }
        }
    }

    fn verify(&mut self, pk: &[u8], message: &Message<'_>, sig: &[u8]) -> Step<bool> {
        let result =
            self.through(message, |signature, message| signature.verify(Signed { pk, message, sig }));
        Ok(!refused("verify", result, &[])?)
    }

    /// Signs or verifies a message. What the library cannot hash and format it is given formatted, if it takes that.
    fn through(
        &mut self,
        message: &Message<'_>,
        mut call: impl FnMut(&'static dyn Signature, backend::Message<'_>) -> Answer,
    ) -> Answer {
        let result = self.run.call(|| call(self.signature, borrowed(message)));
        match (&result, message) {
            (Err(Refusal::Unsupported(_)), Message::PreHash { msg, ctx, hash }) => {
                let Some(formatted) = ml_dsa::formatted(*hash, msg, ctx) else { return result };
                let internal = self.run.call(|| call(self.signature, backend::Message::Internal(&formatted)));
                if let Err(Refusal::Unsupported(_)) = internal {
                    return result;
                }
                self.run.formatted = true;
                internal
            }
            _ => result,
        }
    }

    fn must_verify(&mut self, pk: &[u8], message: &Message<'_>, sig: &[u8]) -> Step {
        if self.verify(pk, message, sig)? { Ok(()) } else { Err(rejected_valid("verify")) }
    }

    /// The draw is ξ alone; the empty message is signed deterministically (see
    /// [`accumulated`](crate::vector::accumulated)).
    fn accumulated(&mut self, count: u64, block: u64, expected: Option<&[u8; 32]>) -> Step {
        let (mut stream, mut accumulator) = (Stream::of_block(block), Digest::new());
        let message = Message::Pure { msg: [].as_slice().into(), ctx: [].as_slice().into() };
        let mut xi = [0; ml_dsa::XI];
        for round in 0..count {
            stream.fill(&mut xi);
            let (pk, sk) = self.keygen(&xi)?.ok_or_else(|| rejected_valid("keygen"))?;
            let sig = self.sign(&sk, &message, &[0; ml_dsa::RND])?.ok_or_else(|| rejected_valid("sign"))?;
            self.must_verify(&pk, &message, &sig)?;
            accumulator.absorb(&pk);
            accumulator.absorb(&sig);
            self.run.beat(round);
        }
        self.run.conclude(self.sizes.algorithm, count, expected, accumulator.finish())
    }
}

fn borrowed<'b>(message: &'b Message<'_>) -> backend::Message<'b> {
    match message {
        Message::Pure { msg, ctx } => backend::Message::Pure { msg, ctx },
        Message::PreHash { msg, ctx, hash } => backend::Message::PreHash { msg, ctx, hash: *hash },
        Message::Internal(msg) => backend::Message::Internal(msg),
        Message::ExternalMu(mu) => backend::Message::ExternalMu(mu),
    }
}

fn compare_dsa_keys(keys: &DsaKeys<'_>, pk: &[u8], sk: &[u8]) -> Step {
    published("keygen: pk", keys.pk.as_ref(), pk)?;
    published("keygen: sk", keys.sk.as_ref(), sk)
}
