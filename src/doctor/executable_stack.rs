//! A program or a library asks for an executable stack.

use super::words::shown;
use super::{Facts, Rule, Suspect};
use crate::report::finding::{Finding, Step};
use crate::report::page::Page;

pub(super) static RULE: Rule = Rule {
    page: &Page {
        id: "executable-stack",
        finds: "A program, or a library that it loads, asks for an executable stack (PT_GNU_STACK with the right to execute).",
        why: "That takes away a protection of the whole process, most often because one assembler file lacks a note. glibc 2.41 and newer refuse to load such a library at run time, and SELinux may refuse the program.",
        fix: &[
            "Add `.section .note.GNU-stack,\"\",%progbits` to the assembler files, or link with `-Wl,-z,noexecstack`.",
            "Clear the mark of a file that does not need it: `patchelf --clear-execstack FILE`.",
        ],
    },
    check,
};

fn check(_: &Facts<'_>, subject: &Suspect<'_>) -> Vec<Finding> {
    let Suspect::Program(program) = subject else { return Vec::new() };
    let Some(binary) = program.binary() else { return Vec::new() };
    let asks = |elf: &crate::image::elf::Elf| elf.executable_stack == Some(true);
    let mut search = Vec::new();
    if binary.elf().is_some_and(asks) {
        search.push(Step { path: shown(&program.path), verdict: "PT_GNU_STACK is executable".to_owned() });
    }
    let loaded = binary.resolution.iter().flat_map(|resolution| resolution.objects.iter().skip(1));
    for object in loaded.filter(|object| object.facts.as_deref().is_ok_and(asks)) {
        search.push(Step { path: shown(&object.path), verdict: "PT_GNU_STACK is executable".to_owned() });
    }
    if search.is_empty() {
        return Vec::new();
    }
    let finding = RULE
        .error(shown(&program.path), "it asks for an executable stack".to_owned())
        .searched(search)
        .because("One of its object files, often of an assembler, lacks the note that it needs none.")
        .cured_by([
            "link with `-Wl,-z,noexecstack`, or add `.section .note.GNU-stack` to the assembler files"
                .to_owned(),
            "`patchelf --clear-execstack FILE`".to_owned(),
        ]);
    vec![finding.warning_if(true)]
}
