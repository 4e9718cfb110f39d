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
            Summary { fail: 1.., .. } | Summary { suspect: 1.., .. } => Self::Wrong,
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

/// Of commands that only show what they know.
const WRITTEN: &[(Exit, &str)] =
    &[(Exit::Fine, "fine"), (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O")];

/// When each command ends with which code: `--help` shows its row, see [`help`].
const COMMANDS: [(&str, &[(Exit, &str)]); 11] = [
    ("health", &[(Exit::Fine, "healthy"), (Exit::Wrong, "everything else, usage errors included; never 2")]),
    (
        "serve",
        &[
            (Exit::Fine, "ended by SIGTERM or SIGINT"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, a port that it cannot listen at"),
        ],
    ),
    (
        "kat",
        &[
            (Exit::Fine, "every case that ran gave the published answer"),
            (Exit::Wrong, "a case failed, or an algorithm of --require was not checked"),
            (
                Exit::CouldNotWork,
                "pqcheck could not do its work: usage, I/O, malformed vectors, a crashed backend",
            ),
            (Exit::NothingChecked, "no case ran"),
        ],
    ),
    (
        "merge",
        &[
            (Exit::Fine, "every case that ran gave the published answer"),
            (Exit::Wrong, "a case failed"),
            (
                Exit::CouldNotWork,
                "the reports are not the parts of one run; usage, I/O; a backend crashed in a part",
            ),
            (Exit::NothingChecked, "no case ran"),
        ],
    ),
    (
        "bench",
        &[
            (Exit::Fine, "timed"),
            (Exit::Wrong, "a backend gave a wrong answer, and was not timed"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O, a backend that crashed"),
            (Exit::NothingChecked, "nothing was timed"),
        ],
    ),
    (
        "compare",
        &[
            (Exit::Fine, "nothing got worse"),
            (Exit::Wrong, "something is slower, wrong, skipped or gone"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O, malformed reports"),
            (Exit::NothingChecked, "nothing could be compared, or less than half of it"),
        ],
    ),
    (
        "doctor",
        &[
            (Exit::Fine, "nothing keeps the programs from starting"),
            (Exit::Wrong, "a program will not start"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O, a malformed image"),
            (Exit::NothingChecked, "the image has no program to check"),
        ],
    ),
    (
        "explain",
        &[
            (Exit::Fine, "the log shows success"),
            (Exit::Wrong, "the log shows a known cause of failure"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O"),
            (Exit::NothingChecked, "no known cause and no sign of success"),
        ],
    ),
    ("completions", WRITTEN),
    ("man", WRITTEN),
    (
        "list",
        &[
            (Exit::Fine, "fine"),
            (Exit::CouldNotWork, "pqcheck could not do its work: usage, I/O"),
            (Exit::NothingChecked, "--installed found no library that can be tested"),
        ],
    ),
];

/// The end of a command's help: examples, one a line, and the command's exit codes. The program itself has every code.
/// `#[command(after_help = exit::help("kat", "pqcheck kat --algorithm ML-KEM-768"))]`
pub(super) fn help(command: &str, examples: &str) -> String {
    let row = COMMANDS.iter().find(|(name, _)| *name == command);
    let codes = row.map_or(Exit::ALL.as_slice(), |(_, codes)| codes);
    let title = if examples.contains('\n') { "Examples" } else { "Example" };
    let examples: String = examples.lines().map(|line| format!("  {line}\n")).collect();
    let codes: String = codes.iter().map(|(exit, when)| format!("\n  {}  {when}", exit.code())).collect();
    format!("{title}:\n{examples}\nExit codes:{codes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_outranks_a_failure_outranks_an_empty_run() {
        let summary = |pass, fail, skip, error| Summary { pass, fail, skip, error, suspect: 0 };
        for (summary, exit) in [
            (summary(5, 0, 3, 0), Exit::Fine),
            (summary(5, 1, 3, 0), Exit::Wrong),
            (summary(0, 1, 3, 0), Exit::Wrong),
            (Summary { suspect: 1, ..summary(5, 0, 3, 0) }, Exit::Wrong),
            (summary(5, 1, 3, 1), Exit::CouldNotWork),
            (summary(0, 0, 3, 0), Exit::NothingChecked),
            (summary(0, 0, 0, 0), Exit::NothingChecked),
        ] {
            assert_eq!(Exit::of(&summary), exit, "{summary:?}");
        }
    }

    #[test]
    fn help_shows_the_exit_codes_of_the_command() {
        assert_eq!(
            help("man", "pqcheck man"),
            "Example:\n  pqcheck man\n\nExit codes:\n  0  fine\n  2  pqcheck could not do its work: usage, I/O"
        );
        let every = help("pqcheck", "pqcheck\npqcheck kat");
        assert!(every.starts_with("Examples:\n  pqcheck\n  pqcheck kat\n\n"), "{every}");
        for (exit, about) in Exit::ALL {
            assert!(every.contains(&format!("\n  {}  {about}", exit.code())), "{exit:?}");
        }
    }
}
