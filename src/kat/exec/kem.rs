//! The steps of a case of a KEM. Knows the standard's algorithms, not where a case comes from.

use super::executor::{
    Executor, Step, equals, mismatched, outputs, published, refused, rejected_valid, same,
};
use crate::backend::{Departure, Encapsulated, Kem, Refusal};
use crate::kat::departure;
use crate::kat::guarded::Guarded;
use crate::spec::ml_kem;
use crate::vector::accumulated::{Digest, Stream};
use crate::vector::{Encapsulation, Expected, KemKeys, PrivateKey, Task};

pub(super) struct KemRun<'r, 'a> {
    pub(super) run: &'r mut Executor<'a>,
    pub(super) kem: &'static dyn Kem,
    pub(super) sizes: &'static ml_kem::ParameterSet,
}

impl KemRun<'_, '_> {
    pub(super) fn task(&mut self, task: &Task<'_>) -> Step {
        match task {
            Task::KemKeygen { seed, answer } => {
                let result = self.keygen(seed)?;
                self.run.settle(
                    "keygen",
                    || None,
                    result,
                    answer,
                    |(ek, dk), keys| compare_kem_keys(keys, &ek, &dk),
                )
            }
            Task::KemEncaps { ek, m, answer } => {
                let result = self.encaps(ek, m)?;
                let departed = || departure::ek_unreduced(self.sizes, ek).then_some(Departure::EkModulus);
                self.run.settle("encaps", departed, result, answer, |(c, secret), encapsulation| {
                    compare_encapsulation(encapsulation, &c, &secret)
                })
            }
            Task::KemDecaps { key, ek, c, answer } => {
                let result = self.decaps_with(key, ek.as_ref(), c)?;
                let departed =
                    || (c.len() == self.sizes.c && self.hash_is_wrong(key)).then_some(Departure::DkHash);
                self.run.settle("decaps", departed, result, answer, |secret, expected| {
                    equals("decaps: shared_secret", expected, &secret)
                })
            }
            Task::KemCheckEk { ek, valid } => {
                let direct = self.run.call(|| self.kem.check_ek(ek));
                let rejected = match direct {
                    Err(Refusal::Unsupported(_)) => self.encaps(ek, &[0; ml_kem::M])?.is_none(),
                    other => refused("ek check", other, &[])?,
                };
                let departed = || departure::ek_unreduced(self.sizes, ek).then_some(Departure::EkModulus);
                self.run.validity("ek check", departed, *valid, rejected)
            }
            Task::KemCheckDk { key, valid } => {
                let dk = match key {
                    PrivateKey::Expanded(dk) => dk.to_vec(),
                    PrivateKey::Seed(seed) => match self.keygen(seed)? {
                        Some((_, dk)) => dk,
                        None => return self.run.validity("keygen", || None, *valid, true),
                    },
                };
                let direct = self.run.call(|| self.kem.check_dk(&dk));
                let rejected = match direct {
                    Err(Refusal::Unsupported(_)) => self.decaps(&dk, &vec![0; self.sizes.c])?.is_none(),
                    other => refused("dk check", other, &[])?,
                };
                let departed = || self.hash_is_wrong(key).then_some(Departure::DkHash);
                self.run.validity("dk check", departed, *valid, rejected)
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
            Task::Accumulated { count, block, digest } => {
                self.accumulated(*count, block.unwrap_or(0), digest.as_ref())
            }
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
        let to = &mut Encapsulated { c: c.output(), shared_secret: secret.output() };
        let result = self.run.call(|| self.kem.encaps_internal(ek, m, to));
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
    /// [`accumulated`](crate::vector::accumulated)): d‖z, then m, then a ciphertext of random bytes.
    fn accumulated(&mut self, count: u64, block: u64, expected: Option<&[u8; 32]>) -> Step {
        let (mut stream, mut accumulator) = (Stream::of_block(block), Digest::new());
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

fn compare_kem_keys(keys: &KemKeys<'_>, ek: &[u8], dk: &[u8]) -> Step {
    published("keygen: ek", keys.ek.as_ref(), ek)?;
    published("keygen: dk", keys.dk.as_ref(), dk)
}

fn compare_encapsulation(encapsulation: &Encapsulation<'_>, c: &[u8], secret: &[u8]) -> Step {
    equals("encaps: c", &encapsulation.c, c)?;
    equals("encaps: shared_secret", &encapsulation.shared_secret, secret)
}
