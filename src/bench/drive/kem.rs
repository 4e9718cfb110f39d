//! The operations of a KEM, ready to be called.

use std::hint::black_box;

use sha2::{Digest as _, Sha256};

use super::super::inputs::bytes;
use super::super::workload::Workload;
use super::{Drive, Unready, encodings, kept, words};
use crate::backend::key_object;
use crate::backend::{Encapsulated, Kem, Refusal};
use crate::spec::{Algorithm, Operation, ml_kem};

#[derive(Clone, Default)]
struct Input {
    /// `d` and then `z`.
    seed: Vec<u8>,
    m: Vec<u8>,
    ek: Vec<u8>,
    dk: Vec<u8>,
    c: Vec<u8>,
}

/// What the operations of a KEM work on.
struct Set {
    kem: &'static dyn Kem,
    inputs: Vec<Input>,
    /// The outputs of a call, `ek` and `dk` or `c` and the shared secret.
    first: Vec<u8>,
    second: Vec<u8>,
}

impl Set {
    fn new(kem: &'static dyn Kem, workload: &Workload) -> Result<Self, Unready> {
        let algorithm = workload.algorithm;
        let sizes = ml_kem::sizes(algorithm).ok_or(Unready::Unsupported("algorithm"))?;
        let make = |number: u32| {
            let random = |what: &str| bytes(&format!("{algorithm} {what}"), number, ml_kem::SEED);
            let (mut ek, mut dk) = (vec![0; sizes.ek], vec![0; sizes.dk]);
            let (d, z) = (random("d"), random("z"));
            kem.keygen_internal(&d, &z, &mut ek, &mut dk)?;
            Ok(Input { seed: [d, z].concat(), m: random("m"), ek, dk, c: vec![0; sizes.c] })
        };
        let inputs = (0..workload.inputs() as u32).map(make).collect::<Result<_, Refusal>>()?;
        let (first, second) = match workload.operation {
            Operation::Keygen => (vec![0; sizes.ek], vec![0; sizes.dk]),
            _ => (vec![0; sizes.c], vec![0; ml_kem::SHARED_SECRET]),
        };
        Ok(Self { kem, inputs, first, second })
    }
}

/// Key generation.
pub(super) fn keygen(kem: &'static dyn Kem, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let generate = workload.key_object.then(|| kem.generator()).transpose()?;
    Ok(Box::new(Keygen { set: Set::new(kem, workload)?, generate }))
}

/// Encapsulation.
pub(super) fn encaps(kem: &'static dyn Kem, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let set = Set::new(kem, workload)?;
    let keys = kept(workload, &set.inputs, |input| kem.encapsulator(&input.ek))?;
    Ok(Box::new(Encaps { set, keys }))
}

/// Decapsulation.
pub(super) fn decaps(kem: &'static dyn Kem, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let mut set = Set::new(kem, workload)?;
    for input in &mut set.inputs {
        let to = &mut Encapsulated { c: &mut input.c, shared_secret: &mut set.second };
        kem.encaps_internal(&input.ek, &input.m, to)?;
    }
    let keys = kept(workload, &set.inputs, |input| kem.decapsulator(&input.dk))?;
    Ok(Box::new(Decaps { set, keys }))
}

/// A call that does nothing, through the same loop and the same kind of pointer: what it takes is the harness's own.
pub(in crate::bench) fn nothing() -> Box<dyn Drive> {
    struct Idle;
    impl Kem for Idle {
        fn algorithm(&self) -> Algorithm {
            Algorithm::MlKem512
        }
        fn keygen_internal(&self, _: &[u8], _: &[u8], _: &mut [u8], _: &mut [u8]) -> Result<(), Refusal> {
            Ok(())
        }
        fn encaps_internal(&self, _: &[u8], _: &[u8], _: &mut Encapsulated<'_>) -> Result<(), Refusal> {
            Ok(())
        }
        fn decaps(&self, _: &[u8], _: &[u8], _: &mut [u8]) -> Result<(), Refusal> {
            Ok(())
        }
    }
    // The compiler must not know what is behind the pointer, as it does not for a library.
    let kem = black_box(&Idle as &'static dyn Kem);
    let set = Set { kem, inputs: vec![Input::default(); 8], first: Vec::new(), second: Vec::new() };
    Box::new(Decaps { set, keys: None })
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
        let Set { kem, inputs, first, second } = &mut self.set;
        let seed = &inputs[input].seed;
        match &mut self.generate {
            None => {
                let (d, z) = seed.split_at(ml_kem::SEED);
                kem.keygen_internal(d, z, first, second)
            }
            Some(generate) => generate(seed, None),
        }
    }

    fn outputs(&self) -> [&[u8]; 2] {
        if self.generate.is_none() { [&self.set.first, &self.set.second] } else { [&[], &[]] }
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        let Set { inputs, first, second, .. } = &mut self.set;
        let Some(generate) = &mut self.generate else { return Ok(()) };
        encodings(generate, inputs.iter().map(|input| &*input.seed), [first, second], digest)
    }
}

struct Encaps {
    set: Set,
    keys: Option<Vec<key_object::Encaps<'static>>>,
}

impl Drive for Encaps {
    fn inputs(&self) -> usize {
        self.set.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let Set { kem, inputs, first, second } = &mut self.set;
        let Input { ek, m, .. } = &inputs[input];
        let to = &mut Encapsulated { c: first, shared_secret: second };
        match &mut self.keys {
            None => kem.encaps_internal(ek, m, to),
            Some(keys) => keys[input](m, to),
        }
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.set.first, &self.set.second]
    }
}

struct Decaps {
    set: Set,
    keys: Option<Vec<key_object::Decaps<'static>>>,
}

impl Decaps {
    fn decaps(&mut self, input: usize, altered: Option<&[u8]>) -> Result<(), Refusal> {
        let Set { kem, inputs, second, .. } = &mut self.set;
        let Input { dk, c, .. } = &inputs[input];
        let c = altered.unwrap_or(c);
        match &mut self.keys {
            None => kem.decaps(dk, c, second),
            Some(keys) => keys[input](c, second),
        }
    }
}

impl Drive for Decaps {
    fn inputs(&self) -> usize {
        self.set.inputs.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        self.decaps(input, None)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.set.second, &[]]
    }

    /// Implicit rejection (FIPS 203, Algorithm 18, step 9): the secret of an altered ciphertext belongs to the answers.
    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        for input in 0..self.inputs() {
            let mut altered = self.set.inputs[input].c.clone();
            if let Some(byte) = altered.last_mut() {
                *byte ^= 1;
            }
            self.decaps(input, Some(&altered)).map_err(words)?;
            digest.update(&self.set.second);
        }
        Ok(())
    }
}
