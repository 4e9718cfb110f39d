//! Catches panics and keeps what they say. Knows nothing of processes.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, PoisonError};

/// What the last panic said, and where.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Puts a hook in place that keeps the message.
pub(super) fn record() {
    std::panic::set_hook(Box::new(|info| keep(&text(info))));
}

/// As [`record`], and writes one plain line to stderr besides: for the panic that cannot unwind,
/// through C for one, and so ends in an abort.
pub(super) fn record_aloud() {
    std::panic::set_hook(Box::new(|info| {
        let text = text(info);
        // Where stderr is gone there is nothing left to do.
        let _ = writeln!(std::io::stderr(), "panicked: {text}");
        keep(&text);
    }));
}

/// Calls `work`; if it panics, returns what the panic said. Needs [`record`].
pub(super) fn catch(work: impl FnOnce()) -> Result<(), String> {
    // What `work` leaves half done is not looked at again: a child process ends, and in process
    // only the messages sent before count.
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        // Dropping a payload may panic in turn.
        std::mem::forget(payload);
        std::mem::take(&mut *LAST.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

fn keep(text: &str) {
    text.clone_into(&mut LAST.lock().unwrap_or_else(PoisonError::into_inner));
}

fn text(info: &PanicHookInfo<'_>) -> String {
    let message = info.payload_as_str().unwrap_or("(no message)");
    match info.location() {
        Some(location) => format!("{message} ({location})"),
        None => message.to_owned(),
    }
}
