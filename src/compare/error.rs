//! Why sides cannot be compared. Every message is one line: which side, what is wrong, what to do.

/// Why sides cannot be compared.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is nothing to compare it with.
    #[error("{name}: needs two reports: OLD NEW")]
    OneSide {
        /// The only side.
        name: String,
    },
    /// A side has no document.
    #[error("{name}: no report in it")]
    EmptySide {
        /// The side.
        name: String,
    },
    /// A side has documents of both kinds.
    #[error("{name}: has known-answer reports and measurements; put them into separate folders")]
    MixedSide {
        /// The side.
        name: String,
    },
    /// One side has outcomes, another one times.
    #[error("{outcomes} is a known-answer report, {times} has measurements; compare two of a kind")]
    MixedSides {
        /// The side with outcomes.
        outcomes: String,
        /// The side with times.
        times: String,
    },
    /// More than two reports of known-answer tests.
    #[error("{name}: one report too many; known-answer reports are compared two at a time: OLD NEW")]
    MoreThanTwo {
        /// The side that is too many.
        name: String,
    },
    /// What was asked for makes sense for times only.
    #[error(
        "{name}: a known-answer report; --baseline, --threshold, --across and --normalise need measurements \
         (`pqcheck bench --format json`)"
    )]
    OnlyForMeasurements {
        /// The side.
        name: String,
    },
    /// The runs of a side are of two machines.
    #[error("{name}: its runs are from two machines; put the runs of each machine into their own folder")]
    TwoMachinesOnOneSide {
        /// The side.
        name: String,
    },
    /// Two sides are of two machines.
    #[error(
        "{first} was measured on {first_machine}, {other} on {other_machine}; add --across to compare two machines"
    )]
    TwoMachines {
        /// The first side.
        first: String,
        /// Its machine.
        first_machine: String,
        /// Another side.
        other: String,
        /// Its machine.
        other_machine: String,
    },
    /// Two reports of a history are of two machines.
    #[error(
        "{first} was measured on {first_machine}, {other} on {other_machine}; a history needs reports from one machine"
    )]
    HistoryOfTwoMachines {
        /// The first report.
        first: String,
        /// Its machine.
        first_machine: String,
        /// Another report.
        other: String,
        /// Its machine.
        other_machine: String,
    },
    /// A history of an emulated machine.
    #[error("{name} was measured on {machine}; a history needs reports from a machine without emulation")]
    Emulated {
        /// The first report.
        name: String,
        /// Its machine.
        machine: String,
    },
    /// A history of fewer than two reports.
    #[error("{name}: the only report of the history; it needs two or more")]
    ShortHistory {
        /// The only report.
        name: String,
    },
    /// The backend to divide by is not there.
    #[error("{name}: no backend `{backend}` to normalise by; it has {there}")]
    NoBackend {
        /// The side that lacks it.
        name: String,
        /// The backend.
        backend: String,
        /// What the side has.
        there: String,
    },
}
