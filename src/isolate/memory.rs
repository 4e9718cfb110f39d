//! How much memory a process has and may have. Knows nothing of why.

use std::fs::File;
use std::io::Read as _;

use libc::{pid_t, rlimit};

/// Taken for the size of this process where /proc does not tell: several times what it is.
const UNKNOWN: u64 = 64 << 20;

/// Lets this process have `bytes` of address space and no more; returns the limit before.
///
/// Where the kernel refuses, and under qemu-user, which ignores the limit, nothing changes.
pub(super) fn cap(bytes: u64) -> Option<rlimit> {
    let mut before = rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `before` is a valid place to write to.
    if unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut before) } != 0 {
        return None;
    }
    let most = bytes.min(before.rlim_cur);
    uncap(rlimit { rlim_cur: most, rlim_max: before.rlim_max });
    Some(before)
}

/// Sets the limit of address space.
pub(super) fn uncap(limit: rlimit) {
    // SAFETY: `limit` is valid to read; a refusal leaves the limit as it is.
    unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
}

/// Lets all threads of this process take their memory from one place: a second place costs more to set up
/// than a thread of ours ever waits for another.
pub(super) fn share_one_arena() {
    // SAFETY: mallopt has no preconditions.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// The address space of this process, in bytes.
pub(super) fn own_size() -> u64 {
    pages("/proc/self/statm", 0).unwrap_or(UNKNOWN)
}

/// The memory that process `pid` holds, in bytes, if /proc tells.
pub(super) fn resident(pid: pid_t) -> Option<u64> {
    pages(&format!("/proc/{pid}/statm"), 1)
}

/// The number in column `column` of a statm file, in bytes.
fn pages(path: &str, column: usize) -> Option<u64> {
    let mut text = [0; 128];
    let length = File::open(path).ok()?.read(&mut text).ok()?;
    let number = std::str::from_utf8(&text[..length]).ok()?.split_ascii_whitespace().nth(column)?;
    // SAFETY: sysconf has no preconditions.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    number.parse::<u64>().ok()?.checked_mul(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_larger_than_what_it_holds() {
        let held = resident(std::process::id() as pid_t).unwrap();
        assert!(held > 100_000, "{held}");
        assert!(own_size() >= held);
        assert_eq!(pages("/proc/no-such-file", 0), None);
    }
}
