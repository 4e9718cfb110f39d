//! The operations of a cipher, ready to be called.

use sha2::{Digest as _, Sha256};

use super::super::inputs::bytes;
use super::super::workload::Workload;
use super::{Drive, Unready};
use crate::backend::key_object;
use crate::backend::{Aead, Opening, Refusal, Sealed, Sealing};
use crate::spec::chacha20_poly1305 as spec;

/// What the operations of a cipher work on.
struct Set {
    aead: &'static dyn Aead,
    key: Vec<u8>,
    nonces: Vec<Vec<u8>>,
    aad: Vec<u8>,
    plaintext: Vec<u8>,
    sealed: Vec<(Vec<u8>, Vec<u8>)>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

impl Set {
    fn new(aead: &'static dyn Aead, workload: &Workload) -> Self {
        let length = workload.length();
        let made =
            |what: &str, number, length| bytes(&format!("{} {what}", workload.algorithm), number, length);
        let inputs = workload.inputs() as u32;
        Self {
            aead,
            key: made("key", 0, spec::KEY),
            nonces: (0..inputs).map(|number| made("nonce", number, spec::NONCE)).collect(),
            // As a record of TLS 1.2 has it.
            aad: made("aad", 0, 13),
            plaintext: made("plaintext", 0, length),
            sealed: Vec::new(),
            text: vec![0; length],
            tag: vec![0; spec::TAG],
        }
    }
}

/// Sealing.
pub(super) fn seal(aead: &'static dyn Aead, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let set = Set::new(aead, workload);
    let kept = workload.key_object.then(|| aead.sealer(&set.key)).transpose()?;
    Ok(Box::new(Seal { set, kept }))
}

/// Opening.
pub(super) fn open(aead: &'static dyn Aead, workload: &Workload) -> Result<Box<dyn Drive>, Unready> {
    let mut set = Set::new(aead, workload);
    let Set { key, nonces, aad, plaintext, sealed, text, tag, .. } = &mut set;
    for nonce in nonces {
        aead.seal(Sealing { key, nonce, aad, plaintext }, &mut Sealed { ciphertext: text, tag })?;
        sealed.push((text.clone(), tag.clone()));
    }
    let kept = workload.key_object.then(|| aead.opener(&set.key)).transpose()?;
    Ok(Box::new(Open { set, kept }))
}

struct Seal {
    set: Set,
    kept: Option<key_object::Seal<'static>>,
}

impl Drive for Seal {
    fn inputs(&self) -> usize {
        self.set.nonces.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        let Set { aead, key, nonces, aad, plaintext, text, tag, .. } = &mut self.set;
        let (nonce, to) = (&nonces[input], &mut Sealed { ciphertext: text, tag });
        match &mut self.kept {
            None => aead.seal(Sealing { key, nonce, aad, plaintext }, to),
            Some(seal) => seal(nonce, aad, plaintext, to),
        }
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.set.text, &self.set.tag]
    }
}

struct Open {
    set: Set,
    kept: Option<key_object::Open<'static>>,
}

impl Open {
    fn open(&mut self, input: usize, altered: Option<&[u8]>) -> Result<(), Refusal> {
        let Set { aead, key, nonces, aad, sealed, text, .. } = &mut self.set;
        let (nonce, (ciphertext, tag)) = (&nonces[input], &sealed[input]);
        let tag = altered.unwrap_or(tag);
        match &mut self.kept {
            None => aead.open(Opening { key, nonce, aad, ciphertext, tag }, text),
            Some(open) => open(nonce, aad, ciphertext, tag, text),
        }
    }
}

impl Drive for Open {
    fn inputs(&self) -> usize {
        self.set.nonces.len()
    }

    fn call(&mut self, input: usize) -> Result<(), Refusal> {
        self.open(input, None)
    }

    fn outputs(&self) -> [&[u8]; 2] {
        [&self.set.text, &[]]
    }

    fn beside(&mut self, digest: &mut Sha256) -> Result<(), String> {
        for input in 0..self.inputs() {
            let (ciphertext, tag) = &self.set.sealed[input];
            digest.update(ciphertext);
            let mut altered = tag.clone();
            altered[spec::TAG - 1] ^= 1;
            if self.open(input, Some(&altered)).is_ok() {
                return Err("an altered tag is accepted".to_owned());
            }
        }
        Ok(())
    }
}
