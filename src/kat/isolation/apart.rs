//! Each unit in a child of its own, and in this process where the kernel refuses one. A crash is the outcome of the
//! case that crashed; the cases after it get another child.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::slice;

use super::unit::{Key, Message, Unit, note};
use crate::backend::Subject;
use crate::backend::installed::Installed;
use crate::image::cpu::Feature;
use crate::isolate::{self, Channel, Children, End, Event, Limits, Stream, Timeout};
use crate::kat::grid::Grid;
use crate::kat::plan::MEMORY;

/// After so many crashes in one operation of one algorithm, its remaining cases are errors.
const CRASHES: usize = 3;
/// An operation that has hung is not run again, because each hang costs its time limit; after hangs in so many
/// a whole code path is given up. Signing alone may hang in three, one of each parameter set.
const HANGS: usize = 4;
/// The exit code of a run that a code path ends together with its own process.
const NOT_ISOLATED: i32 = 2;

/// Runs the units, `jobs` at once, until every case of theirs has its outcome.
pub(super) fn run(
    grid: &mut Grid<'_>,
    units: Vec<Unit>,
    jobs: usize,
    progress: &mut dyn FnMut(usize, usize),
) {
    let limits = Limits { silence: grid.plan.silence, memory: MEMORY };
    let mut apart = Apart {
        grid,
        waiting: units.into(),
        running: Vec::new(),
        crashes: BTreeMap::new(),
        hangs: BTreeSet::new(),
    };
    let mut children = Children::new();
    loop {
        apart.start(&mut children, limits, jobs.max(1));
        let (done, total) = apart.grid.progress();
        progress(done, total);
        let event = match apart.grid.plan.deadline {
            None => Ok(children.next()),
            Some(deadline) => children.next_until(deadline),
        };
        match event {
            Err(Timeout) => return apart.abandon(),
            Ok(None) if apart.waiting.is_empty() => return,
            Ok(None) => {}
            Ok(Some(Event::Message { token, message })) => {
                if let Some(Some(unit)) = apart.running.get_mut(token) {
                    note(apart.grid, slice::from_mut(unit), message);
                }
            }
            Ok(Some(Event::Ended { token, end })) => {
                if let Some(unit) = apart.running.get_mut(token).and_then(Option::take) {
                    apart.ended(unit, &end);
                }
            }
        }
    }
}

struct Apart<'g, 'a> {
    grid: &'g mut Grid<'a>,
    waiting: VecDeque<Unit>,
    /// By token; none where the child has ended.
    running: Vec<Option<Unit>>,
    crashes: BTreeMap<Key, usize>,
    /// Where it hung.
    hangs: BTreeSet<Key>,
}

impl Apart<'_, '_> {
    /// Starts children until `jobs` run. What no child can be had for is done here.
    fn start(&mut self, children: &mut Children<Message>, limits: Limits, jobs: usize) {
        while children.running() < jobs {
            let Some(unit) = self.next_unit() else { return };
            let grid = &*self.grid;
            let work = |channel: &mut Channel<Message>| {
                unit.enter(grid);
                unit.run(grid, &mut |message| channel.send(&message));
            };
            match children.spawn(self.running.len(), limits, work) {
                Ok(()) => self.running.push(Some(unit)),
                // There may be room when one of the others has ended.
                Err(_) if children.running() > 0 => return self.waiting.push_front(unit),
                Err(refused) => {
                    self.grid.not_isolated[unit.subject] = Some(refused.to_string());
                    self.run_here(unit, limits);
                }
            }
        }
    }

    /// The next unit, without the cases of operations that have crashed or hung too often.
    fn next_unit(&mut self) -> Option<Unit> {
        while let Some(mut unit) = self.waiting.pop_front() {
            for item in std::mem::take(&mut unit.items) {
                match self.given_up(unit.key(self.grid, item)) {
                    None => unit.items.push_back(item),
                    Some(reason) => self.grid.error(unit.subject, item, reason),
                }
            }
            if !unit.items.is_empty() {
                return Some(unit);
            }
        }
        None
    }

    /// Why no case of this operation is run any more, if that is so.
    fn given_up(&self, key: Key) -> Option<String> {
        let (subject, algorithm, operation) = key;
        let name = || self.grid.plan.subjects[subject].name();
        if self.hangs.iter().filter(|hang| hang.0 == subject).count() >= HANGS {
            return Some(format!("not run: {} had hung in {HANGS} operations", name()));
        }
        if self.hangs.contains(&key) {
            return Some(format!("not run: {} had hung in {algorithm} {operation}", name()));
        }
        (self.crashes.get(&key) >= Some(&CRASHES))
            .then(|| format!("not run: {} had crashed {CRASHES} times in {algorithm} {operation}", name()))
    }

    /// Runs a unit in this process.
    fn run_here(&mut self, mut unit: Unit, limits: Limits) {
        // A run with a deadline of its own has its own last words.
        let last_words = self.grid.plan.deadline.is_none().then(|| {
            isolate::last_words(
                limits.silence,
                Stream::Stderr,
                "pqcheck: a code path ended the run",
                NOT_ISOLATED,
            )
        });
        let (messages, end) = isolate::here(limits, |send| {
            unit.enter(self.grid);
            unit.run(self.grid, &mut |message| {
                send(message);
                if let Some(last_words) = &last_words {
                    last_words.put_off(limits.silence);
                }
            });
        });
        for message in messages {
            note(self.grid, slice::from_mut(&mut unit), message);
        }
        self.ended(unit, &end);
    }

    /// The case during which a child died is an error; the cases after it get another child.
    fn ended(&mut self, mut unit: Unit, end: &End) {
        let Some(item) = unit.items.pop_front() else { return };
        let key = unit.key(self.grid, item);
        self.grid.error(unit.subject, item, explain(&self.grid.plan.subjects[unit.subject], end));
        *self.crashes.entry(key).or_default() += 1;
        if matches!(end, End::Silent(_)) {
            self.hangs.insert(key);
        }
        if !unit.items.is_empty() {
            self.waiting.push_front(unit);
        }
    }

    /// The run's own deadline has come: what is not done is an error.
    fn abandon(self) {
        let held_back = isolate::held_back();
        let running = self.running.into_iter().flatten().map(|unit| (unit, "still running"));
        for (unit, how) in running.chain(self.waiting.into_iter().map(|unit| (unit, "not started"))) {
            let place = place(&self.grid.plan.subjects[unit.subject]);
            for item in unit.items {
                self.grid.error(
                    unit.subject,
                    item,
                    format!("{how} at the deadline (--deadline) in {place}{held_back}"),
                );
            }
        }
    }
}

/// Where something happened, as the rest of a sentence.
fn place(subject: &Subject) -> String {
    subject.path.installed.map_or_else(|| format!("code path {}", subject.name()), Installed::title)
}

/// How a code path died, with what the processor lacks where that is the likely cause.
fn explain(subject: &Subject, end: &End) -> String {
    let (mut text, lacks) = (format!("{end} in {}", place(subject)), subject.path.lacks());
    if !lacks.is_empty() {
        text += &format!(
            "; the path needs {}, and this processor lacks {}",
            Feature::names(subject.path.requires),
            Feature::names(&lacks)
        );
    }
    text
}
