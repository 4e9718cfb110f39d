//! Verified workloads x code paths -> measurements.
//!
//! [`run`] is the first function to read. Every workload of every path is verified, then timed by turns, then verified
//! again; METHODOLOGY.md says why it is done so. Knows no file, no format and no terminal.

use std::time::{Duration, Instant};

use crate::backend::installed::Installed;
use crate::backend::{Backend, CodePath};
use crate::image::{machine, platform};
use crate::report::PathInfo;
use crate::report::bench::{Bench, Measurement, Method, Outcome, SCHEMA, Testbed, Times};
use crate::spec::{Algorithm, Operation};

pub mod compare;
mod contrast;
mod counters;
mod drive;
mod figures;
pub mod inputs;
mod machines;
mod stats;
pub mod trend;
mod turn;
mod worker;
pub mod workload;

use turn::{Turn, nanoseconds};
use worker::{Command, Reply, Worker};
use workload::Workload;

/// How long each workload of each path is timed when nothing else is said.
pub const TIME: Duration = Duration::from_millis(500);
/// How many samples are taken of each in this time.
pub const SAMPLES: u64 = 250;
/// In how many turns they are taken: each is a block for the statistics, so there must be some.
const ROUNDS: u64 = 25;
/// The fewest turns of a workload of which one pass takes longer than a turn may.
const FEWEST: u64 = 5;
/// How long a child may take for a command, beyond what the command is expected to take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many times longer a turn may take than was expected before its child is given up: a busy machine is slow.
const SLACK: u64 = 20;

/// A code path that takes part.
#[derive(Clone, Copy)]
pub struct Subject {
    /// Its backend.
    pub backend: &'static Backend,
    /// The path.
    pub path: &'static CodePath,
}

/// What to time, and how.
pub struct Plan {
    /// The code paths, in report order.
    pub subjects: Vec<Subject>,
    /// The algorithms.
    pub algorithms: Vec<Algorithm>,
    /// The operations; all where there are none.
    pub operations: Vec<Operation>,
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
        .flat_map(|algorithm| Workload::of(*algorithm))
        .filter(|workload| plan.operations.is_empty() || plan.operations.contains(&workload.operation))
        .collect();
    let mut method = method(plan, &workloads)?;
    let mut workers: Vec<Worker<'_>> =
        plan.subjects.iter().map(|subject| Worker::new(Some(*subject), &workloads)).collect();

    let mut cells = cells(plan, &workloads);
    for cell in &mut cells {
        cell.prepare(&mut workers, plan, &method);
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

/// A workload on a path, and how far it is.
struct Cell {
    subject: usize,
    workload: usize,
    /// In nanoseconds, as calibration had it.
    pass: u64,
    passes: u64,
    samples: u64,
    /// How many turns it has in the whole run.
    turns: u64,
    taken: Vec<Turn>,
    /// Why there is nothing to measure, once that is known.
    end: Option<Outcome>,
}

/// Every workload on every path that offers it: those of one workload beside each other, because they are compared.
fn cells(plan: &Plan, workloads: &[Workload]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (workload, what) in workloads.iter().enumerate() {
        for (subject, who) in plan.subjects.iter().enumerate() {
            if who.path.offers(what.algorithm) {
                let end = who.barred().map(|reason| Outcome::Skip { reason });
                cells.push(Cell {
                    subject,
                    workload,
                    pass: 0,
                    passes: 0,
                    samples: 0,
                    turns: 0,
                    taken: Vec::new(),
                    end,
                });
            }
        }
    }
    cells
}

impl Cell {
    fn prepare(&mut self, workers: &mut [Worker<'_>], plan: &Plan, method: &Method) {
        if self.end.is_some() {
            return;
        }
        match workers[self.subject].ask(Command::Prepare { workload: self.workload }, PATIENCE) {
            Ok(Reply::Prepared(pass)) => self.size(pass, nanoseconds(plan.time), plan.samples, method.rounds),
            other => self.ends(other),
        }
    }

    /// How many turns there are, of how many samples, of how many passes: as many samples as were asked for, but none
    /// shorter than a pass and all of them together no longer than the time.
    fn size(&mut self, pass: u64, time: u64, samples: u64, rounds: u64) {
        let turn = (time / rounds).max(1);
        self.pass = pass;
        self.turns = (time / pass.max(turn)).clamp(FEWEST.min(rounds), rounds);
        self.samples = samples.div_ceil(rounds).min(turn / pass).max(1);
        self.passes = (turn / self.samples / pass).max(1);
    }

    /// Whether this round is one of its own: they are spread evenly.
    fn has_turn(&self, round: u64, rounds: u64) -> bool {
        self.end.is_none() && (round + 1) * self.turns / rounds > round * self.turns / rounds
    }

    fn turn(&mut self, workers: &mut [Worker<'_>], round: u64) {
        let expected = self.pass.saturating_mul(self.passes).saturating_mul(self.samples + 1);
        let patience = PATIENCE + Duration::from_nanos(expected.saturating_mul(SLACK));
        let command = Command::Turn {
            workload: self.workload,
            passes: self.passes,
            samples: self.samples,
            number: round,
        };
        match workers[self.subject].ask(command, patience) {
            Ok(Reply::Turn(turn)) => self.taken.push(turn),
            other => self.ends(other),
        }
    }

    fn verify(&mut self, workers: &mut [Worker<'_>]) {
        if self.end.is_some() {
            return;
        }
        match workers[self.subject].ask(Command::Verify { workload: self.workload }, PATIENCE) {
            Ok(Reply::Verified) => {}
            Ok(Reply::Wrong(reason)) => {
                self.end = Some(Outcome::Wrong { reason: format!("after the timing: {reason}") });
            }
            other => self.ends(other),
        }
    }

    /// Takes down why there is nothing more to come.
    fn ends(&mut self, answer: Result<Reply, String>) {
        self.end = Some(match answer {
            Ok(Reply::Unsupported(what)) => Outcome::Skip { reason: format!("unsupported: {what}") },
            Ok(Reply::Wrong(reason)) => Outcome::Wrong { reason },
            Ok(Reply::Error(reason)) | Err(reason) => Outcome::Error { reason },
            Ok(_) => Outcome::Error { reason: "the child process answered another question".to_owned() },
        });
    }

    fn measurement(self, plan: &Plan, workloads: &[Workload]) -> Measurement {
        let (subject, workload) = (&plan.subjects[self.subject], &workloads[self.workload]);
        let calls = self.passes * workload.inputs() as u64;
        Measurement {
            workload: workload.id(),
            backend: subject.backend.id.to_owned(),
            path: subject.path.id.to_owned(),
            chosen: subject.backend.chooses(subject.path, workload.algorithm),
            // The traits have no other entry points: a library without one is a skip.
            rng: "seeded".to_owned(),
            outcome: self.end.unwrap_or_else(|| Outcome::Measured(times(workload, calls, &self.taken))),
        }
    }
}

/// What the turns of a workload come to.
fn times(workload: &Workload, calls: u64, turns: &[Turn]) -> Times {
    let per_call = |sample: &u64| *sample as f64 / calls as f64;
    let rounds: Vec<Vec<f64>> =
        turns.iter().map(|turn| turn.samples.iter().map(per_call).collect()).collect();
    let samples = rounds.concat();
    let median = stats::median(&samples);
    let counted = |which: usize| {
        let calls = samples.len() as u64 * calls;
        let counts: Option<Vec<u64>> =
            turns.iter().map(|turn| turn.counts.map(|counts| counts[which])).collect();
        counts.map(|counts| counts.iter().sum::<u64>() as f64 / calls as f64)
    };
    Times {
        median,
        p5: stats::quantile(&samples, 0.05),
        p95: stats::quantile(&samples, 0.95),
        mad: stats::mad(&samples),
        interval: stats::interval(&rounds, 0.95, |drawn| {
            stats::median(&drawn.iter().flat_map(|round| round.iter().copied()).collect::<Vec<_>>())
        }),
        bytes_per_second: workload.bytes.map(|(length, _)| length as f64 * 1e9 / median),
        per_repetition: workload.repetitions().map(|repetitions| median / repetitions),
        instructions: counted(0),
        cycles: counted(1),
        calls,
        rounds: turns.iter().map(|turn| turn.samples.clone()).collect(),
        reference: turns.iter().map(|turn| turn.reference).collect(),
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
        counters,
        duration_ns: 0,
    })
}

fn testbed(after: &machine::Meter, before: &machine::Meter) -> Testbed {
    let shares = after.shares_since(before);
    Testbed {
        platform: platform::read(),
        processors: std::thread::available_parallelism().map_or(1, usize::from) as u64,
        governor: machine::governor(),
        kernel: machine::kernel(),
        container: machine::container(),
        quota: machine::quota(),
        throttled_ns: after.throttled_since(before),
        steal: shares.map(|[stolen, _]| stolen),
        busy: shares.map(|[_, busy]| busy),
        compiler: env!("PQCHECK_COMPILER").to_owned(),
    }
}

/// What makes these figures worse than they look, and what to do about it.
fn warnings(testbed: &Testbed) -> Vec<String> {
    let mut warnings = Vec::new();
    if !testbed.platform.emulated.is_empty() {
        warnings.push(format!(
            "the processor is emulated ({}): these times say how fast the emulator is, and are never ranked",
            testbed.platform.emulated.join("; ")
        ));
    }
    if testbed.processors == 1 {
        warnings.push(
            "there is one processor: whatever else runs, runs in place of what is timed; give it two"
                .to_owned(),
        );
    }
    if let Some(throttled) = testbed.throttled_ns.filter(|time| *time > 0) {
        warnings.push(format!(
            "the control group held this run back for {:.2} s in all: raise its CPU limit, or compare the p5",
            throttled as f64 / 1e9
        ));
    }
    if let Some(steal) = testbed.steal.filter(|share| *share > 0.01) {
        warnings.push(format!(
            "the hypervisor gave {:.1} % of the processors' time to others: repeat the run when they are quiet",
            steal * 100.0
        ));
    }
    // This run itself keeps one processor busy.
    let others = testbed.busy.map(|busy| busy * testbed.processors as f64 - 1.0);
    if let Some(others) = others.filter(|others| *others > 0.2) {
        warnings
            .push(format!("other programs kept {others:.1} processors busy: stop them, or repeat the run"));
    }
    if let Some(governor) = testbed.governor.as_deref().filter(|governor| *governor != "performance") {
        warnings.push(format!(
            "the frequency governor is `{governor}`: `performance` keeps the frequency from changing with the load"
        ));
    }
    warnings
}

impl Subject {
    fn info(&self) -> PathInfo {
        let is_chosen = |algorithm| self.backend.chooses(self.path, algorithm);
        PathInfo {
            backend: self.backend.id.to_owned(),
            path: self.path.id.to_owned(),
            version: self.backend.version_of(self.path),
            chosen: Algorithm::ALL.into_iter().any(is_chosen),
            lacks: self.path.lacks().iter().map(|feature| feature.name().to_owned()).collect(),
            not_isolated: None,
        }
    }

    /// Why the path is not timed here, if it is not.
    fn barred(&self) -> Option<String> {
        if let Some(why) = self.path.installed.and_then(Installed::refused) {
            return Some(format!("not-loadable: {why}"));
        }
        let lacks: Vec<&str> = self.path.lacks().iter().map(|feature| feature.name()).collect();
        (!lacks.is_empty()).then(|| format!("cpu-lacks: {}", lacks.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell() -> Cell {
        Cell {
            subject: 0,
            workload: 0,
            pass: 0,
            passes: 0,
            samples: 0,
            turns: 0,
            taken: Vec::new(),
            end: None,
        }
    }

    #[test]
    fn a_cell_takes_about_as_long_as_it_was_given() {
        let time = 500_000_000;
        for pass in [1_000, 100_000, 3_000_000, 24_000_000, 90_000_000, 1_000_000_000] {
            let mut cell = cell();
            cell.size(pass, time, SAMPLES, ROUNDS);
            let rounds = (0..ROUNDS).filter(|round| cell.has_turn(*round, ROUNDS)).count() as u64;
            assert_eq!(rounds, cell.turns, "{pass}");
            let all = cell.turns * cell.samples * cell.passes * pass;
            assert!(all > time / 2 && all <= time.max(FEWEST * pass) * 6 / 5, "{pass}: {all}");
        }
    }

    #[test]
    fn few_samples_are_few_turns() {
        let mut cell = cell();
        cell.size(1000, 1_000_000, 3, 3);
        assert_eq!((cell.turns, cell.samples), (3, 1));
    }
}
