//! Operations with a key that a library has set up once and keeps as an object of its own.
//!
//! The traits' other functions take a key's bytes in each call, as a program does that is handed a key. A program that
//! has one key for long lets its library keep it, and does not pay for reading and expanding it again. What a function
//! of these does is known to the caller by the one that made it. Knows no library.

use super::{Answer, Encapsulated, Refusal, Sealed};

/// What there is where a library keeps no such objects, or not for this operation.
pub(super) fn none<T>() -> Answer<T> {
    Err(Refusal::Unsupported("key-object"))
}

/// A seed to a key object, which is given back at once. The encodings of its public and its private key are written
/// only where they are asked for.
pub type Generate<'a> = Box<dyn FnMut(&[u8], Option<[&mut [u8]; 2]>) -> Answer + 'a>;

/// `m` to `c` and `shared_secret`.
pub type Encaps<'a> = Box<dyn FnMut(&[u8], &mut Encapsulated<'_>) -> Answer + 'a>;

/// `c` to `shared_secret`.
pub type Decaps<'a> = Box<dyn FnMut(&[u8], &mut [u8]) -> Answer + 'a>;

/// A message to its signature, deterministically and with an empty context.
pub type Sign<'a> = Box<dyn FnMut(&[u8], &mut [u8]) -> Answer + 'a>;

/// A message and its signature to the verdict, with an empty context.
pub type Verify<'a> = Box<dyn FnMut(&[u8], &[u8]) -> Answer + 'a>;

/// `nonce`, `aad`, `plaintext` to `ciphertext` and `tag`.
pub type Seal<'a> = Box<dyn FnMut(&[u8], &[u8], &[u8], &mut Sealed<'_>) -> Answer + 'a>;

/// `nonce`, `aad`, `ciphertext`, `tag` to `plaintext`.
pub type Open<'a> = Box<dyn FnMut(&[u8], &[u8], &[u8], &[u8], &mut [u8]) -> Answer + 'a>;
