//! A symbolic link leads to something that is not in the image.

use super::words::{self, is_wanted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::root::Reason;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "link-out-of-image",
        finds: "A program is a symbolic link whose target is not in the image, or a circle of links.",
        why: "A link that was made on the machine that builds, or in another stage, keeps the name of a place that the image does not have. The kernel answers `No such file or directory`, although `ls` shows the program; a circle is `Too many levels of symbolic links`.",
        fix: &[
            "Copy the link's target too, to the place that it names.",
            "Copy the file instead of the link: `cp -L`, `COPY` of the target.",
            "Make a virtual environment of Python in the image, not on another machine.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Err(missing) = &program.lookup else { return Vec::new() };
    let Some(last) = missing.links.last() else { return Vec::new() };
    let (message, cause) = match &missing.reason {
        Reason::Loop => (
            "it is a link that leads in a circle".to_owned(),
            "Each of these links leads to another of them.".to_owned(),
        ),
        _ => (
            format!("it is a link to `{}`, which is not in the image", last.target.display()),
            format!("{}.", words::missing(missing)),
        ),
    };
    let target = last.target.display();
    let search = missing.links.iter().take(8).map(|link| Step {
        path: shown(&link.at),
        verdict: format!(
            "a link to `{}`{}",
            link.target.display(),
            if link.climbs_out { ", which climbs out of the image" } else { "" }
        ),
    });
    let finding =
        RULE.error(shown(&program.path), message).searched(search.collect()).because(cause).cured_by([
            format!("copy what `{target}` names into the image, or install the package that has it"),
            "copy the file instead of the link: `cp -L`".to_owned(),
        ]);
    vec![finding.warning_if(!is_wanted(program))]
}
