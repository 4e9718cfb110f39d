//! A program or a library asks for an executable stack.

use super::words::shown;
use super::{Facts, Rule, Suspect};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "executable-stack",
        finds: "A program, or a library that it loads, asks for an executable stack (PT_GNU_STACK with execute permission).",
        why: "An executable stack removes a protection of the whole process, usually because one assembler file lacks a note. glibc 2.41 and newer refuse to load such a library at run time, and SELinux may refuse the program.",
        fix: &[
            "Add `.section .note.GNU-stack,\"\",%progbits` to the assembler files, or link with `-Wl,-z,noexecstack`.",
            "If the file needs no executable stack, clear the mark: `patchelf --clear-execstack FILE`.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, suspect: &Suspect<'_>) -> Vec<Finding> {
    let Some((program, binary)) = suspect.binary() else { return Vec::new() };
    let asking = binary.files(&program.path).filter(|(_, elf)| elf.executable_stack == Some(true));
    let step = |path| Step { path, verdict: "PT_GNU_STACK is executable".to_owned() };
    let search: Vec<Step> = asking.map(|(path, _)| step(shown(path))).collect();
    if search.is_empty() {
        return Vec::new();
    }
    let finding = RULE
        .error(shown(&program.path), "it asks for an executable stack")
        .searched(search)
        .because("One of its object files, usually from an assembler, lacks the note that it needs none.")
        .cured_by([
            "link with `-Wl,-z,noexecstack`, or add `.section .note.GNU-stack` to the assembler files",
            "`patchelf --clear-execstack FILE`",
        ]);
    vec![finding.warning_if(true)]
}
