//! The wrapper: a good backend with one of its operations replaced.
//!
//! Knows no particular fault, only the places where one can be.

use std::cell::Cell;
use std::sync::Mutex;

use super::{Answer, Backend, CodePath, Fault};
use crate::backend::{ALL, Aead, Encapsulated, Kem, Opening, Refusal, Sealed, Sealing, Signature};
use crate::backend::{Signed, Signing};
use crate::spec::Algorithm;

/// The backend with this fault, `broken:<id>`, with one path, `wrapped`.
///
/// `None` where this build has no good backend for the algorithms that the fault is about.
pub fn backend(fault: &'static Fault) -> Option<&'static Backend> {
    static BUILT: Mutex<Vec<(&str, &Backend)>> = Mutex::new(Vec::new());
    let mut built = BUILT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, backend)) = built.iter().find(|(id, _)| *id == fault.id) {
        return Some(backend);
    }
    let backend = build(fault)?;
    built.push((fault.id, backend));
    Some(backend)
}

fn build(fault: &'static Fault) -> Option<&'static Backend> {
    let (_, path) = good()?;
    if (fault.hooks.seal.is_some() || fault.hooks.open.is_some()) && path.aeads.is_empty() {
        return None;
    }
    around(
        fault.id,
        |good| Box::new(WrappedKem { good, fault }),
        |good| Box::new(WrappedSignature { good, fault }),
        |good| Box::new(WrappedAead { good, fault }),
    )
}

/// The backend `broken:<id>`: the good one, each of its implementations within a wrapper. Leaks, because a backend
/// lives as long as the process.
pub(super) fn around(
    id: &str,
    kem: impl Fn(&'static dyn Kem) -> Box<dyn Kem>,
    signature: impl Fn(&'static dyn Signature) -> Box<dyn Signature>,
    aead: impl Fn(&'static dyn Aead) -> Box<dyn Aead>,
) -> Option<&'static Backend> {
    let (good, path) = good()?;
    let kems = path.kems.iter().map(|it| &*Box::leak(kem(*it)));
    let signatures = path.signatures.iter().map(|it| &*Box::leak(signature(*it)));
    let aeads = path.aeads.iter().map(|it| &*Box::leak(aead(*it)));
    let wrapped: &'static CodePath = Box::leak(Box::new(CodePath {
        id: "wrapped",
        requires: path.requires,
        dispatched: || true,
        enter,
        departures: path.departures,
        kems: Vec::leak(kems.collect()),
        signatures: Vec::leak(signatures.collect()),
        aeads: Vec::leak(aeads.collect()),
        installed: None,
    }));
    Some(Box::leak(Box::new(Backend {
        id: String::leak(format!("broken:{id}")),
        version: good.version,
        notes: &[],
        paths: Vec::leak(vec![wrapped]),
    })))
}

/// The backend that is wrapped: one that runs everywhere and offers most.
fn good() -> Option<(&'static Backend, &'static CodePath)> {
    const PREFERRED: [&str; 4] = ["libcrux", "rustcrypto", "liboqs", "pqclean"];
    PREFERRED.iter().find_map(|id| {
        let backend = ALL.iter().copied().find(|backend| backend.id == *id)?;
        let path = backend.paths.iter().copied().find(|path| path.requires.is_empty())?;
        Some((backend, path))
    })
}

thread_local! {
    /// How many operations have been called. A process runs one backend, in one thread; tests do not.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// Sends the good backend down its path.
fn enter() {
    CALLS.set(0);
    if let Some((_, path)) = good() {
        (path.enter)();
    }
}

impl Fault {
    fn this_call_is_wrong(&self) -> bool {
        self.hooks.wrong_call.is_some_and(|wrong| {
            CALLS.set(CALLS.get() + 1);
            wrong(CALLS.get())
        })
    }

    /// Spoils the output of a call whose turn it is.
    fn output(&self, answer: Answer, output: &mut [u8]) -> Answer {
        if self.this_call_is_wrong()
            && let Some(last) = output.last_mut()
        {
            *last ^= 1;
        }
        answer
    }

    /// Turns the verdict of a call whose turn it is.
    fn verdict(&self, answer: Answer) -> Answer {
        match (self.this_call_is_wrong(), answer) {
            (true, Ok(())) => Err(Refusal::Rejected("a planted fault")),
            (true, Err(Refusal::Rejected(_))) => Ok(()),
            (_, answer) => answer,
        }
    }
}

struct WrappedKem {
    good: &'static dyn Kem,
    fault: &'static Fault,
}

impl Kem for WrappedKem {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn keygen_internal(&self, d: &[u8], z: &[u8], ek: &mut [u8], dk: &mut [u8]) -> Answer {
        let answer = match self.fault.hooks.keygen {
            Some(wrong) => wrong(self.good, d, z, ek, dk),
            None => self.good.keygen_internal(d, z, ek, dk),
        };
        self.fault.output(answer, dk)
    }

    fn encaps_internal(&self, ek: &[u8], m: &[u8], to: &mut Encapsulated<'_>) -> Answer {
        let answer = match self.fault.hooks.encaps {
            Some(wrong) => wrong(self.good, ek, m, to),
            None => self.good.encaps_internal(ek, m, to),
        };
        self.fault.output(answer, to.shared_secret)
    }

    fn decaps(&self, dk: &[u8], c: &[u8], shared_secret: &mut [u8]) -> Answer {
        let answer = match self.fault.hooks.decaps {
            Some(wrong) => wrong(self.good, dk, c, shared_secret),
            None => self.good.decaps(dk, c, shared_secret),
        };
        if self.algorithm() == Algorithm::MlKem768
            && let Some(strike) = self.fault.hooks.strike
        {
            strike(shared_secret);
        }
        self.fault.output(answer, shared_secret)
    }

    fn check_ek(&self, ek: &[u8]) -> Answer {
        let answer = match self.fault.hooks.check_ek {
            Some(wrong) => wrong(self.good, ek),
            None => self.good.check_ek(ek),
        };
        self.fault.verdict(answer)
    }

    fn check_dk(&self, dk: &[u8]) -> Answer {
        let answer = match self.fault.hooks.check_dk {
            Some(wrong) => wrong(self.good, dk),
            None => self.good.check_dk(dk),
        };
        self.fault.verdict(answer)
    }
}

struct WrappedSignature {
    good: &'static dyn Signature,
    fault: &'static Fault,
}

impl Signature for WrappedSignature {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn keygen_internal(&self, xi: &[u8], pk: &mut [u8], sk: &mut [u8]) -> Answer {
        let answer = self.good.keygen_internal(xi, pk, sk);
        self.fault.output(answer, sk)
    }

    fn sign(&self, signing: Signing<'_>, sig: &mut [u8]) -> Answer {
        let answer = match self.fault.hooks.sign {
            Some(wrong) => wrong(self.good, signing, sig),
            None => self.good.sign(signing, sig),
        };
        self.fault.output(answer, sig)
    }

    fn verify(&self, signed: Signed<'_>) -> Answer {
        let answer = match self.fault.hooks.verify {
            Some(wrong) => wrong(self.good, signed),
            None => self.good.verify(signed),
        };
        self.fault.verdict(answer)
    }
}

struct WrappedAead {
    good: &'static dyn Aead,
    fault: &'static Fault,
}

impl Aead for WrappedAead {
    fn algorithm(&self) -> Algorithm {
        self.good.algorithm()
    }

    fn seal(&self, sealing: Sealing<'_>, to: &mut Sealed<'_>) -> Answer {
        let answer = match self.fault.hooks.seal {
            Some(wrong) => wrong(self.good, sealing, to),
            None => self.good.seal(sealing, to),
        };
        self.fault.output(answer, to.tag)
    }

    fn open(&self, opening: Opening<'_>, plaintext: &mut [u8]) -> Answer {
        let answer = match self.fault.hooks.open {
            Some(wrong) => wrong(self.good, opening, plaintext),
            None => self.good.open(opening, plaintext),
        };
        self.fault.verdict(answer)
    }
}
