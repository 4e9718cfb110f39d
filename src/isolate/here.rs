//! Runs a closure in this process, for where no child can be had. Knows nothing of what it does.
//!
//! A panic is still a result. A crash or an endless loop is not: see [`last_words`](super::last_words).

use std::os::fd::{AsFd as _, AsRawFd as _};

use super::tail::one_line;
use super::{End, Limits, memory, panics};

/// Runs `work` in this process; returns what it sent and how it ended: done or panicked.
///
/// While it runs, stdout leads to stderr, and `limits.memory` holds, so that memory without end is
/// an abort. `limits.silence` is for the caller to keep, with
/// [`last_words`](super::last_words): nobody is here to look at the clock.
pub fn here<M>(limits: Limits, work: impl FnOnce(&mut dyn FnMut(M))) -> (Vec<M>, End) {
    let mut messages = Vec::new();
    let hook = std::panic::take_hook();
    panics::record();
    let before = memory::cap(memory::own_size().saturating_add(limits.memory));
    let result = without_stdout(|| panics::catch(|| work(&mut |message| messages.push(message))));
    if let Some(limit) = before {
        memory::uncap(limit);
    }
    std::panic::set_hook(hook);
    let end = match result {
        Ok(()) => End::Done,
        Err(text) => End::Panicked(one_line(text.as_bytes())),
    };
    (messages, end)
}

/// Calls `work` while stdout leads to stderr, so that no library writes into the report.
fn without_stdout<T>(work: impl FnOnce() -> T) -> T {
    let stdout = std::io::stdout().as_fd().try_clone_to_owned();
    if stdout.is_ok() {
        // SAFETY: dup2 has no preconditions; `stdout` keeps what is replaced here.
        unsafe { libc::dup2(libc::STDERR_FILENO, libc::STDOUT_FILENO) };
    }
    let result = work();
    if let Ok(stdout) = stdout {
        // SAFETY: `stdout` is an open descriptor.
        unsafe { libc::dup2(stdout.as_raw_fd(), libc::STDOUT_FILENO) };
    }
    result
}
