//! A workload on a code path, ready to be called: its inputs made, its outputs to be looked at.
//!
//! Knows the libraries only through their traits, and no clock: what happens between two readings is
//! [`Drive::run`] and nothing else.

use std::hint::black_box;

use sha2::{Digest as _, Sha256};

use super::inputs::{bytes, message, signed, xi};
use super::workload::Workload;
use crate::backend::{Aead, CodePath, Kem, Message, Refusal, Signature};
use crate::spec::{Operation, chacha20_poly1305, ml_dsa, ml_kem};

/// A workload on a code path.
pub(super) trait Drive {
    /// How many inputs there are.
    fn inputs(&self) -> usize;

    /// Calls the library once, with this input.
    fn call(&mut self, input: usize) -> Result<(), Refusal>;

    /// What the last call made.
    fn outputs(&self) -> [&[u8]; 2];

    /// What the library must get right beside, outside of the timed region.
    fn beside(&mut self, _digest: &mut Sha256) -> Result<(), String> {
        Ok(())
    }

    /// Calls the library with every input, so many times over; false if it refused one.
    fn run(&mut self, passes: u64) -> bool {
        let mut content = true;
        for _ in 0..passes {
            for input in 0..self.inputs() {
                content &= black_box(self.call(black_box(input))).is_ok();
            }
        }
        content
    }

    /// The digest of all that it answers, in hex.
    fn answers(&mut self) -> Result<String, String> {
        let mut digest = Sha256::new();
        for input in 0..self.inputs() {
            self.call(input).map_err(|refusal| format!("input {input}: {}", words(refusal)))?;
            self.outputs().iter().for_each(|output| digest.update(output));
        }
        self.beside(&mut digest)?;
        Ok(const_hex::encode(digest.finalize()))
    }
}

/// Why a workload could not be made ready.
pub(super) enum Unready {
    /// The path has no such entry point.
    Unsupported(&'static str),
    /// What the workload needs first came out wrong.
    Wrong(String),
}

impl From<Refusal> for Unready {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unsupported(what) => Self::Unsupported(what),
            Refusal::Rejected(_) => Self::Wrong(words(refusal)),
        }
    }
}

/// Makes `workload` ready on `path`.
pub(super) fn ready(path: &CodePath, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let algorithm = workload.algorithm;
    let none = Unready::Unsupported("algorithm");
    Ok(match workload.operation {
        Operation::Keygen if path.kem(algorithm).is_some() => {
            Box::new(KemKeygen(KemSet::new(path.kem(algorithm).ok_or(none)?, workload)?))
        }
        Operation::Keygen => {
            Box::new(DsaKeygen(DsaSet::new(path.signature(algorithm).ok_or(none)?, workload)?))
        }
        Operation::Encaps => Box::new(Encaps(KemSet::new(path.kem(algorithm).ok_or(none)?, workload)?)),
        Operation::Decaps => {
            let mut set = KemSet::new(path.kem(algorithm).ok_or(none)?, workload)?;
            set.encapsulate()?;
            Box::new(Decaps(set))
        }
        Operation::Sign => Box::new(Sign(DsaSet::new(path.signature(algorithm).ok_or(none)?, workload)?)),
        Operation::Verify => {
            let mut set = DsaSet::new(path.signature(algorithm).ok_or(none)?, workload)?;
            set.sign()?;
            Box::new(Verify(set))
        }
        Operation::Seal => Box::new(Seal(AeadSet::new(path.aead(algorithm).ok_or(none)?, workload))),
        Operation::Open => {
            let mut set = AeadSet::new(path.aead(algorithm).ok_or(none)?, workload);
            set.seal()?;
            Box::new(Open(set))
        }
    })
}

/// A call that does nothing, through the same loop and the same kind of pointer: what it takes is the harness's own.
pub(super) fn nothing() -> Box<dyn Drive> {
    struct Idle;
    impl Kem for Idle {
        fn algorithm(&self) -> crate::spec::Algorithm {
            crate::spec::Algorithm::MlKem512
        }
        fn keygen_internal(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) -> Result<(), Refusal> {
            Ok(())
        }
        fn encaps_internal(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) -> Result<(), Refusal> {
            Ok(())
        }
        fn decaps(&self, _: &[u8], _: &[u8], _: &mut [u8]) -> Result<(), Refusal> {
            Ok(())
        }
    }
    let input = KemInput {
        d: Vec::new(),
        z: Vec::new(),
        m: Vec::new(),
        ek: Vec::new(),
        dk: Vec::new(),
        c: Vec::new(),
    };
    let inputs = (0..8).map(|_| input.clone()).collect();
    // The compiler must not know what is behind the pointer, as it does not for a library.
    let kem = black_box(&Idle as &'static dyn Kem);
    Box::new(Decaps(KemSet { kem, inputs, first: Vec::new(), second: Vec::new() }))
}

#[derive(Clone)]
struct KemInput {
    d: Vec<u8>,
    z: Vec<u8>,
    m: Vec<u8>,
    ek: Vec<u8>,
    dk: Vec<u8>,
    c: Vec<u8>,
}

/// What the operations of a KEM work on.
struct KemSet {
    kem: &'static dyn Kem,
    inputs: Vec<KemInput>,
    /// The outputs of a call, `ek` and `dk` or `c` and the shared secret.
    first: Vec<u8>,
    second: Vec<u8>,
}

impl KemSet {
    fn new(kem: &'static dyn Kem, workload: &Workload) -> Result<Self, Unready> {
        let algorithm = workload.algorithm;
        let sizes = ml_kem::sizes(algorithm).ok_or(Unready::Unsupported("algorithm"))?;
        let make = |number: u32| {
            let seed = |what: &str| bytes(&format!("{algorithm} {what}"), number, 32);
            let (mut ek, mut dk) = (vec![0; sizes.ek], vec![0; sizes.dk]);
            let (d, z) = (seed("d"), seed("z"));
            kem.keygen_internal(&d, &z, &mut ek, &mut dk)?;
            Ok(KemInput { d, z, m: seed("m"), ek, dk, c: vec![0; sizes.c] })
        };
        let inputs = (0..workload.inputs() as u32).map(make).collect::<Result<_, Refusal>>()?;
        let (first, second) = match workload.operation {
            Operation::Keygen => (vec![0; sizes.ek], vec![0; sizes.dk]),
            _ => (vec![0; sizes.c], vec![0; ml_kem::SHARED_SECRET]),
        };
        Ok(Self { kem, inputs, first, second })
    }

    fn encapsulate(&mut self) -> Result<(), Refusal> {
        for input in &mut self.inputs {
            self.kem.encaps_internal(&input.ek, &input.m, &mut input.c, &mut self.second)?;
        }
        Ok(())
    }
}

struct KemKeygen(KemSet);

impl Drive for KemKeygen {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let KemInput { d, z, .. } = &self.0.inputs[input];
        self.0.kem.keygen_internal(d, z, &mut self.0.first, &mut self.0.second)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.first, &self.0.second]
    }
}

struct Encaps(KemSet);

impl Drive for Encaps {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let KemInput { ek, m, .. } = &self.0.inputs[input];
        self.0.kem.encaps_internal(ek, m, &mut self.0.first, &mut self.0.second)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.first, &self.0.second]
    }
}

struct Decaps(KemSet);

impl Drive for Decaps {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let KemInput { dk, c, .. } = &self.0.inputs[input];
        self.0.kem.decaps(dk, c, &mut self.0.second)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.second, &[]]
    }

    /// Implicit rejection (FIPS 203, Algorithm 18, step 9): the secret of an altered ciphertext belongs to the answers.
    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        for input in &self.0.inputs {
            let mut altered = input.c.clone();
            if let Some(byte) = altered.last_mut() {
                *byte ^= 1;
            }
            self.0.kem.decaps(&input.dk, &altered, &mut self.0.second).map_err(words)?;
            digest.update(&self.0.second);
        }
        Ok(())
    }
}

struct DsaInput {
    xi: Vec<u8>,
    msg: Vec<u8>,
    pk: Vec<u8>,
    sk: Vec<u8>,
    sig: Vec<u8>,
}

/// What the operations of a signature scheme work on.
struct DsaSet {
    signature: &'static dyn Signature,
    inputs: Vec<DsaInput>,
    /// The outputs of a call, `pk` and `sk` or the signature.
    first: Vec<u8>,
    second: Vec<u8>,
}

impl DsaSet {
    fn new(signature: &'static dyn Signature, workload: &Workload) -> Result<Self, Unready> {
        let algorithm = workload.algorithm;
        let none = || Unready::Unsupported("algorithm");
        let sizes = ml_dsa::sizes(algorithm).ok_or_else(none)?;
        let first = signed(algorithm).ok_or_else(none)?.first;
        let make = |number: u32| {
            let (mut pk, mut sk) = (vec![0; sizes.pk], vec![0; sizes.sk]);
            let xi = xi(algorithm, number);
            signature.keygen_internal(&xi, &mut pk, &mut sk)?;
            Ok(DsaInput { xi, msg: message(algorithm, number), pk, sk, sig: vec![0; sizes.sig] })
        };
        let inputs = (first..).take(workload.inputs()).map(make).collect::<Result<_, Refusal>>()?;
        let (first, second) = match workload.operation {
            Operation::Keygen => (vec![0; sizes.pk], vec![0; sizes.sk]),
            _ => (vec![0; sizes.sig], Vec::new()),
        };
        Ok(Self { signature, inputs, first, second })
    }

    fn sign(&mut self) -> Result<(), Refusal> {
        for DsaInput { msg, sk, sig, .. } in &mut self.inputs {
            self.signature.sign(sk, Message::Pure { msg, ctx: &[] }, &[0; ml_dsa::RND], sig)?;
        }
        Ok(())
    }
}

struct DsaKeygen(DsaSet);

impl Drive for DsaKeygen {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        self.0.signature.keygen_internal(&self.0.inputs[input].xi, &mut self.0.first, &mut self.0.second)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.first, &self.0.second]
    }
}

struct Sign(DsaSet);

impl Drive for Sign {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let DsaInput { sk, msg, .. } = &self.0.inputs[input];
        let message = Message::Pure { msg, ctx: &[] };
        self.0.signature.sign(sk, message, &[0; ml_dsa::RND], &mut self.0.first)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.first, &[]]
    }
}

struct Verify(DsaSet);

impl Drive for Verify {
    fn inputs(&self) -> usize {
        self.0.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let DsaInput { pk, msg, sig, .. } = &self.0.inputs[input];
        self.0.signature.verify(pk, Message::Pure { msg, ctx: &[] }, sig)
    }

    /// Verification has none; what was verified is what the digest is of.
    fn outputs(&self) -> [&[u8]; 2] {
        [&[], &[]]
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        for DsaInput { pk, msg, sig, .. } in &self.0.inputs {
            digest.update(sig);
            let mut altered = sig.clone();
            altered[0] ^= 1;
            if self.0.signature.verify(pk, Message::Pure { msg, ctx: &[] }, &altered).is_ok() {
                return Err("an altered signature is accepted".to_owned());
            }
        }
        Ok(())
    }
}

/// What the operations of a cipher work on.
struct AeadSet {
    aead: &'static dyn Aead,
    key: Vec<u8>,
    nonces: Vec<Vec<u8>>,
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    sealed: Vec<(Vec<u8>, Vec<u8>)>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

impl AeadSet {
    fn new(aead: &'static dyn Aead, workload: &Workload) -> Self {
        let length = workload.length();
        let made =
            |what: &str, number, length| bytes(&format!("{} {what}", workload.algorithm), number, length);
        let inputs = workload.inputs() as u32;
        Self {
            aead,
            key: made("key", 0, chacha20_poly1305::KEY),
            nonces: (0..inputs).map(|number| made("nonce", number, chacha20_poly1305::NONCE)).collect(),
            // As a record of TLS 1.2 has it.
            aad: made("aad", 0, 13),
            plaintext: made("plaintext", 0, length),
            sealed: Vec::new(),
            text: vec![0; length],
            tag: vec![0; chacha20_poly1305::TAG],
        }
    }

    fn seal(&mut self) -> Result<(), Refusal> {
        for nonce in &self.nonces {
            let Self { aead, key, aad, plaintext, text, tag, .. } = self;
            aead.seal(key, nonce, aad, plaintext, text, tag)?;
            self.sealed.push((text.clone(), tag.clone()));
        }
        Ok(())
    }
}

struct Seal(AeadSet);

impl Drive for Seal {
    fn inputs(&self) -> usize {
        self.0.nonces.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let AeadSet { aead, key, nonces, aad, plaintext, text, tag, .. } = &mut self.0;
        aead.seal(key, &nonces[input], aad, plaintext, text, tag)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.text, &self.0.tag]
    }
}

struct Open(AeadSet);

impl Drive for Open {
    fn inputs(&self) -> usize {
        self.0.nonces.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let AeadSet { aead, key, nonces, aad, sealed, text, .. } = &mut self.0;
        let (ciphertext, tag) = &sealed[input];
        aead.open(key, &nonces[input], aad, ciphertext, tag, text)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.0.text, &[]]
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        let AeadSet { aead, key, nonces, aad, sealed, text, .. } = &mut self.0;
        for (nonce, (ciphertext, tag)) in nonces.iter().zip(sealed) {
            digest.update(&*ciphertext);
            let mut altered = tag.clone();
            altered[chacha20_poly1305::TAG - 1] ^= 1;
            if aead.open(key, nonce, aad, ciphertext, &altered, text).is_ok() {
                return Err("an altered tag is accepted".to_owned());
            }
        }
        Ok(())
    }
}

fn words(refusal: Refusal) -> String {
    match refusal {
        Refusal::Unsupported(what) => format!("the library has no entry point: {what}"),
        Refusal::Rejected(how) => format!("the library refused a valid input ({how})"),
    }
}

#[cfg(test)]
#[cfg(all(feature = "liboqs", feature = "pqclean", feature = "rustcrypto", feature = "libcrux"))]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect_file;

    use super::*;
    use crate::backend::ALL;
    use crate::spec::Algorithm;

    /// The answers are nobody's own: at least two implementations agree on each of them, and no linked one differs.
    #[test]
    fn every_linked_backend_gives_the_kept_answers() {
        let mut kept = String::new();
        for workload in Algorithm::ALL.into_iter().flat_map(Workload::of) {
            let mut agreed: Option<(String, usize)> = None;
            for backend in ALL {
                let Some(path) = backend.chosen_path(workload.algorithm) else { continue };
                if !path.lacks().is_empty() {
                    continue;
                }
                (path.enter)();
                let Ok(mut drive) = ready(path, &workload) else { panic!("{}/{}", backend.id, path.id) };
                let answers = drive.answers().unwrap();
                let (first, count) = agreed.get_or_insert_with(|| (answers.clone(), 0));
                assert_eq!(*first, answers, "{} of {}/{}", workload.id(), backend.id, path.id);
                *count += 1;
                assert!(drive.run(2));
            }
            let (answers, count) = agreed.unwrap();
            assert!(count >= 2, "{}", workload.id());
            writeln!(kept, "{} {answers}", workload.id()).unwrap();
        }
        expect_file!["answers.txt"].assert_eq(&kept);
    }
}
