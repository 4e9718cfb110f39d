//! How else a signature case can be read: the files of some publishers say nowhere through which interface of FIPS 204 a
//! message was signed, or that the randomness was zero. Knows no implementation; who runs the readings finds the right one.

use std::borrow::Cow;

use super::{Case, Message, Task};
use crate::spec::Algorithm;
use crate::spec::ml_dsa::{self, Hash};

/// A reading of a case, and what it takes the case for.
pub struct Reading {
    /// `HashML-DSA with SHA2-256`.
    pub words: String,
    /// The case in this reading.
    pub case: Case<'static>,
}

/// The hash function that goes with a parameter set, where a publisher names none: of its collision strength (FIPS 204,
/// Table 1).
pub(super) const fn usual(algorithm: Algorithm) -> Hash {
    match algorithm {
        Algorithm::MlDsa87 => Hash::Sha2_512,
        Algorithm::MlDsa65 => Hash::Sha2_384,
        _ => Hash::Sha2_256,
    }
}

/// Every other reading of a case in which a message is signed, or verified, the likely ones first.
pub fn of(case: &Case<'static>) -> Vec<Reading> {
    let (message, rnd) = match &case.task {
        Task::DsaSign { message, rnd, .. } | Task::DsaRoundTrip { message, rnd, .. } => {
            (message, rnd.clone())
        }
        Task::DsaVerify { message, valid: true, .. } => (message, Cow::default()),
        _ => return Vec::new(),
    };
    let zeros = Cow::Owned(vec![0; rnd.len()]);
    let messages = messages(case.algorithm, message);
    let mut readings = Vec::new();
    for (rnd, how) in [(&rnd, ""), (&zeros, " with zeros as its randomness")] {
        for other in &messages {
            let words = format!("{}{how}", words(other));
            readings.push(Reading { words, case: read_as(case, other, rnd) });
        }
    }
    let mut tasks = vec![case.task.clone()];
    readings.retain(|reading| {
        let is_new = !tasks.contains(&reading.case.task);
        tasks.push(reading.case.task.clone());
        is_new
    });
    readings
}

/// `case` with another message and other randomness.
fn read_as(case: &Case<'static>, other: &Message<'static>, drawn: &[u8]) -> Case<'static> {
    let mut case = case.clone();
    match &mut case.task {
        Task::DsaSign { message, rnd, .. } | Task::DsaRoundTrip { message, rnd, .. } => {
            (*message, *rnd) = (other.clone(), Cow::Owned(drawn.to_vec()));
            case.class = class(other, drawn);
        }
        Task::DsaVerify { message, .. } => *message = other.clone(),
        _ => {}
    }
    case
}

/// The class of a signature case: `external/pure/hedged`.
pub(super) fn class(message: &Message<'_>, rnd: &[u8]) -> Cow<'static, str> {
    let variant = if rnd.iter().all(|byte| *byte == 0) { "deterministic" } else { "hedged" };
    Cow::Owned(match message {
        Message::Pure { .. } => format!("external/pure/{variant}"),
        Message::PreHash { hash, .. } => format!("external/preHash/{}/{variant}", hash.name()),
        Message::Internal(_) => format!("internal/{variant}"),
        Message::ExternalMu(_) => format!("internal/externalMu/{variant}"),
    })
}

/// The same bytes through every interface, through their own first.
fn messages(algorithm: Algorithm, message: &Message<'static>) -> Vec<Message<'static>> {
    let (msg, ctx) = match message {
        Message::Pure { msg, ctx } | Message::PreHash { msg, ctx, .. } => (msg.clone(), ctx.clone()),
        Message::Internal(msg) | Message::ExternalMu(msg) => (msg.clone(), Cow::Borrowed(&[][..])),
    };
    let pure = Message::Pure { msg: msg.clone(), ctx: ctx.clone() };
    let mut all = vec![message.clone(), pure, Message::Internal(msg.clone())];
    if msg.len() == ml_dsa::MU {
        all.push(Message::ExternalMu(msg.clone()));
    }
    for hash in std::iter::once(usual(algorithm)).chain(Hash::ALL) {
        all.push(Message::PreHash { msg: msg.clone(), ctx: ctx.clone(), hash });
    }
    all
}

fn words(message: &Message<'_>) -> String {
    match message {
        Message::Pure { .. } => "ML-DSA of the external interface".to_owned(),
        Message::Internal(_) => "the internal interface (FIPS 204, Algorithm 7)".to_owned(),
        Message::ExternalMu(_) => "an external µ".to_owned(),
        Message::PreHash { hash, .. } => format!("HashML-DSA with {}", hash.name()),
    }
}
