//! A script's interpreter is not there, often because of Windows line ends.

use crate::explain::cause::{Cause, always, likely, proof, trace, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "bad-shebang",
        finds: "A script could not start because its first line names an interpreter that is not in the image, or because its lines \
                end as on Windows (CR LF), which makes the carriage return part of the name.",
        why: "The kernel reports the interpreter's absence as `no such file or directory` for the script itself, although the script \
              is there.",
        fix: &[
            "Convert the line ends: sed -i 's/\\r$//' script (or dos2unix), and keep them so with `*.sh text eol=lf` in .gitattributes.",
            "Install the interpreter (Alpine and distroless have no bash), or use #!/bin/sh if the script is plain.",
            "Make #! the very first bytes of the file: no byte-order mark, no blank line.",
        ],
    },
    signs: &[
        proof("bad interpreter", r"(?<name>[\w./+-]+)?:? ?(?<need>/[\w./+ -]+?)(?:\^M)?: bad interpreter"),
        proof("env: ", r"^(?:.*: )?(?:\S*/)?env: (?:can't execute )?'?(?<need>[\w.+ -]+?)(?:\\r|\^M)?'?(?:: (?:No such file or directory|not found)|$)").unless(&["unrecognized", "invalid option"]),
        proof("\\r'", r"\\r'?:? (?:command not found|No such file|not found|invalid option|syntax error)|(?:near unexpected token|invalid signal specification|not a valid identifier).*\\r'"),
        proof("\\r'", r"\$'[^']*\\r'"),
        proof("Illegal option -", r"set: (?:line \d+: )?Illegal option -$|^\S*sh: 0: Illegal option -$"),
        proof("^M", r"(?<need>/bin/\w+|/usr/bin/[\w ]+)\^M"),
        proof("#!/", r"(?<name>[\w./-]+): (?:line )?1: \S*#!/\S+(?: \w+)?: (?:not found|No such file)"),
        proof("no such file or directory", r"^(?:[\w:./-]+ )?exec:? \x22?(?<name>\S*(?:\.(?:sh|bash|py|pl|rb|js)|entrypoint|gradlew|mvnw))\x22?: no such file or directory").echoed(),
        proof("cannot execute: required file not found", r"(?<name>\S*(?:\.(?:sh|bash|py|pl|rb|js)|entrypoint|gradlew|mvnw)): cannot execute: required file not found"),
        likely(": not found", r"sh: (?:line )?(?:\d+: )?(?<name>\.?/[\w./-]*(?:\.(?:sh|bash|py)|entrypoint|gradlew|mvnw|configure|bootstrap|autogen)): not found"),
        likely("bash: not found", r"sh: (?:line )?(?:\d+: )?(?<need>bash): not found"),
        likely("[FATAL tini", r"exec (?<name>\S+(?:\.(?:sh|bash|py|pl|rb|js)|entrypoint|gradlew|mvnw)) failed: No such file or directory"),
        likely("[dumb-init]", r"\[dumb-init\] (?<name>\S+(?:\.(?:sh|bash|py|pl|rb|js)|entrypoint|gradlew|mvnw)): No such file or directory"),
        trace("exec user process caused", r"exec user process caused:? \x22?no such file or directory").echoed(),
    ],
    brings: &["libc-mismatch", "permission-denied"],
    counts: always,
    words: |found| {
        let name = found.or("name", "the script");
        let carriage = found.says(&["\\r", "^m", "illegal option"]) || found.hits.iter().any(|hit| hit.needle == "env: " && hit.text.ends_with(char::is_alphanumeric));
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        if carriage {
            return words(
                format!("The lines of {} end with a carriage return (Windows), which becomes part of the interpreter's name or of a command.", quoted(name)),
                fix,
            );
        }
        if let Some(need) = found.first("need") {
            fix.swap(0, 1);
            if need.ends_with("bash") {
                fix[0] = format!("{}, or use #!/bin/sh if the script is plain.", found.install("bash", "bash", "bash"));
            }
            return words(format!("The interpreter `{need}` that {} asks for is not in the image.", quoted(name)), fix);
        }
        words(
            format!("{} is there, but the interpreter that its first line names is not (or has a carriage return at its end).", quoted(name)),
            fix,
        )
    },
};

fn quoted(name: &str) -> String {
    if name == "the script" { name.to_owned() } else { format!("`{name}`") }
}
