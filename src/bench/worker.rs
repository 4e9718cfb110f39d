//! A code path in a child process that is told by turns what to do: the parent's side and the child's.
//!
//! Interleaving needs processes that wait for their turn, and a crash must be a result: so each path has one child,
//! commands go to it through a pipe, and what it answers comes back as from any isolated child. A child that dies is
//! the outcome of the workload at which it died; the others of its path get a new one.

use std::collections::HashMap;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::counters::Counters;
use super::drive::{self, Drive, Unready};
use super::turn::{self, Cut, Turn};
use super::workload::Workload;
use crate::backend::Subject;
use crate::backend::installed::Installed;
use crate::isolate::{Channel, Children, End, Event, Limits};

/// The most memory of a child.
const MEMORY: u64 = 512 << 20;
/// Children wait for their turn in silence. How long one may think is for [`Worker::ask`] to say.
const EVER: Duration = Duration::from_secs(1 << 30);
/// How often a path may die before its other workloads are not tried any more.
const DEATHS: u32 = 3;

/// What a child is told.
#[derive(Clone, Copy, Debug)]
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

impl Command {
    /// Six numbers.
    const LENGTH: usize = 48;

    fn encode(self) -> Vec<u8> {
        let numbers = match self {
            Self::Prepare { workload } => [0, workload as u64, 0, 0, 0, 0],
            Self::Turn { workload, cut, number } => {
                [1, workload as u64, cut.passes, cut.samples, cut.parts, number]
            }
            Self::Verify { workload } => [2, workload as u64, 0, 0, 0, 0],
            Self::Harness => [3, 0, 0, 0, 0, 0],
        };
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// None where the parent is gone.
    fn read(from: &mut PipeReader) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        from.read_exact(&mut bytes).ok()?;
        let number = |at: usize| bytes[8 * at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let workload = number(1) as usize;
        match number(0) {
            0 => Some(Self::Prepare { workload }),
            1 => {
                let cut = Cut { passes: number(2), samples: number(3), parts: number(4) };
                Some(Self::Turn { workload, cut, number: number(5) })
            }
            2 => Some(Self::Verify { workload }),
            3 => Some(Self::Harness),
            _ => None,
        }
    }
}

/// A code path's process, as its parent knows it.
pub(super) struct Worker<'a> {
    subject: Option<Subject>,
    workloads: &'a [Workload],
    link: Option<Link>,
    deaths: u32,
}

struct Link {
    children: Children,
    commands: PipeWriter,
}

impl<'a> Worker<'a> {
    /// A worker without a process yet; without a subject it knows only [`Command::Harness`].
    pub(super) fn new(subject: Option<Subject>, workloads: &'a [Workload]) -> Self {
        Self { subject, workloads, link: None, deaths: 0 }
    }

    /// Tells the child, and waits for its answer.
    ///
    /// # Errors
    /// With the reason, if there is no child, if it dies of it, or if it takes longer than `patience`.
    pub(super) fn ask(&mut self, command: Command, patience: Duration) -> Result<Reply, String> {
        if self.deaths >= DEATHS {
            return Err(format!("not run: the code path died {DEATHS} times before"));
        }
        let link = match &mut self.link {
            Some(link) => link,
            none => none.insert(Link::new(self.subject, self.workloads)?),
        };
        let answer = link.ask(command, patience);
        if answer.is_err() {
            self.link = None;
            self.deaths += 1;
        }
        answer
    }
}

impl Link {
    fn new(subject: Option<Subject>, workloads: &[Workload]) -> Result<Self, String> {
        let (mut inbox, commands) =
            io::pipe().map_err(|error| format!("no pipe to a child process: {error}"))?;
        let mut children = Children::new();
        let limits = Limits { silence: EVER, memory: MEMORY };
        let workloads = workloads.to_vec();
        children
            .spawn(0, limits, move |channel| live(subject, &workloads, &mut inbox, channel))
            .map_err(|refused| refused.to_string())?;
        Ok(Self { children, commands })
    }

    fn ask(&mut self, command: Command, patience: Duration) -> Result<Reply, String> {
        // A child that has died cannot be written to; how it died is what it has to say.
        let _ = self.commands.write_all(&command.encode());
        let deadline = Instant::now() + patience;
        match self.children.next_until(deadline) {
            Ok(Some(Event::Message { bytes, .. })) => serde_json::from_slice(&bytes)
                .map_err(|_| "the child process answered with something else".to_owned()),
            Ok(Some(Event::Ended { end: End::Done, .. }) | None) => {
                Err("the child process ended without an answer".to_owned())
            }
            Ok(Some(Event::Ended { end, .. })) => Err(end.to_string()),
            Err(_) => Err(format!("no answer for {patience:?}")),
        }
    }
}

/// What the child does until it is ended.
fn live(subject: Option<Subject>, workloads: &[Workload], inbox: &mut PipeReader, channel: &mut Channel) {
    let mut entered = Ok(());
    if let Some(subject) = subject {
        (subject.path.enter)();
        entered = subject.path.installed.map_or(Ok(()), Installed::enter);
    }
    let mut child = Child { subject, workloads, ready: HashMap::new(), counters: Counters::start() };
    while let Some(command) = Command::read(inbox) {
        let reply = match &entered {
            Ok(()) => child.answer(command),
            Err(why) => Reply::Error(why.clone()),
        };
        // A reply holds numbers and strings only, which serialise without fail.
        channel.send(&serde_json::to_vec(&reply).unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_read_as_it_was_written() {
        let (mut inbox, mut outbox) = io::pipe().unwrap();
        let cut = Cut { passes: 2, samples: 3, parts: 4 };
        let command = Command::Turn { workload: 1, cut, number: 5 };
        for command in
            [command, Command::Prepare { workload: 6 }, Command::Verify { workload: 7 }, Command::Harness]
        {
            outbox.write_all(&command.encode()).unwrap();
            assert_eq!(format!("{command:?}"), format!("{:?}", Command::read(&mut inbox).unwrap()));
        }
        drop(outbox);
        assert!(Command::read(&mut inbox).is_none());
    }
}
