//! What a run of benchmarks measured, as plain data. Knows no clock, no statistics and no renderer.

use serde::{Deserialize, Serialize};

use super::{PathInfo, Platform};
use crate::spec::{Algorithm, Operation};

/// The value of [`Bench::schema`].
pub const SCHEMA: &str = "pqcheck.bench/1";

/// What a run of benchmarks measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bench {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The version of pqcheck that wrote this.
    pub version: String,
    /// Where the run took place.
    pub testbed: Testbed,
    /// How it was measured.
    pub method: Method,
    /// The code paths that took part, in report order.
    pub paths: Vec<PathInfo>,
    /// Things worth knowing before a figure is believed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What was timed, in report order.
    pub workloads: Vec<Workload>,
    /// One entry per workload and code path that offers it, in this order.
    pub measurements: Vec<Measurement>,
}

/// The machine, and what it did beside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Testbed {
    /// Architecture, processor, features, signs of emulation.
    pub platform: Platform,
    /// How many processors this process may use.
    pub processors: u64,
    /// What sets the processor's frequency, if the kernel says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governor: Option<String>,
    /// The kernel's release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// The container runtime, if there is a sign of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// How many processors' time the control group allows, if it sets a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<f64>,
    /// For how long the control group held this run back, in nanoseconds, if it keeps count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled_ns: Option<u64>,
    /// The share of the processors' time that the hypervisor gave to others during the run, if the kernel says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal: Option<f64>,
    /// The share of the processors' time that was not idle during the run: 0.5 is this run alone on two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<f64>,
    /// The compiler of the Rust code, and how it was told to optimise.
    pub compiler: String,
}

/// How it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// The clock.
    pub clock: String,
    /// The time between two readings of the clock with nothing between them, in nanoseconds. It is in every sample
    /// once, and so in every call only once divided by the calls.
    pub clock_ns: f64,
    /// What the harness adds to each call, in nanoseconds: a call that does nothing, timed like the others.
    pub harness_ns: f64,
    /// How long each workload of each path was to be timed, in nanoseconds.
    pub time_ns: u64,
    /// How many samples of each there were to be.
    pub samples: u64,
    /// How many rounds: in each, every workload of every path has one turn.
    pub rounds: u64,
    /// What runs at both ends of each sample, so that the speed of the machine is known there.
    pub reference: String,
    /// What runs there too, so that it is known whether another program was on the same core.
    pub probe: String,
    /// Which counters of the processor were read, or why none.
    pub counters: String,
    /// How long the whole run took, in nanoseconds.
    pub duration_ns: u64,
}

/// Something that is timed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// The stable name, `ML-KEM-768/encaps`.
    pub id: String,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The operation.
    pub operation: Operation,
    /// How much is enciphered or deciphered in a call, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How many different inputs there are; all of them are timed equally often.
    pub inputs: u64,
    /// What is inside of the timed region.
    pub timed: String,
    /// The SHA-256 digest of the right answers to all inputs: two reports with the same one timed the same work.
    pub answers: String,
    /// How many times the loop of FIPS 204, Algorithm 7 runs for a signature of the set, on average.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetitions: Option<f64>,
}

/// One workload on one code path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The workload's id.
    pub workload: String,
    /// The backend's id.
    pub backend: String,
    /// The code path's id.
    pub path: String,
    /// Whether the library itself takes this path here, for this algorithm.
    pub chosen: bool,
    /// Where the random bytes came from: `seeded` where the call was given them, `backend` where the library drew.
    pub rng: String,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Measurement {
    /// `ML-KEM-768/encaps/libcrux/avx2`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.workload, self.backend, self.path)
    }

    /// The times, where there are some.
    pub fn times(&self) -> Option<&Times> {
        match &self.outcome {
            Outcome::Measured(times) => Some(times),
            _ => None,
        }
    }
}

/// What came of timing a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It was right before and after, and this is how long it took.
    Measured(Times),
    /// It was wrong, before the timing or after it; there is no time for a wrong answer.
    Wrong {
        /// What was wrong.
        reason: String,
    },
    /// It was not timed, for a stable reason.
    Skip {
        /// The reason.
        reason: String,
    },
    /// It could not be timed to the end.
    Error {
        /// What happened.
        reason: String,
    },
}

/// How long a call takes. Times are in nanoseconds per call, but for [`rounds`](Self::rounds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// The middle of all samples.
    pub median: f64,
    /// One sample in twenty is shorter.
    pub p5: f64,
    /// One sample in twenty is longer.
    pub p95: f64,
    /// The middle of the samples' distances from the median.
    pub mad: f64,
    /// Where the median of such runs is in 95 of 100, as far as this one can tell: bootstrap over the rounds.
    pub interval: [f64; 2],
    /// Bytes in a second at the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<f64>,
    /// The median divided by the repetitions of the signing loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_repetition: Option<f64>,
    /// Instructions in user space, if the kernel counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<f64>,
    /// Processor cycles in user space, if the kernel counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<f64>,
    /// How many calls are in each sample.
    pub calls: u64,
    /// Into how many parts the inputs are cut: a round has a sample of each part, by turns.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub parts: u64,
    /// Every sample: the nanoseconds of all its calls, round by round.
    pub rounds: Vec<Vec<u64>>,
    /// The nanoseconds of the reference at each sample, the longer of before and after.
    pub reference: Vec<Vec<u64>>,
    /// The same of the probe.
    pub probe: Vec<Vec<u64>>,
}

impl Times {
    /// What a call took in each pass over all inputs.
    pub fn passes(&self) -> impl Iterator<Item = f64> {
        self.rounds.iter().flat_map(|samples| passes(samples, self.calls, self.parts))
    }
}

/// What a call took in each pass over all inputs, from samples of so many calls and of each part.
pub fn passes(samples: &[u64], calls: u64, parts: u64) -> impl Iterator<Item = f64> {
    samples.chunks(parts as usize).map(move |pass| pass.iter().sum::<u64>() as f64 / (calls * parts) as f64)
}

fn one() -> u64 {
    1
}

fn is_one(parts: &u64) -> bool {
    *parts == 1
}
