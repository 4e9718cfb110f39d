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
pub(super) fn start(stack: usize, entry: usize) {
    // SAFETY: nobody else looks at the state; the loader comes back by `landing` with all registers restored.
    unsafe {
        (*STATE.0.get()).own = arch::thread_pointer();
        pqcheck_hosted_start(stack, entry);
    }
}

/// Makes the call, after [`start`].
pub(super) fn call(call: &mut Call) {
    // SAFETY: the function is one that the loader gave, and the adapter passes what it is declared with.
    unsafe { pqcheck_hosted_call(call) };
}

/// What liboqs calls for random bytes.
pub(super) unsafe extern "C" fn fill(buf: *mut u8, len: usize) {
    // SAFETY: passed on to the hosted caller.
    unsafe { entropy::fill(buf, len) };
}
