//! The first attempt of a run that is in a hurry: every unit in one child, on two threads.
//!
//! Where all is well, that saves most of what processes cost. Where it is not, what is left over is run
//! again, each unit in a child of its own, so that a crash is the outcome of the case that crashed.
//! Knows no outcome.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::schedule::{Grid, MEMORY, Message, say};
use super::units::Unit;
use super::{Item, Plan, Subject};
use crate::isolate::{Channel, Children, Event, Limits};

/// The part of the time limit that this attempt may be silent for; the rest is for the second one.
const SHARE: u32 = 4;
/// The stack of the second thread, that of a first one. Only what is touched takes memory.
const STACK: usize = 8 << 20;

/// Whether a run is tried in this way.
///
/// The paths that the linked libraries choose by themselves get on with each other in one process. Of others
/// two may belong to one library, which can be sent down one of them only; and the image's own libraries come
/// with a C library that knows nothing of our threads.
pub(super) fn may(plan: &Plan<'_>) -> bool {
    let linked = |subject: &Subject| subject.path.installed.is_none();
    plan.deadline.is_some() && plan.chosen_only && plan.subjects.iter().all(linked)
}

/// Runs `grid`'s units, and leaves in it those that did not come to their end.
pub(super) fn attempt(grid: &mut Grid, plan: &Plan<'_>, items: &[Item<'_>]) {
    let Some(deadline) = plan.deadline.filter(|_| may(plan)) else { return };
    let limits = Limits { silence: plan.silence / SHARE, memory: MEMORY };
    let mut children = Children::new();
    let mut units = grid.take_units(items);
    // A child that is refused, or that dies, leaves its units for the second attempt.
    if children.spawn(0, limits, |channel| run(plan, items, &units, channel)).is_ok() {
        while let Ok(Some(event)) = children.next_until(deadline) {
            if let Event::Message { bytes, .. } = event {
                grid.note(&mut units, &bytes);
            }
        }
    }
    grid.put_back(units);
}

/// What the child does: everything, and then it says everything at once. It starts no process, so its
/// threads are nobody's lost locks.
fn run(plan: &Plan<'_>, items: &[Item<'_>], units: &[Unit], channel: &mut Channel) {
    units.iter().for_each(|unit| unit.enter(plan));
    let next = AtomicUsize::new(0);
    let said = Mutex::new(Message::new());
    let work = || {
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut own = Message::new();
            unit.run(plan, items, &mut |message| own.extend(message));
            said.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
        }
    };
    thread::scope(|scope| {
        // The longest unit is near half of the whole, so a third thread would have nothing to do. Where
        // there is no room for a second one, the first does it all.
        let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        work();
    });
    say(&said.into_inner().unwrap_or_else(PoisonError::into_inner), &mut |bytes| channel.send(bytes));
}
