//! The image's own liboqs and libcrypto as backends: each file that is found is a code path.
//!
//! What a file says of itself ([`LibraryVerdict`]) is read before anything of it is run; it is loaded in the process that
//! runs its cases, by the image's own loader. Knows no vector.

use std::path::PathBuf;

use super::{Backend, CodePath};
use crate::report;
use crate::spec::Algorithm;

mod host;
mod hosting;
mod known;
mod liboqs;
mod library;
mod openssl;
mod places;
mod search;
mod verdict;
mod version;

use library::Library;
pub use search::{FoundLibrary, Refused, named, search};
pub use verdict::{Family, LibraryVerdict, Speaks};

/// A library file of the image, as a code path has it.
pub struct Installed {
    /// Where it is.
    pub file: PathBuf,
    /// What its symbols say.
    pub verdict: LibraryVerdict,
    /// What an application that uses it should know, one sentence each.
    pub notes: Vec<String>,
    /// Whether the image's loader takes it for its name.
    pub by_loader: bool,
    library: &'static Library,
}

impl Installed {
    /// Loads the library into this process.
    ///
    /// # Errors
    /// If it cannot be loaded here; the reason names the file.
    pub fn enter(&self) -> Result<(), String> {
        match self.verdict.family {
            Family::Liboqs => liboqs::enter(self.library),
            Family::Openssl => openssl::enter(self.library),
        }
    }

    /// What of it is out of an application's reach because of its configuration, found out by loading it into this process.
    pub fn configuration(&self) -> Option<report::Configuration> {
        if self.verdict.family != Family::Openssl || self.enter().is_err() {
            return None;
        }
        let offers: Vec<Algorithm> = self.verdict.offers.iter().map(|(algorithm, _)| *algorithm).collect();
        openssl::configuration(self.library, &offers)
    }

    /// Why no application here can load it, if so.
    pub fn refused(&self) -> Option<&str> {
        self.library.loader.as_ref().err().map(String::as_str)
    }

    /// `liboqs 0.13.0 (/usr/lib/liboqs.so.7)`.
    pub fn title(&self) -> String {
        format!("{} ({})", self.verdict.name(), self.file.display())
    }

    /// The file as a report names it.
    pub fn info(&self) -> report::Library {
        let other = self.verdict.other_mceliece.then_some(Algorithm::ClassicMcEliece460896);
        report::Library {
            name: self.verdict.name(),
            file: self.file.display().to_string(),
            offers: self.verdict.offers.iter().map(|(algorithm, _)| *algorithm).collect(),
            draft: self.verdict.drafts().next().is_some(),
            by_loader: self.by_loader,
            drafts: self.verdict.drafts().collect(),
            other_revision: other.into_iter().collect(),
            configuration: None,
        }
    }

    /// A sentence that the library has the draft under the name of `algorithm`, if its symbols say so.
    pub fn draft(&self, algorithm: Algorithm) -> Option<String> {
        (self.verdict.speaks(algorithm) == Some(Speaks::Draft))
            .then(|| self.answers_with(algorithm, "the draft (ipd)"))
    }

    /// `liboqs 0.10.1 has the draft (ipd) under the name ML-DSA-87, in /usr/lib/liboqs.so.5`.
    pub fn answers_with(&self, algorithm: Algorithm, what: &str) -> String {
        format!("{} has {what} under the name {algorithm}, in {}", self.verdict.name(), self.file.display())
    }

    fn new(file: PathBuf, verdict: LibraryVerdict, loader: Result<(PathBuf, host::Libc), String>) -> Self {
        let library = Box::leak(Box::new(Library::new(file.clone(), loader)));
        let mut installed = Self { file, verdict, notes: Vec::new(), by_loader: false, library };
        installed.notes = installed.notes_beside(&[]);
        installed
    }

    /// The notes for an application that asks for just these, and so knows which of them are no standards.
    pub(crate) fn notes_beside(&self, asked: &[Algorithm]) -> Vec<String> {
        let (verdict, title) = (&self.verdict, self.title());
        let mut notes = Vec::new();
        let drafts: Vec<&str> = verdict.drafts().map(Algorithm::name).collect();
        if !drafts.is_empty() {
            let finals = [("ML-KEM", "0.11"), ("ML-DSA", "0.12")];
            let finals = finals.iter().filter(|(name, _)| drafts.iter().any(|draft| draft.starts_with(name)));
            let finals: Vec<String> = finals
                .map(|(name, release)| format!("{release} and later have {name} of the standard"))
                .collect();
            notes.push(format!(
                "{title} has the draft (ipd) of {}, which is not compatible with the standard; liboqs {}",
                drafts.join(", "),
                finals.join(", ")
            ));
        }
        let is_asked = |name: &str| asked.iter().any(|algorithm| algorithm.name() == name);
        let round3: Vec<&str> = verdict.round3.iter().copied().filter(|name| !is_asked(name)).collect();
        if !round3.is_empty() {
            let has_standards = verdict.offers.iter().any(|(it, _)| Algorithm::STANDARDS.contains(it));
            let but = if has_standards { "" } else { " but neither ML-KEM nor ML-DSA" };
            notes.push(format!(
                "{title} has {} of round 3{but}; round 3 is not compatible with the standards",
                round3.join(", ")
            ));
        }
        notes
    }
}

/// A backend of one library that an application would find under its name, and of those behind it that it hides.
fn backend(files: Vec<Installed>) -> Option<&'static Backend> {
    let family = files.first()?.verdict.family;
    let paths: Vec<&'static CodePath> =
        files.into_iter().enumerate().map(|(at, file)| path(file, at == 0)).collect();
    Some(Box::leak(Box::new(Backend {
        id: family.backend(),
        // Each path has its own.
        version: String::new,
        notes: &[],
        paths: Box::leak(paths.into_boxed_slice()),
    })))
}

fn path(file: Installed, chosen: bool) -> &'static CodePath {
    let file: &'static Installed = Box::leak(Box::new(file));
    let id = file.file.display().to_string();
    let (mut kems, mut signatures, mut aeads) = (Vec::new(), Vec::new(), Vec::new());
    let library = file.library;
    for &(algorithm, speaks) in &file.verdict.offers {
        match file.verdict.family {
            Family::Liboqs => {
                kems.extend(liboqs::kem(library, algorithm, speaks));
                signatures.extend(liboqs::signature(library, algorithm, speaks));
            }
            Family::Openssl => {
                kems.extend(openssl::kem(library, algorithm));
                signatures.extend(openssl::signature(library, algorithm));
                aeads.extend(openssl::aead(library, algorithm));
            }
        }
    }
    Box::leak(Box::new(CodePath {
        id: Box::leak(id.trim_start_matches('/').to_owned().into_boxed_str()),
        requires: &[],
        dispatched: if chosen { || true } else { || false },
        enter: || (),
        departures: known::departures(&file.verdict).leak(),
        kems: Box::leak(kems.into_boxed_slice()),
        signatures: Box::leak(signatures.into_boxed_slice()),
        aeads: Box::leak(aeads.into_boxed_slice()),
        installed: Some(file),
    }))
}
