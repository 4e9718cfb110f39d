//! Right, but slower by a known part: they prove that a comparison of benchmarks can find a regression.
//!
//! No vector can kill them, so they are not among the faults. Knows no benchmark.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use super::wrapped::around;
use super::{Answer, Backend};
use crate::backend::{Aead, Encapsulated, Kem, Opening, Sealed, Sealing, Signature, Signed, Signing};
use crate::spec::Algorithm;

/// A backend that is slower than the good one behind it.
pub struct Slowdown {
    /// The stable name: `pqcheck bench --backend broken:<id>`.
    pub id: &'static str,
    /// The part by which every call takes longer.
    pub part: f64,
}

/// Every slowdown; the first is the control, with the same wrapper around the calls.
pub static SLOWDOWNS: &[Slowdown] = &[
    Slowdown { id: "slow-0", part: 0.0 },
    Slowdown { id: "slow-2", part: 0.02 },
    Slowdown { id: "slow-5", part: 0.05 },
    Slowdown { id: "slow-10", part: 0.10 },
];

/// The backend `broken:<id>`, with one path, `wrapped`. Leaks, once for each time it is asked for.
pub(super) fn backend(id: &str) -> Option<&'static Backend> {
    let slowdown = SLOWDOWNS.iter().find(|slowdown| slowdown.id == id)?;
    let part = slowdown.part;
    around(
        id,
        |good| Box::new(Slow { good, part }),
        |good| Box::new(Slow { good, part }),
        |good| Box::new(Slow { good, part }),
    )
}

struct Slow<T: 'static + ?Sized> {
    good: &'static T,
    part: f64,
}

impl<T: ?Sized> Slow<T> {
    /// Makes the call, and then waits for the part of the time that it took.
    fn slowly(&self, call: impl FnOnce() -> Answer) -> Answer {
        let start = Instant::now();
        let answer = call();
        let end = start.elapsed().mul_f64(1.0 + self.part);
        while start.elapsed() < end {}
        answer
    }

    /// The same for calls that are so short that two looks at the clock would be a slowdown of their own: the time
    /// is taken where another kind of call comes first.
    fn briefly(&self, kind: usize, mut call: impl FnMut() -> Answer) -> Answer {
        thread_local! {
            /// The kind of the last call, and for how long to spin after it.
            static LAST: Cell<(usize, u64)> = const { Cell::new((usize::MAX, 0)) };
        }
        let (last, mut count) = LAST.get();
        if last != kind {
            let took = shortest(kind, || {
                let _ = black_box(call());
            });
            count = spins(took.mul_f64(self.part));
            LAST.set((kind, count));
        }
        let answer = call();
        spin(count);
        answer
    }
}

impl Kem for Slow<dyn Kem> {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        self.slowly(|| self.good.keygen_internal(d, z, ek, dk))
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        self.slowly(|| self.good.encaps_internal(ek, m, to))
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        self.slowly(|| self.good.decaps(dk, c, shared_secret))
    }
}

impl Signature for Slow<dyn Signature> {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        self.slowly(|| self.good.keygen_internal(xi, pk, sk))
    }

    fn sign(&self, signing: Signing<'_>, sig: &mut [u8]) -> Answer {
        self.slowly(|| self.good.sign(signing, sig))
    }

    fn verify(&self, signed: Signed<'_>) -> Answer {
        self.slowly(|| self.good.verify(signed))
    }
}

impl Aead for Slow<dyn Aead> {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn seal(&self, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
        let kind = 2 * sealing.plaintext.len();
        self.briefly(kind, || self.good.seal(sealing, to))
    }

    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
        let kind = 2 * opening.ciphertext.len() + 1;
        self.briefly(kind, || self.good.open(opening, plaintext))
    }
}

fn spin(count: u64) {
    for at in 0..count {
        black_box(at);
    }
}

/// How many spins take this long.
fn spins(time: Duration) -> u64 {
    const MANY: u64 = 1000;
    let many = shortest(usize::MAX, || spin(MANY)).max(Duration::from_nanos(1));
    (time.as_secs_f64() / many.as_secs_f64() * MANY as f64) as u64
}

/// How long `work` of this kind takes when nothing disturbs it: on a busy machine that takes a while to come by, so it is
/// looked for long at first, and a little each further time.
fn shortest(kind: usize, mut work: impl FnMut()) -> Duration {
    const LONG: Duration = Duration::from_millis(200);
    const LITTLE: Duration = Duration::from_millis(1);
    thread_local! {
        /// The shortest of every kind so far.
        static KNOWN: RefCell<BTreeMap<usize, Duration>> = const { RefCell::new(BTreeMap::new()) };
    }
    let known = KNOWN.with_borrow(|known| known.get(&kind).copied());
    let end = Instant::now() + if known.is_some() { LITTLE } else { LONG };
    let once = || {
        // What is short is done several times, for the clock's sake.
        const TIMES: u32 = 8;
        let start = Instant::now();
        (0..TIMES).for_each(|_| work());
        start.elapsed() / TIMES
    };
    let found = std::iter::repeat_with(once).take_while(|_| Instant::now() < end).chain(known).min();
    let found = found.unwrap_or_default();
    KNOWN.with_borrow_mut(|known| known.insert(kind, found));
    found
}

#[cfg(test)]
#[cfg(any(feature = "libcrux", feature = "rustcrypto"))]
mod tests {
    use super::*;

    #[test]
    fn a_wait_takes_about_as_long_as_it_should() {
        let time = Duration::from_micros(200);
        let count = spins(time);
        let took = shortest(0, || spin(count));
        assert!(took > time / 2 && took < time * 3, "{took:?}");
    }

    #[test]
    fn every_slowdown_is_a_backend_that_answers_as_the_good_one_does() {
        for slowdown in SLOWDOWNS {
            let backend = backend(slowdown.id).unwrap();
            assert_eq!(backend.id, format!("broken:{}", slowdown.id));
            (backend.paths[0].enter)();
            crate::backend::conformance::agrees_with_the_accumulated_digests(backend.paths[0]);
        }
        assert!(super::backend("slow-3").is_none());
    }
}
