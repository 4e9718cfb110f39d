//! How long the kernel held this container back because its share of the processor was used up. Knows no deadline.
//!
//! Everything here may be done in a signal handler: it allocates nothing and takes no lock.

use std::ffi::CStr;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the kernel counts that, the word before the number, and how many of the number are a millisecond:
/// of cgroup version 2, and of version 1 in its two usual places.
const COUNTERS: [(&CStr, &[u8], u64); 3] = [
    (c"/sys/fs/cgroup/cpu.stat", b"throttled_usec ", 1_000),
    (c"/sys/fs/cgroup/cpu/cpu.stat", b"throttled_time ", 1_000_000),
    (c"/sys/fs/cgroup/cpu,cpuacct/cpu.stat", b"throttled_time ", 1_000_000),
];

const UNKNOWN: u64 = u64::MAX;
static BEFORE: AtomicU64 = AtomicU64::new(UNKNOWN);

/// Counts from now on.
pub(super) fn watch() {
    BEFORE.store(now().unwrap_or(UNKNOWN), Ordering::Relaxed);
}

/// For how many milliseconds this container was held back since [`watch`]; zero too where nobody counts.
pub(super) fn held_back_ms() -> u64 {
    match (BEFORE.load(Ordering::Relaxed), now()) {
        (UNKNOWN, _) | (_, None) => 0,
        (before, Some(now)) => now.saturating_sub(before),
    }
}

/// What a missed deadline is due to besides the code that missed it: nothing, or a processor quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBack {
    ms: u64,
}

/// How long this container has been held back since [`last_words`](super::last_words).
pub fn held_back() -> HeldBack {
    HeldBack { ms: held_back_ms() }
}

pub(super) const WHOSE: &str = "; the container's CPU limit throttled it for ";
pub(super) const ADVICE: &str = " ms: raise --cpus or --deadline";

impl fmt::Display for HeldBack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ms == 0 { Ok(()) } else { write!(out, "{WHOSE}{}{ADVICE}", self.ms) }
    }
}

fn now() -> Option<u64> {
    COUNTERS
        .iter()
        .find_map(|(path, word, per_ms)| Some(counted(read(path, &mut [0; 1024])?, word)? / per_ms))
}

/// The number after `word`, which begins a line.
fn counted(text: &[u8], word: &[u8]) -> Option<u64> {
    let number = text.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(word))?;
    let digit = |sum: Option<u64>, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum?.checked_mul(10)?.checked_add(digit)
    };
    number.iter().fold(if number.is_empty() { None } else { Some(0) }, digit)
}

/// The beginning of a file, as much as `room` has room for.
fn read<'r>(path: &CStr, room: &'r mut [u8]) -> Option<&'r [u8]> {
    // SAFETY: the path ends with a zero; the pointer and the length are those of `room`; the descriptor is ours.
    let length = unsafe {
        let file = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return None;
        }
        let length = libc::read(file, room.as_mut_ptr().cast(), room.len());
        libc::close(file);
        length
    };
    room.get(..usize::try_from(length).ok()?)
}

/// `number` in decimal digits, at the end of `room`.
pub(super) fn digits(mut number: u64, room: &mut [u8; 20]) -> &[u8] {
    let mut start = room.len();
    loop {
        start -= 1;
        room[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &room[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_counter_are_read() {
        let of_v2 = b"usage_usec 5\nnr_periods 7\nnr_throttled 3\nthrottled_usec 81234\nnr_bursts 0\n";
        assert_eq!(counted(of_v2, b"throttled_usec "), Some(81_234));
        assert_eq!(counted(b"nr_throttled 3\nthrottled_time 9000000\n", b"throttled_time "), Some(9_000_000));
        for text in [
            "",
            "throttled_usec ",
            "throttled_usec x",
            "throttled_usec 99999999999999999999",
            "nr_throttled 3",
        ] {
            assert_eq!(counted(text.as_bytes(), b"throttled_usec "), None, "{text}");
        }
    }

    #[test]
    fn what_was_not_held_back_is_not_spoken_of() {
        assert_eq!(HeldBack { ms: 0 }.to_string(), "");
        assert_eq!(
            HeldBack { ms: 93 }.to_string(),
            "; the container's CPU limit throttled it for 93 ms: raise --cpus or --deadline"
        );
    }

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 7, 10, 1234, u64::MAX] {
            assert_eq!(digits(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }

    #[test]
    fn a_file_is_read_as_far_as_there_is_room() {
        assert_eq!(read(c"/proc/self/comm", &mut [0; 1]).map(<[u8]>::len), Some(1));
        assert_eq!(read(c"/proc/self/none", &mut [0; 1]), None);
        assert_eq!(read(c"/proc/self", &mut [0; 1]), None);
    }
}
