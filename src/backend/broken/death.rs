//! The ways to die, and the one that nearly does. Each strikes in the decapsulation of ML-KEM-768.

use std::hint::black_box;

pub(super) fn panic(_output: &mut [u8]) {
    panic!("a planted fault");
}

pub(super) fn abort(_output: &mut [u8]) {
    std::process::abort();
}

pub(super) fn sigsegv(_output: &mut [u8]) {
    let nowhere = std::ptr::without_provenance_mut::<u8>(0x40);
    // SAFETY: none; this is the fault. The first page is never mapped, so the write ends the process.
    unsafe { nowhere.write_volatile(1) };
}

pub(super) fn sigill(_output: &mut [u8]) {
    // SAFETY: an undefined instruction changes nothing; it ends the process, which is the fault.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        std::arch::asm!("ud2");
        #[cfg(target_arch = "aarch64")]
        std::arch::asm!("udf #0");
    }
}

pub(super) fn endless_loop(_output: &mut [u8]) {
    loop {
        std::hint::spin_loop();
    }
}

pub(super) fn memory_without_end(_output: &mut [u8]) {
    const STEP: usize = 16 << 20;
    const PAGE: usize = 4096;
    let mut kept = Vec::new();
    loop {
        let mut piece = vec![0_u8; STEP];
        piece.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
        kept.push(black_box(piece));
    }
}

pub(super) fn stack_overflow(output: &mut [u8]) {
    output[0] = deeper(0);
}

#[expect(unconditional_recursion, reason = "this is the fault")]
fn deeper(depth: u64) -> u8 {
    let frame = black_box([depth as u8; 4096]);
    deeper(depth + 1).wrapping_add(frame[depth as usize % frame.len()])
}

pub(super) fn write_past_the_output(output: &mut [u8]) {
    let end = output.as_mut_ptr_range().end;
    for offset in 0..8 {
        // SAFETY: none; this is the fault. Whoever calls a broken backend owns the bytes behind its output.
        unsafe { end.add(offset).write_volatile(0xa5) };
    }
}
