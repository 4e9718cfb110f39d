//! The words that a user types: which are known, and which was meant by one that is not.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use anyhow::{Error, anyhow};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::backend::{ALL, Backend, broken};
use crate::report::page::Page;
use crate::spec::{Algorithm, Operation};
use crate::{doctor, explain};

/// The values of an argument: they complete, and a word that is none of them is refused or left to the command.
#[derive(Clone, Copy)]
pub(super) struct Words<T> {
    known: fn() -> Vec<&'static str>,
    understand: fn(&str) -> Option<T>,
}

/// Algorithms, as the standards and as libraries write them.
pub(super) const ALGORITHM: Words<Algorithm> =
    Words { known: || Algorithm::ALL.map(Algorithm::name).to_vec(), understand: |word| word.parse().ok() };

/// The same, or `all`.
pub(super) const ALGORITHM_OR_ALL: Words<&'static [Algorithm]> = Words {
    known: || [vec!["all"], (ALGORITHM.known)()].concat(),
    understand: |word| {
        const ALL: &[Algorithm] = &Algorithm::ALL;
        if word.eq_ignore_ascii_case("all") {
            return Some(ALL);
        }
        let algorithm = word.parse().ok()?;
        ALL.chunks(1).find(|one| one.contains(&algorithm))
    },
};

/// Operations.
pub(super) const OPERATION: Words<Operation> =
    Words { known: || Operation::ALL.map(Operation::name).to_vec(), understand: |word| word.parse().ok() };

/// Backends and planted faults, in any case. The command itself refuses what is neither.
pub(super) const BACKEND: Words<String> = Words {
    known: || {
        let faults = broken::FAULTS.iter().map(|fault| kept(format!("broken:{}", fault.id)));
        ALL.iter().map(|backend| backend.id).chain(faults).collect()
    },
    understand: |word| Some(word.to_ascii_lowercase()),
};

/// Backends, and code paths of theirs.
pub(super) const BACKEND_OR_PATH: Words<String> =
    Words { known: || [(BACKEND.known)(), paths()].concat(), ..BACKEND };

/// Code paths, or `all`.
pub(super) const PATH: Words<String> = Words { known: || [vec!["all"], paths()].concat(), ..BACKEND };

/// The ids of rules and causes, in any case. The command itself refuses what is none.
pub(super) const PAGE: Words<String> = Words { known: || pages().map(|page| page.id).collect(), ..BACKEND };

/// The commands of the program.
pub(super) const COMMAND: Words<String> = Words {
    known: || super::command().get_subcommands().map(|command| kept(command.get_name().to_owned())).collect(),
    understand: |word| (COMMAND.known)().contains(&word).then(|| word.to_owned()),
};

/// The pages of all rules, and of all causes whose id no rule has.
pub(super) fn pages() -> impl Iterator<Item = &'static Page> {
    let causes = explain::pages().filter(|cause| doctor::pages().all(|rule| rule.id != cause.id));
    doctor::pages().chain(causes)
}

fn paths() -> Vec<&'static str> {
    let of = |backend: &&'static Backend| {
        let id = backend.id;
        backend.paths.iter().map(move |path| kept(format!("{id}/{}", path.id)))
    };
    ALL.iter().flat_map(of).collect()
}

/// A word for as long as the process runs, which reads one command line.
fn kept(word: String) -> &'static str {
    word.leak()
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Words<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let word = value.to_string_lossy();
        let word = word.trim();
        let understood = if word.is_empty() { None } else { (self.understand)(word) };
        understood.ok_or_else(|| unknown(command, arg, word, (self.known)()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.known)().into_iter().map(PossibleValue::new)))
    }
}

/// Output formats, in any case: ids with what each is for.
#[derive(Clone)]
pub(super) struct Formats(Vec<(&'static str, &'static str)>);

/// The formats of a command that has no others.
pub(super) const HUMAN_OR_JSON: [(&str, &str); 2] =
    [("human", "text for people, the default"), ("json", "data for programs, by a schema")];

/// The output formats of a command.
pub(super) fn formats(all: impl IntoIterator<Item = (&'static str, &'static str)>) -> Formats {
    Formats(all.into_iter().collect())
}

impl TypedValueParser for Formats {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        let word = value.to_string_lossy();
        let word = word.trim();
        let known = self.0.iter().find(|(id, _)| id.eq_ignore_ascii_case(word));
        let ids = || self.0.iter().map(|(id, _)| *id).collect();
        known.map(|(id, _)| (*id).to_owned()).ok_or_else(|| unknown(command, arg, word, ids()))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(|(id, about)| PossibleValue::new(id).help(*about))))
    }
}

/// What clap says of a value that is none of these.
fn unknown(command: &Command, arg: Option<&Arg>, word: &str, known: Vec<&'static str>) -> clap::Error {
    let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
    let arg = arg.map(Arg::to_string).unwrap_or_default();
    error.insert(ContextKind::InvalidArg, ContextValue::String(arg));
    error.insert(ContextKind::InvalidValue, ContextValue::String(word.to_owned()));
    let known = known.into_iter().map(str::to_owned).collect();
    error.insert(ContextKind::ValidValue, ContextValue::Strings(known));
    error
}

/// What is wrong with a command line or a variable, in one line. `command` is the one that was asked for.
pub(super) fn refusal(command: &Command, arguments: &[OsString], error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_advice = |line: &&str| {
        ["Usage:", "For more information", "tip:", "[possible values:"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let what = lines.into_iter().take_while(|line| !is_advice(line)).collect::<Vec<_>>().join(" ");
    let mut what = what.trim_start_matches("error: ").to_owned();
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.as_str(),
        _ => "",
    };
    let arg = word(ContextKind::InvalidArg);
    if let Some(variable) = variable(command, arguments, arg) {
        what = what.replace(&format!("'{arg}'"), variable);
    }
    let advice = match (error.kind(), error.get(ContextKind::ValidValue)) {
        (ErrorKind::InvalidValue, Some(ContextValue::Strings(known))) => {
            meant_or_known(word(ContextKind::InvalidValue).trim(), known, "known: ")
        }
        (ErrorKind::InvalidSubcommand, _) => {
            let known = command.get_subcommands().map(Command::get_name);
            meant(word(ContextKind::InvalidSubcommand), known)
        }
        (ErrorKind::UnknownArgument, _) => {
            let known: Vec<String> = command.get_arguments().filter_map(long).collect();
            meant(word(ContextKind::InvalidArg), known.iter().map(String::as_str))
        }
        _ => String::new(),
    };
    format!("{what}{advice}")
}

/// Whether a switch is on, as a variable says it.
///
/// # Errors
/// If it says something else.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// The variable that gave this argument its value, where the command line did not.
fn variable<'a>(command: &'a Command, arguments: &[OsString], arg: &str) -> Option<&'a str> {
    let name = arg.split(' ').next()?;
    let it = command.get_arguments().find(|it| long(it).is_some_and(|long| long == name))?;
    let is_typed = |word: &OsString| word.to_string_lossy().starts_with(name);
    it.get_env().filter(|_| !arguments.iter().any(is_typed))?.to_str()
}

fn long(arg: &Arg) -> Option<String> {
    arg.get_long().map(|long| format!("--{long}"))
}

/// `; did you mean …?`, or the words that are known, behind `lead`.
pub(super) fn meant_or_known(word: &str, known: &[impl AsRef<str>], lead: &str) -> String {
    match nearest(word, known.iter().map(AsRef::as_ref)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => {
            // Planted faults are a list of their own.
            let known = known.iter().map(AsRef::as_ref).filter(|known| !known.starts_with("broken:"));
            let known = known.collect::<Vec<_>>().join(", ");
            if known.is_empty() { known } else { format!("; {lead}{known}") }
        }
    }
}

/// `; did you mean …?` with the nearest of the words that are known, or nothing.
pub(super) fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Why a file or folder cannot be read, with the nearest name in its folder if it is not there.
pub(super) fn unreadable(path: &Path, error: io::Error) -> Error {
    let meant = if error.kind() == io::ErrorKind::NotFound { meant_file(path) } else { String::new() };
    match path.as_os_str().is_empty() {
        true => anyhow!("an empty name where a file is expected; name the file"),
        false => anyhow!("{}: {error}{meant}", path.display()),
    }
}

/// What is wrong, with the variable that said it where the command line did not.
pub(super) fn of_variable(error: &Error) -> String {
    let error = format!("{error:#}");
    let typed = |option: &str| std::env::args().any(|argument| argument.split('=').next() == Some(option));
    let said = |(variable, option): &(&str, &str)| {
        let value = std::env::var(variable).unwrap_or_default();
        let mut words = value.split(',').map(str::trim).filter(|word| !word.is_empty());
        !typed(option) && words.any(|word| error.contains(word))
    };
    let variables = [("PQCHECK_BACKEND", "--backend"), ("PQCHECK_LIBRARY", "--library")];
    match variables.iter().find(|it| said(it)) {
        Some((variable, _)) => format!("{variable}: {error}"),
        None => error,
    }
}

/// The nearest name in the folder of a file that is not there.
pub(super) fn meant_file(path: &Path) -> String {
    let Some(name) = path.file_name() else { return String::new() };
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let near = nearest(&name.to_string_lossy(), names.iter().map(String::as_str));
    near.map_or_else(String::new, |near| format!("; did you mean `{}`?", path.with_file_name(near).display()))
}

/// The first of the words that take the fewest slips of the pen to come from `word`, if these are few for its length.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let most = (word.chars().count() / 3).max(1);
    // `encapsulate` for `encaps`: who writes more than is needed means the same.
    let begins = |known: &str| known.len() > 2 && word.starts_with(known);
    let slips = |known: &str| match known.to_lowercase() {
        known if begins(&known) => 0,
        known => strsim::damerau_levenshtein(&word, &known),
    };
    known
        .into_iter()
        .map(|known| (slips(known), known))
        .filter(|(slips, _)| *slips <= most)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let commands = ["health", "serve", "kat", "doctor", "merge", "bench", "compare", "explain", "list"];
        let algorithms = Algorithm::ALL.map(Algorithm::name);
        let paths = ["libcrux/avx2", "libcrux/portable", "liboqs/native"];
        let near = |word, known: &[&'static str]| nearest(word, known.iter().copied());
        for (word, expected) in [
            ("helth", "health"),
            ("HEALTH", "health"),
            ("kta", "kat"),
            ("compair", "compare"),
            ("dcotor", "doctor"),
        ] {
            assert_eq!(near(word, &commands), Some(expected), "{word}");
        }
        assert_eq!(near("ML-KEM-769", &algorithms), Some("ML-KEM-768"));
        assert_eq!(near("libcrux/avx", &paths), Some("libcrux/avx2"));
        for word in ["", "x", "openssl", "encrypt", "help-me"] {
            assert_eq!(near(word, &commands), None, "{word}");
        }
        // Another algorithm is no slip of the pen.
        assert_eq!(near("Kyber768", &algorithms), None);
    }

    #[test]
    fn a_file_that_is_not_there_has_a_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["prompt.json", "liboqs.so.7"] {
            std::fs::write(at(name), "").unwrap();
        }
        let expected = |name: &str| format!("; did you mean `{}`?", at(name).display());
        assert_eq!(meant_file(&at("promt.json")), expected("prompt.json"));
        assert_eq!(meant_file(&at("liboqs.so.8")), expected("liboqs.so.7"));
        assert_eq!(meant_file(&at("else")), "");
        assert_eq!(meant_file(&at("no/folder.json")), "");
        assert_eq!(meant_file(Path::new("/")), "");
    }
}
