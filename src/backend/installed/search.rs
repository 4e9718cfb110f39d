//! Finds the libraries of the running image: what its loader would take, and every other copy. Runs nothing.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::Backend;
use super::hosting::{HERE, LOADERS, hosting, present, way};
use super::verdict::{self, Family, LibraryVerdict, Told};
use super::{Installed, backend, places};
use crate::image::elf::Error;
use crate::image::loader::{self, Copy, Loader, Loaders};
use crate::image::root::{self, ElfFacts, FoundFile as Place, Root};

/// What is in the image.
#[derive(Default)]
pub struct FoundLibrary {
    /// Each library with the copies that it hides.
    pub backends: Vec<&'static Backend>,
    /// Files with the name of such a library that no application of this image could load.
    pub refused: Vec<Refused>,
    /// Libraries with cryptography that are not tested, by name and version.
    pub untested: Vec<(PathBuf, String)>,
    /// The places searched, as phrases.
    pub looked: Vec<String>,
}

/// A file that is not tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it is.
    pub file: PathBuf,
    /// Why.
    pub why: String,
}

/// Looks for every library in the image that this process runs in.
///
/// # Errors
/// If there is no image to look at.
pub fn search() -> Result<FoundLibrary, String> {
    let root = Root::folder(Path::new("/")).map_err(|error| format!("/: {error}"))?;
    let loaders = Loaders::new(&root);
    let there = present(&root, &loaders);
    let mut found = FoundLibrary { looked: looked(&root, &there), ..FoundLibrary::default() };
    let mut seen: Vec<Identity> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut copies: Vec<Copy> = Vec::new();
    for loader in &there {
        copies.extend(loader::libraries(&root, loader, &is_library));
    }
    copies.extend(elsewhere(&root, &there, &mut found.looked));
    for copy in &copies {
        let identity = copy.found.node.identity;
        if !seen.contains(&identity) {
            seen.push(identity);
            sort_in(&root, &there, copy, &mut groups, &mut found);
        }
    }
    for group in &mut groups {
        group.files.sort_by_key(|(_, identity)| *identity != group.first);
    }
    groups.sort_by_key(|group| (group.family, !group.files.iter().any(|(file, _)| file.by_loader)));
    for group in groups {
        found.backends.extend(backend(group.files.into_iter().map(|(file, _)| file).collect()));
    }
    Ok(found)
}

/// The library in `file`, whether an application would find it or not.
///
/// # Errors
/// If no application here could load it; the reason names the file.
pub fn named(file: &Path) -> Result<&'static Backend, String> {
    let refused = |why: String| format!("{}: {why}", file.display());
    let absolute = std::path::absolute(file).map_err(|error| refused(error.to_string()))?;
    let root = Root::folder(Path::new("/")).map_err(|error| format!("/: {error}"))?;
    let place = root.lookup(&absolute).map_err(|missing| refused(missing.reason.to_string()))?;
    if place.node.kind != root::FileKind::File {
        return Err(refused("not a file".to_owned()));
    }
    let facts = root.elf(&place);
    let there = present(&root, &Loaders::new(&root));
    let verdict = match read(&root, &place, &facts).map_err(|unfit| refused(unfit.to_string()))? {
        Told::Tested(verdict) => verdict,
        Told::Untested(name) => {
            return Err(refused(format!("this is {name}; pqcheck tests liboqs and OpenSSL")));
        }
    };
    let elf = facts.as_deref().map_err(|error| refused(error.to_string()))?;
    let loader = way(&there, elf).map_err(refused)?;
    backend(vec![Installed::new(absolute, verdict, Ok(hosting(&loader)))])
        .ok_or_else(|| refused("nothing to test".to_owned()))
}

/// What tells two names of one file from two files.
type Identity = (u64, u64);

/// A library that the loader finds under its name, and those behind it that it hides; or one by itself.
struct Group {
    family: Family,
    first: Identity,
    files: Vec<(Installed, Identity)>,
}

fn sort_in(
    root: &Root,
    there: &[Rc<Loader>],
    copy: &Copy,
    groups: &mut Vec<Group>,
    result: &mut FoundLibrary,
) {
    let identity = copy.found.node.identity;
    let (file, verdict, way, first, by_loader) = match read(root, &copy.found, &copy.facts) {
        Err(Unfit::ForOthers(why)) => {
            return result.refused.push(Refused { file: copy.path.clone(), why });
        }
        Err(Unfit::Damaged(why)) => match family_of(name_of(&copy.path)) {
            Some(family) => (copy.path.clone(), LibraryVerdict::unread(family), Err(why), identity, false),
            None => return,
        },
        Ok(Told::Untested(name)) => return result.untested.push((copy.path.clone(), name)),
        Ok(Told::Tested(verdict)) => {
            let loader = match copy.facts.as_ref() {
                Ok(elf) => way(there, elf),
                Err(error) => Err(error.to_string()),
            };
            let standing = loader.as_ref().ok().and_then(|loader| standing(root, loader, copy, &verdict));
            let by_loader = standing.as_ref().is_some_and(|(_, taken)| *taken == identity);
            let (file, first) = standing.unwrap_or_else(|| (by_soname(root, copy, &verdict), identity));
            let way = loader.map(|loader| hosting(&loader));
            (file, verdict, way, first, by_loader)
        }
    };
    let family = verdict.family;
    let file = (Installed { by_loader, ..Installed::new(file, verdict, way) }, identity);
    match groups.iter_mut().find(|group| group.first == first) {
        Some(group) => group.files.push(file),
        None => groups.push(Group { family, first, files: vec![file] }),
    }
}

/// Libraries where the loader does not look.
fn elsewhere(root: &Root, there: &[Rc<Loader>], looked: &mut Vec<String>) -> Vec<Copy> {
    let known: Vec<PathBuf> = there.iter().flat_map(|loader| loader.default_folders()).cloned().collect();
    let places = places::look(root, &known, &is_library);
    looked.extend(places.looked);
    let copies = places.files.into_iter().filter_map(|path| {
        let found = root.file(&path)?;
        let facts = root.elf(&found);
        Some(Copy { path, found, facts })
    });
    // A linker script has a library's name too.
    copies.filter(|copy| !matches!(copy.facts.as_ref(), Err(Error::NotElf))).collect()
}

fn name_of(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_bytes()
}

/// The path by which the loader finds the file, and the file that it takes for that name. None for a file that
/// stands where the loader does not look, which an application can have loaded by its path alone.
fn standing(
    root: &Root,
    loader: &Loader,
    copy: &Copy,
    verdict: &LibraryVerdict,
) -> Option<(PathBuf, Identity)> {
    let soname = verdict.soname.as_ref()?;
    let (tried, taken) = loader.search(root, soname.as_bytes());
    let taken = taken?.node.identity;
    if taken == copy.found.node.identity {
        return Some((tried.last()?.path.clone(), taken));
    }
    let folder = copy.path.parent()?;
    let listed =
        root.config.variable("LD_LIBRARY_PATH").map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let searched = loader.default_folders().iter().any(|default| default == folder)
        || ["/usr/local/lib", "/usr/local/lib64"].iter().any(|usual| Path::new(usual) == folder)
        || listed.split(|byte| *byte == b':').any(|part| part == folder.as_os_str().as_bytes());
    searched.then(|| (by_soname(root, copy, verdict), taken))
}

/// The name by which programs know the file, where it has it in its folder.
fn by_soname(root: &Root, copy: &Copy, verdict: &LibraryVerdict) -> PathBuf {
    let known = verdict.soname.as_ref().map(|soname| copy.path.with_file_name(soname));
    let is_it =
        |path: &PathBuf| root.file(path).is_some_and(|found| found.node.identity == copy.found.node.identity);
    known.filter(is_it).unwrap_or_else(|| copy.path.clone())
}

/// Why a file is not tested.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    /// It is another library, or for another machine: the loader passes it over.
    #[error("{0}")]
    ForOthers(String),
    /// No application could load it.
    #[error("{0}")]
    Damaged(String),
}

fn read(root: &Root, place: &Place, facts: &ElfFacts) -> Result<Told, Unfit> {
    let elf = facts.as_deref().map_err(|error| match error {
        Error::NotElf => Unfit::ForOthers(error.to_string()),
        _ => Unfit::Damaged(error.to_string()),
    })?;
    if elf.machine != HERE || !elf.is_64 || elf.is_big_endian {
        let (built, here) = (verdict::platform(elf.machine), verdict::platform(HERE));
        return Err(Unfit::ForOthers(format!("built for {built}, but this machine is {here}")));
    }
    let content = root.open(place).map_err(|error| Unfit::Damaged(error.to_string()))?;
    match verdict::read(elf, &content, &place.path) {
        Ok(None) => Err(Unfit::ForOthers("exports neither liboqs nor OpenSSL functions".to_owned())),
        Ok(Some(told)) => Ok(told),
        Err(why) => Err(Unfit::Damaged(why)),
    }
}

/// The places that [`search`] searches, for whoever finds nothing there.
fn looked(root: &Root, there: &[Rc<Loader>]) -> Vec<String> {
    if there.is_empty() {
        return vec![format!("no dynamic loader for {} at {}", verdict::platform(HERE), LOADERS.join(", "))];
    }
    let names: Vec<String> = Family::ALL.iter().map(|family| format!("{}*.so*", family.file())).collect();
    let by: Vec<String> = there.iter().map(|loader| loader.path.display().to_string()).collect();
    vec![
        format!("looked for {} where {} would", names.join(" and "), by.join(" and ")),
        format!("below {}", loader::usual(root).join(", ")),
    ]
}

/// The library that has a file name of this family.
fn family_of(name: &[u8]) -> Option<Family> {
    Family::ALL.into_iter().find(|family| is_named(name, family.file()))
}

/// Libraries that are known and not tested, by how the names of their files begin; AWS-LC for Rust has its version
/// behind that. What stands in for OpenSSL has OpenSSL's file names.
const OTHERS: [&str; 3] = ["libgnutls", "libsymcrypt", "libaws_lc"];

/// Whether a file has the name of a library that is tested, or known and not tested.
fn is_library(name: &[u8]) -> bool {
    family_of(name).is_some() || OTHERS.iter().any(|stem| is_named(name, stem))
}

/// Whether a file name is that of a library, by whatever version, or as a Python wheel renames it.
fn is_named(name: &[u8], stem: &str) -> bool {
    name.strip_prefix(stem.as_bytes()).is_some_and(|rest| {
        matches!(rest.first(), Some(b'.' | b'-' | b'_')) && rest.windows(3).any(|part| part == b".so")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_known_by_its_name() {
        for (name, expected) in [
            ("libcrypto.so.3", true),
            ("libcrypto.so", true),
            ("libcrypto-6e1aae39.so.1.1", true),
            ("libcryptopp.so.8", false),
            ("libcrypto.a", false),
            ("libcrypto", false),
            ("xlibcrypto.so", false),
        ] {
            assert_eq!(is_named(name.as_bytes(), "libcrypto"), expected, "{name}");
        }
        for name in ["liboqs.so.7", "libgnutls.so.30", "libaws_lc_0_35_0_crypto.so", "libsymcrypt.so.103"] {
            assert!(is_library(name.as_bytes()), "{name}");
        }
        assert!(!is_library(b"libssl.so.3"));
    }
}
