//! One last line from a process that crashes or hangs. Knows nothing of what it ran.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use libc::{c_int, c_void};

use super::{quota, signal};

/// Room for the handler and the processor's registers, which take 11 KiB with AMX.
const STACK: usize = 64 << 10;

static OUTPUT: AtomicI32 = AtomicI32::new(libc::STDOUT_FILENO);
static CODE: AtomicI32 = AtomicI32::new(1);
static LINE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);
static DEADLINE_US: AtomicU64 = AtomicU64::new(0);

/// Sees to it that this process, should it crash or still run after `deadline`, writes `line`, the
/// cause and a line feed to what `to` is now, and ends with exit code `code`.
///
/// Holds until the value returned is dropped. Only one may exist at a time.
#[must_use = "dropping it disarms it"]
pub fn last_words(deadline: Duration, to: Stream, line: &'static str, code: i32) -> LastWords {
    let (kept, number) = match to {
        Stream::Stdout => (std::io::stdout().as_fd().try_clone_to_owned().ok(), libc::STDOUT_FILENO),
        Stream::Stderr => (None, libc::STDERR_FILENO),
    };
    OUTPUT.store(kept.as_ref().map_or(number, |fd| fd.as_raw_fd()), Ordering::Relaxed);
    CODE.store(code, Ordering::Relaxed);
    LENGTH.store(line.len(), Ordering::Relaxed);
    DEADLINE_US.store(u64::try_from(deadline.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    LINE.store(line.as_ptr().cast_mut(), Ordering::Release);

    // Not zeroed: that would touch each of its pages, which no run needs that ends well.
    let mut stack = Box::new_uninit_slice(STACK);
    let alternate = libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: STACK };
    let mut before = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: the guard returned owns the alternate stack and puts the old one back before it goes.
    unsafe { libc::sigaltstack(&raw const alternate, &raw mut before) };

    quota::watch();
    unblock();
    let signals = signal::CRASHES.into_iter().chain([libc::SIGALRM]);
    let actions = signals.map(|signal| (signal, handle(signal))).collect();
    alarm(deadline.max(Duration::from_micros(1)));
    LastWords { actions, before, _stack: stack, _kept: kept }
}

/// Where last words go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Where a verdict is expected.
    Stdout,
    /// Where stdout belongs to a report.
    Stderr,
}

impl LastWords {
    /// Counts the deadline from now on.
    pub fn put_off(&self, deadline: Duration) {
        alarm(deadline.max(Duration::from_micros(1)));
    }
}

/// Keeps [`last_words`] armed.
pub struct LastWords {
    actions: Vec<(c_int, libc::sigaction)>,
    before: libc::stack_t,
    _stack: Box<[MaybeUninit<u8>]>,
    _kept: Option<OwnedFd>,
}

impl Drop for LastWords {
    fn drop(&mut self) {
        alarm(Duration::ZERO);
        for (signal, action) in &self.actions {
            // SAFETY: `action` is what the kernel gave as the action before.
            unsafe { libc::sigaction(*signal, action, std::ptr::null_mut()) };
        }
        // SAFETY: `before` is what the kernel gave as the stack before.
        unsafe { libc::sigaltstack(&raw const self.before, std::ptr::null_mut()) };
    }
}

/// Whoever started this process may have blocked the signals that [`speak`] waits for.
fn unblock() {
    // SAFETY: the set is ours, and `sigemptyset` makes it a valid one.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for signal in signal::CRASHES.into_iter().chain([libc::SIGALRM]) {
            libc::sigaddset(&raw mut set, signal);
        }
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
    }
}

/// Lets `signal` come to [`speak`]; returns what was done with it before.
fn handle(signal: c_int) -> libc::sigaction {
    // SAFETY: a `sigaction` is plain numbers, for which zeros are valid.
    let [mut action, mut before]: [libc::sigaction; 2] = unsafe { std::mem::zeroed() };
    action.sa_sigaction = speak as extern "C" fn(c_int) as usize;
    action.sa_flags = libc::SA_ONSTACK;
    // SAFETY: all three places are valid, and `speak` calls nothing that is unsafe in a handler.
    // All other signals wait while it runs.
    unsafe {
        libc::sigfillset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, &raw mut before);
    }
    before
}

/// Has SIGALRM sent after `delay`; never, if that is zero.
fn alarm(delay: Duration) {
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let timer = libc::itimerval {
        it_interval: never,
        it_value: libc::timeval {
            tv_sec: libc::time_t::try_from(delay.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_usec: delay.subsec_micros().into(),
        },
    };
    // SAFETY: `timer` is valid to read; nobody asks for the timer before.
    unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
}

/// The signal handler. It reads a counter of the kernel's, calls `writev` and `_exit`, and nothing else.
extern "C" fn speak(signal: c_int) {
    let (mut room, mut more_room) = ([0; 20], [0; 20]);
    let us = DEADLINE_US.load(Ordering::Relaxed);
    let late: [&[u8]; 3] = [
        b": pqcheck itself gave no answer within ",
        quota::digits(if us < 1000 { us } else { us / 1000 }, &mut more_room),
        if us < 1000 { b" us (--deadline)" } else { b" ms (--deadline)" },
    ];
    let words: [&[u8]; 7] = match signal::describe(signal) {
        Some((name, meaning)) if signal != libc::SIGALRM => {
            [b": killed by ", name.as_bytes(), b" (", meaning.as_bytes(), b")\n", b"", b""]
        }
        _ => match quota::held_back_ms() {
            0 => [late[0], late[1], late[2], b"\n", b"", b"", b""],
            ms => [
                late[0],
                late[1],
                late[2],
                quota::WHOSE.as_bytes(),
                quota::digits(ms, &mut room),
                quota::ADVICE.as_bytes(),
                b"\n",
            ],
        },
    };
    let line = libc::iovec {
        iov_base: LINE.load(Ordering::Acquire).cast::<c_void>(),
        iov_len: LENGTH.load(Ordering::Relaxed),
    };
    let [a, b, c, d, e, f, g] =
        words.map(|word| libc::iovec { iov_base: word.as_ptr().cast_mut().cast(), iov_len: word.len() });
    let pieces = [line, a, b, c, d, e, f, g];
    // SAFETY: every piece is static memory or `room`, with its length, and writev only reads it; both calls
    // may be made in a signal handler. If stdout takes nothing, the exit code still speaks.
    unsafe {
        libc::writev(OUTPUT.load(Ordering::Relaxed), pieces.as_ptr(), pieces.len() as c_int);
        libc::_exit(CODE.load(Ordering::Relaxed));
    }
}
