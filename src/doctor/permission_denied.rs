//! A program is there, but may not be executed.

use super::words::{is_wanted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::program::{Program, What};
use crate::image::root::FileKind;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "permission-denied",
        finds: "A program lacks the right to be executed, lies in a folder that the image's user may not search, on a mount with `noexec`, or is a folder.",
        why: "The kernel answers `Permission denied`. `COPY` keeps the mode that a file has in the build context, and a checkout on Windows or a download has no right to execute.",
        fix: &[
            "`COPY --chmod=755 FILE /`, or `RUN chmod +x FILE`; `git update-index --chmod=+x FILE` for the checkout.",
            "Open the folder for the user: `chmod a+x FOLDER`, or `COPY --chown=USER`.",
            "Mount without `noexec`, or put the program elsewhere.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Ok(found) = &program.lookup else { return Vec::new() };
    let wanted = is_wanted(program);
    let mut findings = Vec::new();
    let path = || shown(&program.path);
    if found.node.kind == FileKind::Folder && wanted {
        findings.push(
            RULE.error(path(), "it is a folder".to_owned())
                .because("`COPY FOLDER /name` copies what is in a folder, and makes the folder.")
                .cured_by(["name the file in it".to_owned()]),
        );
        return findings;
    }
    if let Some((folder, mode)) = program.closed_folder.as_ref().filter(|_| wanted) {
        findings.push(
            RULE.error(
                path(),
                format!("the image's user may not pass through the folder `{}`", folder.display()),
            )
            .searched(vec![Step { path: shown(folder), verdict: mode_of(*mode, facts) }])
            .because("To reach a file one needs the right to execute on every folder above it.")
            .cured_by([format!("`RUN chmod a+x {}`, or let the image run as its owner", folder.display())]),
        );
    } else if program.may_execute == Some(false) && wanted && !is_library(program) {
        findings.push(
            RULE.error(
                path(),
                format!("its mode {:04o} gives the image's user no right to execute it", found.node.mode),
            )
            .searched(vec![Step {
                path: shown(&found.path),
                verdict: format!(
                    "{}, owner {}:{}",
                    mode_of(found.node.mode, facts),
                    found.node.uid,
                    found.node.gid
                ),
            }])
            .because("The kernel answers `Permission denied`. `COPY` keeps the mode of the build context.")
            .cured_by([
                format!("`COPY --chmod=755 … {}`, or `RUN chmod +x {0}`", found.path.display()),
                "`git update-index --chmod=+x FILE` where it comes from a repository".to_owned(),
            ]),
        );
    }
    if let Some(mount) = &program.no_exec_mount {
        let finding =
            RULE.error(path(), format!("the mount on `{}` forbids execution (noexec)", mount.display()))
                .searched(vec![Step { path: shown(mount), verdict: "mounted with `noexec`".to_owned() }])
                .because("The kernel answers `Permission denied` to every program on such a mount.")
                .cured_by(["mount it without `noexec` (`--tmpfs /tmp:exec`), or put the program elsewhere"
                    .to_owned()]);
        findings.push(finding.warning_if(!wanted));
    }
    if let Some(What::Unreadable(error)) = &program.what {
        let finding = RULE
            .error(path(), format!("pqcheck may not read it: {error}"))
            .because("What cannot be read cannot be looked into; a script that its user cannot read does not start either.")
            .cured_by(["start pqcheck with the right to read it, as the image's user or as root".to_owned()]);
        findings.push(finding.warning_if(true));
    }
    findings
}

/// A library is loaded and needs no right to be executed.
fn is_library(program: &Program) -> bool {
    program.binary().and_then(crate::image::program::Binary::elf).is_some_and(|elf| !elf.is_program())
}

fn mode_of(mode: u32, facts: &Facts<'_>) -> String {
    let user = if facts.about.user.name.is_empty() { "root" } else { &facts.about.user.name };
    format!("mode {mode:04o}, user `{user}`")
}
