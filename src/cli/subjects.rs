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

/// The backends with these names and of the image; all linked ones where none is asked for.
pub(super) fn backends(names: &[String], image: &FromImage) -> Result<Vec<&'static Backend>> {
    if names.is_empty() && !image.is_asked() {
        return Ok(ALL.to_vec());
    }
    let mut found: Vec<&'static Backend> = Vec::new();
    for name in names {
        let backend = backend(name)?;
        if !found.iter().any(|other| other.id == backend.id) {
            found.push(backend);
        }
    }
    found.extend(image.backends()?);
    Ok(found)
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

/// Every code path of `backends`. `forced` names those that run whatever the processor lacks, as
/// `backend/path`, or `all`.
pub(super) fn subjects(backends: &[&'static Backend], forced: &[String]) -> Result<Vec<Subject>> {
    let mut subjects = Vec::new();
    for backend in backends {
        for path in backend.paths {
            let mut subject = Subject { backend, path, forced: false };
            subject.forced = forced.iter().any(|name| name == "all" || *name == subject.name());
            subjects.push(subject);
        }
    }
    for name in forced.iter().filter(|name| *name != "all") {
        if !subjects.iter().any(|subject| subject.name() == *name) {
            let known: Vec<String> = subjects.iter().map(Subject::name).collect();
            bail!("unknown code path `{name}`{}", words::meant_or_known(name, &known, "this run has "));
        }
    }
    Ok(subjects)
}
