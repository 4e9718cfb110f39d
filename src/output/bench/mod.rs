//! Measurements -> bytes, one file per format. Knows only `report`, and computes nothing.

use std::io;

use super::{Style, json};
use crate::report::bench::Bench;

mod csv;
mod html;
mod human;

pub(super) use human::time;

/// Every format of measurements, the default first.
pub static ALL: &[Format] = &[
    Format { id: "human", about: "for people", render: human::render },
    Format {
        id: "json",
        about: "one document of schema `pqcheck.bench/1`, with every sample; for `pqcheck compare`",
        render: |report, _, out| json::write(report, out),
    },
    Format {
        id: "html",
        about: "one page with charts, which needs nothing from elsewhere",
        render: |report, _, out| html::render(report, out),
    },
    Format {
        id: "csv",
        about: "a line for each workload and code path",
        render: |report, _, out| csv::render(report, out),
    },
];

/// A way of writing measurements.
pub struct Format {
    /// The word for `--format`.
    pub id: &'static str,
    /// What it is for, a fragment.
    pub about: &'static str,
    render: fn(&Bench, Style, &mut dyn io::Write) -> io::Result<()>,
}

impl Format {
    /// Writes all of `report`. The document is complete, or this is an error.
    pub fn render(&self, report: &Bench, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
        (self.render)(report, style, out)
    }
}

/// The ids and what they are for, as `--format` shows them.
pub fn words() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().map(|format| (format.id, format.about))
}

/// The format of this id.
pub fn named(id: &str) -> Option<&'static Format> {
    ALL.iter().find(|format| format.id == id)
}
