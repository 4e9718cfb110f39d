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

/// What that comes to: so many things lost, so many slower, so many that could be compared.
pub(super) fn conclusion(lost: usize, slower: usize, compared: u64) -> Conclusion {
    match (lost + slower, compared) {
        (1.., _) => Conclusion::Worse,
        (0, 0) => Conclusion::NothingCompared,
        (0, _) => Conclusion::NotWorse,
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
    fn what_is_lost_or_slower_is_worse_whatever_else_was_compared() {
        for (lost, slower, compared, expected) in [
            (0, 0, 0, Conclusion::NothingCompared),
            (0, 0, 1, Conclusion::NotWorse),
            (0, 1, 1, Conclusion::Worse),
            (1, 0, 0, Conclusion::Worse),
            (1, 0, 9, Conclusion::Worse),
            (1, 1, 9, Conclusion::Worse),
        ] {
            assert_eq!(conclusion(lost, slower, compared), expected, "{lost} {slower} {compared}");
        }
    }
}
