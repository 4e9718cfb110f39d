//! The one source of randomness, and the seam that makes a backend reproducible.
//!
//! The C libraries come here for every random byte. Outside of [`replay`] the kernel answers, inside it the
//! bytes of a published vector do. Knows no library beyond the symbol that it asks through, and no algorithm.

use std::cell::Cell;
use std::io;
use std::ptr;

/// The library drew another number of bytes than a vector has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the library drew {drawn} bytes of randomness instead of {supplied}")]
pub struct Mismatch {
    /// Bytes that were there to be drawn.
    pub supplied: usize,
    /// Bytes that were asked for.
    pub drawn: usize,
}

/// Runs `f`, while the randomness that a library asks for on this thread is the concatenation of `parts`.
///
/// Gives what `f` gave, and whether exactly the supplied bytes were drawn; bytes drawn beyond them are zero.
/// The two stand side by side because a library that refuses its input rightly draws nothing.
/// Calls nest: the inner one supplies its own bytes, and the outer one goes on where it was.
pub fn replay<T>(parts: &[&[u8]], f: impl FnOnce() -> T) -> (T, Result<(), Mismatch>) {
    let tape = Tape { parts, drawn: Cell::new(0) };
    let value = {
        let _restored = Playing::start(&tape);
        f()
    };
    let (supplied, drawn) = (tape.supplied(), tape.drawn.get());
    (value, if drawn == supplied { Ok(()) } else { Err(Mismatch { supplied, drawn }) })
}

/// Fills `buf` with the kernel's randomness, waiting for its first seed after boot if it must.
pub fn kernel(buf: &mut [u8]) -> io::Result<()> {
    let mut rest = buf;
    while !rest.is_empty() {
        // SAFETY: the pointer and the length are those of `rest`, which is borrowed for writing.
        let written = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(written) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(written) => rest = &mut rest[written..],
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// Answers a library whose source of randomness returns nothing, as liboqs's does not.
///
/// Where the kernel fails there is no way to say so to the caller: the buffer is then all zero, and
/// [`kernel`] says the same to whoever asks it.
///
/// # Safety
/// `buf` must be valid for writes of `len` bytes.
pub unsafe extern "C" fn fill(buf: *mut u8, len: usize) {
    // SAFETY: passed on to the caller.
    let _ = unsafe { answer(buf, len) };
}

/// Answers PQClean: `build.rs` has the linker send every call of `PQCRYPTO_RUST_randombytes` here.
#[cfg(feature = "pqclean")]
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_PQCRYPTO_RUST_randombytes(buf: *mut u8, len: usize) -> libc::c_int {
    // SAFETY: PQClean gives a buffer of its own and that buffer's length.
    if unsafe { answer(buf, len) }.is_ok() { 0 } else { -1 }
}

/// The bytes that a library is given, and how many it has asked for.
struct Tape<'a> {
    parts: &'a [&'a [u8]],
    drawn: Cell<usize>,
}

impl Tape<'_> {
    fn supplied(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Copies the next bytes to `out`; what is beyond the end is left as it is.
    fn play(&self, mut out: &mut [u8]) {
        let mut skip = self.drawn.get();
        self.drawn.set(skip.saturating_add(out.len()));
        for part in self.parts {
            let skipped = skip.min(part.len());
            skip -= skipped;
            let rest = &part[skipped..];
            let (head, tail) = out.split_at_mut(rest.len().min(out.len()));
            head.copy_from_slice(&rest[..head.len()]);
            out = tail;
        }
    }
}

thread_local! {
    /// The tape of the innermost [`replay`] on this thread, or null.
    static PLAYING: Cell<*const Tape<'static>> = const { Cell::new(ptr::null()) };
}

/// Holds a tape in [`PLAYING`], and puts back the one before it even if a panic passes through.
struct Playing {
    before: *const Tape<'static>,
}

impl Playing {
    fn start(tape: &Tape<'_>) -> Self {
        Self { before: PLAYING.replace(ptr::from_ref(tape).cast()) }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        PLAYING.set(self.before);
    }
}

/// Gives a library its random bytes. Neither allocates nor panics: the callers are C code.
///
/// # Safety
/// `buf` must be valid for writes of `len` bytes.
unsafe fn answer(buf: *mut u8, len: usize) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: `buf` is valid for writes of `len` bytes; they are written before the slice is made of them.
    let out = unsafe {
        ptr::write_bytes(buf, 0, len);
        std::slice::from_raw_parts_mut(buf, len)
    };
    // SAFETY: the pointer is null or that of a tape in a frame of `replay` further up on this stack: `Playing`
    // takes it out again before that frame ends. A tape is only ever shared, never borrowed for writing.
    match unsafe { PLAYING.get().as_ref() } {
        Some(tape) => {
            tape.play(out);
            Ok(())
        }
        None => kernel(out),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn draw<const N: usize>() -> [u8; N] {
        let mut out = [0xee; N];
        // SAFETY: the pointer and the length are those of `out`.
        unsafe { fill(out.as_mut_ptr(), N) };
        out
    }

    #[test]
    fn replays_the_parts_in_order_across_their_borders() {
        let parts: [&[u8]; 4] = [&[1, 2, 3], &[], &[4], &[5, 6, 7, 8]];
        let (drawn, exact) = replay(&parts, || (draw::<2>(), draw::<0>(), draw::<3>(), draw::<3>()));
        assert_eq!(drawn, ([1, 2], [], [3, 4, 5], [6, 7, 8]));
        assert_eq!(exact, Ok(()));
    }

    #[test]
    fn counts_what_is_left_over_and_what_is_missing() {
        let (_, left) = replay(&[&[7; 32]], draw::<31>);
        assert_eq!(left, Err(Mismatch { supplied: 32, drawn: 31 }));
        let (drawn, missing) = replay(&[&[7, 7]], draw::<4>);
        assert_eq!(drawn, [7, 7, 0, 0]);
        assert_eq!(missing, Err(Mismatch { supplied: 2, drawn: 4 }));
        let (_, none) = replay(&[], || ());
        assert_eq!(none, Ok(()));
        assert_eq!(
            Mismatch { supplied: 2, drawn: 4 }.to_string(),
            "the library drew 4 bytes of randomness instead of 2"
        );
    }

    #[test]
    fn an_inner_replay_does_not_disturb_the_outer_one() {
        let (drawn, exact) = replay(&[&[1, 2]], || {
            let first = draw::<1>();
            let (inner, exact) = replay(&[&[9]], draw::<1>);
            assert_eq!(exact, Ok(()));
            (first, inner, draw::<1>())
        });
        assert_eq!(drawn, ([1], [9], [2]));
        assert_eq!(exact, Ok(()));
    }

    #[test]
    fn a_panic_ends_the_replay() {
        let caught = catch_unwind(AssertUnwindSafe(|| replay(&[&[0; 64]], || panic!("on purpose"))));
        assert!(caught.is_err());
        assert!(PLAYING.get().is_null());
    }

    #[test]
    fn a_replay_is_that_of_its_own_thread() {
        let (other, exact) =
            replay(&[&[0; 32]], || std::thread::spawn(draw::<32>).join().expect("the thread ends well"));
        assert_ne!(other, [0; 32]);
        assert_eq!(exact, Err(Mismatch { supplied: 32, drawn: 0 }));
    }

    #[test]
    fn the_kernel_fills_every_byte_and_never_the_same() {
        let mut seen = [0u8; 4096];
        for _ in 0..8 {
            let mut bytes = [0; 4096];
            kernel(&mut bytes).expect("the kernel has randomness");
            seen.iter_mut().zip(bytes).for_each(|(seen, byte)| *seen |= byte);
        }
        // A byte stays zero eight times over once in 2^64.
        assert!(seen.iter().all(|byte| *byte != 0));
        assert_ne!(draw::<32>(), draw::<32>());
        kernel(&mut []).expect("nothing is always there");
    }
}
