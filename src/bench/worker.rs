//! A code path in a child process that is told by turns what to do: the parent's side and the child's.
//!
//! Interleaving needs processes that wait for their turn, and a crash must be a result: so each path has one child,
//! commands go to it through a pipe, and what it answers comes back as from any isolated child. A child that dies is
//! the outcome of the workload at which it died; the others of its path get a new one.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::counters::Counters;
use super::drive::{self, Drive, Unready};
use super::turn::{self, Cut, Turn};
use super::workload::Workload;
use crate::backend::Subject;
use crate::backend::installed::Installed;
use crate::isolate;

/// The most memory of a child.
const MEMORY: u64 = 512 << 20;
/// How often a path may die before its other workloads are not tried any more.
const DEATHS: u32 = 3;

/// What a child is told.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Command {
    /// Make this workload ready, verify it, and say how long a pass takes.
    Prepare { workload: usize },
    /// Take a turn.
    Turn { workload: usize, cut: Cut, number: u64 },
    /// Verify it again.
    Verify { workload: usize },
    /// Say what the clock and the harness take, and what is counted.
    Harness,
}

/// What a child answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The workload is right, and a pass takes so many nanoseconds.
    Prepared(u64),
    /// The samples.
    Turn(Turn),
    /// The workload is still right.
    Verified,
    /// Of the clock and of a call that does nothing, in nanoseconds; and of the counters.
    Harness { clock_ns: f64, harness_ns: f64, counters: String },
    /// The path has no such entry point.
    Unsupported(String),
    /// The library's answer is wrong.
    Wrong(String),
    /// It could not be done.
    Error(String),
}

/// A code path's process, as its parent knows it.
pub(super) struct Worker<'a> {
    subject: Option<Subject>,
    workloads: &'a [Workload],
    process: Option<isolate::Worker<Command, Reply>>,
    deaths: u32,
}

impl<'a> Worker<'a> {
    /// A worker without a process yet; without a subject it knows only [`Command::Harness`].
    pub(super) fn new(subject: Option<Subject>, workloads: &'a [Workload]) -> Self {
        Self { subject, workloads, process: None, deaths: 0 }
    }

    /// Tells the child, and waits for its answer.
    ///
    /// # Errors
    /// With the reason, if there is no child, if it dies of it, or if it takes longer than `patience`.
    pub(super) fn ask(&mut self, command: Command, patience: Duration) -> Result<Reply, String> {
        if self.deaths >= DEATHS {
            return Err(format!("not run: the code path had died {DEATHS} times"));
        }
        let (subject, workloads) = (self.subject, self.workloads);
        let process = match &mut self.process {
            Some(process) => process,
            none => none.insert(
                isolate::Worker::start(MEMORY, || enter(subject, workloads))
                    .map_err(|refused| refused.to_string())?,
            ),
        };
        let answer = process.ask(&command, patience);
        if answer.is_err() {
            self.process = None;
            self.deaths += 1;
        }
        answer.map_err(|end| end.to_string())
    }
}

/// What the child does at first, and with each command.
fn enter(subject: Option<Subject>, workloads: &[Workload]) -> impl FnMut(Command) -> Reply {
    let mut entered = Ok(());
    if let Some(subject) = subject {
        (subject.path.enter)();
        entered = subject.path.installed.map_or(Ok(()), Installed::enter);
    }
    let mut child = Child { subject, workloads, ready: HashMap::new(), counters: Counters::start() };
    move |command| match &entered {
        Ok(()) => child.answer(command),
        Err(why) => Reply::Error(why.clone()),
    }
}

struct Child<'a> {
    subject: Option<Subject>,
    workloads: &'a [Workload],
    ready: HashMap<usize, Box<dyn Drive>>,
    counters: Result<Counters, String>,
}

impl Child<'_> {
    fn answer(&mut self, command: Command) -> Reply {
        match command {
            Command::Prepare { workload } => self.prepare(workload),
            Command::Turn { workload, cut, number } => {
                // After a death this child may be a new one.
                if !self.ready.contains_key(&workload) {
                    match self.prepare(workload) {
                        Reply::Prepared(_) => {}
                        other => return other,
                    }
                }
                let counters = self.counters.as_mut().ok();
                let Some(drive) = self.ready.get_mut(&workload) else { return unknown() };
                match turn::take(&mut **drive, counters, cut, number, &mut Instant::now) {
                    Ok(turn) => Reply::Turn(turn),
                    Err(why) if why == turn::REFUSED => Reply::Wrong(why),
                    Err(why) => Reply::Error(why),
                }
            }
            Command::Verify { workload } => {
                if !self.ready.contains_key(&workload) {
                    return match self.prepare(workload) {
                        Reply::Prepared(_) => Reply::Verified,
                        other => other,
                    };
                }
                match self.verify(workload) {
                    Ok(()) => Reply::Verified,
                    Err(why) => Reply::Wrong(why),
                }
            }
            Command::Harness => self.harness(),
        }
    }

    fn prepare(&mut self, index: usize) -> Reply {
        let (Some(subject), Some(workload)) = (self.subject, self.workloads.get(index)) else {
            return unknown();
        };
        match drive::ready(subject.path, workload) {
            Ok(drive) => self.ready.insert(index, drive),
            Err(Unready::Unsupported(what)) => return Reply::Unsupported(what.to_owned()),
            Err(Unready::Wrong(why)) => return Reply::Wrong(why),
        };
        if let Err(why) = self.verify(index) {
            return Reply::Wrong(why);
        }
        let Some(drive) = self.ready.get_mut(&index) else { return unknown() };
        match turn::calibrate(&mut **drive, &mut Instant::now) {
            Ok(pass) => Reply::Prepared(pass),
            Err(why) if why == turn::REFUSED => Reply::Wrong(why),
            Err(why) => Reply::Error(why),
        }
    }

    fn verify(&mut self, index: usize) -> Result<(), String> {
        let (Some(drive), Some(workload)) = (self.ready.get_mut(&index), self.workloads.get(index)) else {
            return Err("no such workload".to_owned());
        };
        drive.verify(workload.answers())
    }

    fn harness(&self) -> Reply {
        let mut idle = drive::nothing();
        let inputs = idle.inputs() as f64;
        // So short and so many that one of them finds the core undisturbed, wherever the stack is.
        let cut = Cut { passes: 1000, samples: 1, parts: 1 };
        let pass = (0..2000)
            .filter_map(|number| turn::take(&mut *idle, None, cut, number, &mut Instant::now).ok())
            .flat_map(|turn| turn.samples)
            .min();
        let counters = match &self.counters {
            Ok(_) => Counters::WORDS.to_owned(),
            Err(why) => why.clone(),
        };
        let harness_ns = pass.map_or(0.0, |pass| pass as f64 / cut.passes as f64 / inputs);
        Reply::Harness { clock_ns: turn::clock_overhead(), harness_ns, counters }
    }
}

fn unknown() -> Reply {
    Reply::Error("no such workload".to_owned())
}
