//! What the last check came to, for as long as that is worth anything. Knows neither check nor HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::report::check::{Check, HealthVerdict};

/// After so many intervals without a new one, a verdict says nothing any more.
const INTERVALS: u32 = 3;

/// The last check.
pub(super) struct Latest {
    keeps: Duration,
    check: Mutex<Option<(Instant, Arc<Check>)>>,
}

impl Latest {
    /// None yet; a new one is due every `interval`.
    pub(super) fn new(interval: Duration) -> Self {
        Self { keeps: interval * INTERVALS, check: Mutex::new(None) }
    }

    /// Takes down a new one. True if the verdict is another than before.
    pub(super) fn set(&self, check: Check) -> bool {
        let mut last = self.check.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.as_ref().map(|(_, check)| check.verdict.healthy);
        let is_new = before != Some(check.verdict.healthy);
        *last = Some((Instant::now(), Arc::new(check)));
        is_new
    }

    /// The last one, which is unhealthy once it is too old. None before the first.
    pub(super) fn get(&self) -> Option<Arc<Check>> {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> Option<Arc<Check>> {
        let last = self.check.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, check) = last.as_ref()?;
        let age = now.saturating_duration_since(*made);
        if age <= self.keeps {
            return Some(Arc::clone(check));
        }
        let why = format!("no check for {} s; the last one said: {}", age.as_secs(), check.verdict.line);
        Some(Arc::new(Check { verdict: HealthVerdict::unhealthy(&why), ..Check::clone(check) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn check(verdict: HealthVerdict) -> Check {
        Check { verdict, seconds: 0.1, version: "0".to_owned(), platform: sample::report().platform }
    }

    #[test]
    fn an_old_verdict_is_not_healthy() {
        let latest = Latest::new(Duration::from_secs(10));
        assert_eq!(latest.get(), None);
        let mut well = check(HealthVerdict::healthy("all is well"));
        well.verdict.report = Some(sample::green());
        assert!(latest.set(well.clone()));
        let now = Instant::now();
        assert_eq!(*latest.at(now + Duration::from_secs(29)).unwrap(), well);
        let old = latest.at(now + Duration::from_secs(31)).unwrap();
        assert!(!old.verdict.healthy);
        assert_eq!(old.verdict.line, "unhealthy: no check for 31 s; the last one said: healthy: all is well");
        assert_eq!(old.verdict.report, None);
    }

    #[test]
    fn only_another_verdict_is_news() {
        let latest = Latest::new(Duration::from_secs(10));
        let news =
            [("a", true), ("b", true), ("c", false), ("d", false), ("e", true)].map(|(why, healthy)| {
                latest.set(check(if healthy {
                    HealthVerdict::healthy(why)
                } else {
                    HealthVerdict::unhealthy(why)
                }))
            });
        assert_eq!(news, [true, false, true, false, true]);
    }
}
