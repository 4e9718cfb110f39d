//! What the rules about libraries share: which needs were not met, and for whose sake.

use std::collections::BTreeSet;

use super::words::{self, shown, text};
use super::{Facts, Rule};
use crate::image::loader::{Fit, Need, Taken};
use crate::image::program::{Binary, Program};
use crate::image::root::Missing;
use crate::report::finding::{Finding, Step};

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
    let by = resolution.and_then(|resolution| resolution.objects.get(need.by));
    let by = by.filter(|_| need.by != 0).map(|object| format!(", which `{}` needs,", shown(&object.path)));
    let name = text(&need.name);
    let unusable =
        need.tried.iter().any(|candidate| matches!(candidate.fit, Fit::Unusable(_) | Fit::Damaged(_)));
    let what = if unusable { "cannot be loaded" } else { "is nowhere that its loader looks" };
    let mut search = words::steps(&need.tried, resolution);
    // Where the loader gave up, it does not matter what else there is.
    let others = if unusable { Vec::new() } else { others(facts, need) };
    search.extend(others.into_iter().map(|path| Step {
        verdict: if path.ends_with(&format!("/{name}")) {
            "there, but not where the loader looks".to_owned()
        } else {
            "there, under a name that is not asked for".to_owned()
        },
        path,
    }));
    rule.error(shown(&program.path), format!("`{name}`{} {what}", by.unwrap_or_default())).searched(search)
}

/// The file at which the loader gives up because it is no whole ELF file, and in what way.
pub(super) fn damaged(need: &Need) -> Option<(String, &str)> {
    need.tried.iter().find_map(|candidate| match &candidate.fit {
        Fit::Damaged(why) => Some((shown(&candidate.path), why.as_str())),
        _ => None,
    })
}

/// Files of the same name, or of another version, that the search did not meet.
pub(super) fn others(facts: &Facts<'_>, need: &Need) -> Vec<String> {
    let known = facts.elsewhere.get(&super::stem(&need.name)).map_or(&[][..], Vec::as_slice);
    let tried: BTreeSet<_> = need.tried.iter().map(|candidate| &candidate.path).collect();
    let mut others: Vec<String> =
        known.iter().filter(|path| !tried.contains(path)).map(|path| shown(path)).collect();
    // The very name first.
    let name = format!("/{}", text(&need.name));
    others.sort_by_key(|path| !path.ends_with(&name));
    others.truncate(6);
    others
}

/// Why nothing came of it: the first candidate that is there but unfit, or a link that leads nowhere.
pub(super) fn obstacle(need: &Need) -> Option<String> {
    need.tried.iter().find_map(|candidate| match &candidate.fit {
        Fit::Unusable(why) | Fit::Unfit(why) => Some(format!("`{}` is {why}", candidate.path.display())),
        Fit::Absent(missing) if is_dangling(missing) => Some(format!(
            "`{}` is a link that leads nowhere: {}",
            candidate.path.display(),
            words::missing(missing)
        )),
        _ => None,
    })
}

fn is_dangling(missing: &Missing) -> bool {
    missing.links.iter().any(|link| link.target.to_string_lossy().contains(".so"))
}
