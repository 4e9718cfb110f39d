//! A workload on a code path, ready to be called: its inputs made, its outputs to be looked at.
//!
//! Knows the libraries only through their traits, and no clock: what happens between two readings is
//! [`Drive::run`] and nothing else.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::workload::Workload;
use crate::backend::key_object::Generate;
use crate::backend::{CodePath, Refusal};
use crate::spec::Operation;

mod aead;
mod kem;
mod signature;

pub(super) use kem::nothing;

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

    /// Calls the library with these inputs, so many times over; false if it refused one.
    ///
    /// What is behind a library's trait is not known to the compiler, so no call can be left out.
    fn run(&mut self, inputs: Range<usize>, passes: u64) -> bool {
        let mut content = true;
        for _ in 0..passes {
            for input in inputs.clone() {
                content &= self.call(input).is_ok();
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

    /// Whether that is the right one.
    fn verify(&mut self, right: &str) -> Result<(), String> {
        if self.answers()? == right {
            Ok(())
        } else {
            Err("its answers to the fixed inputs are not those on which the linked libraries agree"
                .to_owned())
        }
    }
}

/// Why a workload could not be made ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unready {
    /// The path has no such entry point.
    #[error("unsupported: {0}")]
    Unsupported(&'static str),
    /// What the workload needs first came out wrong.
    #[error("{0}")]
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
    let none = || Unready::Unsupported("algorithm");
    let kem = || path.kem(workload.algorithm).ok_or_else(none);
    let signature = || path.signature(workload.algorithm).ok_or_else(none);
    let aead = || path.aead(workload.algorithm).ok_or_else(none);
    match workload.operation {
        Operation::Keygen => match kem() {
            Ok(kem) => kem::keygen(kem, workload),
            Err(_) => signature::keygen(signature()?, workload),
        },
        Operation::Encaps => kem::encaps(kem()?, workload),
        Operation::Decaps => kem::decaps(kem()?, workload),
        Operation::Sign => signature::sign(signature()?, workload),
        Operation::Verify => signature::verify(signature()?, workload),
        Operation::Seal => aead::seal(aead()?, workload),
        Operation::Open => aead::open(aead()?, workload),
    }
}

/// The library's own key of each input, where the workload is one with such keys.
fn kept<Input, Key>(
    workload: &Workload,
    inputs: &[Input],
    keep: impl Fn(&Input) -> Result<Key, Refusal>,
) -> Result<Option<Vec<Key>>, Refusal> {
    workload.key_object.then(|| inputs.iter().map(keep).collect()).transpose()
}

/// Key objects have no bytes until they are asked for: those of the keys of all seeds.
fn encodings<'a>(
    generate: &mut Generate<'_>,
    seeds: impl Iterator<Item = &'a [u8]>,
    [public, private]: [&mut [u8]; 2],
    digest: &mut Sha256,
) -> Result<(), String> {
    for seed in seeds {
        generate(seed, Some([&mut *public, &mut *private])).map_err(words)?;
        digest.update(&*public);
        digest.update(&*private);
    }
    Ok(())
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
        for workload in Algorithm::ALL.into_iter().flat_map(|it| Workload::of(it, false)) {
            let answers = agreed(&workload, 2);
            writeln!(kept, "{} {answers}", workload.id()).unwrap();
        }
        expect_file!["../answers.txt"].assert_eq(&kept);
    }

    /// Of a cipher no linked library keeps the key.
    #[test]
    fn keys_that_a_library_keeps_give_the_same_answers_as_their_bytes() {
        let pairs = Algorithm::STANDARDS.into_iter().filter(|it| *it != Algorithm::ChaCha20Poly1305);
        for workload in pairs.flat_map(|it| Workload::of(it, true)) {
            assert_eq!(agreed(&workload, 1), workload.answers(), "{}", workload.id());
        }
    }

    /// What all backends answer that have such a workload; they must be so many.
    fn agreed(workload: &Workload, least: usize) -> String {
        let mut agreed = Vec::new();
        for backend in ALL {
            let Some(path) = backend.chosen_path(workload.algorithm) else { continue };
            if !path.lacks().is_empty() {
                continue;
            }
            (path.enter)();
            let mut drive = match ready(path, workload) {
                Ok(drive) => drive,
                Err(Unready::Unsupported("key-object")) => continue,
                Err(_) => panic!("{}/{}", backend.id, path.id),
            };
            agreed.push(drive.answers().unwrap());
            assert!(drive.run(0..drive.inputs(), 2));
            assert_eq!(
                agreed[0],
                agreed[agreed.len() - 1],
                "{} of {}/{}",
                workload.id(),
                backend.id,
                path.id
            );
        }
        assert!(agreed.len() >= least, "{}", workload.id());
        agreed.remove(0)
    }
}
