//! Accumulated digests: those that are published, and those that nobody has published, which backends that come to the
//! same one confirm to each other.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::Grid;
use crate::report::{AccumulatedDigest, Outcome};
use crate::spec::Algorithm;
use crate::vector::Task;

/// A case without a published digest passes on the code paths that agree with most others, fails on those that do not,
/// and is a skip where only one library has computed it. Returns all digests, in report order.
pub(super) fn confirm(grid: &mut Grid<'_>) -> Vec<AccumulatedDigest> {
    grid.digests.sort_unstable();
    let wrong = wrong_elsewhere(grid);
    for (index, item) in grid.items.iter().enumerate() {
        let Task::Accumulated { digest: None, .. } = item.case.task else { continue };
        let computed: BTreeMap<usize, [u8; 32]> = grid
            .digests
            .iter()
            .filter(|(subject, of, _)| *of == index && grid.outcomes[*subject][index] == Some(Outcome::Pass))
            .map(|(subject, _, digest)| (*subject, *digest))
            .collect();
        let votes = votes(grid, &computed, |subject| !wrong.contains(&(subject, item.case.algorithm)));
        for (subject, own) in &computed {
            grid.outcomes[*subject][index] = Some(outcome(grid, &computed, &votes, *subject, own));
        }
    }
    digests(grid)
}

/// Who gives another digest than a published one.
fn wrong_elsewhere(grid: &Grid<'_>) -> BTreeSet<(usize, Algorithm)> {
    let of = |(subject, item, digest): &(usize, usize, [u8; 32])| match grid.items[*item].case.task {
        Task::Accumulated { digest: Some(published), .. } if published != *digest => {
            Some((*subject, grid.items[*item].case.algorithm))
        }
        _ => None,
    };
    grid.digests.iter().filter_map(of).collect()
}

/// Which libraries come to each digest. Code paths of one library have one vote together, and none who is known to be
/// wrong, unless nobody else is there.
fn votes(
    grid: &Grid<'_>,
    computed: &BTreeMap<usize, [u8; 32]>,
    is_trusted: impl Fn(usize) -> bool,
) -> BTreeMap<[u8; 32], BTreeSet<String>> {
    let anybody = !computed.keys().any(|subject| is_trusted(*subject));
    let mut votes: BTreeMap<[u8; 32], BTreeSet<String>> = BTreeMap::new();
    for (subject, digest) in computed {
        let voters = votes.entry(*digest).or_default();
        if anybody || is_trusted(*subject) {
            voters.insert(grid.plan.subjects[*subject].library());
        }
    }
    votes
}

fn outcome(
    grid: &Grid<'_>,
    computed: &BTreeMap<usize, [u8; 32]>,
    votes: &BTreeMap<[u8; 32], BTreeSet<String>>,
    subject: usize,
    own: &[u8; 32],
) -> Outcome {
    let number = |digest: &[u8; 32]| votes.get(digest).map_or(0, BTreeSet::len);
    let others = votes.keys().filter(|digest| *digest != own);
    let Some(other) = others.max_by_key(|digest| number(digest)) else {
        let confirmed = computed
            .keys()
            .any(|it| grid.plan.subjects[*it].library() != grid.plan.subjects[subject].library());
        return match confirmed {
            true => Outcome::Pass,
            false => Outcome::Skip { reason: "no-published-digest".to_owned() },
        };
    };
    if number(own) > number(other) {
        return Outcome::Pass;
    }
    let with = computed.iter().filter(|(_, digest)| *digest == other);
    let names: Vec<String> = with.map(|(subject, _)| grid.plan.subjects[*subject].name()).collect();
    let verb = if names.len() == 1 { "has" } else { "have" };
    let reason = match number(own) == number(other) {
        true => {
            format!("accumulated digest differs: {} {verb} another, and none is published", names.join(", "))
        }
        false => format!("accumulated digest differs from the one that {} {verb}", names.join(", ")),
    };
    Outcome::Fail { reason, expected: const_hex::encode(other), got: const_hex::encode(own) }
}

fn digests(grid: &Grid<'_>) -> Vec<AccumulatedDigest> {
    let entry = |(subject, item, computed): &(usize, usize, [u8; 32])| {
        let (subject, case) = (&grid.plan.subjects[*subject], grid.items[*item].case);
        let Task::Accumulated { count, block, digest } = case.task else { return None };
        Some(AccumulatedDigest {
            algorithm: case.algorithm,
            count,
            block,
            backend: subject.backend.id.to_owned(),
            path: subject.path.id.to_owned(),
            digest: const_hex::encode(computed),
            published: digest.is_some(),
        })
    };
    grid.digests.iter().filter_map(entry).collect()
}
