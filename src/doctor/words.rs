//! How rules name paths, searches, links and packages. Knows no rule.

use std::path::Path;

use crate::image::about::About;
use crate::image::elf::Libc;
use crate::image::loader::{Candidate, Fit, Origin, Resolution};
use crate::image::program::{Asked, Program};
use crate::image::root::{Link, Missing, Reason};
use crate::report::finding::Step;

/// The cure that needs nothing of the image.
pub(super) const BUILD_STATIC: &str =
    "build a static program: Rust `--target x86_64-unknown-linux-musl`, Go `CGO_ENABLED=0`, C `-static`";

/// The most items that a sentence lists.
const MOST_LISTED: usize = 3;

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Whether somebody named the program, so that its failing matters to them.
pub(super) fn is_wanted(program: &Program) -> bool {
    program.asked != Asked::InPath
}

/// Why a lookup failed, with the links on the way.
pub(super) fn missing(missing: &Missing) -> String {
    let trail =
        listed(missing.links.iter().map(|link| format!("`{}` is {}", link.at.display(), leads(link))));
    match &missing.reason {
        Reason::Absent(at) if !trail.is_empty() => {
            format!("absent: {trail}, but `{}` does not exist", at.display())
        }
        reason if trail.is_empty() => reason.to_string(),
        reason => format!("{reason} ({trail})"),
    }
}

/// Where a link leads: "a link to `x`".
pub(super) fn leads(link: &Link) -> String {
    let out = if link.climbs_out { ", which climbs out of the image" } else { "" };
    format!("a link to `{}`{out}", link.target.display())
}

/// A loader's search as a reader sees it.
pub(super) fn steps(tried: &[Candidate], resolution: Option<&Resolution>) -> Vec<Step> {
    let step = |candidate: &Candidate| Step {
        path: shown(&candidate.path),
        verdict: format!("{}: {}", origin(&candidate.origin, resolution), fit(&candidate.fit)),
    };
    tried.iter().map(step).collect()
}

fn fit(fit: &Fit) -> String {
    match fit {
        Fit::Taken => "taken".to_owned(),
        Fit::Absent(why) => missing(why),
        Fit::Unfit(why) => format!("skipped, {why}"),
        Fit::Unusable(why) | Fit::Damaged(why) => format!("{why}; the loader stops here"),
    }
}

fn origin(origin: &Origin, resolution: Option<&Resolution>) -> String {
    let of = |object: usize| {
        let object = resolution.and_then(|resolution| resolution.objects.get(object));
        object.map(|object| format!(" of {}", object.path.display())).unwrap_or_default()
    };
    match origin {
        Origin::Name => "named with a slash".to_owned(),
        Origin::Rpath(object) => format!("RPATH{}", of(*object)),
        Origin::Runpath(object) => format!("RUNPATH{}", of(*object)),
        Origin::LibraryPath => "LD_LIBRARY_PATH".to_owned(),
        Origin::Cache => "/etc/ld.so.cache".to_owned(),
        Origin::PathFile => "musl's path file".to_owned(),
        Origin::Default => "default folder".to_owned(),
    }
}

/// The loaders that the image has, for a program that names another.
pub(super) fn other_loaders(about: &About) -> impl Iterator<Item = Step> {
    about.loaders.iter().map(|loader| Step {
        path: shown(loader),
        verdict: "loader of the image, but not the one that the program names".to_owned(),
    })
}

/// What a C library is called.
pub(super) fn libc(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc => "glibc",
        Libc::Musl => "musl",
        Libc::Unknown => "another C library",
        Libc::None => "no C library",
    }
}

/// How to install a package, by the names that Debian, Alpine and Fedora have for it.
pub(super) fn install(about: &About, [debian, alpine, fedora]: [&str; 3]) -> String {
    let command = match about.distribution_id.as_str() {
        "alpine" | "wolfi" | "chainguard" => format!("apk add {alpine}"),
        "debian" | "ubuntu" => {
            format!("apt-get update && apt-get install -y --no-install-recommends {debian}")
        }
        "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "amzn" => format!("dnf install -y {fedora}"),
        _ => return format!("install {debian} in the image, or copy it from the stage that has it"),
    };
    format!("in the image: `{command}`")
}

/// "a, b, c and 3 more".
pub(super) fn listed(mut words: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = words.by_ref().take(MOST_LISTED).collect();
    let (shown, more) = (shown.join(", "), words.count());
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// The same of names, each in backticks.
pub(super) fn quoted(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    listed(names.into_iter().map(|name| format!("`{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_how_many_it_leaves_out() {
        assert_eq!(quoted(["a"; 0]), "");
        assert_eq!(quoted(["a", "b", "c"]), "`a`, `b`, `c`");
        assert_eq!(quoted(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
