//! Processor time, as the kernel counts it. Knows no child and no closure.

/// Processor time of this thread so far, in nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours, which the kernel fills in.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut now) };
    nanoseconds(now.tv_sec, now.tv_nsec)
}

/// Processor time of this process and of its children that have ended, user and system, in
/// nanoseconds.
pub fn cpu_ns() -> u64 {
    [libc::RUSAGE_SELF, libc::RUSAGE_CHILDREN]
        .into_iter()
        .map(|who| {
            // SAFETY: a rusage is plain numbers, for which zeros are valid.
            let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
            // SAFETY: the pointer is to a rusage of ours, which the kernel fills in.
            unsafe { libc::getrusage(who, &raw mut usage) };
            [usage.ru_utime, usage.ru_stime]
                .into_iter()
                .map(|time| nanoseconds(time.tv_sec, time.tv_usec.saturating_mul(1000)))
                .sum::<u64>()
        })
        .sum()
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    let total = seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
    u64::try_from(total).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_go_forward_with_work() {
        let (thread, all) = (thread_cpu_ns(), cpu_ns());
        let mut sum = 0_u64;
        while thread_cpu_ns() < thread + 20_000_000 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_ns() > all);
    }
}
