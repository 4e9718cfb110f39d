//! Versions of symbols that are needed, against those that the libraries found define.

use super::{Loader, Object, Resolution};
use crate::image::elf::Elf;

/// A version that no library loaded defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingVersion {
    /// Who needs it, as an index of [`Resolution::objects`].
    pub by: usize,
    /// The library that should define it, as it is named.
    pub file: Vec<u8>,
    /// That library as an index; none for the loader itself.
    pub of: Option<usize>,
    /// The version, `GLIBC_2.38`.
    pub version: Vec<u8>,
}

impl Loader {
    /// The versions that are missing. musl does not look at versions.
    pub fn missing_versions(&self, resolution: &Resolution) -> Vec<MissingVersion> {
        if self.is_musl() {
            return Vec::new();
        }
        let mut missing = Vec::new();
        for (by, object) in resolution.objects.iter().enumerate() {
            let Some(elf) = elf_of(object) else { continue };
            for need in &elf.version_needs {
                let of = resolution.objects.iter().position(|object| self.answers_to(object, &need.file));
                let library = match of {
                    Some(of) => elf_of(&resolution.objects[of]),
                    None if self.is_itself(&need.file) => self.facts.as_deref().ok(),
                    // A library that was not found is another matter.
                    None => None,
                };
                // A library without versions is taken as it is, with a warning of the loader.
                let Some(library) = library.filter(|library| !library.versions.is_empty()) else { continue };
                for (version, is_weak) in &need.versions {
                    if !is_weak && !library.versions.contains(version) {
                        let (file, version) = (need.file.clone(), version.clone());
                        missing.push(MissingVersion { by, file, of, version });
                    }
                }
            }
        }
        missing
    }
}

fn elf_of(object: &Object) -> Option<&Elf> {
    object.facts.as_deref().ok()
}
