//! One case on one code path: calls the library and compares. Knows no process and no report order.

use sha2::{Digest as _, Sha256};

use super::departure;
use super::guarded::Guarded;
use crate::backend::{self, Aead, CodePath, Departure, Kem, Refusal, Signature};
use crate::isolate;
use crate::report::{Outcome, shortened};
use crate::spec::{Algorithm, ml_dsa, ml_kem};
use crate::vector::accumulated::{self, Digest, Stream};
use crate::vector::{Answer, Case, DsaKeys, Encapsulation, Expected, KemKeys, Message, PrivateKey, Task};

/// Runs cases on one code path and keeps the time spent inside the library.
pub(super) struct Executor<'a> {
    path: &'static CodePath,
    strict: bool,
    timed: bool,
    /// Processor time inside the library's own calls, in nanoseconds; only where it was asked for.
    pub(super) library_ns: u64,
    /// Called now and then during a long case, so that silence means a hang.
    alive: &'a mut dyn FnMut(),
    /// The digest of the last accumulated case, for runs without a published one.
    pub(super) digest: Option<[u8; 32]>,
}

/// Why a case ends before its last step.
enum Stop {
    Skip(String),
    Fail { reason: String, expected: String, got: String },
    Error(String),
}

type Step<T = ()> = Result<T, Stop>;

impl<'a> Executor<'a> {
    /// An executor for `path`; the library has been sent down it already.
    pub(super) fn new(
        path: &'static CodePath,
        strict: bool,
        timed: bool,
        alive: &'a mut dyn FnMut(),
    ) -> Self {
        Self { path, strict, timed, library_ns: 0, alive, digest: None }
    }

    /// Runs one case.
    pub(super) fn run(&mut self, case: &Case<'_>) -> Outcome {
        match self.dispatch(case) {
            Ok(()) => Outcome::Pass,
            Err(Stop::Skip(reason)) => Outcome::Skip { reason },
            Err(Stop::Fail { reason, expected, got }) => Outcome::Fail { reason, expected, got },
            Err(Stop::Error(reason)) => Outcome::Error { reason },
        }
    }

    fn dispatch(&mut self, case: &Case<'_>) -> Step {
        let algorithm = case.algorithm;
        if let Task::Aead { .. } = case.task {
            let aead = self.path.aead(algorithm).ok_or_else(|| not_offered(algorithm))?;
            return self.aead(aead, &case.task);
        }
        if let Some(sizes) = ml_kem::sizes(algorithm) {
            let kem = self.path.kem(algorithm).ok_or_else(|| not_offered(algorithm))?;
            return KemRun { run: self, kem, sizes }.task(&case.task);
        }
        if let Some(sizes) = ml_dsa::sizes(algorithm) {
            let signature = self.path.signature(algorithm).ok_or_else(|| not_offered(algorithm))?;
            // Wycheproof's flags for the signature that calls UseHint(1, r) with a low part of zero.
            let hint_at_zero =
                ["BoundaryCondition", "ZeroPublicKey"].iter().all(|flag| case.class.contains(flag));
            return DsaRun { run: self, signature, sizes, hint_at_zero }.task(&case.task);
        }
        Err(mismatched(algorithm))
    }

    /// Calls the library, with its time on the clock if that was asked for.
    fn call<T>(&mut self, library: impl FnOnce() -> T) -> T {
        if !self.timed {
            return library();
        }
        let start = isolate::thread_cpu_ns();
        let result = library();
        self.library_ns += isolate::thread_cpu_ns().saturating_sub(start);
        result
    }

    /// Whether the code is declared to depart from the standard in this way, and may.
    fn is_known(&self, departure: Departure) -> bool {
        !self.strict && self.path.departures.contains(&departure)
    }

    /// An input that must be refused was accepted: a failure, unless that is a known departure.
    fn accepted(&self, step: &str, check: Option<Departure>) -> Stop {
        match check {
            Some(departure) if self.is_known(departure) => known(departure),
            _ => Stop::Fail {
                reason: format!("{step}: accepted what must be rejected"),
                expected: "reject".into(),
                got: "accept".into(),
            },
        }
    }

    fn aead(&mut self, aead: &dyn Aead, task: &Task<'_>) -> Step {
        let Task::Aead { key, nonce, aad, plaintext, ciphertext, tag, valid } = task else {
            return Err(mismatched(aead.algorithm()));
        };
        if *valid {
            let (mut sealed, mut made) = (Guarded::new(plaintext.len()), Guarded::new(tag.len()));
            let result = self.call(|| aead.seal(key, nonce, aad, plaintext, sealed.output(), made.output()));
            accept("seal", result, &[&sealed, &made])?;
            same("seal: ciphertext", ciphertext, sealed.written())?;
            same("seal: tag", tag, made.written())?;
        }
        let mut opened = Guarded::new(ciphertext.len());
        let result = self.call(|| aead.open(key, nonce, aad, ciphertext, tag, opened.output()));
        if *valid {
            accept("open", result, &[&opened])?;
            same("open: plaintext", plaintext, opened.written())
        } else {
            match refused("open", result, &[&opened])? {
                true => Ok(()),
                false => Err(self.accepted("open", None)),
            }
        }
    }
}

struct KemRun<'r, 'a> {
    run: &'r mut Executor<'a>,
    kem: &'static dyn Kem,
    sizes: &'static ml_kem::ParameterSet,
}

impl KemRun<'_, '_> {
    fn task(&mut self, task: &Task<'_>) -> Step {
        match task {
            Task::KemKeygen { seed, answer } => {
                let result = self.keygen(seed)?;
                self.run
                    .settle("keygen", None, result, answer, |(ek, dk), keys| compare_kem_keys(keys, &ek, &dk))
            }
            Task::KemEncaps { ek, m, answer } => {
                let check = departure::ek_unreduced(self.sizes, ek).then_some(Departure::EkModulus);
                let result = self.encaps(ek, m)?;
                self.run.settle("encaps", check, result, answer, |(c, secret), encapsulation| {
                    compare_encapsulation(encapsulation, &c, &secret)
                })
            }
            Task::KemDecaps { key, ek, c, answer } => {
                let check = (c.len() == self.sizes.c && self.hash_is_wrong(key)).then_some(Departure::DkHash);
                let result = self.decaps_with(key, ek.as_ref(), c)?;
                self.run.settle("decaps", check, result, answer, |secret, expected| {
                    equals("decaps: shared_secret", expected, &secret)
                })
            }
            Task::KemCheckEk { ek, valid } => {
                let direct = self.run.call(|| self.kem.check_ek(ek));
                let rejected = match direct {
                    Err(Refusal::Unsupported(_)) => self.encaps(ek, &[0; ml_kem::M])?.is_none(),
                    other => refused("ek check", other, &[])?,
                };
                let check = departure::ek_unreduced(self.sizes, ek).then_some(Departure::EkModulus);
                self.run.validity("ek check", check, *valid, rejected)
            }
            Task::KemCheckDk { key, valid } => {
                let dk = match key {
                    PrivateKey::Expanded(dk) => dk.to_vec(),
                    PrivateKey::Seed(seed) => match self.keygen(seed)? {
                        Some((_, dk)) => dk,
                        None => return self.run.validity("keygen", None, *valid, true),
                    },
                };
                let direct = self.run.call(|| self.kem.check_dk(&dk));
                let rejected = match direct {
                    Err(Refusal::Unsupported(_)) => self.decaps(&dk, &vec![0; self.sizes.c])?.is_none(),
                    other => refused("dk check", other, &[])?,
                };
                let check = self.hash_is_wrong(key).then_some(Departure::DkHash);
                self.run.validity("dk check", check, *valid, rejected)
            }
            Task::KemRoundTrip { seed, m, keys, encapsulation, rejection } => {
                let (ek, dk) = self.keygen(seed)?.ok_or_else(|| rejected_valid("keygen"))?;
                compare_kem_keys(keys, &ek, &dk)?;
                let (c, secret) = self.encaps(&ek, m)?.ok_or_else(|| rejected_valid("encaps"))?;
                compare_encapsulation(encapsulation, &c, &secret)?;
                let again = self.decaps(&dk, &c)?.ok_or_else(|| rejected_valid("decaps"))?;
                equals("decaps: shared_secret", &encapsulation.shared_secret, &again)?;
                let Some((c, expected)) = rejection else { return Ok(()) };
                let secret = self.decaps(&dk, c)?.ok_or_else(|| rejected_valid("decaps"))?;
                equals("decaps: implicit rejection secret", expected, &secret)
            }
            Task::Accumulated { count, digest } => self.accumulated(*count, digest.as_ref()),
            _ => Err(mismatched(self.sizes.algorithm)),
        }
    }

    fn hash_is_wrong(&self, key: &PrivateKey<'_>) -> bool {
        matches!(key, PrivateKey::Expanded(dk) if departure::dk_altered(self.sizes, dk))
    }

    /// `None` where the library refuses the seed.
    fn keygen(&mut self, seed: &[u8]) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
        let (d, z) = seed.split_at(seed.len().min(ml_kem::SEED));
        let (mut ek, mut dk) = (Guarded::new(self.sizes.ek), Guarded::new(self.sizes.dk));
        let result = self.run.call(|| self.kem.keygen_internal(d, z, ek.output(), dk.output()));
        outputs("keygen", result, ek, dk)
    }

    fn encaps(&mut self, ek: &[u8], m: &[u8]) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
        let (mut c, mut secret) = (Guarded::new(self.sizes.c), Guarded::new(ml_kem::SHARED_SECRET));
        let result = self.run.call(|| self.kem.encaps_internal(ek, m, c.output(), secret.output()));
        outputs("encaps", result, c, secret)
    }

    fn decaps(&mut self, dk: &[u8], c: &[u8]) -> Step<Option<Vec<u8>>> {
        let mut secret = Guarded::new(ml_kem::SHARED_SECRET);
        let result = self.run.call(|| self.kem.decaps(dk, c, secret.output()));
        Ok((!refused("decaps", result, &[&secret])?).then(|| secret.written().to_vec()))
    }

    fn decaps_with(
        &mut self,
        key: &PrivateKey<'_>,
        ek: Option<&Expected<'_>>,
        c: &[u8],
    ) -> Step<Option<Vec<u8>>> {
        match key {
            PrivateKey::Expanded(dk) => self.decaps(dk, c),
            PrivateKey::Seed(seed) => {
                let Some((made, dk)) = self.keygen(seed)? else { return Ok(None) };
                if let Some(expected) = ek {
                    equals("keygen: ek", expected, &made)?;
                }
                self.decaps(&dk, c)
            }
        }
    }

    /// The draws and their order are those of the accumulated ML-KEM vectors (see
    /// [`accumulated`]): d‖z, then m, then a ciphertext of random bytes.
    fn accumulated(&mut self, count: u64, expected: Option<&[u8; 32]>) -> Step {
        let (mut stream, mut accumulator) = (Stream::new(), Digest::new());
        let (mut seed, mut m, mut noise) = ([0; 2 * ml_kem::SEED], [0; ml_kem::M], vec![0; self.sizes.c]);
        for round in 0..count {
            stream.fill(&mut seed);
            let (ek, dk) = self.keygen(&seed)?.ok_or_else(|| rejected_valid("keygen"))?;
            stream.fill(&mut m);
            let (c, secret) = self.encaps(&ek, &m)?.ok_or_else(|| rejected_valid("encaps"))?;
            let again = self.decaps(&dk, &c)?.ok_or_else(|| rejected_valid("decaps"))?;
            same("decaps: shared_secret", &secret, &again)?;
            stream.fill(&mut noise);
            let rejection = self.decaps(&dk, &noise)?.ok_or_else(|| rejected_valid("decaps"))?;
            for part in [&ek, &c, &secret, &rejection] {
                accumulator.absorb(part);
            }
            self.run.beat(round);
        }
        self.run.conclude(self.sizes.algorithm, count, expected, accumulator.finish())
    }
}

struct DsaRun<'r, 'a> {
    run: &'r mut Executor<'a>,
    signature: &'static dyn Signature,
    sizes: &'static ml_dsa::ParameterSet,
    hint_at_zero: bool,
}

impl DsaRun<'_, '_> {
    fn task(&mut self, task: &Task<'_>) -> Step {
        match task {
            Task::DsaKeygen { xi, answer } => {
                let result = self.keygen(xi)?;
                self.run
                    .settle("keygen", None, result, answer, |(pk, sk), keys| compare_dsa_keys(keys, &pk, &sk))
            }
            Task::DsaSign { key, pk, message, rnd, answer } => {
                let check = self.only_the_key_can_be_wrong(key, message);
                let result = self.sign_with(key, pk.as_ref(), message, rnd)?;
                self.run.settle("sign", check, result, answer, |sig, expected| {
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
            Task::Accumulated { count, digest } => self.accumulated(*count, digest.as_ref()),
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
        let result = self.run.call(|| self.signature.sign(sk, borrowed(message), rnd, sig.output()));
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
        let result = self.run.call(|| self.signature.verify(pk, borrowed(message), sig));
        Ok(!refused("verify", result, &[])?)
    }

    fn must_verify(&mut self, pk: &[u8], message: &Message<'_>, sig: &[u8]) -> Step {
        if self.verify(pk, message, sig)? { Ok(()) } else { Err(rejected_valid("verify")) }
    }

    /// The draw is ξ alone; the empty message is signed deterministically (see [`accumulated`]).
    fn accumulated(&mut self, count: u64, expected: Option<&[u8; 32]>) -> Step {
        let (mut stream, mut accumulator) = (Stream::new(), Digest::new());
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

impl Executor<'_> {
    /// Compares what the library answered (`None`: it refused) with what was published.
    fn settle<T, U>(
        &self,
        step: &str,
        check: Option<Departure>,
        result: Option<T>,
        answer: &Answer<U>,
        compare: impl FnOnce(T, &U) -> Step,
    ) -> Step {
        match (result, answer) {
            (Some(output), Answer::Accept(expected) | Answer::Either(expected)) => compare(output, expected),
            (None, Answer::Reject | Answer::Either(_)) => Ok(()),
            (None, Answer::Accept(_)) => Err(rejected_valid(step)),
            (Some(_), Answer::Reject) => Err(self.accepted(step, check)),
        }
    }

    fn validity(&self, step: &str, check: Option<Departure>, valid: bool, rejected: bool) -> Step {
        match (valid, rejected) {
            (true, false) | (false, true) => Ok(()),
            (true, true) => Err(rejected_valid(step)),
            (false, false) => Err(self.accepted(step, check)),
        }
    }

    fn beat(&mut self, round: u64) {
        if round % 16 == 15 {
            (self.alive)();
        }
    }

    fn conclude(
        &mut self,
        algorithm: Algorithm,
        count: u64,
        expected: Option<&[u8; 32]>,
        digest: [u8; 32],
    ) -> Step {
        self.digest = Some(digest);
        let Some(expected) = expected.filter(|expected| **expected != digest) else { return Ok(()) };
        let reason = match accumulated::known(algorithm, count, &digest) {
            Some(identity) => format!("accumulated digest is that of {identity}, not of {algorithm}"),
            None => "accumulated digest differs".to_owned(),
        };
        Err(Stop::Fail { reason, expected: const_hex::encode(expected), got: const_hex::encode(digest) })
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

fn compare_kem_keys(keys: &KemKeys<'_>, ek: &[u8], dk: &[u8]) -> Step {
    published("keygen: ek", keys.ek.as_ref(), ek)?;
    published("keygen: dk", keys.dk.as_ref(), dk)
}

fn compare_dsa_keys(keys: &DsaKeys<'_>, pk: &[u8], sk: &[u8]) -> Step {
    published("keygen: pk", keys.pk.as_ref(), pk)?;
    published("keygen: sk", keys.sk.as_ref(), sk)
}

fn compare_encapsulation(encapsulation: &Encapsulation<'_>, c: &[u8], secret: &[u8]) -> Step {
    equals("encaps: c", &encapsulation.c, c)?;
    equals("encaps: shared_secret", &encapsulation.shared_secret, secret)
}

fn published(what: &str, expected: Option<&Expected<'_>>, got: &[u8]) -> Step {
    expected.map_or(Ok(()), |expected| equals(what, expected, got))
}

fn equals(what: &str, expected: &Expected<'_>, got: &[u8]) -> Step {
    match expected {
        Expected::Value(expected) => same(what, expected, got),
        Expected::Sha256(expected) => {
            let digest = Sha256::digest(got);
            if digest[..] == expected[..] {
                return Ok(());
            }
            Err(Stop::Fail {
                reason: format!("{what} differs"),
                expected: format!("sha256 {}", const_hex::encode(expected)),
                got: format!("sha256 {} of {} bytes", const_hex::encode(digest), got.len()),
            })
        }
    }
}

fn same(what: &str, expected: &[u8], got: &[u8]) -> Step {
    if expected == got {
        return Ok(());
    }
    Err(Stop::Fail {
        reason: format!("{what} differs"),
        expected: shortened(expected, got),
        got: shortened(got, expected),
    })
}

/// The two outputs of an operation, or `None` where the library refused.
fn outputs(
    step: &str,
    result: Result<(), Refusal>,
    first: Guarded,
    second: Guarded,
) -> Step<Option<(Vec<u8>, Vec<u8>)>> {
    let refused = refused(step, result, &[&first, &second])?;
    Ok((!refused).then(|| (first.written().to_vec(), second.written().to_vec())))
}

fn accept(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step {
    if refused(step, result, outputs)? { Err(rejected_valid(step)) } else { Ok(()) }
}

/// Whether the library rejected its input. What it cannot do ends the case as a skip, and damage
/// beyond an output ends it as an error, whatever else the library says.
fn refused(step: &str, result: Result<(), Refusal>, outputs: &[&Guarded]) -> Step<bool> {
    if let Some(damage) = outputs.iter().find_map(|output| output.damage()) {
        return Err(Stop::Error(format!("{step}: {damage}")));
    }
    match result {
        Ok(()) => Ok(false),
        Err(Refusal::Rejected(_)) => Ok(true),
        Err(Refusal::Unsupported(what)) => Err(Stop::Skip(format!("unsupported: {what}"))),
    }
}

fn rejected_valid(step: &str) -> Stop {
    Stop::Fail {
        reason: format!("{step}: rejected what must be accepted"),
        expected: "accept".into(),
        got: "reject".into(),
    }
}

fn known(departure: Departure) -> Stop {
    Stop::Skip(known_departure(departure))
}

/// The reason of a skip for which a known departure is the cause.
pub(super) fn known_departure(departure: Departure) -> String {
    format!("known-departure: {}", departure.name())
}

fn not_offered(algorithm: Algorithm) -> Stop {
    Stop::Skip(format!("not-offered: {algorithm}"))
}

fn mismatched(algorithm: Algorithm) -> Stop {
    Stop::Error(format!("the vector's task does not belong to {algorithm}; the vector file is malformed"))
}
