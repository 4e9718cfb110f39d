//! What one health check came to: the verdict, and the outcomes behind it. Knows no renderer.

use serde::{Deserialize, Serialize};

use super::{Platform, Report};

/// A health check that has been made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What it came to.
    pub verdict: HealthVerdict,
    /// How long it took, in seconds on the wall.
    pub seconds: f64,
    /// The version of pqcheck.
    pub version: String,
    /// Where it was made.
    pub platform: Platform,
}

/// The answer of a health check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthVerdict {
    /// Whether everything that was looked at works, and everything required was looked at.
    pub healthy: bool,
    /// The verdict first, then why; one line.
    pub line: String,
    /// Whether a library answers with the draft of a standard under the standard's name.
    pub draft: bool,
    /// The outcomes behind it, if it came to any.
    pub report: Option<Report>,
}

impl HealthVerdict {
    /// Everything works.
    pub fn healthy(why: &str) -> Self {
        Self { healthy: true, line: format!("healthy: {why}"), draft: false, report: None }
    }

    /// Something does not.
    pub fn unhealthy(why: &str) -> Self {
        Self { healthy: false, line: format!("{UNHEALTHY}{why}"), draft: false, report: None }
    }

    /// Adds to the end of the line what does not change the verdict.
    pub fn mention(&mut self, what: &str) {
        self.line.push_str("; ");
        self.line.push_str(what);
    }

    /// Unhealthy for this reason, which comes first; what was known before stays.
    pub fn mar(&mut self, why: &str) {
        let rest = match self.line.strip_prefix(UNHEALTHY) {
            Some(rest) => rest.to_owned(),
            None => format!("otherwise {}", self.line),
        };
        self.line = format!("{UNHEALTHY}{why}; {rest}");
        self.healthy = false;
    }
}

/// How every line begins that is not healthy.
const UNHEALTHY: &str = "unhealthy: ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_comes_first_and_the_rest_stays() {
        let mut verdict = HealthVerdict::healthy("all is well");
        verdict.mention("not tested: Kyber512");
        assert_eq!(verdict.line, "healthy: all is well; not tested: Kyber512");
        verdict.mar("no answer at unix:/b");
        assert_eq!(
            verdict.line,
            "unhealthy: no answer at unix:/b; otherwise healthy: all is well; not tested: Kyber512"
        );
        assert!(!verdict.healthy);
        verdict.mar("no answer at unix:/a");
        assert!(verdict.line.starts_with("unhealthy: no answer at unix:/a; no answer at unix:/b; otherwise"));
    }
}
