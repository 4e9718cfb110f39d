//! Accumulated digests that nobody has published: backends that come to the same one confirm each other.

use super::grid::Grid;
use crate::report::{AccumulatedDigest, Outcome};
use crate::vector::Task;

/// Such a case passes where another backend agrees, fails where one does not, and is a skip where only one backend
/// has computed it. Returns the digests, in report order.
pub(super) fn confirm(grid: &mut Grid<'_>) -> Vec<AccumulatedDigest> {
    let digests = digests(grid);
    for (index, item) in grid.items.iter().enumerate() {
        let Task::Accumulated { digest: None, count, block } = item.case.task else { continue };
        let is_of_case = |entry: &&AccumulatedDigest| {
            (entry.algorithm, entry.count, entry.block) == (item.case.algorithm, count, block)
        };
        let computed: Vec<&AccumulatedDigest> = digests.iter().filter(is_of_case).collect();
        for (subject, outcomes) in grid.plan.subjects.iter().zip(&mut grid.outcomes) {
            let is_own = |entry: &&&AccumulatedDigest| {
                entry.backend == subject.backend.id && entry.path == subject.path.id
            };
            let passed = outcomes[index] == Some(Outcome::Pass);
            let Some(own) = computed.iter().find(is_own).filter(|_| passed) else { continue };
            let mut others = computed.iter().filter(|entry| entry.backend != own.backend).peekable();
            if others.peek().is_none() {
                outcomes[index] = Some(Outcome::Skip { reason: "no-published-digest".to_owned() });
            } else if let Some(other) = others.find(|other| other.digest != own.digest) {
                outcomes[index] = Some(Outcome::Fail {
                    reason: format!("accumulated digest differs from {}'s", other.backend),
                    expected: other.digest.clone(),
                    got: own.digest.clone(),
                });
            }
        }
    }
    digests
}

fn digests(grid: &mut Grid<'_>) -> Vec<AccumulatedDigest> {
    grid.digests.sort_unstable();
    let unpublished = |(subject, item, digest): &(usize, usize, [u8; 32])| {
        let (subject, case) = (&grid.plan.subjects[*subject], grid.items[*item].case);
        let Task::Accumulated { count, block, digest: None } = case.task else { return None };
        Some(AccumulatedDigest {
            algorithm: case.algorithm,
            count,
            block,
            backend: subject.backend.id.to_owned(),
            path: subject.path.id.to_owned(),
            digest: const_hex::encode(digest),
        })
    };
    grid.digests.iter().filter_map(unpublished).collect()
}
