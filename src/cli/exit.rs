//! The exit codes, one table for every command but `health`.

use std::process::ExitCode;

use crate::report::Summary;

/// How a command ends. A higher rank outranks a lower one: 2, then 1, then 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Everything that was looked at is fine.
    Fine,
    /// A case failed, something keeps a program from starting, or a comparison shows a regression.
    Wrong,
    /// The tool could not do its work: usage, I/O, malformed vectors, a crashed backend.
    CouldNotWork,
    /// Nothing was checked.
    NothingChecked,
}

impl Exit {
    /// Every exit, as shown in help and by `pqcheck list`.
    pub(super) const ALL: [(Self, &str); 4] = [
        (Self::Fine, "fine"),
        (
            Self::Wrong,
            "a case failed, a program will not start, a log names a cause, or a comparison shows a regression",
        ),
        (
            Self::CouldNotWork,
            "pqcheck could not do its work: usage, I/O, malformed vectors, a crashed backend",
        ),
        (Self::NothingChecked, "nothing was checked"),
    ];

    /// How a run of known-answer tests ends.
    pub(super) const fn of(summary: &Summary) -> Self {
        match summary {
            Summary { error: 1.., .. } => Self::CouldNotWork,
            Summary { fail: 1.., .. } => Self::Wrong,
            Summary { pass: 0, .. } => Self::NothingChecked,
            _ => Self::Fine,
        }
    }

    /// The number the process ends with.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Wrong => 1,
            Self::CouldNotWork => 2,
            Self::NothingChecked => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table as help shows it.
pub(super) const TABLE: &str = "\
Exit codes:
  0  fine
  1  a case failed, a program will not start, a log names a cause, or a comparison shows a regression
  2  pqcheck could not do its work: usage, I/O, malformed vectors, a crashed backend
  4  nothing was checked
`pqcheck` and `pqcheck health` end with 0 (healthy) or 1 (everything else) only.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_outranks_a_failure_outranks_an_empty_run() {
        let summary = |pass, fail, skip, error| Summary { pass, fail, skip, error };
        for (summary, exit) in [
            (summary(5, 0, 3, 0), Exit::Fine),
            (summary(5, 1, 3, 0), Exit::Wrong),
            (summary(0, 1, 3, 0), Exit::Wrong),
            (summary(5, 1, 3, 1), Exit::CouldNotWork),
            (summary(0, 0, 3, 0), Exit::NothingChecked),
            (summary(0, 0, 0, 0), Exit::NothingChecked),
        ] {
            assert_eq!(Exit::of(&summary), exit, "{summary:?}");
        }
    }

    #[test]
    fn help_shows_every_exit_code() {
        for (exit, about) in Exit::ALL {
            assert!(TABLE.contains(&format!("  {}  {about}\n", exit.code())), "{exit:?}");
        }
    }
}
