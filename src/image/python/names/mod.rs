//! The names that a module's source defines at its top level, read without running it.
//! Where a module makes names as it runs, that is said instead of guessed.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::module::{self, Module, ModuleKind};
use super::{Installation, LARGEST_SOURCE};
use crate::image::root::Root;

mod lines;

use lines::Line;

/// The names of a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Its source.
    pub path: PathBuf,
    /// What is defined at the top level.
    pub defined: BTreeSet<String>,
    /// `__all__`, where it is a plain list.
    pub all: Option<Vec<String>>,
    /// Why more names may be there, `it has __getattr__`; none where the list is whole.
    pub dynamic: Option<String>,
    /// Modules whose names are all taken over: `from X import *`.
    stars: Vec<String>,
}

/// The most names of one module.
const MOST_NAMES: usize = 100_000;

impl Names {
    /// The names of a module with a source; none of one without.
    pub(super) fn of_module(root: &Root, python: &Installation, name: &str, found: &Module) -> Option<Self> {
        if !matches!(found.kind, ModuleKind::Source | ModuleKind::Package) {
            return None;
        }
        let bytes = root.read(&found.path, LARGEST_SOURCE).ok()?;
        let mut names = Self::scan(&String::from_utf8_lossy(&bytes));
        names.path.clone_from(&found.path);
        let package = if found.kind == ModuleKind::Package { name } else { parent(name) };
        for star in std::mem::take(&mut names.stars) {
            names.take_over(root, python, package, &star);
        }
        Some(names)
    }

    /// Follows `from X import *`, one level deep.
    fn take_over(&mut self, root: &Root, python: &Installation, package: &str, star: &str) {
        let cannot = |what: &str| format!("it imports all names of `{star}`, {what}");
        let Some(target) = absolute(package, star) else {
            self.dynamic.get_or_insert_with(|| cannot("which is outside of any package"));
            return;
        };
        let found = module::search(root, python, &target).found;
        let source = found.filter(|found| matches!(found.kind, ModuleKind::Source | ModuleKind::Package));
        let Some(bytes) = source.and_then(|found| root.read(&found.path, LARGEST_SOURCE).ok()) else {
            self.dynamic.get_or_insert_with(|| cannot("which has no source to read"));
            return;
        };
        let other = Self::scan(&String::from_utf8_lossy(&bytes));
        if other.dynamic.is_some() || !other.stars.is_empty() {
            self.dynamic.get_or_insert_with(|| {
                cannot("which defines names at run time or imports all of another module")
            });
        }
        match other.all {
            Some(all) => self.defined.extend(all),
            None => self.defined.extend(other.defined.into_iter().filter(|name| !name.starts_with('_'))),
        }
    }

    /// The names in a source text.
    pub fn scan(source: &str) -> Self {
        let mut names = Self::default();
        // The module's own, which Python sets.
        names.defined.extend(
            [
                "__name__",
                "__file__",
                "__doc__",
                "__package__",
                "__path__",
                "__spec__",
                "__loader__",
                "__dict__",
            ]
            .map(str::to_owned),
        );
        let mut all_is_plain = true;
        let mut all: Option<Vec<String>> = None;
        // Whatever is indented deeper than this belongs to a function or a class.
        let mut inside: Option<usize> = None;
        for line in lines::logical(source) {
            if inside.is_some_and(|indent| line.indent > indent) {
                // What a function does with `globals()` may happen at import.
                names.look_for_dynamic(&line, true);
                continue;
            }
            inside = None;
            let text = line.text.as_str();
            let text = text.strip_prefix("async ").map_or(text, str::trim_start);
            if let Some(rest) = text.strip_prefix("def ").or_else(|| text.strip_prefix("class ")) {
                let name = first_name(rest);
                if name == "__getattr__" {
                    names.dynamic.get_or_insert_with(|| "it has `__getattr__`".to_owned());
                }
                names.define(name);
                inside = Some(line.indent);
                continue;
            }
            if let Some(change) = text.strip_prefix("__all__") {
                let (plain, found) = all_names(change, &line.strings);
                all_is_plain &= plain;
                all.get_or_insert_default().extend(found);
                names.define("__all__");
                continue;
            }
            names.look_for_dynamic(&line, false);
            names.statement(text);
        }
        names.all = all.filter(|_| all_is_plain);
        names
    }

    fn define(&mut self, name: &str) {
        if !name.is_empty() && self.defined.len() < MOST_NAMES {
            self.defined.insert(name.to_owned());
        }
    }

    fn look_for_dynamic(&mut self, line: &Line, in_function: bool) {
        let signs: &[&str] = if in_function {
            &["globals()", "sys.modules[__name__]"]
        } else {
            &["globals()", "vars()", "locals()", "exec(", "sys.modules[__name__]", "setattr(", "lazy_loader"]
        };
        if let Some(sign) = signs.iter().find(|sign| line.text.contains(**sign)) {
            self.dynamic.get_or_insert_with(|| format!("line {} has `{sign}`", line.number));
        }
    }

    fn statement(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("import ") {
            for part in rest.split(',') {
                let name = match part.split_once(" as ") {
                    Some((_, alias)) => alias,
                    None => part.split('.').next().unwrap_or_default(),
                };
                self.define(name.trim());
            }
        } else if let Some(rest) = text.strip_prefix("from ") {
            let Some((module, what)) = rest.split_once(" import").map(|(module, what)| (module.trim(), what))
            else {
                return;
            };
            for part in what.split([',', '(', ')']).map(str::trim).filter(|part| !part.is_empty()) {
                if part == "*" {
                    self.stars.push(module.to_owned());
                } else {
                    let name = part.rsplit_once(" as ").map_or(part, |(_, alias)| alias);
                    self.define(first_name(name.trim()));
                }
            }
        } else if let Some(body) = after_colon(text) {
            // `try: import x`, `else: a = 1`, `for a in b:`, `with a as b:`
            let head = &text[..text.len() - body.len()];
            if let Some(target) = head.strip_prefix("for ").and_then(|rest| rest.split(" in ").next()) {
                self.targets(target);
            }
            if head.starts_with("with ")
                && let Some((_, name)) = head.rsplit_once(" as ")
            {
                self.targets(name.trim_end_matches(':'));
            }
            if !body.trim().is_empty() {
                self.statement(body.trim());
            }
        } else {
            self.assignment(text);
        }
    }

    /// `a = b = …`, `a, b = …`, `a: int = …`.
    fn assignment(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = assignment_sign(rest) {
            let target = rest[..at].trim_end_matches(['+', '-', '*', '/', '|', '&', '^', '%', '@', '>', '<']);
            self.targets(target.split(':').next().unwrap_or_default());
            rest = &rest[at + 1..];
        }
    }

    fn targets(&mut self, text: &str) {
        for target in text.split(',').map(str::trim) {
            let target = target.trim_start_matches(['(', '[', '*', ' ']).trim_end_matches([')', ']', ' ']);
            if first_name(target) == target {
                self.define(target);
            }
        }
    }
}

/// The names in what follows on `__all__`, and whether these are all that it adds.
fn all_names(change: &str, strings: &[String]) -> (bool, Vec<String>) {
    let change = change.split_once(':').filter(|(name, _)| name.is_empty()).map_or(change, |(_, rest)| rest);
    // Texts were cut out, so that what is left of a plain list is signs.
    let is_plain = change.chars().all(|c| "=+[](),\"' \t".contains(c))
        || (change.starts_with(".extend([") || change.starts_with(".append("))
            && change
                .trim_start_matches(".extend")
                .trim_start_matches(".append")
                .chars()
                .all(|c| "[](),\"' \t".contains(c))
        || change.trim_start().strip_prefix("list").is_some_and(|rest| rest.trim() == "= []")
        || change.contains("list[str]") && !change.contains('.');
    (is_plain, strings.to_vec())
}

/// Where a `=` stands that assigns, outside brackets.
fn assignment_sign(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_i32;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'=' if depth == 0 => {
                let next = bytes.get(at + 1) == Some(&b'=');
                let before = at.checked_sub(1).map(|at| bytes[at]);
                let is_comparison = next || matches!(before, Some(b'=' | b'!' | b'<' | b'>' | b':'));
                let is_shift = at >= 2 && matches!(&bytes[at - 2..at], b"<<" | b">>");
                if !is_comparison || is_shift && !next {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// What follows on the colon of a compound statement.
fn after_colon(text: &str) -> Option<&str> {
    const WORDS: [&str; 9] = ["if", "else", "elif", "try", "except", "finally", "for", "while", "with"];
    let word = first_name(text);
    if !WORDS.contains(&word) {
        return None;
    }
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 0 && !text[at..].starts_with(":=") => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    None
}

/// The name at the start of a text.
fn first_name(text: &str) -> &str {
    let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    let name = &text[..end];
    if name.starts_with(|c: char| c.is_numeric()) { "" } else { name }
}

/// The module that a relative name means in a package: `.x` in `a.b` is `a.b.x`.
fn absolute(package: &str, name: &str) -> Option<String> {
    let rest = name.trim_start_matches('.');
    let dots = name.len() - rest.len();
    if dots == 0 {
        return Some(name.to_owned());
    }
    let mut base = package;
    for _ in 1..dots {
        base = parent(base);
    }
    match (base.is_empty(), rest.is_empty()) {
        (true, _) => None,
        (false, true) => Some(base.to_owned()),
        (false, false) => Some(format!("{base}.{rest}")),
    }
}

fn parent(module: &str) -> &str {
    module.rsplit_once('.').map_or("", |(parent, _)| parent)
}
