//! Runs closures in child processes, so that a crash is a result. Knows nothing of what they do.
//!
//! [`Children::spawn`] forks; [`Children::next`](Iterator::next) waits for messages and ends. A [`Worker`] is one child
//! that answers requests. Where the kernel refuses to fork, [`here`] runs the closure in this process and [`last_words`]
//! keeps a crash from passing without a word.

use std::fmt;
use std::io;
use std::time::Duration;

mod child;
mod children;
mod clock;
mod descriptors;
mod frame;
mod here;
mod last_words;
mod memory;
mod panics;
mod quota;
mod signal;
mod tail;
mod worker;

pub use child::Channel;
pub use children::{Children, reap_orphans};
pub use clock::{cpu_ns, thread_cpu_ns};
pub use descriptors::descriptors;
pub use here::here;
pub use last_words::{LastWords, Stream, last_words};
pub use quota::{HeldBack, held_back};
pub use worker::Worker;

/// What a child may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest time without a message before the child is ended.
    pub silence: Duration,
    /// The most address space that the child may add to what it inherits, in bytes.
    pub memory: u64,
}

/// What a child has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<M> {
    /// A child sent a message.
    Message {
        /// The token that the child was spawned with.
        token: usize,
        /// What it sent.
        message: M,
    },
    /// A child is gone; nothing more comes from it.
    Ended {
        /// The token that the child was spawned with.
        token: usize,
        /// How it ended.
        end: End,
    },
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The closure returned.
    Done,
    /// The closure panicked.
    Panicked(String),
    /// A signal ended the child.
    Killed {
        /// The signal's number.
        signal: i32,
        /// What the child wrote on stderr, beginning and end, at most a few hundred bytes, one line.
        stderr: String,
    },
    /// The child called `exit` by itself.
    Exited {
        /// The exit code.
        code: i32,
        /// As above.
        stderr: String,
    },
    /// The child was ended because it said nothing for as long as [`Limits::silence`].
    Silent(Duration),
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stderr = match self {
            Self::Done => return out.write_str("the child process ended without an answer"),
            Self::Panicked(message) => return write!(out, "panicked: {message}"),
            Self::Silent(silence) => return write!(out, "no answer for {silence:?}"),
            Self::Killed { signal, stderr } => {
                match signal::describe(*signal) {
                    Some((name, meaning)) => write!(out, "killed by {name} ({meaning})")?,
                    None => write!(out, "killed by signal {signal}")?,
                }
                stderr
            }
            Self::Exited { code, stderr } => {
                write!(out, "called exit with code {code}")?;
                stderr
            }
        };
        if stderr.is_empty() { Ok(()) } else { write!(out, ": {stderr}") }
    }
}

/// The kernel refuses a child process, or a pipe to one.
#[derive(Debug, thiserror::Error)]
#[error("cannot start a child process: {0}")]
pub struct Refused(#[source] pub io::Error);

/// The deadline of [`Children::next_until`] passed before anything happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline passed")]
pub struct Timeout;

#[cfg(test)]
mod tests;
