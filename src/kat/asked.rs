//! One question to a library, in a child process of its own, as everything that calls a library.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::plan::MEMORY;
use crate::isolate::{Channel, Children, Event, Limits};

/// What `question` comes to; nothing where that does not end by then, or within so much silence.
pub(super) fn asked<T: Serialize + DeserializeOwned>(
    by: Instant,
    silence: Duration,
    question: impl FnOnce() -> Option<T>,
) -> Option<T> {
    let mut children = Children::new();
    let answer = |channel: &mut Channel<Option<T>>| channel.send(&question());
    children.spawn(0, Limits { silence, memory: MEMORY }, answer).ok()?;
    match children.next_until(by).ok()?? {
        Event::Message { message, .. } => message,
        Event::Ended { .. } => None,
    }
}
