//! What did not run and why, reason by reason: nothing passes by not running. Knows no other outcome.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Style;
use super::grouped::Group;
use super::text::{self, Painted, Plain, wrapped};
use crate::report::Outcome;

/// Writes how many cases did not run for each reason, and on which paths; nothing, if all ran.
pub(super) fn write(out: &mut dyn Write, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, (u64, Vec<usize>)> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        for case in &group.cases {
            if let Outcome::Skip { reason } = &case.outcome {
                let (count, paths) = reasons.entry(reason).or_default();
                *count += 1;
                if paths.last() != Some(&at) {
                    paths.push(at);
                }
            }
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", Painted("Skipped, by reason:", text::HEADING, style))?;
    let reasons: Vec<_> =
        reasons.iter().map(|(reason, found)| (text::reason(reason, style), found)).collect();
    let longest = reasons
        .iter()
        .map(|(reason, _)| reason.chars().count())
        .max()
        .unwrap_or(0)
        .min(style.width / 2)
        .min(60);
    for (reason, (count, paths)) in &reasons {
        let names: Vec<_> = paths.iter().map(|at| Plain(&groups[*at].name()).to_string()).collect();
        let names = if names.len() == groups.len() && names.len() > 2 {
            "every code path".to_owned()
        } else {
            names.join(", ")
        };
        wrapped(out, &format!("{count:>6}  {reason:<longest$}  "), &names, style)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::output::grouped;
    use crate::report::{Report, sample};

    fn rendered(report: &Report) -> String {
        let mut out = Vec::new();
        write(&mut out, &grouped::by_path(report), Style::default()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_reason_that_every_path_has_names_none() {
        let mut report = sample::report();
        for case in &mut report.cases {
            case.outcome = Outcome::Skip { reason: "known bad vector".to_owned() };
        }
        expect![[r#"
            Skipped, by reason:
                60  known bad vector  every code path

        "#]]
        .assert_eq(&rendered(&report));
    }

    #[test]
    fn where_all_ran_nothing_is_said() {
        assert_eq!(rendered(&sample::green()), "");
    }
}
