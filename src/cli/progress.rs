//! The progress of a long run, on stderr, if that is a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A line on stderr that shows the progress.
pub(super) struct Progress {
    things: &'static str,
    start: Instant,
    shown: Option<Instant>,
    watched: bool,
}

impl Progress {
    const AFTER: Duration = Duration::from_secs(1);
    const EVERY: Duration = Duration::from_millis(100);

    /// Of so many `things`.
    pub(super) fn new(things: &'static str) -> Self {
        Self { things, start: Instant::now(), shown: None, watched: std::io::stderr().is_terminal() }
    }

    pub(super) fn show(&mut self, done: usize, total: usize) {
        let due = self.shown.map_or(self.start + Self::AFTER, |shown| shown + Self::EVERY);
        if self.watched && Instant::now() >= due {
            let _ = write!(anstream::stderr(), "\r\x1b[K{done} of {total} {}", self.things);
            self.shown = Some(Instant::now());
        }
    }

    pub(super) fn clear(&self) {
        if self.shown.is_some() {
            let _ = write!(anstream::stderr(), "\r\x1b[K");
        }
    }
}
