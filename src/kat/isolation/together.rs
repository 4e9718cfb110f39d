//! The first attempt of a run that is in a hurry: every unit in one child, on two threads.
//!
//! Where all is well, that saves most of what processes cost. Where it is not, what is left over is run
//! again, each unit in a child of its own, so that a crash is the outcome of the case that crashed.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::unit::{Message, Unit, note};
use crate::isolate::{Channel, Children, Event, Limits};
use crate::kat::grid::Grid;
use crate::kat::plan::MEMORY;
use crate::spec::ml_dsa;

/// The part of the time limit that this attempt may be silent for; the rest is for the second one.
const SHARE: u32 = 4;
/// The stack of the second thread, that of a first one. Only what is touched takes memory.
const STACK: usize = 8 << 20;

/// Runs the units, and returns those that have cases left.
pub(super) fn attempt(grid: &mut Grid<'_>, mut units: Vec<Unit>) -> Vec<Unit> {
    longest_first(grid, &mut units);
    let limits = Limits { silence: grid.plan.silence / SHARE, memory: MEMORY };
    let mut children = Children::new();
    // A child that is refused, or that dies, leaves its units for the second attempt.
    if children.spawn(0, limits, |channel| run(grid, &units, channel)).is_ok() {
        let next = |children: &mut Children<Message>| match grid.plan.deadline {
            None => children.next(),
            Some(deadline) => children.next_until(deadline).ok().flatten(),
        };
        while let Some(event) = next(&mut children) {
            if let Event::Message { message, .. } = event {
                note(grid, &mut units, message);
            }
        }
    }
    units.retain(|unit| !unit.items.is_empty());
    units
}

/// Puts those first that take longest.
fn longest_first(grid: &Grid<'_>, units: &mut [Unit]) {
    // ML-DSA takes longer than the others, and the libraries at the end of the list, which are written in
    // Rust, longer than those in C.
    units.sort_by_key(|unit| {
        let is_dsa = |item: &usize| ml_dsa::sizes(grid.items[*item].case.algorithm).is_some();
        Reverse((unit.items.iter().any(is_dsa), unit.subject))
    });
}

/// What the child does: everything, and then it says everything at once. It starts no process, so its
/// threads are nobody's lost locks.
fn run(grid: &Grid<'_>, units: &[Unit], channel: &mut Channel<Message>) {
    units.iter().for_each(|unit| unit.enter(grid));
    let next = AtomicUsize::new(0);
    let said = Mutex::new(Message::new());
    let work = || {
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut own = Message::new();
            unit.run(grid, &mut |message| own.extend(message));
            said.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
        }
    };
    thread::scope(|scope| {
        // The longest unit is near half of the whole, so a third thread would have nothing to do. Where
        // there is no room for a second one, the first does it all.
        let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        work();
    });
    channel.send(&said.into_inner().unwrap_or_else(PoisonError::into_inner));
}
