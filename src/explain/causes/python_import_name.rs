//! A Python module is there, but not the name asked of it.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "python-import-name",
        finds: "`from X import Y` failed: the module X exists but has no Y.",
        why: "X has another version than the program was written for, a file of the program has the module's \
              name, or two modules import each other.",
        fix: &[
            "Install a version of the package that has the name: read its change log, and pin it.",
            "Check where the module comes from (python -c 'import X; print(X.__file__)'): a file of your own with that name comes first.",
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
        let name = found.quoted("name", "such name");
        match found.first("by") {
            Some(by) if found.says(&["partially initialized"]) => found.because(format!(
                "`{by}` and a module that it imports import each other: {name} is not defined yet when it is needed."
            )).best(2),
            Some(by) => found.because(format!(
                "The module `{by}` has no {name}: it has another version than the program expects, or is another module of that name."
            )),
            None => found.because(format!("The module exists, but has no {name}.")),
        }
    },
};
