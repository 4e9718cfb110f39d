//! A workload on a code path through the whole run: how it is cut into turns, and what comes of it.
//! Knows no library and no clock.

use std::time::Duration;

use super::Plan;
use super::turn::{Cut, Turn, nanoseconds};
use super::worker::{Command, Reply, Worker};
use super::workload::Workload;
use crate::backend::Subject;
use crate::backend::installed::Installed;
use crate::report::bench::{Measurement, Method, Outcome, Times, passes};
use crate::stats::quiet::Quiet;
use crate::stats::{self, Blocks};

/// The fewest turns of a workload of which one pass takes longer than a turn may.
const FEWEST: u64 = 5;
/// In how many turns a workload is to have an undisturbed sample, if the machine has so many to give.
const UNDISTURBED: u64 = 15;
/// How long a child may take for a command, beyond what the command is expected to take.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// How many times longer a turn may take than was expected before its child is given up: a busy machine is slow.
const SLACK: u64 = 20;

/// A workload on a path, and how far it is.
pub(super) struct Cell {
    subject: usize,
    workload: usize,
    /// In nanoseconds, as calibration had it.
    pass: u64,
    cut: Cut,
    /// How many turns it has in the whole run.
    pub(super) turns: u64,
    taken: Vec<Turn>,
    /// Why there is nothing to measure, once that is known.
    end: Option<Outcome>,
}

/// Every workload on every path that offers it: those of one workload beside each other, because they are compared.
pub(super) fn cells(plan: &Plan, workloads: &[Workload]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (workload, what) in workloads.iter().enumerate() {
        for (subject, who) in plan.subjects.iter().enumerate() {
            if who.path.offers(what.algorithm) {
                let end = barred(*who).map(|reason| Outcome::Skip { reason });
                cells.push(Cell {
                    subject,
                    workload,
                    pass: 0,
                    cut: Cut { passes: 0, samples: 0, parts: 1 },
                    turns: 0,
                    taken: Vec::new(),
                    end,
                });
            }
        }
    }
    cells
}

/// Why the path is not timed here, if it is not.
fn barred(subject: Subject) -> Option<String> {
    let refused = subject.path.installed.and_then(Installed::refused);
    refused.map(|why| format!("not-loadable: {why}")).or_else(|| subject.barred())
}

impl Cell {
    pub(super) fn prepare(
        &mut self,
        workers: &mut [Worker<'_>],
        workloads: &[Workload],
        plan: &Plan,
        method: &Method,
    ) {
        if self.end.is_some() {
            return;
        }
        match workers[self.subject].ask(Command::Prepare { workload: self.workload }, PATIENCE) {
            Ok(Reply::Prepared(pass)) => {
                let inputs = workloads[self.workload].inputs() as u64;
                self.size(pass, inputs, nanoseconds(plan.time), plan.samples, method.rounds);
            }
            other => self.ends(other),
        }
    }

    /// How many turns there are, and how each is cut: into as many samples as were asked for, but all of them together no
    /// longer than the time. Where a sample would be shorter than a pass, its inputs are parted.
    fn size(&mut self, pass: u64, inputs: u64, time: u64, samples: u64, rounds: u64) {
        let turn = (time / rounds).max(1);
        self.pass = pass;
        self.turns = (time / pass.max(turn)).clamp(FEWEST.min(rounds), rounds);
        let sample = time / samples;
        let fits = |parts: &u64| inputs.is_multiple_of(*parts) && pass / parts <= sample;
        let parts = (1..inputs).find(fits).unwrap_or(inputs);
        let samples = samples.div_ceil(rounds).min(turn / pass).max(1);
        self.cut = Cut { passes: (turn / samples / pass).max(1), samples, parts };
    }

    /// Whether this round is one of its own: they are spread evenly.
    pub(super) fn has_turn(&self, round: u64, rounds: u64) -> bool {
        self.end.is_none() && (round + 1) * self.turns / rounds > round * self.turns / rounds
    }

    pub(super) fn turn(&mut self, workers: &mut [Worker<'_>], round: u64) {
        let expected = self.pass.saturating_mul(self.cut.passes).saturating_mul(self.cut.samples + 1);
        let patience = PATIENCE + Duration::from_nanos(expected.saturating_mul(SLACK));
        let command = Command::Turn { workload: self.workload, cut: self.cut, number: round };
        match workers[self.subject].ask(command, patience) {
            Ok(Reply::Turn(turn)) => self.taken.push(turn),
            other => self.ends(other),
        }
    }

    /// What the probe took at each of its samples, turn by turn.
    pub(super) fn probes(&self) -> impl Iterator<Item = &[u64]> {
        self.taken.iter().map(|turn| turn.probes.as_slice())
    }

    /// Whether it is in want of turns with an undisturbed sample, where the probe takes no longer than `limit`.
    pub(super) fn lacks(&self, limit: u64) -> bool {
        let beside = self.taken.iter().map(|turn| [&turn.references[..], &turn.probes[..]]);
        let there = Quiet::of(beside, self.cut.parts as usize, limit);
        self.end.is_none() && (there.turns < UNDISTURBED.min(self.turns) as usize || there.lack().is_some())
    }

    pub(super) fn verify(&mut self, workers: &mut [Worker<'_>]) {
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

    pub(super) fn measurement(self, plan: &Plan, workloads: &[Workload]) -> Measurement {
        let (subject, workload) = (&plan.subjects[self.subject], &workloads[self.workload]);
        let calls = self.cut.passes * workload.inputs() as u64 / self.cut.parts;
        Measurement {
            workload: workload.id(),
            backend: subject.backend.id.to_owned(),
            path: subject.path.id.to_owned(),
            chosen: subject.backend.chooses(subject.path, workload.algorithm),
            // The traits have no other entry points: a library without one is a skip.
            rng: "seeded".to_owned(),
            outcome: self
                .end
                .unwrap_or_else(|| Outcome::Measured(times(workload, calls, self.cut.parts, &self.taken))),
        }
    }
}

/// What the turns of a workload come to.
fn times(workload: &Workload, calls: u64, parts: u64, turns: &[Turn]) -> Times {
    let rounds: Vec<Vec<f64>> =
        turns.iter().map(|turn| passes(&turn.samples, calls, parts).collect()).collect();
    let samples = rounds.concat();
    let median = stats::median(&samples);
    let of_round =
        |(number, round): (usize, &Vec<f64>)| round.iter().map(|it| (*it, number)).collect::<Vec<_>>();
    let blocks = Blocks::new(rounds.len(), rounds.iter().enumerate().flat_map(of_round).collect());
    let counted = |which: usize| {
        let calls = samples.len() as u64 * parts * calls;
        let counts: Option<Vec<u64>> =
            turns.iter().map(|turn| turn.counts.map(|counts| counts[which])).collect();
        counts.map(|counts| counts.iter().sum::<u64>() as f64 / calls as f64)
    };
    Times {
        median,
        p5: stats::quantile(&samples, 0.05),
        p95: stats::quantile(&samples, 0.95),
        mad: stats::mad(&samples),
        interval: stats::interval(rounds.len(), 0.95, |times| blocks.quantile(times, 0.5)),
        bytes_per_second: workload.bytes.map(|(length, _)| length as f64 * 1e9 / median),
        per_repetition: workload.repetitions().map(|repetitions| median / repetitions),
        instructions: counted(0),
        cycles: counted(1),
        calls,
        parts,
        rounds: turns.iter().map(|turn| turn.samples.clone()).collect(),
        reference: turns.iter().map(|turn| turn.references.clone()).collect(),
        probe: turns.iter().map(|turn| turn.probes.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{ROUNDS, SAMPLES};

    fn cell() -> Cell {
        Cell {
            subject: 0,
            workload: 0,
            pass: 0,
            cut: Cut { passes: 0, samples: 0, parts: 1 },
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
            cell.size(pass, 8, time, SAMPLES, ROUNDS);
            let rounds = (0..ROUNDS).filter(|round| cell.has_turn(*round, ROUNDS)).count() as u64;
            assert_eq!(rounds, cell.turns, "{pass}");
            let all = cell.turns * cell.cut.samples * cell.cut.passes * pass;
            assert!(all > time / 2 && all <= time.max(FEWEST * pass) * 6 / 5, "{pass}: {all}");
        }
    }

    #[test]
    fn a_cell_is_in_want_until_enough_turns_have_an_undisturbed_sample() {
        let turn = |probes: [u64; 2]| Turn {
            samples: vec![1; 2],
            references: vec![1; 2],
            probes: probes.into(),
            counts: None,
        };
        let mut cell = Cell { turns: 25, ..cell() };
        cell.taken = vec![turn([180, 170]); 25];
        assert!(cell.lacks(110));
        cell.taken.extend(vec![turn([180, 105]); 14]);
        assert!(cell.lacks(110));
        cell.taken.push(turn([100, 180]));
        assert!(!cell.lacks(110));
        // Each part of the inputs needs some.
        cell.cut.parts = 2;
        assert!(cell.lacks(110));
        cell.taken.extend(vec![turn([105, 180]); 2]);
        assert!(!cell.lacks(110));
        // What has ended needs none.
        let end = Some(Outcome::Skip { reason: String::new() });
        assert!(!Cell { turns: 25, end, ..self::cell() }.lacks(110));
    }

    #[test]
    fn few_samples_are_few_turns() {
        let mut cell = cell();
        cell.size(1000, 8, 1_000_000, 3, 3);
        assert_eq!((cell.turns, cell.cut.samples), (3, 1));
    }

    #[test]
    fn inputs_are_parted_where_a_pass_is_longer_than_a_sample() {
        for (pass, inputs, parts, passes) in
            [(1, 8, 1, 100), (100, 8, 1, 1), (101, 8, 2, 1), (300, 8, 4, 1), (5000, 8, 8, 1), (290, 20, 4, 1)]
        {
            let mut cell = cell();
            cell.size(pass, inputs, 1_000_000, 10_000, 50);
            assert_eq!((cell.cut.parts, cell.cut.passes), (parts, passes), "{pass} {inputs}");
        }
    }
}
