//! Report -> bytes, one file per format. Knows only `report`, and computes nothing but how to group
//! and sort for a reader.

use std::io;

use crate::report::Report;

pub mod annotations;
pub mod bench;
pub mod causes;
pub mod comparison;
pub mod findings;
pub mod list;
pub mod openmetrics;
pub mod summary;

mod chart;
mod grouped;
mod human;
mod json;
mod junit;
mod listing;
mod markdown;
mod page;
mod skips;
mod table;
mod text;

/// Every output format, the default first.
pub static ALL: &[&dyn Format] = &[
    &human::Human,
    &json::Json,
    &junit::Junit,
    &summary::Markdown,
    &annotations::Sarif,
    &annotations::Github,
];

/// The one for programs.
pub static JSON: &dyn Format = &json::Json;

/// A way of writing a report.
pub trait Format: Sync {
    /// The word for `--format`.
    fn id(&self) -> &'static str;

    /// What it is for, a fragment.
    fn about(&self) -> &'static str;

    /// Writes all of `report`. The document is complete, or this is an error.
    fn render(&self, report: &Report, style: Style, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The format of this id.
pub fn named(id: &str) -> Option<&'static dyn Format> {
    ALL.iter().copied().find(|format| format.id() == id)
}

/// How a reader wants it. Formats for programs take no notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// How much to tell.
    pub verbosity: Verbosity,
    /// Columns of the terminal; running text is broken there.
    pub width: usize,
    /// When and where the document is made, for formats that ask.
    pub made: Made,
}

/// When and where a document is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Seconds since 1970, in UTC.
    pub seconds: i64,
    /// The name of the machine.
    pub host: &'static str,
}

impl Default for Style {
    /// No colour, the usual amount, 80 columns.
    fn default() -> Self {
        let made = Made { seconds: 0, host: "localhost" };
        Self { color: false, verbosity: Verbosity::Normal, width: 80, made }
    }
}

/// How much a reader wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// What went wrong, warnings, and the last line.
    Quiet,
    /// Also what was skipped and the table; long lists are cut.
    Normal,
    /// Nothing is cut.
    Verbose,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_of_the_formats_are_kept() {
        let ids: Vec<_> = ALL.iter().map(|format| format.id()).collect();
        assert_eq!(ids, ["human", "json", "junit", "markdown", "sarif", "github"]);
        assert!(ids.iter().all(|id| named(id).is_some_and(|format| format.id() == *id)));
        assert!(named("yaml").is_none());
    }

    /// A disk with room for so many bytes.
    struct Full(usize);

    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_of_its_kind_in_every_format() {
        let report = crate::report::sample::report();
        for format in ALL {
            let mut whole = Vec::new();
            format.render(&report, Style::default(), &mut whole).unwrap();
            for room in [0, 1, whole.len() / 2, whole.len() - 1] {
                let error = format.render(&report, Style::default(), &mut Full(room)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{} with {room} bytes", format.id());
            }
            format.render(&report, Style::default(), &mut Full(whole.len())).unwrap();
        }
    }
}
