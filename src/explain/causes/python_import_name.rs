//! A Python module is there, but not the name asked of it.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "python-import-name",
        finds: "`from X import Y` failed: the module X is there and has no Y.",
        why: "X is of another version than the program was written for, a file of the program itself has the name of the module, or two \
              modules import each other.",
        fix: &[
            "Install the version of the package that has the name: look into its change log, and pin it.",
            "Look where the module comes from (python -c 'import X; print(X.__file__)'): a file of your own with that name comes first.",
            "If it says `partially initialized module`, break the circle: move one import into the function that needs it.",
        ],
    },
    signs: &[
        proof(
            "cannot import name",
            r"cannot import name '?(?<name>[\w.]+)'? from (?:partially initialized module )?'?(?<by>[\w.]+)'?",
        ),
        proof("cannot import name", r"cannot import name '?(?<name>[\w.]+)'?"),
        likely("partially initialized module", r"module '(?<by>[\w.]+)' has no attribute '(?<name>\w+)'"),
        likely(
            "Error loading ASGI app",
            r"Attribute \x22(?<name>[\w.]+)\x22 not found in module \x22(?<by>[\w.]+)\x22",
        ),
        likely("Failed to find attribute", r"Failed to find attribute '(?<name>[\w.]+)' in '(?<by>[\w.]+)'"),
    ],
    brings: &[],
    counts: always,
    words: |found| {
        let name = found.or("name", "the name");
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let why = match found.first("by") {
            Some(by) if found.says(&["partially initialized"]) => {
                fix.swap(0, 2);
                format!(
                    "`{by}` and a module that it imports import each other, so `{name}` is not defined yet when it is asked for."
                )
            }
            Some(by) => format!(
                "The module `{by}` is there, but has no `{name}`: it is of another version than its user expects, or another module of that name."
            ),
            None => format!("A module is there, but has no `{name}`."),
        };
        words(why, fix)
    },
};
