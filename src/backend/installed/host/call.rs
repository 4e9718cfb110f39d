//! The way into hosted code and back, as far as it is the same on every machine. Knows no register: `arch` does.

use std::cell::UnsafeCell;

use super::{ARGUMENTS, arch};
use crate::entropy;

/// One call of a hosted function.
#[repr(C)]
pub(super) struct Call {
    pub(super) function: usize,
    pub(super) arguments: [usize; ARGUMENTS],
    pub(super) result: usize,
}

/// What the code in `arch` keeps: this program's thread pointer and stack pointer, and the hosted thread pointer.
#[repr(C)]
pub(super) struct State {
    pub(super) own: usize,
    pub(super) hosted: usize,
    pub(super) stack: usize,
}

pub(super) struct Shared(UnsafeCell<State>);

// SAFETY: this program has one thread, and only that one starts or calls.
unsafe impl Sync for Shared {}

pub(super) static STATE: Shared = Shared(UnsafeCell::new(State { own: 0, hosted: 0, stack: 0 }));

unsafe extern "C" {
    fn pqcheck_hosted_start(stack: usize, entry: usize);
    fn pqcheck_hosted_landing();
    fn pqcheck_hosted_call(call: *mut Call);
    fn pqcheck_hosted_random(buf: *mut u8, len: usize);
}

/// Where the program that the loader starts begins.
pub(super) fn landing() -> usize {
    pqcheck_hosted_landing as *const () as usize
}

/// A function for hosted code to call: [`entropy::fill`], with this program's thread pointer.
pub(in super::super) fn random() -> usize {
    pqcheck_hosted_random as *const () as usize
}

/// Runs the loader at `entry` on `stack`, until it starts its program.
///
/// # Safety
/// `entry` must be where a mapped loader begins to run, `stack` the first stack of a program whose entry point is
/// [`landing`], and this thread the only one of the process.
pub(super) unsafe fn start(stack: usize, entry: usize) {
    // SAFETY: no other thread looks at the state. The caller answers for the rest; the loader comes back by `landing`,
    // which restores all registers.
    unsafe {
        (*STATE.0.get()).own = arch::thread_pointer();
        pqcheck_hosted_start(stack, entry);
    }
}

/// Makes the call.
///
/// # Safety
/// [`start`] must have come back, on this thread, and the function must be sound to call with the arguments.
pub(super) unsafe fn call(call: &mut Call) {
    // SAFETY: the caller answers for it.
    unsafe { pqcheck_hosted_call(call) };
}

/// What liboqs calls for random bytes.
///
/// # Safety
/// As of [`entropy::fill`].
pub(super) unsafe extern "C" fn fill(buf: *mut u8, len: usize) {
    // SAFETY: the caller answers for it.
    unsafe { entropy::fill(buf, len) };
}
