//! A call of a C library: its random bytes in, its status or its output out. Knows no library.

use std::ffi::c_int;

use super::{Answer, Refusal};
use crate::entropy;

/// Runs `call` on exactly these random bytes.
pub(super) fn seeded<T>(random: &[&[u8]], call: impl FnOnce() -> Answer<T>) -> Answer<T> {
    let (answer, drawn) = entropy::replay(random, call);
    // A library that refuses its input need not have drawn anything.
    let output = answer?;
    drawn.map_err(|_| Refusal::Rejected("randomness"))?;
    Ok(output)
}

/// Zero is what every function in C here answers when it is content.
pub(super) fn accepted(status: c_int) -> Answer {
    if status == 0 { Ok(()) } else { Err(Refusal::Rejected("error code")) }
}

/// Functions that take no length of it cannot be called with a key of another one.
pub(super) fn must_be(bytes: &[u8], length: usize) -> Answer {
    if bytes.len() == length { Ok(()) } else { Err(Refusal::Rejected("length")) }
}

/// `slice` as the array that the C function writes; the traits promise its length.
#[cfg(feature = "pqclean")]
pub(super) fn output<const N: usize>(slice: &mut [u8]) -> Answer<&mut [u8; N]> {
    slice.try_into().map_err(|_| Refusal::Rejected("output length"))
}
