//! A code path that takes part in a run, with its backend: what it is called, and why it is not run here. Knows no
//! outcome.

use super::installed::Installed;
use super::{Backend, CodePath};
use crate::image::cpu::Feature;
use crate::report::PathInfo;
use crate::spec::Algorithm;

/// A code path that takes part in a run.
#[derive(Clone, Copy)]
pub struct Subject {
    /// Its backend.
    pub backend: &'static Backend,
    /// The path.
    pub path: &'static CodePath,
    /// Whether to run it even where the processor lacks what it needs.
    pub forced: bool,
}

impl Subject {
    /// `liboqs/native`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.backend.id, self.path.id)
    }

    /// The name as a person would say it: for a library of the image with its version and file.
    pub fn title(&self) -> String {
        self.path.installed.map_or_else(|| self.name(), Installed::title)
    }

    /// The library: the file where it is one of the image, else the backend.
    pub fn library(&self) -> String {
        self.path.installed.map_or_else(|| self.backend.id.to_owned(), |installed| installed.info().file)
    }

    /// The implementation, of which the image may have other copies; nothing for one that is wrong on purpose.
    pub fn implementation(&self) -> Option<&'static str> {
        let id = self.backend.id;
        (!id.starts_with("broken:")).then(|| id.strip_prefix("installed-").unwrap_or(id))
    }

    /// Whether the library's own dispatch takes this path here, for some algorithm.
    pub fn is_chosen(&self) -> bool {
        Algorithm::ALL.into_iter().any(|algorithm| self.is_chosen_for(algorithm))
    }

    /// Whether it does for this one.
    pub fn is_chosen_for(&self, algorithm: Algorithm) -> bool {
        self.backend.chooses(self.path, algorithm)
    }

    /// Why the path does not run here, if so.
    pub fn barred(&self) -> Option<String> {
        let lacks = self.path.lacks();
        (!lacks.is_empty() && !self.forced).then(|| format!("cpu-lacks: {}", Feature::names(&lacks)))
    }

    /// What an application that links this library and asks for these algorithms should know here.
    pub fn warning_beside(&self, asked: &[Algorithm]) -> Option<String> {
        if let Some(installed) = self.path.installed {
            let notes = installed.notes_beside(asked);
            return (!notes.is_empty()).then(|| notes.join("; "));
        }
        let lacks = self.path.lacks();
        (!lacks.is_empty() && self.is_chosen()).then(|| {
            format!(
                "{} needs {}, which this processor lacks, but the library takes this path anyway: \
                 an application that uses it here is killed by SIGILL",
                self.name(),
                Feature::names(&lacks)
            )
        })
    }

    /// The path as a report names it.
    pub fn info(&self) -> PathInfo {
        PathInfo {
            backend: self.backend.id.to_owned(),
            path: self.path.id.to_owned(),
            version: self.backend.version_of(self.path),
            chosen: self.is_chosen(),
            lacks: self.path.lacks().iter().map(|feature| feature.name().to_owned()).collect(),
            not_isolated: None,
            prehash_by_pqcheck: false,
            library: None,
        }
    }
}
