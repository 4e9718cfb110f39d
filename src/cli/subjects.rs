//! From the names that a user typed to backends and code paths.

use std::path::{Path, PathBuf};

use anyhow::{Error, Result, bail};

use super::words;
use crate::backend::installed::{self, FoundLibrary};
use crate::backend::{ALL, Backend, Subject, broken};

/// Which libraries of the image are asked for.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(super) struct FromImage {
    /// Test the image's own liboqs and libcrypto instead of the linked backends; with --backend, test both
    #[arg(long, env = "PQCHECK_INSTALLED", value_parser = words::switch)]
    pub(super) installed: bool,
    /// Also test this library file, or several separated by commas (repeatable)
    #[arg(long, value_name = "PATH", env = "PQCHECK_LIBRARY")]
    pub(super) library: Vec<PathBuf>,
}

impl FromImage {
    /// Whether any is.
    pub(super) fn is_asked(&self) -> bool {
        self.installed || !self.library.is_empty()
    }

    /// The libraries that are named.
    pub(super) fn named(&self) -> Result<Vec<&'static Backend>> {
        let named = |path: &PathBuf| {
            installed::named(path).map_err(|error| {
                let meant = if path.exists() { String::new() } else { words::meant_file(path) };
                Error::msg(format!("{error}{meant}"))
            })
        };
        self.library.iter().flat_map(|path| listed(path)).map(|path| named(&path)).collect()
    }

    /// The libraries that are named, and those that are found where that is asked.
    pub(super) fn backends(&self) -> Result<Vec<&'static Backend>> {
        let mut backends = self.named()?;
        if self.installed {
            let found = self.found()?;
            if found.backends.is_empty() && backends.is_empty() {
                return Err(Nothing::of(&found).into());
            }
            backends.extend(found.backends);
        }
        Ok(backends)
    }

    /// What is found in the image.
    pub(super) fn found(&self) -> Result<FoundLibrary> {
        installed::search().map_err(Error::msg)
    }
}

/// The files that a user named in one word: `a,b`, unless there is a file of just that name.
pub(super) fn listed(word: &Path) -> Vec<PathBuf> {
    let text = word.to_string_lossy();
    if word.exists() || !text.contains(',') {
        return vec![word.to_owned()];
    }
    text.split(',').map(str::trim).filter(|file| !file.is_empty()).map(PathBuf::from).collect()
}

/// No library was found: where was looked, and what was passed over.
#[derive(Debug)]
pub(super) struct Nothing {
    text: String,
    /// Whether there is no file of such a name at all.
    pub(super) at_all: bool,
}

impl Nothing {
    fn of(found: &FoundLibrary) -> Self {
        let refused: String = found
            .refused
            .iter()
            .map(|refused| format!("; passed over {}: {}", refused.file.display(), refused.why))
            .collect();
        let looked = found.looked.join(", ");
        let text = format!(
            "no liboqs and no libcrypto for this image ({looked}{refused}); name a file with --library"
        );
        Self { text, at_all: found.refused.is_empty() }
    }
}

impl std::fmt::Display for Nothing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Nothing {}

/// The backends with these names, or of these code paths, and of the image; all linked ones where none is asked for.
pub(super) fn backends(names: &[String], image: &FromImage) -> Result<Vec<&'static Backend>> {
    if names.is_empty() && !image.is_asked() {
        return Ok(ALL.to_vec());
    }
    let mut found: Vec<&'static Backend> = Vec::new();
    for name in names {
        let backend = backend(of(name))?;
        if !found.iter().any(|other| other.id == backend.id) {
            found.push(backend);
        }
    }
    found.extend(image.backends()?);
    Ok(found)
}

/// The backend in `backend/path`.
fn of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(backend, _)| backend)
}

fn backend(name: &str) -> Result<&'static Backend> {
    if let Some(fault) = name.strip_prefix("broken:") {
        if fault.is_empty() {
            bail!("`{name}`: name a planted fault, as in `broken:draft-g-of-d`; see `pqcheck list --faults`");
        }
        let Some(backend) = broken::named(fault) else {
            let known: Vec<String> = broken::FAULTS.iter().map(|it| format!("broken:{}", it.id)).collect();
            let meant = words::meant(name, known.iter().map(String::as_str));
            bail!("unknown planted fault `{fault}`{meant}; see `pqcheck list --faults`");
        };
        return Ok(backend);
    }
    if name == "broken" {
        return self::backend("broken:");
    }
    let Some(backend) = ALL.iter().find(|backend| backend.id == name) else {
        if name.starts_with("installed-") {
            bail!("`{name}` is not linked; --installed tests the image's libraries");
        }
        let known: Vec<&str> = ALL.iter().map(|backend| backend.id).collect();
        bail!("unknown backend `{name}`{}", words::meant_or_known(name, &known, "this build has "));
    };
    Ok(backend)
}

/// The code paths of `backends`: of a backend all, or those that `names` has of it, as `backend/path`. `forced` names
/// those that run whatever the processor lacks, likewise, or `all`.
pub(super) fn subjects(
    backends: &[&'static Backend],
    names: &[String],
    forced: &[String],
) -> Result<Vec<Subject>> {
    let every = backends
        .iter()
        .flat_map(|backend| backend.paths.iter().map(move |path| Subject { backend, path, forced: false }));
    let mut subjects: Vec<Subject> = every.collect();
    for name in names.iter().filter(|name| name.contains('/')).chain(forced.iter().filter(|it| *it != "all"))
    {
        if !subjects.iter().any(|subject| subject.name() == *name) {
            let known: Vec<String> = subjects.iter().map(Subject::name).collect();
            bail!("unknown code path `{name}`{}", words::meant_or_known(name, &known, "this run has "));
        }
    }
    subjects.retain(|subject| is_named(subject, names));
    for subject in &mut subjects {
        subject.forced = forced.iter().any(|name| name == "all" || *name == subject.name());
    }
    Ok(subjects)
}

/// Whether a code path is one of those that `names` has of its backend, or whether they leave all of its paths.
fn is_named(subject: &Subject, names: &[String]) -> bool {
    let mut of_backend = names.iter().filter(|name| of(name) == subject.backend.id).peekable();
    of_backend.peek().is_none() || of_backend.any(|name| !name.contains('/') || *name == subject.name())
}
