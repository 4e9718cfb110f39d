//! The names of the signals that end a process. Knows nothing of who sent them.

use libc::c_int;

/// The signals by which code that goes wrong ends, apart from timers.
pub(super) const CRASHES: [c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGABRT, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS];

/// Name and meaning of `signal`. Allocates nothing, so that a signal handler may ask.
pub(super) const fn describe(signal: c_int) -> Option<(&'static str, &'static str)> {
    Some(match signal {
        libc::SIGABRT => ("SIGABRT", "abort"),
        libc::SIGALRM => ("SIGALRM", "alarm"),
        libc::SIGBUS => ("SIGBUS", "bus error"),
        libc::SIGFPE => ("SIGFPE", "arithmetic fault"),
        libc::SIGHUP => ("SIGHUP", "hang-up"),
        libc::SIGILL => ("SIGILL", "illegal instruction"),
        libc::SIGINT => ("SIGINT", "interrupt"),
        libc::SIGKILL => ("SIGKILL", "killed from outside, often for lack of memory"),
        libc::SIGPIPE => ("SIGPIPE", "broken pipe"),
        libc::SIGSEGV => ("SIGSEGV", "invalid memory access or stack overflow"),
        libc::SIGSYS => ("SIGSYS", "system call refused"),
        libc::SIGTERM => ("SIGTERM", "termination"),
        libc::SIGTRAP => ("SIGTRAP", "trap"),
        libc::SIGXCPU => ("SIGXCPU", "processor time limit"),
        _ => return None,
    })
}
