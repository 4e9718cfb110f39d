//! The faults of ML-DSA, as functions that stand in for an operation of a good library.

use super::Answer;
use super::ml_dsa_verify::{self, Without};
use crate::backend::{Message, Refusal, Signature, Signed, Signing};
use crate::spec::ml_dsa::{self, MAX_CTX};

pub(super) fn sign_without_ctx(good: &dyn Signature, signing: Signing<'_>, sig: &mut [u8]) -> Answer {
    good.sign(Signing { message: without_ctx(signing.message), ..signing }, sig)
}

pub(super) fn verify_without_ctx(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    good.verify(Signed { message: without_ctx(signed.message), ..signed })
}

const fn without_ctx(message: Message<'_>) -> Message<'_> {
    match message {
        Message::Pure { msg, .. } => Message::Pure { msg, ctx: &[] },
        Message::PreHash { msg, hash, .. } => Message::PreHash { msg, ctx: &[], hash },
        Message::Internal(_) | Message::ExternalMu(_) => message,
    }
}

pub(super) fn sign_with_any_ctx(good: &dyn Signature, signing: Signing<'_>, sig: &mut [u8]) -> Answer {
    match with_wrapped_length(signing.message) {
        Some(formatted) => good.sign(Signing { message: Message::Internal(&formatted), ..signing }, sig),
        None => good.sign(signing, sig),
    }
}

pub(super) fn verify_with_any_ctx(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    match with_wrapped_length(signed.message) {
        Some(formatted) => good.verify(Signed { message: Message::Internal(&formatted), ..signed }),
        None => good.verify(signed),
    }
}

/// M′ of FIPS 204, Algorithm 2, step 10, for a context whose length does not fit its byte.
fn with_wrapped_length(message: Message<'_>) -> Option<Vec<u8>> {
    match message {
        Message::Pure { msg, ctx } if ctx.len() > MAX_CTX => Some([&[0, ctx.len() as u8], ctx, msg].concat()),
        _ => None,
    }
}

pub(super) fn sign_without_rnd(good: &dyn Signature, signing: Signing<'_>, sig: &mut [u8]) -> Answer {
    good.sign(Signing { rnd: &vec![0; signing.rnd.len()], ..signing }, sig)
}

pub(super) fn verify_anything(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    match good.verify(signed) {
        Err(Refusal::Rejected(_)) => Ok(()),
        answer => answer,
    }
}

pub(super) fn verify_but_for_the_last_byte(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    let sig = signed.sig;
    if sig.len() != sizes(good).sig {
        return good.verify(signed);
    }
    // The last byte says where the hints of the last polynomial end; what is unused behind is zero.
    let (indices, ends) = ml_dsa_verify::hints(good.algorithm());
    let used = sig[indices..ends].iter().rposition(|index| *index != 0).map_or(0, |last| last + 1);
    let mut mended = sig.to_vec();
    mended[sig.len() - 1] = sig[sig.len() - 2].max(used as u8);
    good.verify(signed).or_else(|_| good.verify(Signed { sig: &mended, ..signed }))
}

pub(super) fn verify_the_front(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    let mut sig = signed.sig.to_vec();
    sig.resize(sizes(good).sig, 0);
    good.verify(Signed { sig: &sig, ..signed })
}

pub(super) fn verify_with_repeated_hints(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    verify_leniently(good, Without::DistinctHints, signed)
}

pub(super) fn verify_with_any_norm(good: &dyn Signature, signed: Signed<'_>) -> Answer {
    verify_leniently(good, Without::NormOfZ, signed)
}

fn verify_leniently(good: &dyn Signature, without: Without, signed: Signed<'_>) -> Answer {
    let (answer, sizes) = (good.verify(signed), sizes(good));
    let Signed { pk, message, sig } = signed;
    if matches!(answer, Err(Refusal::Rejected(_)))
        && (pk.len(), sig.len()) == (sizes.pk, sizes.sig)
        && ml_dsa_verify::verify(good.algorithm(), without, pk, message, sig)
    {
        return Ok(());
    }
    answer
}

fn sizes(good: &dyn Signature) -> &'static ml_dsa::ParameterSet {
    ml_dsa::sizes(good.algorithm()).unwrap_or(&ml_dsa::ALL[2])
}
