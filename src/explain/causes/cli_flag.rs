//! A tool was given an option that it does not have.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

/// Words of lines in which an unknown option does no harm.
const HARMLESS: &[&str] = &["warning", "may have been intended", "ignored", "ignoring", "checking "];

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "cli-flag",
        finds: "A tool refused an option, a flag or a sub-command that it does not know.",
        why: "The option belongs to a newer or older version than the installed one or to another tool of \
              the same name (busybox, clang, the classic builder), or it is misspelt.",
        fix: &[
            "Check what this version accepts: TOOL --help, TOOL --version.",
            "Install a version that has the option, or drop the option.",
            "For RUN --mount, COPY --chmod and the like, build with BuildKit (DOCKER_BUILDKIT=1, docker buildx build) and make # syntax=docker/dockerfile:1 the first line.",
        ],
    },
    signs: &[
        proof("option requires BuildKit", r"the (?<name>--[\w-]+) option requires BuildKit").echoed(),
        proof("requires BuildKit", r"(?<name>--[\w-]+).*requires BuildKit").echoed(),
        proof("unknown flag", r"unknown flag:? '?(?<name>[\w-]+)").unless(HARMLESS).echoed(),
        proof("unknown shorthand flag", r"unknown shorthand flag: '.' in (?<name>-\S+)").echoed(),
        proof("unrecognized", r"(?:^|(?<by>[\w.+/-]+): )?(?:\w+: )*unrecognized (?:command[- ]line )?(?:option|argument)s?(?: in option)?:? '?(?<name>[^\s']+)'?").unless(HARMLESS),
        proof("unrecognised option", r"unrecognised option:? '?(?<name>[^\s']+)").unless(HARMLESS),
        proof("invalid option", r"(?:(?<by>[\w.+/-]+): )?invalid option(?: --)? '?(?<name>[\w-]+)'?").unless(HARMLESS),
        proof("illegal option", r"(?:(?<by>[\w.+/-]+): )?illegal option -- '?(?<name>[\w-]+)").unless(HARMLESS),
        proof("Illegal option -", r"(?:(?<by>set|\w*sh): )?Illegal option (?<name>-[\w-]+)"),
        proof("unknown option", r"(?:(?<by>[\w.+/-]+): )?unknown option:? (?:-- )?'?\x22?(?<name>[\w-]+)").unless(HARMLESS),
        proof("unknown argument", r"(?:(?<by>[\w.+/-]+): )?(?:error: )?unknown argument:? '?(?<name>-[^\s']+)").unless(HARMLESS),
        proof("unsupported option", r"unsupported option '?(?<name>-[^\s']+)").unless(HARMLESS),
        proof("unexpected argument", r"unexpected argument '(?<name>[^']+)' found"),
        proof("which wasn't expected", r"Found argument '(?<name>[^']+)'"),
        proof("no such option", r"no such option:? (?<name>-\S+)"),
        proof("flag provided but not defined", r"not defined: (?<name>-\S+)"),
        proof("is not understood", r"Command line option .?(?<name>[\w-]+).? .*is not understood"),
        proof("following arguments are not recognized", ""),
        proof("is not a valid option", r"'?(?<name>-[\w-]+)'? is not a valid option"),
        proof("unknown switch", r"unknown switch '(?<name>[^']+)"),
        proof("bad option", r"(?<by>[\w./-]+): bad option:? '?(?<name>-\S+)"),
        proof("does not exist|is unknown|not recognized|doesn't exist", r"Option '?\x22?(?<name>--?[\w-]+)\x22?'? (?:does not exist|is unknown|not recognized|is not recognized|doesn't exist)"),
        proof("option does not exist", r"The \x22?'?(?<name>--[\w-]+)'?\x22? option does not exist"),
        proof("Unknown argument", r"Unknown argument:? '?(?<name>-[^\s']+)"),
        proof("Unrecognized option", r"Unrecognized option: '(?<name>[^']+)'"),
        proof("Unrecognized VM option", r"VM option '(?<name>[^']+)'"),
        proof("unknown parameter", r"Unknown parameter:? (?<name>--\S+)"),
        proof("is not a docker command", r"'(?<name>[\w-]+)' is not a docker command").echoed(),
        proof("no such command", r"no such (?:sub)?command: '?(?<name>[\w-]+)"),
        proof("no such subcommand", r"no such subcommand: '?(?<name>[\w-]+)"),
        proof("is only supported on a Docker daemon with experimental", r"(?<name>--[\w-]+)").echoed(),
        proof("is only accepted on the nightly", r"the (?:option |flag )?'(?<name>-?[^']+)'").unless(HARMLESS),
        proof("No such option", r"No such option:? '?(?<name>-\S+)"),
        likely("unknown command", r"unknown command:? \x22?'?(?<name>[\w-]+)").unless(HARMLESS),
        likely("expected one argument", r"argument (?<name>-\S+): expected"),
        likely("invalid value", r"invalid value '(?<need>[^']*)' for '(?<name>-[^'\s]+)"),
        likely("bad value", r"bad value \(?'?(?<need>[^')]+)'?\)? for '?(?<name>-\S+?)'?(?: switch|$)"),
        likely("invalid choice", r"(?:argument (?<name>\S+): )?invalid choice: '(?<need>[^']+)'"),
    ],
    brings: &["pip-build-failed", "compiler-missing"],
    counts: always,
    words: |found| {
        let name = found.or("name", "this option");
        let builder = ["buildkit", "dockerfile parse error", "unknown flag: mount", "unknown flag: chmod", "unknown flag: link"];
        if found.says(&builder) {
            let name = name.trim_start_matches('-');
            found.because(format!("`{name}` in the Dockerfile needs BuildKit, but this build uses the classic builder or an old syntax.")).best(2)
        } else if found.says(&["nightly"]) {
            found.because(format!("Only nightly compilers accept `{name}`, and this one is stable."))
                .cure_first("Use a nightly toolchain, or a version of the crate that builds on stable.")
        } else if let Some(value) = found.first("need") {
            found.because(format!("The installed version does not accept the value `{value}` for `{name}`."))
        } else {
            let by = found.quoted("by", "the tool");
            found.because(format!("The installed version of {by} does not know {}.", found.quoted("name", "this option")))
        }
    },
};
