//! The child's side: from the fork to `_exit`. Knows nothing of how the parent listens.

use std::io::{self, PipeWriter, Write as _};
use std::marker::PhantomData;
use std::os::fd::AsRawFd as _;

use serde::Serialize;

use super::frame::{Frame, Outlet};
use super::{memory, panics, signal};

/// The exit code after a panic, as Rust has it.
const AFTER_PANIC: i32 = 101;
/// The exit code of a child that cannot reach its parent any more.
const NO_CHANNEL: i32 = 102;

/// The way of messages from a child to its parent. Nothing is buffered: what was sent before a crash arrives.
pub struct Channel<M> {
    pub(super) outlet: Outlet,
    sends: PhantomData<fn(M)>,
}

impl<M: Serialize> Channel<M> {
    /// Sends `message`, of at most 32 MiB as JSON.
    ///
    /// # Panics
    /// If the message is longer.
    pub fn send(&mut self, message: &M) {
        arrived(self.outlet.message(message));
    }
}

impl<M> Channel<M> {
    /// Closes all descriptors but the channel's own and the three standard streams, and lets SIGTERM and SIGINT end
    /// this process: for the child of one that holds connections and has handlers.
    pub fn keep_nothing_else(&self) {
        let own = self.outlet.pipe.as_raw_fd().unsigned_abs();
        for (first, last) in [(3, own - 1), (own + 1, u32::MAX)] {
            // Before Linux 5.9 there is no such call, and then they stay open.
            // SAFETY: of what is closed here, nothing is used in this process, nor dropped: it leaves by `_exit`.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
        for signal in [libc::SIGTERM, libc::SIGINT] {
            // SAFETY: SIG_DFL is a valid disposition of both signals.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}

/// Ends a child that cannot reach its parent any more.
fn arrived(sent: io::Result<()>) {
    if let Err(error) = sent {
        // Without the pipe, stderr is what is left.
        let _ = writeln!(io::stderr(), "the channel to the parent is gone: {error}");
        exit(NO_CHANNEL);
    }
}

/// Runs `work` as the child process that the caller has just become, in `memory` bytes of address space.
pub(super) fn live<M>(
    parent: u32,
    memory: u64,
    channel: PipeWriter,
    stderr: &PipeWriter,
    work: impl FnOnce(&mut Channel<M>),
) -> ! {
    die_with(parent);
    speak_only_through(stderr);
    die_of_crashes();
    memory::cap(memory);
    memory::share_one_arena();
    panics::record_aloud();
    let mut channel = Channel { outlet: Outlet::new(channel), sends: PhantomData };
    match panics::catch(|| work(&mut channel)) {
        Ok(()) => {
            arrived(channel.outlet.frame(&Frame::Done));
            exit(0)
        }
        Err(text) => {
            let end = text.floor_char_boundary(1000);
            arrived(channel.outlet.frame(&Frame::Panic(&text.as_bytes()[..end])));
            exit(AFTER_PANIC)
        }
    }
}

/// Ends the process at once: no destructor of the parent's values runs, no buffer of the parent's
/// is written a second time.
fn exit(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

/// Sees to it that no child outlives its parent.
fn die_with(parent: u32) {
    // SAFETY: neither call has preconditions.
    let now = unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::getppid()
    };
    // The parent may have died before the prctl.
    if u32::try_from(now) != Ok(parent) {
        exit(NO_CHANNEL);
    }
}

/// Makes `pipe` both stdout and stderr, so that no library writes into the parent's report.
fn speak_only_through(pipe: &PipeWriter) {
    for stream in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: `pipe` is an open descriptor; what `stream` was is not used in this process.
        unsafe { libc::dup2(pipe.as_raw_fd(), stream) };
    }
}

/// Lets crashes end the process, whatever handlers and dispositions it inherited, without a core.
fn die_of_crashes() {
    for signal in signal::CRASHES.into_iter().chain([libc::SIGALRM, libc::SIGPIPE]) {
        // SAFETY: SIG_DFL is a valid disposition of each of these signals.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // The kernel pipes a core into a program whatever the limit, but not of what is not dumpable;
    // qemu-user writes cores itself and goes by the limit.
    // SAFETY: `none` is valid to read; the prctl has no preconditions.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const none);
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
    }
}
