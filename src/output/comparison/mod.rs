//! A comparison -> bytes: one list of formats for outcomes, ratios and trends. Computes nothing.

use std::io;

use super::Style;
use super::json::write as json;
use crate::report::comparison::Comparison;
use crate::report::outcomes::Outcomes;
use crate::report::ratios::Ratios;
use crate::report::trend::Trend;

mod frame;
mod outcomes;
mod ratios;
mod trend;

/// Every format of a comparison, the default first.
pub static ALL: &[Format] = &[
    Format {
        id: "human",
        about: "for people",
        outcomes: Some(outcomes::human),
        ratios: ratios::human,
        trend: trend::human,
    },
    Format {
        id: "markdown",
        about: "a comment for a pull request; measurements only",
        outcomes: None,
        ratios: ratios::markdown,
        trend: trend::markdown,
    },
    Format {
        id: "json",
        about: "one document for programs, of schema `pqcheck.comparison/1`, `pqcheck.ratios/1` or `pqcheck.trend/1`",
        outcomes: Some(|outcomes, _, out| json(outcomes, out)),
        ratios: |ratios, _, out| json(ratios, out),
        trend: |trend, _, out| json(trend, out),
    },
    Format {
        id: "html",
        about: "one self-contained page with charts; measurements only",
        outcomes: None,
        ratios: ratios::html,
        trend: trend::html,
    },
];

/// A way of writing a comparison.
pub struct Format {
    /// The word for `--format`.
    pub id: &'static str,
    /// What it is for, a fragment.
    pub about: &'static str,
    outcomes: Option<Render<Outcomes>>,
    ratios: Render<Ratios>,
    trend: Render<Trend>,
}

type Render<T> = fn(&T, Style, &mut dyn io::Write) -> io::Result<()>;

impl Format {
    /// Whether it has a form for such a comparison.
    pub fn shows(&self, comparison: &Comparison) -> bool {
        self.outcomes.is_some() || !matches!(comparison, Comparison::Outcomes(_))
    }

    /// Writes all of `comparison`. The document is complete, or this is an error.
    pub fn render(&self, comparison: &Comparison, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
        match (comparison, self.outcomes) {
            (Comparison::Outcomes(outcomes), Some(render)) => render(outcomes, style, out),
            (Comparison::Outcomes(_), None) => Err(io::ErrorKind::Unsupported.into()),
            (Comparison::Ratios(ratios), _) => (self.ratios)(ratios, style, out),
            (Comparison::Trend(trend), _) => (self.trend)(trend, style, out),
        }
    }
}

/// Values under what they have in common, in order of first appearance.
fn grouped<K: PartialEq, V>(items: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in items {
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}
