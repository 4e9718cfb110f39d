//! The way into hosted code and back, on x86-64: stacks, and the thread pointer in FS. Knows no ELF.

use std::arch::{asm, global_asm};
use std::mem::offset_of;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::call::{Call, STATE, State, fill};

/// Whether the processor lets a program set FS without the kernel.
static DIRECT: AtomicUsize = AtomicUsize::new(0);

/// `HWCAP2_FSGSBASE` of the kernel.
const FSGSBASE: u64 = 2;

/// This program's thread pointer. Before any change of it, because how it is changed is found out here too.
pub(super) fn thread_pointer() -> usize {
    let own: usize;
    // SAFETY: the first word of the thread control block is its own address, in glibc as in musl.
    unsafe { asm!("mov {}, qword ptr fs:[0]", out(reg) own, options(nostack, readonly)) };
    // SAFETY: asks for a number.
    let direct = unsafe { libc::getauxval(libc::AT_HWCAP2) } & FSGSBASE != 0;
    DIRECT.store(usize::from(direct), Ordering::Relaxed);
    own
}

global_asm!(
    ".pushsection .text.pqcheck_hosted,\"ax\",@progbits",
    ".p2align 4",
    // Sets FS to the address in rdi. Changes rax, rcx, rsi, rdi, r11.
    "2:",
    "cmp qword ptr [rip + {direct}], 0",
    "je 3f",
    ".byte 0xf3, 0x48, 0x0f, 0xae, 0xd7", // wrfsbase rdi
    "ret",
    "3:",
    "mov rsi, rdi",
    "mov edi, 0x1002", // ARCH_SET_FS
    "mov eax, 158",    // arch_prctl
    "syscall",
    "ret",
    ".globl pqcheck_hosted_start",
    ".hidden pqcheck_hosted_start",
    ".type pqcheck_hosted_start, @function",
    "pqcheck_hosted_start:",
    "push rbp",
    "push rbx",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "mov [rip + {state} + {stack}], rsp",
    "mov rsp, rdi",
    "xor edx, edx",
    "xor ebp, ebp",
    "jmp rsi",
    ".globl pqcheck_hosted_landing",
    ".hidden pqcheck_hosted_landing",
    ".type pqcheck_hosted_landing, @function",
    "pqcheck_hosted_landing:",
    "cld",
    "mov rax, fs:[0]",
    "mov [rip + {state} + {hosted}], rax",
    "mov rsp, [rip + {state} + {stack}]",
    "mov rdi, [rip + {state} + {own}]",
    "call 2b",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbx",
    "pop rbp",
    "ret",
    ".globl pqcheck_hosted_call",
    ".hidden pqcheck_hosted_call",
    ".type pqcheck_hosted_call, @function",
    "pqcheck_hosted_call:",
    "push rbp",
    "mov rbp, rsp",
    "push rbx",
    "sub rsp, 56",
    "mov rbx, rdi",
    "mov rdi, [rip + {state} + {hosted}]",
    "call 2b",
    "mov rax, [rbx + {arguments} + 48]",
    "mov [rsp], rax",
    "mov rax, [rbx + {arguments} + 56]",
    "mov [rsp + 8], rax",
    "mov rax, [rbx + {arguments} + 64]",
    "mov [rsp + 16], rax",
    "mov rax, [rbx + {arguments} + 72]",
    "mov [rsp + 24], rax",
    "mov rax, [rbx + {arguments} + 80]",
    "mov [rsp + 32], rax",
    "mov rax, [rbx + {arguments} + 88]",
    "mov [rsp + 40], rax",
    "mov rdi, [rbx + {arguments}]",
    "mov rsi, [rbx + {arguments} + 8]",
    "mov rdx, [rbx + {arguments} + 16]",
    "mov rcx, [rbx + {arguments} + 24]",
    "mov r8, [rbx + {arguments} + 32]",
    "mov r9, [rbx + {arguments} + 40]",
    "xor eax, eax",
    "call [rbx + {function}]",
    "mov [rbx + {result}], rax",
    "mov rdi, [rip + {state} + {own}]",
    "call 2b",
    "mov rbx, [rbp - 8]",
    "mov rsp, rbp",
    "pop rbp",
    "ret",
    ".globl pqcheck_hosted_random",
    ".hidden pqcheck_hosted_random",
    ".type pqcheck_hosted_random, @function",
    "pqcheck_hosted_random:",
    "push rbx",
    "push r12",
    "sub rsp, 8",
    "mov rbx, rdi",
    "mov r12, rsi",
    "mov rdi, [rip + {state} + {own}]",
    "call 2b",
    "mov rdi, rbx",
    "mov rsi, r12",
    "call {fill}",
    "mov rdi, [rip + {state} + {hosted}]",
    "call 2b",
    "add rsp, 8",
    "pop r12",
    "pop rbx",
    "ret",
    ".popsection",
    state = sym STATE,
    direct = sym DIRECT,
    fill = sym fill,
    own = const offset_of!(State, own),
    hosted = const offset_of!(State, hosted),
    stack = const offset_of!(State, stack),
    function = const offset_of!(Call, function),
    arguments = const offset_of!(Call, arguments),
    result = const offset_of!(Call, result),
);
