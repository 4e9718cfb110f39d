//! Makes health checks, each in a child process of its own. Knows no HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time;

use super::latest::Latest;
use crate::cli::health::Looks;
use crate::cli::say;
use crate::image::platform;
use crate::isolate::{self, Channel, Children, End, Event, Limits};
use crate::report::check::{Check, HealthVerdict};

/// How often a child that makes a check is looked at: seldom enough to cost nothing.
const GLANCE: Duration = Duration::from_millis(10);
/// Address space of a child: what code paths may use, whose own limits come first, and its own.
const MEMORY: u64 = 1 << 30;
/// How soon what is unhealthy is looked at again: a service that has just started is not to be called so for longer than
/// it is.
const SOON: Duration = Duration::from_secs(3);

/// Makes checks for ever: the next one `interval` after the last one, or [`SOON`] if that was unhealthy.
pub(super) async fn keep_making(looks: Looks, interval: Duration, latest: Arc<Latest>) {
    loop {
        let healthy = latest.get().is_some_and(|check| check.verdict.healthy);
        time::sleep(if healthy { interval } else { interval.min(SOON) }).await;
        make(&looks, &latest).await;
    }
}

/// Makes one check.
pub(super) async fn make(looks: &Looks, latest: &Latest) {
    let start = Instant::now();
    let check = in_child(looks).await.unwrap_or_else(|why| Check {
        verdict: HealthVerdict::unhealthy(&format!("the check did not finish: {why}")),
        seconds: start.elapsed().as_secs_f64(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform::read(),
    });
    // What the children of the child that died have left behind, and in a container everybody else.
    isolate::reap_orphans();
    let line = check.verdict.line.clone();
    if latest.set(check) {
        say(&line);
    }
}

/// The check that a child makes, or why it makes none.
async fn in_child(looks: &Looks) -> Result<Check, String> {
    let mut children = Children::new();
    let limits = Limits { silence: looks.deadline, memory: MEMORY };
    let work = |channel: &mut Channel<Check>| {
        channel.keep_nothing_else();
        channel.send(&looks.check());
    };
    children.spawn(0, limits, work).map_err(|refused| refused.to_string())?;
    loop {
        match children.next_until(Instant::now()) {
            Err(isolate::Timeout) => time::sleep(GLANCE).await,
            Ok(Some(Event::Message { message, .. })) => return Ok(message),
            Ok(Some(Event::Ended { end, .. })) => return Err(end.to_string()),
            Ok(None) => return Err(End::Done.to_string()),
        }
    }
}
