//! Which cases of a corpus a run is about. Knows no backend.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::report;
use crate::spec::{Algorithm, Operation};
use crate::vector::{Case, Suite};

/// Filters; an empty list lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Algorithms to keep.
    pub algorithms: Vec<Algorithm>,
    /// Operations to keep.
    pub operations: Vec<Operation>,
    /// Patterns of which a case must match one: its id `suite#case`, its suite or its name, with
    /// `*` for anything.
    pub cases: Vec<String>,
    /// The part of the cases to keep.
    pub shard: Option<Shard>,
}

impl Selection {
    /// Drops what is not selected, and suites that become empty. Says which part of the selected cases the rest is;
    /// `manner` is what decides on an outcome beside the cases, in any words that are the same for all parts.
    pub fn apply(&self, suites: &mut Vec<Suite>, manner: &str) -> Option<report::Shard> {
        let mut position = 0;
        let mut plan = self.shard.map(|_| Sha256::new_with_prefix(manner));
        for suite in suites.iter_mut() {
            let name = suite.name.clone();
            suite.cases.retain(|case| {
                let kept = (self.algorithms.is_empty() || self.algorithms.contains(&case.algorithm))
                    && (self.operations.is_empty() || self.operations.contains(&case.operation))
                    && (self.cases.is_empty() || self.names(&name, &case.name));
                if let Some(plan) = plan.as_mut().filter(|_| kept) {
                    // A digest takes in whatever is written to it.
                    let _ = write!(Absorbed(plan), "\n{name} {case:?}");
                }
                position += usize::from(kept);
                kept && self.shard.is_none_or(|shard| shard.takes(position - 1))
            });
        }
        suites.retain(|suite| !suite.cases.is_empty());
        let (shard, plan) = self.shard.zip(plan)?;
        Some(report::Shard {
            part: shard.part as u64,
            of: shard.of as u64,
            cases: position as u64,
            plan: const_hex::encode(plan.finalize()),
        })
    }

    /// The filters that let nothing of these suites through, whatever the others do: `--case x`.
    pub fn in_vain(&self, suites: &[Suite]) -> Vec<String> {
        let any = |is: &dyn Fn(&str, &Case) -> bool| {
            suites.iter().any(|suite| suite.cases.iter().any(|case| is(&suite.name, case)))
        };
        let algorithms = self.algorithms.iter().filter(|it| !any(&|_, case| case.algorithm == **it));
        let operations = self.operations.iter().filter(|it| !any(&|_, case| case.operation == **it));
        let cases = self.cases.iter().filter(|it| !any(&|suite, case| is_named(it, suite, &case.name)));
        algorithms
            .map(|it| format!("--algorithm {it}"))
            .chain(operations.map(|it| format!("--operation {it}")))
            .chain(cases.map(|it| format!("--case {it}")))
            .collect()
    }

    fn names(&self, suite: &str, case: &str) -> bool {
        self.cases.iter().any(|pattern| is_named(pattern, suite, case))
    }
}

/// Text that goes into a digest.
struct Absorbed<'a>(&'a mut Sha256);

impl fmt::Write for Absorbed<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// Part I of N of the cases, `2/3`, or counted from 0 as job schedulers do, `index:1/3`; parts are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    part: usize,
    of: usize,
}

impl Shard {
    fn takes(self, position: usize) -> bool {
        position % self.of == self.part - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (numbers, first) = text.strip_prefix("index:").map_or((text, 1), |numbers| (numbers, 0));
        numbers
            .split_once('/')
            .and_then(|(part, of)| Some((part.parse::<usize>().ok()?, of.parse::<usize>().ok()?)))
            .filter(|&(part, of)| part >= first && part - first < of)
            .map(|(part, of)| Self { part: part - first + 1, of })
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a shard; write I/N with 1 ≤ I ≤ N, such as `1/4`, or index:I/N with 0 ≤ I < N"
                )
            })
    }
}

/// Whether a pattern means this case, by its id, its suite or its name.
fn is_named(pattern: &str, suite: &str, case: &str) -> bool {
    matches(pattern, suite) || matches(pattern, case) || matches(pattern, &format!("{suite}#{case}"))
}

/// Whether `text` is `pattern`, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    // The first place for each part leaves the most for those after it.
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_nothing() {
        for (pattern, text, expected) in [
            ("tc2", "tc2", true),
            ("tc2", "tc26", false),
            ("tc2*", "tc26", true),
            ("*keyGen*#tc1", "acvp/ML-KEM-keyGen-FIPS203#tc1", true),
            ("*keyGen*#tc1", "acvp/ML-KEM-keyGen-FIPS203#tc12", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*b*c", "axbxbxc", true),
            ("a*b*c", "axcxb", false),
            ("*******************************x", "acvp/ML-KEM-keyGen-FIPS203#tc1", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn shards_share_out_every_case_once() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].iter().map(|text| text.parse().unwrap()).collect();
        for position in 0..20 {
            assert_eq!(shards.iter().filter(|shard| shard.takes(position)).count(), 1);
        }
    }

    #[test]
    fn a_shard_outside_its_range_is_refused() {
        for text in
            ["0/3", "4/3", "1/0", "1", "a/b", "1/3/5", "", "index:3/3", "index:0/0", "index:0", "index:-1/3"]
        {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_index_counts_from_zero() {
        for (index, part) in [("index:0/3", "1/3"), ("index:2/3", "3/3")] {
            assert_eq!(index.parse::<Shard>(), part.parse::<Shard>());
        }
    }
}
