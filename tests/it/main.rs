//! The integration tests, in one binary: the program as its users run it, and the promises that
//! its sources keep.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod bench;
mod command;
mod compare;
mod doctor;
mod explain;
mod faults;
mod floors;
mod health;
mod installed;
mod kat;
mod manual;
mod merge;
mod names;
mod needs;
mod readme;
mod rejections;
mod reports;
mod serve;
mod vectors;
mod words;
