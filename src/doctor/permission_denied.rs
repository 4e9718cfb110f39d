//! A program is there, but may not be executed.

use super::words::{is_wanted, shown};
use super::{Facts, Rule, Suspect};
use crate::image::program::{Binary, Program, What};
use crate::image::root::FileKind;
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "permission-denied",
        finds: "A program has no execute permission, lies in a folder that the image's user may not enter or on a mount with `noexec`, or is a folder.",
        why: "The kernel answers `Permission denied`. `COPY` keeps the mode that a file has in the build context; files from a checkout on Windows or from a download have no execute permission.",
        fix: &[
            "`COPY --chmod=755 FILE /`, or `RUN chmod +x FILE`; `git update-index --chmod=+x FILE` for the checkout.",
            "Open the folder to the user: `chmod a+x FOLDER`, or `COPY --chown=USER`.",
            "Mount without `noexec`, or put the program elsewhere.",
        ],
    },
    check,
};

fn check(facts: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some(program) = suspect.program() else { return Vec::new() };
    let Ok(found) = &program.lookup else { return Vec::new() };
    let wanted = is_wanted(program);
    let path = || shown(&program.path);
    if found.node.kind == FileKind::Folder && wanted {
        return vec![
            RULE.error(path(), "it is a folder")
                .because("`COPY FOLDER /name` makes a folder `/name` and puts the content of FOLDER into it.")
                .cured_by(["name the file in it"]),
        ];
    }
    let mut findings = Vec::new();
    if let Some((folder, mode)) = program.closed_folder.as_ref().filter(|_| wanted) {
        let folder = shown(folder);
        findings.push(
            RULE.error(path(), format!("the image's user may not enter the folder `{folder}`"))
                .because("To reach a file, a user needs execute permission on every folder above it.")
                .cured_by([format!("`RUN chmod a+x {folder}`, or run the image as the folder's owner")])
                .searched(vec![Step { path: folder, verdict: mode_of(*mode, facts) }]),
        );
    } else if program.may_execute == Some(false) && wanted && !is_library(program) {
        let (node, file) = (&found.node, shown(&found.path));
        let verdict = format!("{}, owner {}:{}", mode_of(node.mode, facts), node.uid, node.gid);
        findings.push(
            RULE.error(
                path(),
                format!("its mode {:04o} does not let the image's user execute it", node.mode),
            )
            .because("The kernel answers `Permission denied`. `COPY` keeps the mode of the build context.")
            .cured_by([
                format!("`COPY --chmod=755 … {file}`, or `RUN chmod +x {file}`"),
                "`git update-index --chmod=+x FILE`, if it comes from a repository".to_owned(),
            ])
            .searched(vec![Step { path: file, verdict }]),
        );
    }
    if let Some(mount) = &program.no_exec_mount {
        let mount = shown(mount);
        let finding = RULE
            .error(path(), format!("the mount on `{mount}` forbids execution (noexec)"))
            .because("The kernel answers `Permission denied` to every program on such a mount.")
            .cured_by(["mount it without `noexec` (`--tmpfs /tmp:exec`), or put the program elsewhere"])
            .searched(vec![Step { path: mount, verdict: "mounted with `noexec`".to_owned() }]);
        findings.push(finding.warning_if(!wanted));
    }
    if let Some(What::Unreadable(error)) = &program.what {
        let finding = RULE
            .error(path(), format!("pqcheck may not read it: {error}"))
            .because("pqcheck cannot look into a file that it may not read; a script that its user may not read does not start either.")
            .cured_by(["run pqcheck as the image's user or as root"]);
        findings.push(finding.warning_if(true));
    }
    findings
}

/// A library is loaded and needs no execute permission.
fn is_library(program: &Program) -> bool {
    program.binary().and_then(Binary::elf).is_some_and(|elf| !elf.is_program())
}

fn mode_of(mode: u32, facts: &Facts<'_>) -> String {
    let user = if facts.about.user.name.is_empty() { "root" } else { &facts.about.user.name };
    format!("mode {mode:04o}, user `{user}`")
}
