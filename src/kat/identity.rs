//! What a library of the image turns out to speak, once a case of it has failed: a draft is named, and not only
//! found to differ. Knows no process.

use std::collections::BTreeMap;

use super::exec::Executor;
use crate::report::Outcome;
use crate::spec::Algorithm;

/// Round trips of the accumulated vectors, enough to tell the draft from the standard.
const ROUNDS: u64 = 10;

/// What was found out in this process, so that it is looked for once.
#[derive(Default)]
pub(super) struct Identities(BTreeMap<Algorithm, Option<String>>);

impl Identities {
    /// `outcome`, with the name of what the library has in place of the standard before its reason.
    pub(super) fn name(
        &mut self,
        executor: &mut Executor<'_>,
        algorithm: Algorithm,
        outcome: Outcome,
    ) -> Outcome {
        let Outcome::Fail { reason, expected, got } = outcome else { return outcome };
        let known = self.0.entry(algorithm).or_insert_with(|| {
            let installed = executor.installed()?;
            installed.draft(algorithm).or_else(|| {
                let instead = executor.instead(algorithm, ROUNDS)?;
                Some(installed.answers_with(algorithm, instead))
            })
        });
        let reason = match known {
            Some(known) => format!("{known}: {reason}"),
            None => reason,
        };
        Outcome::Fail { reason, expected, got }
    }
}
