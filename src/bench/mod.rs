//! Verified workloads x code paths -> measurements.
//!
//! [`run`] is the first function to read. Every workload of every path is verified, then timed by turns, then verified
//! again; METHODOLOGY.md says why it is done so. Knows no file, no format and no terminal.

use std::time::{Duration, Instant};

use crate::backend::{CodePath, Subject};
use crate::image::machine;
use crate::report::bench::{Bench, Measurement, Method, SCHEMA};
use crate::spec::{Algorithm, Operation};
use crate::stats::quiet::undisturbed;

mod cell;
mod counters;
mod drive;
pub mod inputs;
mod testbed;
mod turn;
mod worker;
pub mod workload;

use cell::{Cell, PATIENCE, cells};
use testbed::{testbed, warnings};
use turn::nanoseconds;
use worker::{Command, Reply, Worker};
use workload::Workload;

/// How long each workload of each path is timed when nothing else is said.
pub const TIME: Duration = Duration::from_millis(500);
/// The fewest samples that are taken of each when nothing else is said.
const SAMPLES: u64 = 250;
/// How long one is where there is time for more.
const SAMPLE: Duration = Duration::from_micros(150);
/// In how many turns they are taken: each is a block for the statistics, so there must be some.
const ROUNDS: u64 = 50;

/// How many times longer than all is timed a run may take while it waits for undisturbed samples.
const PATIENCE_FOR_QUIET: u32 = 2;

/// A workload on a code path that gave the right answers, for a harness other than [`run`]'s.
pub struct Ready {
    drive: Box<dyn drive::Drive>,
    answers: &'static str,
}

/// Makes a workload ready on a path that was entered, and verifies it.
///
/// # Errors
/// With the reason, if the path has no such workload or its answers are wrong.
pub fn ready(path: &CodePath, workload: &Workload) -> Result<Ready, String> {
    let drive = drive::ready(path, workload).map_err(|unready| unready.to_string())?;
    let mut ready = Ready { drive, answers: workload.answers() };
    ready.verify()?;
    Ok(ready)
}

impl Ready {
    /// Calls the library once with every input; false if it refused one.
    pub fn pass(&mut self) -> bool {
        self.drive.run(0..self.drive.inputs(), 1)
    }

    /// Whether the answers are still right.
    ///
    /// # Errors
    /// With the reason, if they are not.
    pub fn verify(&mut self) -> Result<(), String> {
        self.drive.verify(self.answers)
    }
}

/// How many samples are taken in a time when nothing else is said: short ones, of which more are undisturbed.
pub fn samples(time: Duration) -> u64 {
    SAMPLES.max((time.as_nanos() / SAMPLE.as_nanos()) as u64)
}

/// What to time, and how.
pub struct Plan {
    /// The code paths, in report order.
    pub subjects: Vec<Subject>,
    /// The algorithms.
    pub algorithms: Vec<Algorithm>,
    /// The operations; all where there are none.
    pub operations: Vec<Operation>,
    /// Whether with keys that the libraries have set up before and keep, where they do, in place of the keys' bytes.
    pub key_objects: bool,
    /// How long each workload of each path is timed.
    pub time: Duration,
    /// How many samples are taken in that time.
    pub samples: u64,
}

/// Times every workload on every path. `progress` is told how many turns are done, and of how many.
///
/// # Errors
/// If no child process can be had, with the reason.
pub fn run(plan: &Plan, progress: &mut dyn FnMut(u64, u64)) -> Result<Bench, String> {
    let (start, before) = (Instant::now(), machine::Meter::read());
    let workloads: Vec<Workload> = plan
        .algorithms
        .iter()
        .flat_map(|algorithm| Workload::of(*algorithm, plan.key_objects))
        .filter(|workload| plan.operations.is_empty() || plan.operations.contains(&workload.operation))
        .collect();
    let mut method = method(plan, &workloads)?;
    let mut workers: Vec<Worker<'_>> =
        plan.subjects.iter().map(|subject| Worker::new(Some(*subject), &workloads)).collect();

    let mut cells = cells(plan, &workloads);
    for cell in &mut cells {
        cell.prepare(&mut workers, &workloads, plan, &method);
    }
    let turns = cells.iter().map(|cell| cell.turns).sum();
    let mut done = 0;
    for round in 0..method.rounds {
        // Who follows whom in the caches changes with the direction.
        let forwards = round % 2 == 0;
        for index in 0..cells.len() {
            let index = if forwards { index } else { cells.len() - 1 - index };
            if cells[index].has_turn(round, method.rounds) {
                cells[index].turn(&mut workers, round);
                done += 1;
                progress(done, turns);
            }
        }
    }
    let timed = cells.iter().filter(|cell| cell.turns > 0).count() as u32;
    let deadline = start + plan.time * timed * PATIENCE_FOR_QUIET;
    wait_for_quiet(&mut cells, &mut workers, method.rounds, deadline);
    for cell in &mut cells {
        cell.verify(&mut workers);
    }

    method.duration_ns = nanoseconds(start.elapsed());
    let testbed = testbed(&machine::Meter::read(), &before);
    let measurements: Vec<Measurement> =
        cells.into_iter().map(|cell| cell.measurement(plan, &workloads)).collect();
    Ok(Bench {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        warnings: warnings(&testbed),
        testbed,
        method,
        paths: plan.subjects.iter().map(Subject::info).collect(),
        workloads: workloads.iter().map(Workload::info).collect(),
        measurements,
    })
}

/// Takes more turns of what has too few with an undisturbed sample, until `deadline` at most.
fn wait_for_quiet(cells: &mut [Cell], workers: &mut [Worker<'_>], rounds: u64, deadline: Instant) {
    let limit = undisturbed(cells.iter().flat_map(Cell::probes).flatten().copied().min());
    for round in rounds.. {
        let mut lacking = cells.iter_mut().filter(|cell| cell.lacks(limit)).peekable();
        if lacking.peek().is_none() {
            return;
        }
        for cell in lacking {
            if Instant::now() > deadline {
                return;
            }
            cell.turn(workers, round);
        }
    }
}

/// How this run measures, as far as that is known before it.
fn method(plan: &Plan, workloads: &[Workload]) -> Result<Method, String> {
    let (clock_ns, harness_ns, counters) =
        match Worker::new(None, workloads).ask(Command::Harness, PATIENCE)? {
            Reply::Harness { clock_ns, harness_ns, counters } => (clock_ns, harness_ns, counters),
            _ => return Err("the child process answered another question".to_owned()),
        };
    Ok(Method {
        clock: "CLOCK_MONOTONIC".to_owned(),
        clock_ns,
        harness_ns,
        time_ns: nanoseconds(plan.time),
        samples: plan.samples,
        rounds: ROUNDS.min(plan.samples),
        reference: turn::REFERENCE.to_owned(),
        probe: turn::PROBE.to_owned(),
        counters,
        duration_ns: 0,
    })
}
