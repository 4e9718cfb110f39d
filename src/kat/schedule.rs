//! Spreads cases over child processes and collects their outcomes. Knows how to start, not how to
//! test: [`exec`](super::exec) does that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::slice;

use serde::{Deserialize, Serialize};

use super::exec::Executor;
use super::units::{self, Unit};
use super::{Item, Plan, Subject};
use crate::backend::installed::Installed;
use crate::image::cpu::Feature;
use crate::isolate::{self, Channel, Children, End, Event, Limits, Stream, Timeout};
use crate::report::{AccumulatedDigest, Outcome};
use crate::spec::{Algorithm, Operation};
use crate::vector::Task;

/// After so many crashes in one operation of one algorithm, its remaining cases are errors.
const CRASHES: usize = 3;
/// An operation that has hung is not run again, because each hang costs its time limit; after hangs in so many
/// a whole code path is given up. Signing alone may hang in three, one of each parameter set.
const HANGS: usize = 4;
/// The exit code of a run that a code path ends together with its own process.
const NOT_ISOLATED: i32 = 2;
/// Address space that a code path may use beyond what it starts with.
pub(super) const MEMORY: u64 = 512 << 20;

/// The outcomes of a run, by subject and item.
pub(super) struct Grid {
    pub(super) outcomes: Vec<Vec<Outcome>>,
    /// Why a subject ran in pqcheck's own process, if it did.
    pub(super) not_isolated: Vec<Option<String>>,
    /// Whether a subject has the draft of a standard under the standard's name.
    pub(super) drafts: Vec<bool>,
    pub(super) library_ns: u64,
    digests: Vec<(usize, usize, [u8; 32])>,
    units: VecDeque<Unit>,
    crashes: BTreeMap<(usize, Algorithm, Operation), usize>,
    /// Where it hung.
    hangs: BTreeSet<(usize, Algorithm, Operation)>,
    done: usize,
}

/// What a child says: outcomes, or in the middle of a long case nothing but that it lives.
pub(super) type Message = Vec<Said>;

#[derive(Serialize, Deserialize)]
pub(super) struct Said {
    subject: usize,
    item: usize,
    library_ns: u64,
    digest: Option<[u8; 32]>,
    outcome: Outcome,
}

impl Grid {
    /// Decides which cases are not run at all, and cuts the rest into units.
    pub(super) fn new(plan: &Plan<'_>, items: &[Item<'_>]) -> Self {
        let mut grid = Self {
            outcomes: Vec::with_capacity(plan.subjects.len()),
            not_isolated: vec![None; plan.subjects.len()],
            drafts: vec![false; plan.subjects.len()],
            library_ns: 0,
            digests: Vec::new(),
            units: VecDeque::new(),
            crashes: BTreeMap::new(),
            hangs: BTreeSet::new(),
            done: 0,
        };
        for (index, subject) in plan.subjects.iter().enumerate() {
            let barred = subject.barred();
            let mut runnable = Vec::new();
            let outcomes = items.iter().enumerate().map(|(position, item)| {
                let reason = skipped(plan, subject, item, barred.as_deref());
                if reason.is_none() {
                    runnable.push(position);
                }
                Outcome::Skip { reason: reason.unwrap_or_default() }
            });
            grid.outcomes.push(outcomes.collect());
            grid.done += items.len() - runnable.len();
            grid.units.extend(units::cut(plan, items, index, &runnable));
        }
        grid
    }

    /// The units, to be run in another way; those that take longest come first.
    pub(super) fn take_units(&mut self, items: &[Item<'_>]) -> Vec<Unit> {
        let mut units: Vec<Unit> = self.units.drain(..).collect();
        units::longest_first(&mut units, items);
        units
    }

    /// The units that [`Grid::fill`] is to run after all, as far as they have cases left.
    pub(super) fn put_back(&mut self, units: Vec<Unit>) {
        self.units.extend(units.into_iter().filter(|unit| !unit.items.is_empty()));
    }

    /// Runs the units until every case has its outcome.
    pub(super) fn fill(
        &mut self,
        plan: &Plan<'_>,
        items: &[Item<'_>],
        progress: &mut dyn FnMut(usize, usize),
    ) {
        let total = plan.subjects.len() * items.len();
        let limits = Limits { silence: plan.silence, memory: MEMORY };
        let mut children = Children::new();
        let mut running: Vec<Option<Unit>> = Vec::new();
        loop {
            while children.running() < plan.jobs.max(1) {
                let Some(unit) = self.next_unit(plan, items) else { break };
                let token = running.len();
                let work = |channel: &mut Channel| {
                    unit.enter(plan);
                    unit.run(plan, items, &mut |said| say(&said, &mut |message| channel.send(message)));
                };
                match children.spawn(token, limits, work) {
                    Ok(()) => running.push(Some(unit)),
                    Err(_) if children.running() > 0 => {
                        self.units.push_front(unit);
                        break;
                    }
                    Err(refused) => {
                        self.not_isolated[unit.subject] = Some(refused.to_string());
                        self.run_here(plan, items, unit, limits);
                    }
                }
            }
            progress(self.done, total);
            let event = match plan.deadline {
                None => Ok(children.next()),
                Some(deadline) => children.next_until(deadline),
            };
            match event {
                Err(Timeout) => return self.abandon(plan, running),
                Ok(None) if self.units.is_empty() => return,
                Ok(None) => {}
                Ok(Some(Event::Message { token, bytes })) => {
                    if let Some(Some(unit)) = running.get_mut(token) {
                        self.note(slice::from_mut(unit), &bytes);
                    }
                }
                Ok(Some(Event::Ended { token, end })) => {
                    if let Some(unit) = running.get_mut(token).and_then(Option::take) {
                        self.ended(plan, items, unit, &end);
                    }
                }
            }
        }
    }

    /// The digests of the accumulated cases that have no published one.
    pub(super) fn digests(&mut self, plan: &Plan<'_>, items: &[Item<'_>]) -> Vec<AccumulatedDigest> {
        self.digests.sort_unstable();
        self.digests
            .iter()
            .filter_map(|(subject, item, digest)| {
                let Task::Accumulated { count, block, digest: None } = items[*item].case.task else {
                    return None;
                };
                let subject = &plan.subjects[*subject];
                Some(AccumulatedDigest {
                    algorithm: items[*item].case.algorithm,
                    count,
                    block,
                    backend: subject.backend.id.to_owned(),
                    path: subject.path.id.to_owned(),
                    digest: const_hex::encode(digest),
                })
            })
            .collect()
    }

    /// The next unit, without the cases of operations that have crashed or hung too often.
    fn next_unit(&mut self, plan: &Plan<'_>, items: &[Item<'_>]) -> Option<Unit> {
        while let Some(mut unit) = self.units.pop_front() {
            let name = plan.subjects[unit.subject].name();
            for item in std::mem::take(&mut unit.items) {
                let reason = if self.hangs.iter().filter(|key| key.0 == unit.subject).count() >= HANGS {
                    format!("not run: {name} hung in {HANGS} operations before")
                } else if self.hangs.contains(&key(&unit, items, item)) {
                    let case = items[item].case;
                    format!("not run: {name} hung before in {} {}", case.algorithm, case.operation)
                } else if self
                    .crashes
                    .get(&key(&unit, items, item))
                    .is_some_and(|crashes| *crashes >= CRASHES)
                {
                    let case = items[item].case;
                    format!(
                        "not run: {name} crashed {CRASHES} times before in {} {}",
                        case.algorithm, case.operation
                    )
                } else {
                    unit.items.push_back(item);
                    continue;
                };
                self.set(unit.subject, item, Outcome::Error { reason });
            }
            if !unit.items.is_empty() {
                return Some(unit);
            }
        }
        None
    }

    /// Where no child can be started, the cases run in this process, one unit at a time.
    fn run_here(&mut self, plan: &Plan<'_>, items: &[Item<'_>], mut unit: Unit, limits: Limits) {
        // A run with a deadline of its own has its own last words.
        let last_words = plan.deadline.is_none().then(|| {
            isolate::last_words(
                limits.silence,
                Stream::Stderr,
                "pqcheck: a code path ended the run",
                NOT_ISOLATED,
            )
        });
        let (messages, end) = isolate::here(limits, |send| {
            unit.enter(plan);
            unit.run(plan, items, &mut |said| {
                say(&said, send);
                if let Some(last_words) = &last_words {
                    last_words.put_off(limits.silence);
                }
            });
        });
        for message in messages {
            self.note(slice::from_mut(&mut unit), &message);
        }
        self.ended(plan, items, unit, &end);
    }

    /// Takes down what the child of these units said. A child that was damaged may say anything: what is not
    /// the outcome of a unit's next case is passed over, and the case stays open until the child ends.
    pub(super) fn note(&mut self, units: &mut [Unit], bytes: &[u8]) {
        for said in serde_json::from_slice::<Message>(bytes).unwrap_or_default() {
            let Some(unit) = units.iter_mut().find(|unit| unit.is_at(&said)) else { continue };
            let Said { subject, item, library_ns, digest, outcome } = said;
            unit.items.pop_front();
            self.library_ns += library_ns;
            self.digests.extend(digest.map(|digest| (subject, item, digest)));
            self.set(subject, item, outcome);
        }
    }

    /// The case during which a child died is an error; the cases after it get another child.
    fn ended(&mut self, plan: &Plan<'_>, items: &[Item<'_>], mut unit: Unit, end: &End) {
        let Some(item) = unit.items.pop_front() else { return };
        let subject = &plan.subjects[unit.subject];
        self.set(unit.subject, item, Outcome::Error { reason: explain(subject, end) });
        *self.crashes.entry(key(&unit, items, item)).or_default() += 1;
        if matches!(end, End::Silent(_)) {
            self.hangs.insert(key(&unit, items, item));
        }
        if !unit.items.is_empty() {
            self.units.push_front(unit);
        }
    }

    /// The run's own deadline has come: what is not done is an error.
    fn abandon(&mut self, plan: &Plan<'_>, running: Vec<Option<Unit>>) {
        let waiting = std::mem::take(&mut self.units);
        let held_back = isolate::held_back();
        for (unit, how) in running
            .into_iter()
            .flatten()
            .map(|unit| (unit, "still running"))
            .chain(waiting.into_iter().map(|unit| (unit, "not started")))
        {
            for item in unit.items {
                let reason =
                    format!("{how} at the deadline in {}{held_back}", place(&plan.subjects[unit.subject]));
                self.set(unit.subject, item, Outcome::Error { reason });
            }
        }
    }

    fn set(&mut self, subject: usize, item: usize, outcome: Outcome) {
        self.outcomes[subject][item] = outcome;
        self.done += 1;
    }
}

/// Under which crashes are counted.
fn key(unit: &Unit, items: &[Item<'_>], item: usize) -> (usize, Algorithm, Operation) {
    (unit.subject, items[item].case.algorithm, items[item].case.operation)
}

/// Why a case is not run on a code path, if it is not.
fn skipped(plan: &Plan<'_>, subject: &Subject, item: &Item<'_>, barred: Option<&str>) -> Option<String> {
    let algorithm = item.case.algorithm;
    if plan.chosen_only && !subject.is_chosen_for(algorithm) {
        return Some("not-chosen".to_owned());
    }
    if !subject.path.offers(algorithm) {
        return Some(format!("not-offered: {algorithm}"));
    }
    if let Some(barred) = barred {
        return Some(barred.to_owned());
    }
    item.case.bad.map(|why| format!("bad-vector: {why}"))
}

impl Unit {
    /// Whether this is the outcome of the unit's next case.
    fn is_at(&self, said: &Said) -> bool {
        (self.subject, self.items.front()) == (said.subject, Some(&said.item))
    }

    /// Sends the library down the code path. Once in a process, before [`Unit::run`].
    pub(super) fn enter(&self, plan: &Plan<'_>) {
        (plan.subjects[self.subject].path.enter)();
    }

    /// Runs the cases in order. `say` is given each outcome, and now and then an empty message.
    pub(super) fn run(&self, plan: &Plan<'_>, items: &[Item<'_>], say: &mut dyn FnMut(Message)) {
        let subject = self.subject;
        let path = plan.subjects[subject].path;
        let entered = path.installed.map_or(Ok(()), Installed::enter);
        for item in self.items.iter().copied() {
            let case = items[item].case;
            let mut alive = || say(Message::new());
            let (outcome, library_ns, digest) = match &entered {
                Err(why) => (Outcome::Error { reason: why.clone() }, 0, None),
                Ok(()) => {
                    let mut executor = Executor::new(path, plan.strict, plan.timed, &mut alive);
                    let outcome = executor.run(case);
                    (outcome, executor.library_ns, executor.digest)
                }
            };
            say(vec![Said { subject, item, library_ns, digest, outcome }]);
        }
    }
}

/// Puts a message in bytes and sends them.
pub(super) fn say(message: &Message, send: &mut dyn FnMut(&[u8])) {
    // A message holds numbers and strings only, which serialise without fail.
    if let Ok(bytes) = serde_json::to_vec(message) {
        send(&bytes);
    }
}

/// Where something happened, as the rest of a sentence.
fn place(subject: &Subject) -> String {
    subject.path.installed.map_or_else(|| format!("code path {}", subject.name()), Installed::title)
}

/// How a code path died, with what the processor lacks where that is the likely cause.
fn explain(subject: &Subject, end: &End) -> String {
    let lacks = subject.path.lacks();
    let mut text = end.to_string();
    if matches!(end, End::Done) {
        text = "the child process ended without an answer".to_owned();
    }
    text += &format!(" in {}", place(subject));
    if !lacks.is_empty() {
        text += &format!(
            "; the path needs {}, this processor lacks {}",
            Feature::names(subject.path.requires),
            Feature::names(&lacks)
        );
    }
    text
}
