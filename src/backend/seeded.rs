//! A call of a C library: its random bytes in, its status out. Knows no library.

use std::ffi::c_int;

use super::{Answer, Refusal};
use crate::entropy;

/// Runs `call` on exactly these random bytes.
pub(super) fn seeded(random: &[&[u8]], call: impl FnOnce() -> c_int) -> Answer {
    let (status, drawn) = entropy::replay(random, call);
    // A library that refuses its input need not have drawn anything.
    accepted(status)?;
    drawn.map_err(|_| Refusal::Rejected("randomness"))
}

/// Zero is what every function in C here answers when it is content.
pub(super) fn accepted(status: c_int) -> Answer {
    if status == 0 { Ok(()) } else { Err(Refusal::Rejected("error code")) }
}

/// `slice` as the array that the C function writes; the traits promise its length.
#[cfg(any(feature = "liboqs", feature = "pqclean"))]
pub(super) fn output<const N: usize>(slice: &mut [u8]) -> Answer<&mut [u8; N]> {
    slice.try_into().map_err(|_| Refusal::Rejected("output length"))
}
