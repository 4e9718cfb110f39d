//! When the new side is worse: one rule for outcomes, times and histories. Knows no report of any kind.

use crate::report::conclusion::{Conclusion, Lost};

/// What came of one thing that is compared: a case on a code path, or a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// The answer was right.
    Good,
    /// It was not asked.
    Skipped,
    /// A wrong answer, or none.
    Bad,
}

/// What changed from one side to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is worse.
    Lost(Lost),
    /// In the new report only, and not bad there.
    New,
    /// Good now, and not before.
    NewlyPassing,
    /// Bad before and now.
    StillFailing,
    /// Nothing.
    Same,
}

/// What changed in one thing; `None` where a side does not have it.
pub(super) fn change(was: Option<State>, now: Option<State>) -> Change {
    match (was, now) {
        (Some(State::Bad), Some(State::Bad)) => Change::StillFailing,
        (was, now) if was == now => Change::Same,
        (_, Some(State::Bad)) => Change::Lost(Lost::NewlyFailing),
        (None, _) => Change::New,
        (_, Some(State::Skipped)) => Change::Lost(Lost::NewlySkipped),
        (_, Some(State::Good)) => Change::NewlyPassing,
        (_, None) => Change::Lost(Lost::Vanished),
    }
}

/// What a comparison found, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    /// Things of the old side that are newly wrong or newly skipped.
    pub(super) broken: usize,
    /// Things of the old side that the new one lacks.
    pub(super) vanished: usize,
    /// Things that are slower.
    pub(super) slower: usize,
    /// Things that could be compared.
    pub(super) compared: usize,
    /// Things of both sides that could not.
    pub(super) unclear: usize,
    /// Whether the new side has things that the old one lacks.
    pub(super) others: bool,
    /// Whether it is enough if few of them could be compared.
    pub(super) partial: bool,
}

impl Found {
    /// With these losses.
    pub(super) fn losing(self, losses: impl Iterator<Item = Lost>) -> Self {
        losses.fold(self, |found, lost| match lost {
            Lost::Vanished => Self { vanished: found.vanished + 1, ..found },
            Lost::NewlyFailing | Lost::NewlySkipped => Self { broken: found.broken + 1, ..found },
        })
    }

    /// What that comes to. Two sides with nothing in common are two things, and none is worse; a side of which nothing
    /// is left has lost it.
    pub(super) fn conclusion(self) -> Conclusion {
        let in_common = self.compared + self.unclear;
        match self {
            Self { broken: 1.., .. } | Self { slower: 1.., .. } => Conclusion::Worse,
            Self { others: true, .. } if in_common == 0 => Conclusion::NothingCompared,
            Self { vanished: 1.., .. } => Conclusion::Worse,
            Self { compared: 0, .. } => Conclusion::NothingCompared,
            Self { partial: false, .. } if self.unclear > self.compared => Conclusion::TooLittleCompared,
            _ => Conclusion::NotWorse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_states_is_one_change() {
        use State::{Bad, Good, Skipped};
        let [failing, skipped, vanished] =
            [Lost::NewlyFailing, Lost::NewlySkipped, Lost::Vanished].map(Change::Lost);
        for (was, now, expected) in [
            (Some(Good), Some(Good), Change::Same),
            (Some(Good), Some(Skipped), skipped),
            (Some(Good), Some(Bad), failing),
            (Some(Good), None, vanished),
            (Some(Skipped), Some(Good), Change::NewlyPassing),
            (Some(Skipped), Some(Skipped), Change::Same),
            (Some(Skipped), Some(Bad), failing),
            (Some(Skipped), None, vanished),
            (Some(Bad), Some(Good), Change::NewlyPassing),
            (Some(Bad), Some(Skipped), skipped),
            (Some(Bad), Some(Bad), Change::StillFailing),
            (Some(Bad), None, vanished),
            (None, Some(Good), Change::New),
            (None, Some(Skipped), Change::New),
            (None, Some(Bad), failing),
            (None, None, Change::Same),
        ] {
            assert_eq!(change(was, now), expected, "{was:?} {now:?}");
        }
    }

    #[test]
    fn what_is_lost_or_slower_is_worse_and_what_was_not_compared_is_not_fine() {
        use Conclusion::{NotWorse, NothingCompared, TooLittleCompared, Worse};
        let found = Found::default();
        for (found, expected) in [
            (found, NothingCompared),
            (Found { compared: 1, ..found }, NotWorse),
            (Found { compared: 1, slower: 1, ..found }, Worse),
            (Found { vanished: 1, ..found }, Worse),
            (Found { vanished: 1, compared: 9, ..found }, Worse),
            (Found { vanished: 1, compared: 9, others: true, ..found }, Worse),
            (Found { vanished: 9, others: true, ..found }, NothingCompared),
            (Found { vanished: 9, unclear: 1, others: true, ..found }, Worse),
            (Found { broken: 1, vanished: 9, others: true, ..found }, Worse),
            (Found { others: true, ..found }, NothingCompared),
            (Found { unclear: 3, ..found }, NothingCompared),
            (Found { unclear: 3, partial: true, ..found }, NothingCompared),
            (Found { compared: 3, unclear: 3, ..found }, NotWorse),
            (Found { compared: 3, unclear: 4, ..found }, TooLittleCompared),
            (Found { compared: 3, unclear: 4, partial: true, ..found }, NotWorse),
            (Found { compared: 3, unclear: 4, slower: 1, ..found }, Worse),
        ] {
            assert_eq!(found.conclusion(), expected, "{found:?}");
        }
    }

    #[test]
    fn losses_are_counted_by_their_kind() {
        let losses = [Lost::Vanished, Lost::NewlySkipped, Lost::NewlyFailing, Lost::Vanished];
        let found = Found::default().losing(losses.into_iter());
        assert_eq!((found.vanished, found.broken), (2, 2));
    }
}
