//! pqcheck: vectors and images go in, a report comes out.
//!
//! The floors, lowest first. A module names only modules on lower floors; siblings never name
//! each other. `tests/it/floors.rs` reads the sources and fails when this is broken.

// Floor 0: what everybody may name.
/// What the standards say: algorithms, parameter sets, operations, sizes.
pub mod spec;
/// What a sample says: quantiles, intervals, which samples were disturbed.
pub mod stats;

// Floor 1: results as plain data, and randomness.
/// The one source of randomness, and the seam that makes a backend reproducible.
pub mod entropy;
/// Results as plain data; no rendering.
pub mod report;

// Floor 2: facts about where we are, as data.
/// Whether somebody answers at an address.
pub mod answers;
/// Facts about the machine and the image.
pub mod image;

// Floor 3: the parts that know nothing of each other.
/// The implementations under test, one file each.
pub mod backend;
/// Runs a closure in a child process; a crash is a result.
pub mod isolate;
/// The vector formats, one file each, and the embedded corpus.
pub mod vector;

// Floor 4: the parts put together.
/// Verified workloads x code paths -> measurements.
pub mod bench;
/// Two reports, or a history of them -> what got worse.
pub mod compare;
/// Facts -> findings, one file per rule.
pub mod doctor;
/// A failed build's or start's log -> its causes, one file per cause.
pub mod explain;
/// Cases x code paths -> outcomes.
pub mod kat;
/// Report -> bytes, one file per format.
pub mod output;

// Floor 5: arguments, files, stdout, exit codes.
/// The command line, one file per sub-command.
pub mod cli;
