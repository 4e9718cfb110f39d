//! What a run is to do, and how. Knows nothing of how it is done.

use std::time::{Duration, Instant};

use crate::backend::Subject;
use crate::report::{self, Platform};
use crate::spec::Algorithm;
use crate::vector::{Case, Suite};

/// Address space that code paths may use beyond what their process starts with, in bytes.
pub(super) const MEMORY: u64 = 512 << 20;

/// What to run, and with what limits.
pub struct Plan<'a> {
    /// The code paths, in report order.
    pub subjects: Vec<Subject>,
    /// The vectors.
    pub suites: &'a [Suite],
    /// Whether they are a user's, so that they may be wrong or misread. The embedded ones pass on every linked library.
    pub foreign_vectors: bool,
    /// Where they came from, for the report.
    pub corpus: Vec<String>,
    /// The machine, for the report.
    pub platform: Platform,
    /// Algorithms that are asked for by name: that one is no standard needs no warning.
    pub asked: Vec<Algorithm>,
    /// Which part of a run this is, if it is one.
    pub shard: Option<report::Shard>,
    /// What becomes of a crash.
    pub isolation: Isolation,
    /// The longest time that a code path may be silent.
    pub silence: Duration,
    /// Whether to measure the time inside the libraries.
    pub timed: bool,
    /// Whether known departures from the standards are failures.
    pub strict: bool,
    /// Whether a path is asked only for the algorithms for which its library would take it here.
    pub chosen_only: bool,
    /// When the whole run has to be over, if ever.
    pub deadline: Option<Instant>,
}

/// How the work is spread over child processes. Where the kernel refuses one, it is done in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Each piece in a child of its own, so many at once.
    Apart {
        /// How many.
        jobs: usize,
    },
    /// Everything in one child on two threads; what that child leaves undone, apart and all at once. For a run with a
    /// deadline on code paths that get on with each other in one process: those that the linked libraries choose by
    /// themselves do. Of others two may belong to one library, which can be sent down one of them only; and the image's
    /// own libraries come with a C library that knows nothing of our threads.
    TogetherFirst,
}

/// One case with the suite it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) suite: &'a str,
    pub(super) case: &'a Case<'static>,
}

impl<'a> Plan<'a> {
    /// Every case, in report order.
    pub(super) fn items(&self) -> Vec<Item<'a>> {
        let of = |suite: &'a Suite| suite.cases.iter().map(|case| Item { suite: &suite.name, case });
        self.suites.iter().flat_map(of).collect()
    }
}
