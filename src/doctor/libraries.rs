//! What the rules about libraries share: which needs were not met, for whose sake, and what lies elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::words::{self, shown, text};
use super::{Facts, Rule};
use crate::image::loader::{self, Fit, Need, Taken};
use crate::image::program::{Binary, Program};
use crate::image::root::{Missing, Root};
use crate::report::finding::{Finding, Step};

/// Files by the beginning of their names, up to `.so`.
pub(super) type Elsewhere = BTreeMap<Vec<u8>, Vec<PathBuf>>;

/// The most files of a like name that a finding shows.
const MOST_OTHERS: usize = 6;

/// The files of the image whose names begin like those of libraries that these programs miss.
pub(super) fn elsewhere(root: &Root, programs: &[Program]) -> Elsewhere {
    let stems: BTreeSet<&[u8]> = programs.iter().flat_map(missing).map(|need| stem(&need.name)).collect();
    let loader = programs.iter().find_map(|program| program.binary()?.loader());
    let mut found = Elsewhere::new();
    let Some(loader) = loader.filter(|_| !stems.is_empty()) else { return found };
    let wanted = |name: &[u8]| name.windows(3).any(|three| three == b".so") && stems.contains(stem(name));
    for copy in loader::paths(root, loader, &wanted) {
        let name = copy.path.file_name().unwrap_or_default().as_bytes();
        found.entry(stem(name).to_vec()).or_default().push(copy.path);
    }
    found
}

/// A name up to `.so`: `liboqs` for `liboqs.so.7`.
fn stem(name: &[u8]) -> &[u8] {
    let end = name.windows(3).position(|three| three == b".so").unwrap_or(name.len());
    &name[..end]
}

/// The needs that were not met, each name once.
pub(super) fn missing(program: &Program) -> impl Iterator<Item = &Need> {
    let resolution = program.binary().and_then(|binary| binary.resolution.as_ref());
    let mut seen = BTreeSet::new();
    let needs = resolution.into_iter().flat_map(|resolution| &resolution.needs);
    needs.filter(move |need| need.taken == Taken::Nothing && seen.insert(need.name.clone()))
}

/// Whether a library's name says that it is musl's own.
pub(super) fn is_of_musl(name: &[u8]) -> bool {
    name.starts_with(b"libc.musl-")
}

pub(super) fn is_liboqs(name: &[u8]) -> bool {
    name.starts_with(b"liboqs.so") || name.starts_with(b"liboqs-")
}

/// The finding for a library that was not found, without its cause and its cure.
pub(super) fn finding(
    rule: &Rule,
    facts: &Facts<'_>,
    program: &Program,
    binary: &Binary,
    need: &Need,
) -> Finding {
    let resolution = binary.resolution.as_ref();
    let by = resolution.and_then(|resolution| resolution.objects.get(need.by)).filter(|_| need.by != 0);
    let by = by.map(|object| format!(" (needed by `{}`)", shown(&object.path))).unwrap_or_default();
    let stops =
        need.tried.iter().any(|candidate| matches!(candidate.fit, Fit::Unusable(_) | Fit::Damaged(_)));
    let what = if stops { "cannot be loaded" } else { "is in no folder that its loader searches" };
    let mut search = words::steps(&need.tried, resolution);
    // Where the loader stops, it does not matter what else there is.
    let others = if stops { Vec::new() } else { others(facts, need) };
    search.extend(others.into_iter().map(|path| {
        Step {
            verdict: match is_named(&path, need) {
                true => "exists, but the loader does not look here",
                false => "exists under another name",
            }
            .to_owned(),
            path,
        }
    }));
    rule.error(shown(&program.path), format!("`{}`{by} {what}", text(&need.name))).searched(search)
}

/// The file at which the loader stops because it is no complete ELF file, and in what way.
pub(super) fn damaged(need: &Need) -> Option<(String, &str)> {
    need.tried.iter().find_map(|candidate| match &candidate.fit {
        Fit::Damaged(why) => Some((shown(&candidate.path), why.as_str())),
        _ => None,
    })
}

/// Why a library was not found.
pub(super) fn cause(facts: &Facts<'_>, need: &Need) -> String {
    if let Some(obstacle) = obstacle(need) {
        return format!("{obstacle}.");
    }
    let others = others(facts, need);
    match others.first() {
        Some(path) if is_named(path, need) => format!(
            "`{path}` exists, but the loader does not search that folder: it is neither in its cache nor in a path that the program or the environment names."
        ),
        Some(_) => format!(
            "The image has it only under another name ({}), and the loader accepts only the exact one.",
            words::quoted(&others)
        ),
        None => {
            "The image has no file of that name: it was not installed, or not copied along with the program."
                .to_owned()
        }
    }
}

/// What helps where the library is there, but not found.
pub(super) fn known_elsewhere(facts: &Facts<'_>, need: &Need, is_glibc: bool) -> Vec<String> {
    let others = others(facts, need);
    let Some(path) = others.first().filter(|path| is_named(path, need)) else { return Vec::new() };
    let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    if is_glibc {
        vec![
            format!(
                "`RUN ldconfig` after the library is installed (with `{folder}` in a file of /etc/ld.so.conf.d)"
            ),
            format!("`ENV LD_LIBRARY_PATH={folder}`"),
        ]
    } else {
        vec![format!("`ENV LD_LIBRARY_PATH={folder}`, or add `{folder}` to /etc/ld-musl-*.path")]
    }
}

/// Files of the same name, and after them of another version, that the search did not meet.
fn others(facts: &Facts<'_>, need: &Need) -> Vec<String> {
    let known = facts.elsewhere.get(stem(&need.name)).map_or(&[][..], Vec::as_slice);
    let tried: BTreeSet<_> = need.tried.iter().map(|candidate| &candidate.path).collect();
    let mut others: Vec<String> =
        known.iter().filter(|path| !tried.contains(path)).map(|path| shown(path)).collect();
    others.sort_by_key(|path| !is_named(path, need));
    others.truncate(MOST_OTHERS);
    others
}

/// Whether a path ends with the very name that is needed.
fn is_named(path: &str, need: &Need) -> bool {
    path.ends_with(&format!("/{}", text(&need.name)))
}

/// The first candidate that is there but unfit, or a link that leads nowhere.
fn obstacle(need: &Need) -> Option<String> {
    need.tried.iter().find_map(|candidate| {
        let path = candidate.path.display();
        match &candidate.fit {
            Fit::Unusable(why) | Fit::Unfit(why) => Some(format!("`{path}` is {why}")),
            Fit::Absent(missing) if is_dangling(missing) => {
                Some(format!("`{path}` is a link that leads nowhere: {}", words::missing(missing)))
            }
            _ => None,
        }
    })
}

fn is_dangling(missing: &Missing) -> bool {
    missing.links.iter().any(|link| link.target.to_string_lossy().contains(".so"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_librarys_stem_is_its_name_up_to_so() {
        assert_eq!(stem(b"liboqs.so.7"), b"liboqs");
        assert_eq!(stem(b"libc.musl-x86_64.so.1"), b"libc.musl-x86_64");
        assert_eq!(stem(b"plain"), b"plain");
    }
}
