//! One turn of a workload: a warm-up, then samples, with two fixed pieces of work before, between and after. Runs in the
//! child.
//!
//! The reference says how fast the processor runs, the probe whether another program is on the same core. It takes two:
//! what suffers much from another program does so a little, by a tenth, also where the other is hardly there and the timed
//! code does not feel it.
//!
//! Knows the clock, and of the workload only that it can be run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use shake::{ExtendableOutput as _, Shake128, Update as _, XofReader as _};

use super::counters::{Counters, Counts};
use super::drive::Drive;

/// What the reference and the probe are, for the report.
pub(super) const REFERENCE: &str = "18000 xorshift steps in six registers, before and after each sample";
pub(super) const PROBE: &str = "2 KiB of SHAKE128 (shake 0.1), before and after each sample";
/// How many steps each register takes; a few before, untimed, because what was timed last has the caches.
const STEPS: u32 = 3000;
const WARM_STEPS: u32 = 100;
/// The same of the probe, in bytes.
const BLOCK: usize = 2 << 10;
const WARM_BLOCK: usize = 336;
/// The least time that is timed to learn how long a pass takes.
const CALIBRATION: Duration = Duration::from_millis(2);
/// How many depths of the stack a turn can run at, and the bytes between two.
const DEPTHS: u64 = 64;
const STEP: usize = 64;

/// How a workload's turn is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cut {
    /// How often a sample goes over its inputs.
    pub(super) passes: u64,
    /// How many samples there are, or how many of each part.
    pub(super) samples: u64,
    /// Into how many parts the inputs are cut, each of which has samples of its own.
    pub(super) parts: u64,
}

/// What a turn came to, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turn {
    /// The samples.
    pub(super) samples: Vec<u64>,
    /// The reference at both ends of each, the longer of two.
    pub(super) references: Vec<u64>,
    /// The probe, in the same way: what disturbs an end disturbs the sample.
    pub(super) probes: Vec<u64>,
    /// Instructions and cycles of all samples.
    pub(super) counts: Option<Counts>,
}

/// The clock went back, or stood still where it cannot have.
pub(super) const BAD_CLOCK: &str = "the monotonic clock went back or stood still during a sample";
/// The library gave another answer between the two verifications.
pub(super) const REFUSED: &str = "the library refused a valid input while it was timed";

/// Takes the samples of a turn.
///
/// The stack is as deep as `number` says: where a stack lies, to the byte, can make a function some percent faster
/// or slower, and one that is always unlucky would look slow.
pub(super) fn take(
    drive: &mut dyn Drive,
    counters: Option<&mut Counters>,
    cut: Cut,
    number: u64,
    clock: &mut dyn FnMut() -> Instant,
) -> Result<Turn, String> {
    let mut counters = counters;
    let mut count = || counters.as_deref_mut().and_then(Counters::read);
    let mut turn =
        Turn { samples: Vec::new(), references: Vec::new(), probes: Vec::new(), counts: Some([0, 0]) };
    let depth = number % DEPTHS;
    // What the last turn of another workload left in the caches is not this one's.
    let inputs = drive.inputs();
    let mut content = drive.run(0..inputs, 1);
    let mut before = beside(clock)?;
    let parts = cut.parts as usize;
    for part in (0..cut.samples).flat_map(|_| 0..parts) {
        let part = part * inputs / parts..(part + 1) * inputs / parts;
        let first = count();
        let mut run = || content &= drive.run(part.clone(), cut.passes);
        turn.samples.push(at_depth(depth, &mut || timed(clock, &mut run))?);
        let counted = first.zip(count()).map(|(first, last)| [last[0] - first[0], last[1] - first[1]]);
        turn.counts = turn.counts.zip(counted).map(|(sum, sample)| [sum[0] + sample[0], sum[1] + sample[1]]);
        let after = beside(clock)?;
        turn.references.push(before[0].max(after[0]));
        turn.probes.push(before[1].max(after[1]));
        before = after;
    }
    if !content {
        return Err(REFUSED.to_owned());
    }
    Ok(turn)
}

/// How long a pass takes, in nanoseconds, warm, and roughly.
pub(super) fn calibrate(drive: &mut dyn Drive, clock: &mut dyn FnMut() -> Instant) -> Result<u64, String> {
    let (inputs, mut passes) = (drive.inputs(), 1);
    loop {
        let mut content = true;
        let taken = timed(clock, || content = drive.run(0..inputs, passes))?;
        if !content {
            return Err(REFUSED.to_owned());
        }
        if u128::from(taken) >= CALIBRATION.as_nanos() || passes > 1 << 40 {
            return Ok((taken / passes).max(1));
        }
        passes *= 2;
    }
}

/// The time between two readings of the clock, at best and in nanoseconds.
pub(super) fn clock_overhead() -> f64 {
    const READINGS: u32 = 10_000;
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..READINGS {
            black_box(Instant::now());
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(READINGS));
    }
    best
}

/// How long the reference and the probe take, which have nothing to do with any backend.
fn beside(clock: &mut dyn FnMut() -> Instant) -> Result<[u64; 2], String> {
    xorshift(WARM_STEPS);
    let reference = timed(clock, || xorshift(STEPS))?;
    let mut block = [0; BLOCK];
    let mut hash = Shake128::default();
    hash.update(black_box(b"reference"));
    let mut reader = hash.finalize_xof();
    reader.read(&mut block[..WARM_BLOCK]);
    let probe = timed(clock, || {
        reader.read(&mut block);
        black_box(&block);
    })?;
    Ok([reference, probe])
}

/// Marsaglia's generator in six registers: as much as a processor can do at once, and nothing in memory.
fn xorshift(steps: u32) {
    let step = |x: u64| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        x ^ (x << 17)
    };
    let (mut a, mut b, mut c, mut d, mut e, mut f) = black_box((1_u64, 2, 3, 4, 5, 6));
    for _ in 0..steps {
        (a, b, c, d, e, f) = (step(a), step(b), step(c), step(d), step(e), step(f));
    }
    black_box((a, b, c, d, e, f));
}

fn timed(clock: &mut dyn FnMut() -> Instant, work: impl FnOnce()) -> Result<u64, String> {
    let start = clock();
    work();
    let taken = clock().checked_duration_since(start).filter(|taken| !taken.is_zero());
    taken.map(nanoseconds).ok_or_else(|| BAD_CLOCK.to_owned())
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Runs `work` with the stack so many steps deeper.
fn at_depth<T>(depth: u64, work: &mut dyn FnMut() -> T) -> T {
    if depth == 0 {
        return work();
    }
    let frame = black_box([0_u8; STEP]);
    let result = at_depth(depth - 1, work);
    black_box(&frame);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::drive::nothing;

    #[test]
    fn a_clock_that_goes_back_is_an_error_and_no_sample() {
        let start = Instant::now() + Duration::from_secs(1000);
        let mut readings = 0;
        let mut backwards = || {
            readings += 1;
            start - Duration::from_millis(readings)
        };
        let cut = Cut { passes: 1, samples: 1, parts: 1 };
        let turn = take(&mut *nothing(), None, cut, 0, &mut backwards);
        assert_eq!(turn, Err(BAD_CLOCK.to_owned()));
        assert_eq!(calibrate(&mut *nothing(), &mut || start), Err(BAD_CLOCK.to_owned()));
    }

    #[test]
    fn a_turn_has_as_many_samples_as_it_was_asked_for() {
        let cut = Cut { passes: 1000, samples: 7, parts: 2 };
        let turn = take(&mut *nothing(), None, cut, 63, &mut Instant::now).unwrap();
        assert_eq!((turn.samples.len(), turn.references.len(), turn.probes.len()), (14, 14, 14));
        assert!(turn.references.iter().chain(&turn.probes).all(|time| *time > 1000), "{turn:?}");
        assert!(clock_overhead() < 10_000.0);
    }

    #[test]
    fn a_deeper_stack_is_deeper() {
        let address = |depth| at_depth(depth, &mut || std::ptr::from_ref(&black_box(0_u8)).addr());
        assert!(address(0) >= address(10) + 10 * STEP);
    }
}
