//! A program uses instructions that the processor does not have.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "illegal-instruction",
        finds: "A program died on an instruction that this processor does not have (SIGILL, exit code 132), \
              or refused to start.",
        why: "The program was compiled for a newer processor (-march=native, x86-64-v3, AVX2, SHA3 on \
              arm64); the same image works on another machine. Virtual machines and emulators often hide \
              features.",
        fix: &[
            "Build for the oldest processor that must run it: -march=x86-64, not -march=native; liboqs: -DOQS_DIST_BUILD=ON, which decides at run time.",
            "Let the virtual machine show the real processor (CPU type `host`; qemu-user: -cpu max).",
            "Use a build of the image for older processors, if one exists.",
            "Run `pqcheck kat`: it says which code path of which library this processor cannot run.",
        ],
    },
    signs: &[
        proof(
            "Illegal instruction",
            r"(?:line \d+: +\d+ )?Illegal instruction(?: +(?:\(core dumped\) +)?(?<name>[\w./-]+))?",
        ),
        proof("SIGILL", "").unless(&["handler for", "sa_handler"]),
        proof("uncaught target signal 4|signal: 4", ""),
        proof("signal 4", r"(?:killed by|terminated by|fatal|received|got) signal 4\b"),
        proof("CPU does not support x86-64", r"CPU does not support (?<need>x86-64-v\d)"),
        proof("CPU ISA level is lower than required", ""),
        proof("CPU lacks", r"CPU lacks (?<need>\w+) support"),
        proof("requires a CPU with", r"requires a CPU with (?<need>[\w.]+)"),
        proof("requires AVX", r"requires (?<need>AVX\w*)"),
        proof(
            "instruction set",
            r"(?:not support|lacks|missing).*(?<need>AVX\d*|SSE[\d._]+|NEON|SVE).*instruction",
        ),
        proof("CPU doesn't support", r"CPU doesn't support (?<need>[\w.]+)"),
        proof("exit code: 132|non-zero code: 132", "").echoed(),
        likely("exited with code 132|exit code 132", "").echoed(),
        likely("Exit Code:", r"Exit Code: +132"),
        likely("code=132|Error 132", ""),
    ],
    brings: &["pip-build-failed", "out-of-memory"],
    counts: always,
    words: |found| {
        let name = found.quoted("name", "A program");
        let needs = found.first("need").map_or_else(String::new, |need| format!("{need} "));
        found.because(format!(
            "{name} was compiled for {needs}instructions that this processor (or the virtual machine's view of it) does not have."
        ))
    },
};
