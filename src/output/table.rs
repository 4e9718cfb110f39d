//! The verdict at a glance: a row for each code path, a column for each algorithm. Knows no reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, Row, Table, presets};

use super::Style;
use super::grouped::Group;
use super::text::{self, Painted, Plain};
use crate::report::Summary;
use crate::spec::Algorithm;

const FAIL: &str = "FAIL";
const SUSPECT: &str = "suspect";
const ERROR: &str = "ERROR";

/// Writes the table; the path that the library takes has a star.
pub(super) fn write(out: &mut dyn Write, groups: &[Group<'_>], style: Style) -> io::Result<()> {
    let rows: Vec<BTreeMap<Algorithm, Summary>> = groups.iter().map(tally).collect();
    let algorithms: BTreeSet<Algorithm> = rows.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let heads = algorithms.iter().map(|algorithm| right(head(*algorithm)));
    table.set_header(Row::from(std::iter::once(Cell::new("")).chain(heads).collect::<Vec<_>>()));
    for (group, row) in groups.iter().zip(&rows) {
        let star = if group.info.is_some_and(|info| info.chosen) { "*" } else { "" };
        let name = Cell::new(format!("{}{star}", Plain(&group.name())));
        let cells = algorithms.iter().map(|algorithm| right(cell(row.get(algorithm))));
        table.add_row(Row::from(std::iter::once(name).chain(cells).collect::<Vec<_>>()));
    }
    let mut lines = spaced(&mut table, 2);
    if lines.iter().any(|line| line.chars().count() > style.width) {
        lines = spaced(&mut table, 1);
    }
    for line in lines {
        writeln!(out, "{}", colored(&line, style))?;
    }
    Ok(())
}

/// The lines of the table with so many blanks between columns.
fn spaced(table: &mut Table, blanks: u16) -> Vec<String> {
    for column in table.column_iter_mut() {
        column.set_padding((0, blanks));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The name on two lines: `ML-KEM` and `768`.
fn head(algorithm: Algorithm) -> String {
    let name = algorithm.name();
    name.rsplit_once('-').map_or_else(|| name.to_owned(), |(family, set)| format!("{family}\n{set}"))
}

fn tally(group: &Group<'_>) -> BTreeMap<Algorithm, Summary> {
    let mut tally = BTreeMap::new();
    for case in &group.cases {
        let summary: &mut Summary = tally.entry(case.algorithm).or_default();
        summary.count(&case.outcome);
    }
    tally
}

/// What went wrong, what went right, what did not run in brackets; `-` where nothing ran.
fn cell(summary: Option<&Summary>) -> String {
    let summary = summary.copied().unwrap_or_default();
    let Summary { pass, fail, suspect, skip, error } = summary;
    let counts = [(fail, FAIL), (suspect, SUSPECT), (error, ERROR), (pass, "ok")];
    let mut lines: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if summary.ran() == 0 {
        lines.push("-".to_owned());
    }
    if skip > 0 {
        lines.push(format!("({skip})"));
    }
    lines.join("\n")
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Colour goes in when the widths are settled.
fn colored(line: &str, style: Style) -> String {
    if !style.color {
        return line.to_owned();
    }
    let word = |word, color| Painted(word, color, style).to_string();
    line.replace(&format!(" {FAIL}"), &format!(" {}", word(FAIL, text::FAIL)))
        .replace(&format!(" {SUSPECT}"), &format!(" {}", word(SUSPECT, text::WARNING)))
        .replace(&format!(" {ERROR}"), &format!(" {}", word(ERROR, text::ERROR)))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::output::grouped;
    use crate::report::{CaseResult, Outcome, Report, sample};

    fn check(report: &Report, width: usize, want: Expect) {
        let mut out = Vec::new();
        write(&mut out, &grouped::by_path(report), Style { width, ..Style::default() }).unwrap();
        want.assert_eq(&String::from_utf8(out).unwrap());
    }

    /// Every algorithm, so often that the columns are as wide as a long run makes them.
    fn wide() -> Report {
        let mut report = sample::green();
        let of = |algorithm| CaseResult { algorithm, outcome: Outcome::Pass, ..report.cases[0].clone() };
        report.cases = Algorithm::STANDARDS.iter().flat_map(|algorithm| vec![of(*algorithm); 1234]).collect();
        for case in report.cases.iter_mut().step_by(3) {
            case.outcome = Outcome::Skip { reason: "r".to_owned() };
        }
        let others = report.cases.clone().into_iter().map(|case| CaseResult {
            backend: "rustcrypto".to_owned(),
            outcome: Outcome::Pass,
            ..case
        });
        report.cases.extend(others);
        report
    }

    #[test]
    fn every_kind_of_cell_is_as_it_was() {
        check(
            &sample::report(),
            80,
            expect![[r#"
                                         ML-KEM   ML-DSA  ChaCha20
                                            768       87  Poly1305
                liboqs/native*           8 FAIL   2 FAIL         -
                                      1 suspect  2 ERROR       (1)
                                           1 ok
                liboqs/portable            9 ok     3 ok         -
                                            (1)      (1)       (1)
                pqclean/aarch64*              -        -         -
                                           (10)      (4)       (1)
                rustcrypto/portable*  1 suspect  1 ERROR      1 ok
                                           9 ok     3 ok
            "#]],
        );
    }

    #[test]
    fn all_algorithms_fit_a_narrow_terminal_and_breathe_on_a_wide_one() {
        check(
            &wide(),
            80,
            expect![[r#"
                                  ML-KEM  ML-KEM  ML-KEM  ML-DSA  ML-DSA  ML-DSA ChaCha20
                                     512     768    1024      44      65      87 Poly1305
            liboqs/portable       822 ok  823 ok  823 ok  822 ok  823 ok  823 ok   822 ok
                                   (412)   (411)   (411)   (412)   (411)   (411)    (412)
            rustcrypto/portable* 1234 ok 1234 ok 1234 ok 1234 ok 1234 ok 1234 ok  1234 ok
        "#]],
        );
        check(
            &wide(),
            120,
            expect![[r#"
                                   ML-KEM   ML-KEM   ML-KEM   ML-DSA   ML-DSA   ML-DSA  ChaCha20
                                      512      768     1024       44       65       87  Poly1305
            liboqs/portable        822 ok   823 ok   823 ok   822 ok   823 ok   823 ok    822 ok
                                    (412)    (411)    (411)    (412)    (411)    (411)     (412)
            rustcrypto/portable*  1234 ok  1234 ok  1234 ok  1234 ok  1234 ok  1234 ok   1234 ok
        "#]],
        );
    }
}
