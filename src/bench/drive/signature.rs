//! The operations of a signature scheme, ready to be called.

use sha2::{Digest as _, Sha256};

use super::super::inputs::{message, signed, xi};
use super::super::workload::Workload;
use super::{Drive, Unready, encodings, kept};
use crate::backend::key_object;
use crate::backend::{Message, Refusal, Signature, Signed, Signing};
use crate::spec::{Operation, ml_dsa};

struct Input {
    xi: Vec<u8>,
    msg: Vec<u8>,
    pk: Vec<u8>,
    sk: Vec<u8>,
    sig: Vec<u8>,
}

impl Input {
    fn message(&self) -> Message<'_> {
        Message::Pure { msg: &self.msg, ctx: &[] }
    }

    /// Deterministic.
    fn signing(&self) -> Signing<'_> {
        Signing { sk: &self.sk, message: self.message(), rnd: &[0; ml_dsa::RND] }
    }
}

/// What the operations of a signature scheme work on.
struct Set {
    signature: &'static dyn Signature,
    inputs: Vec<Input>,
    /// The outputs of a call, `pk` and `sk` or the signature.
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Set {
    fn new(signature: &'static dyn Signature, workload: &Workload) -> Result<Self, Unready> {
        let algorithm = workload.algorithm;
        let none = || Unready::Unsupported("algorithm");
        let sizes = ml_dsa::sizes(algorithm).ok_or_else(none)?;
        let first = signed(algorithm).ok_or_else(none)?.first;
        let make = |number: u32| {
            let (mut pk, mut sk) = (vec![0; sizes.pk], vec![0; sizes.sk]);
            let xi = xi(algorithm, number);
            signature.keygen_internal(&xi, &mut pk, &mut sk)?;
            Ok(Input { xi, msg: message(algorithm, number), pk, sk, sig: vec![0; sizes.sig] })
        };
        let inputs = (first..).take(workload.inputs()).map(make).collect::<Result<_, Refusal>>()?;
        let (first, second) = match workload.operation {
            Operation::Keygen => (vec![0; sizes.pk], vec![0; sizes.sk]),
            _ => (vec![0; sizes.sig], Vec::new()),
        };
        Ok(Self { signature, inputs, first, second })
    }
}

/// Key generation.
pub(super) fn keygen(
    signature: &'static dyn Signature,
    workload: &Workload,
) -> Result<Box<dyn Drive>, Unready> {
    let generate = workload.key_object.then(|| signature.generator()).transpose()?;
    Ok(Box::new(Keygen { set: Set::new(signature, workload)?, generate }))
}

/// Signing.
pub(super) fn sign(
    signature: &'static dyn Signature,
    workload: &Workload,
) -> Result<Box<dyn Drive>, Unready> {
    let set = Set::new(signature, workload)?;
    let keys = kept(workload, &set.inputs, |input| signature.signer(&input.sk))?;
    Ok(Box::new(Sign { set, keys }))
}

/// Verification.
pub(super) fn verify(
    signature: &'static dyn Signature,
    workload: &Workload,
) -> Result<Box<dyn Drive>, Unready> {
    let mut set = Set::new(signature, workload)?;
    for input in &mut set.inputs {
        let mut sig = std::mem::take(&mut input.sig);
        signature.sign(input.signing(), &mut sig)?;
        input.sig = sig;
    }
    let keys = kept(workload, &set.inputs, |input| signature.verifier(&input.pk))?;
    Ok(Box::new(Verify { set, keys }))
}

struct Keygen {
    set: Set,
    generate: Option<key_object::Generate<'static>>,
}

impl Drive for Keygen {
    fn inputs(&self) -> usize {
        self.set.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let Set { signature, inputs, first, second } = &mut self.set;
        let xi = &inputs[input].xi;
        match &mut self.generate {
            None => signature.keygen_internal(xi, first, second),
            Some(generate) => generate(xi, None),
        }
    }

    fn outputs(&self) -> [&[u8]; 2] {
        if self.generate.is_none() { [&self.set.first, &self.set.second] } else { [&[], &[]] }
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        let Set { inputs, first, second, .. } = &mut self.set;
        let Some(generate) = &mut self.generate else { return Ok(()) };
        encodings(generate, inputs.iter().map(|input| &*input.xi), [first, second], digest)
    }
}

struct Sign {
    set: Set,
    keys: Option<Vec<key_object::Sign<'static>>>,
}

impl Drive for Sign {
    fn inputs(&self) -> usize {
        self.set.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let Set { signature, inputs, first, .. } = &mut self.set;
        let what = &inputs[input];
        match &mut self.keys {
            None => signature.sign(what.signing(), first),
            Some(keys) => keys[input](&what.msg, first),
        }
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.set.first, &[]]
    }
}

struct Verify {
    set: Set,
    keys: Option<Vec<key_object::Verify<'static>>>,
}

impl Verify {
    fn verify(&mut self, input: usize, altered: Option<&[u8]>) -> Result<(), Refusal> {
        let what = &self.set.inputs[input];
        let sig = altered.unwrap_or(&what.sig);
        match &mut self.keys {
            None => self.set.signature.verify(Signed { pk: &what.pk, message: what.message(), sig }),
            Some(keys) => keys[input](&what.msg, sig),
        }
    }
}

impl Drive for Verify {
    fn inputs(&self) -> usize {
        self.set.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        self.verify(input, None)
    }

    /// Verification has none; what was verified is what the digest is of.
    fn outputs(&self) -> [&[u8]; 2] {
        [&[], &[]]
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        for input in 0..self.inputs() {
            let mut altered = self.set.inputs[input].sig.clone();
            digest.update(&altered);
            altered[0] ^= 1;
            if self.verify(input, Some(&altered)).is_ok() {
                return Err("an altered signature is accepted".to_owned());
            }
        }
        Ok(())
    }
}
