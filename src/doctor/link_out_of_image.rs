//! A symbolic link leads to something that is not in the image.

use super::words::{self, is_wanted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::root::Reason;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "link-out-of-image",
        finds: "A program is a symbolic link to something that is not in the image, or a loop of links.",
        why: "A link made on the build machine, or in another stage, keeps a path that the image does not have. The kernel answers `No such file or directory`, although `ls` shows the program; for a loop it answers `Too many levels of symbolic links`.",
        fix: &[
            "Copy the link's target too, to the path that the link names.",
            "Copy the file instead of the link: `cp -L`, or `COPY` the target.",
            "Create a Python virtual environment in the image, not on another machine.",
        ],
    },
    check,
};

/// The most links of a search that are shown.
const MOST_LINKS: usize = 8;

fn check(_: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some(program) = suspect.program() else { return Vec::new() };
    let Err(missing) = &program.lookup else { return Vec::new() };
    let Some(last) = missing.links.last() else { return Vec::new() };
    let target = last.target.display();
    let (message, cause) = match &missing.reason {
        Reason::Loop => (
            "it is a loop of links".to_owned(),
            "Each of these links leads to another one of them.".to_owned(),
        ),
        _ => (
            format!("it is a link to `{target}`, which is not in the image"),
            format!("{}.", words::missing(missing)),
        ),
    };
    let search = missing.links.iter().take(MOST_LINKS);
    let search = search.map(|link| Step { path: shown(&link.at), verdict: words::leads(link) });
    let finding =
        RULE.error(shown(&program.path), message).searched(search.collect()).because(cause).cured_by([
            format!("copy `{target}` into the image too, or install the package that has it"),
            "copy the file instead of the link: `cp -L`".to_owned(),
        ]);
    vec![finding.warning_if(!is_wanted(program))]
}
