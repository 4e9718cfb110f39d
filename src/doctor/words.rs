//! How rules name paths, platforms and searches. Knows no rule.

use std::path::{Path, PathBuf};

use crate::image::about::About;
use crate::image::elf::Libc;
use crate::image::loader::{Candidate, Fit, Origin, Resolution};
use crate::image::program::{Asked, Program};
use crate::image::root::{Link, Missing, Reason};
use crate::report::finding::Step;

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
    let trail = trail(&missing.links);
    match &missing.reason {
        Reason::Absent(at) if !missing.links.is_empty() => {
            format!("absent: {trail}, and `{}` is not there", at.display())
        }
        reason if trail.is_empty() => reason.to_string(),
        reason => format!("{reason} ({trail})"),
    }
}

/// The links that were followed: "a link to `x`, a link to `y`".
pub(super) fn trail(links: &[Link]) -> String {
    const SHOWN: usize = 4;
    let mut words: Vec<String> = links
        .iter()
        .take(SHOWN)
        .map(|link| {
            let out = if link.climbs_out { ", which climbs out of the image" } else { "" };
            format!("`{}` is a link to `{}`{out}", link.at.display(), link.target.display())
        })
        .collect();
    if links.len() > SHOWN {
        words.push(format!("and {} more links", links.len() - SHOWN));
    }
    words.join(", ")
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
        Fit::Unfit(why) => format!("passed over, {why}"),
        Fit::Unusable(why) | Fit::Damaged(why) => format!("{why}; the loader gives up here"),
    }
}

fn origin(origin: &Origin, resolution: Option<&Resolution>) -> String {
    let of = |object: usize| {
        let path =
            resolution.and_then(|resolution| resolution.objects.get(object)).map(|object| &object.path);
        path.map(|path| format!(" of {}", path.display())).unwrap_or_default()
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

/// What a C library is called.
pub(super) fn libc(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc => "glibc",
        Libc::Musl => "musl",
        Libc::Unknown => "another C library",
        Libc::None => "no C library",
    }
}

/// The command that installs a package here, if the distribution is known.
pub(super) fn install(about: &About, package: &str) -> String {
    match about.distribution_id.as_str() {
        "alpine" | "wolfi" | "chainguard" => format!("apk add {package}"),
        "debian" | "ubuntu" => {
            format!("apt-get update && apt-get install -y --no-install-recommends {package}")
        }
        "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "amzn" => format!("dnf install -y {package}"),
        _ => format!("install {package} in the image, or copy it in from the stage that has it"),
    }
}

/// "`a`, `b` and 3 more".
pub(super) fn listed(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut words: Vec<String> =
        paths.iter().take(SHOWN).map(|path| format!("`{}`", path.display())).collect();
    if paths.len() > SHOWN {
        words.push(format!("{} more", paths.len() - SHOWN));
    }
    words.join(", ")
}
