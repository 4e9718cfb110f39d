//! The way into hosted code and back, on arm64: stacks, and the thread pointer in TPIDR_EL0. Knows no ELF.

use std::arch::{asm, global_asm};
use std::cell::UnsafeCell;
use std::mem::offset_of;

use super::ARGUMENTS;
use crate::entropy;

/// One call of a hosted function.
#[repr(C)]
pub(super) struct Call {
    pub(super) function: usize,
    pub(super) arguments: [usize; ARGUMENTS],
    pub(super) result: usize,
}

/// What the code below keeps: this program's thread pointer and stack pointer, and the hosted thread pointer.
#[repr(C)]
struct State {
    own: usize,
    hosted: usize,
    stack: usize,
}

struct Shared(UnsafeCell<State>);

// SAFETY: this program has one thread, and only that one starts or calls.
unsafe impl Sync for Shared {}

static STATE: Shared = Shared(UnsafeCell::new(State { own: 0, hosted: 0, stack: 0 }));

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
    let own: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) own, options(nomem, nostack)) };
    // SAFETY: nobody else looks at the state; the loader comes back by `landing` with all registers restored.
    unsafe {
        (*STATE.0.get()).own = own;
        pqcheck_hosted_start(stack, entry);
    }
}

/// Makes the call, after [`start`].
pub(super) fn call(call: &mut Call) {
    // SAFETY: the function is one that the loader gave, and the adapter passes what it is declared with.
    unsafe { pqcheck_hosted_call(call) };
}

/// What liboqs calls for random bytes.
unsafe extern "C" fn fill(buf: *mut u8, len: usize) {
    // SAFETY: passed on to the hosted caller.
    unsafe { entropy::fill(buf, len) };
}

global_asm!(
    ".pushsection .text.pqcheck_hosted,\"ax\",@progbits",
    ".p2align 4",
    ".globl pqcheck_hosted_start",
    ".hidden pqcheck_hosted_start",
    ".type pqcheck_hosted_start, @function",
    "pqcheck_hosted_start:",
    "stp x29, x30, [sp, #-160]!",
    "stp x19, x20, [sp, #16]",
    "stp x21, x22, [sp, #32]",
    "stp x23, x24, [sp, #48]",
    "stp x25, x26, [sp, #64]",
    "stp x27, x28, [sp, #80]",
    "stp d8, d9, [sp, #96]",
    "stp d10, d11, [sp, #112]",
    "stp d12, d13, [sp, #128]",
    "stp d14, d15, [sp, #144]",
    "adrp x9, {state}",
    "add x9, x9, :lo12:{state}",
    "mov x10, sp",
    "str x10, [x9, {stack}]",
    "mov sp, x0",
    "mov x16, x1",
    "mov x0, xzr",
    "mov x29, xzr",
    "mov x30, xzr",
    "br x16",
    ".globl pqcheck_hosted_landing",
    ".hidden pqcheck_hosted_landing",
    ".type pqcheck_hosted_landing, @function",
    "pqcheck_hosted_landing:",
    "adrp x9, {state}",
    "add x9, x9, :lo12:{state}",
    "mrs x10, tpidr_el0",
    "str x10, [x9, {hosted}]",
    "ldr x10, [x9, {own}]",
    "msr tpidr_el0, x10",
    "ldr x10, [x9, {stack}]",
    "mov sp, x10",
    "ldp x19, x20, [sp, #16]",
    "ldp x21, x22, [sp, #32]",
    "ldp x23, x24, [sp, #48]",
    "ldp x25, x26, [sp, #64]",
    "ldp x27, x28, [sp, #80]",
    "ldp d8, d9, [sp, #96]",
    "ldp d10, d11, [sp, #112]",
    "ldp d12, d13, [sp, #128]",
    "ldp d14, d15, [sp, #144]",
    "ldp x29, x30, [sp], #160",
    "ret",
    ".globl pqcheck_hosted_call",
    ".hidden pqcheck_hosted_call",
    ".type pqcheck_hosted_call, @function",
    "pqcheck_hosted_call:",
    "stp x29, x30, [sp, #-32]!",
    "mov x29, sp",
    "stp x19, x20, [sp, #16]",
    "mov x19, x0",
    "adrp x20, {state}",
    "add x20, x20, :lo12:{state}",
    "sub sp, sp, #32",
    "ldp x9, x10, [x19, {arguments} + 64]",
    "stp x9, x10, [sp]",
    "ldp x9, x10, [x19, {arguments} + 80]",
    "stp x9, x10, [sp, #16]",
    "ldr x9, [x20, {hosted}]",
    "msr tpidr_el0, x9",
    "ldp x0, x1, [x19, {arguments}]",
    "ldp x2, x3, [x19, {arguments} + 16]",
    "ldp x4, x5, [x19, {arguments} + 32]",
    "ldp x6, x7, [x19, {arguments} + 48]",
    "ldr x9, [x19, {function}]",
    "blr x9",
    "str x0, [x19, {result}]",
    "ldr x9, [x20, {own}]",
    "msr tpidr_el0, x9",
    "mov sp, x29",
    "ldp x19, x20, [sp, #16]",
    "ldp x29, x30, [sp], #32",
    "ret",
    ".globl pqcheck_hosted_random",
    ".hidden pqcheck_hosted_random",
    ".type pqcheck_hosted_random, @function",
    "pqcheck_hosted_random:",
    "stp x29, x30, [sp, #-32]!",
    "mov x29, sp",
    "str x20, [sp, #16]",
    "adrp x20, {state}",
    "add x20, x20, :lo12:{state}",
    "ldr x9, [x20, {own}]",
    "msr tpidr_el0, x9",
    "bl {fill}",
    "ldr x9, [x20, {hosted}]",
    "msr tpidr_el0, x9",
    "ldr x20, [sp, #16]",
    "ldp x29, x30, [sp], #32",
    "ret",
    ".popsection",
    state = sym STATE,
    fill = sym fill,
    own = const offset_of!(State, own),
    hosted = const offset_of!(State, hosted),
    stack = const offset_of!(State, stack),
    function = const offset_of!(Call, function),
    arguments = const offset_of!(Call, arguments),
    result = const offset_of!(Call, result),
);
