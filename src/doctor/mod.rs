//! Why something does not start: facts about an image -> findings, one file per rule. Reads no file and prints nothing.

use crate::image::about::About;
use crate::image::program::{Asked, Binary, Program};
use crate::image::python::Import;
use crate::image::tools::ToolSearch;
use crate::report::finding::{Finding, Severity, Step};
use crate::report::page::Page;

mod bad_shebang;
mod described;
mod exec_format;
mod executable_stack;
mod glibc_too_old;
mod illegal_instruction;
mod interpreter_missing;
mod libc_mismatch;
mod liboqs_library_missing;
mod libraries;
mod library_damaged;
mod link_out_of_image;
mod permission_denied;
mod python_import_name;
mod python_module_missing;
mod run;
mod shared_library_missing;
mod symbol_version_missing;
mod tool_not_found;
mod words;

pub use run::{Error, Plan, run};

/// Every rule, in the order in which they are tried.
pub static ALL: &[&Rule] = &[
    &tool_not_found::RULE,
    &link_out_of_image::RULE,
    &permission_denied::RULE,
    &exec_format::RULE,
    &bad_shebang::RULE,
    &libc_mismatch::RULE,
    &interpreter_missing::RULE,
    &library_damaged::RULE,
    &liboqs_library_missing::RULE,
    &shared_library_missing::RULE,
    &glibc_too_old::RULE,
    &symbol_version_missing::RULE,
    &illegal_instruction::RULE,
    &executable_stack::RULE,
    &python_module_missing::RULE,
    &python_import_name::RULE,
];

/// A rule: what it finds, in words and in code.
pub struct Rule {
    /// The page that explains it.
    pub page: &'static Page,
    /// Looks at one subject.
    pub check: fn(&Facts<'_>, &Suspect<'_>) -> Vec<Finding>,
}

/// What is known of the image apart from the suspect.
pub struct Facts<'f> {
    /// What kind of image it is.
    pub about: &'f About,
    /// Files whose names begin like those of libraries that are missing.
    elsewhere: &'f libraries::Elsewhere,
}

/// What a rule looks at.
pub enum Suspect<'s> {
    /// A file that is to be started, or a library that is to be loaded.
    Program(&'s Program),
    /// A name that leads to no program, and who asked for it.
    Tool(&'s ToolSearch, &'s Asked),
    /// A module that Python is to import.
    Import(&'s Import),
}

impl<'s> Suspect<'s> {
    /// The program, if it is one.
    fn program(&self) -> Option<&'s Program> {
        match self {
            Self::Program(program) => Some(program),
            Self::Tool(..) | Self::Import(_) => None,
        }
    }

    /// The program, if it is an ELF file.
    fn binary(&self) -> Option<(&'s Program, &'s Binary)> {
        let program = self.program()?;
        Some((program, program.binary()?))
    }
}

impl Rule {
    /// The rule's id.
    pub fn id(&self) -> &'static str {
        self.page.id
    }

    /// An error that this rule finds.
    fn error(&self, subject: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.page.id.to_owned(),
            severity: Severity::Error,
            subject: subject.into(),
            message: message.into(),
            search: Vec::new(),
            cause: String::new(),
            fix: Vec::new(),
        }
    }
}

/// The page of every rule.
pub fn pages() -> impl Iterator<Item = &'static Page> {
    ALL.iter().map(|rule| rule.page)
}

impl Finding {
    /// With the places that were considered.
    fn searched(mut self, search: Vec<Step>) -> Self {
        self.search = search;
        self
    }

    /// With why that is so.
    fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    /// With what to do.
    fn cured_by(mut self, fix: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.fix = fix.into_iter().map(Into::into).collect();
        self
    }

    /// As a warning where `is_warning`.
    fn warning_if(mut self, is_warning: bool) -> Self {
        if is_warning {
            self.severity = Severity::Warning;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_and_an_id_of_its_own() {
        let mut ids: Vec<_> = ALL.iter().map(|rule| rule.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.len());
        for page in pages() {
            assert!(page.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", page.id);
            assert!(page.finds.ends_with('.') && page.why.ends_with('.'), "{}", page.id);
            assert!(!page.fix.is_empty(), "{}", page.id);
        }
    }
}
