//! A script's interpreter is not there, often because of Windows line ends.

use crate::explain::cause::{Cause, Hit, always, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "bad-shebang",
        finds: "A script did not start because its first line names an interpreter that is not in the image, \
              or because its lines end as on Windows (CR LF): the carriage return becomes part of the \
              interpreter's name.",
        why: "The kernel reports the missing interpreter as `no such file or directory` for the script, \
              although the script is there.",
        fix: &[
            "Convert the line ends: sed -i 's/\\r$//' script (or dos2unix). Keep them with `*.sh text eol=lf` in .gitattributes.",
            "Install the interpreter (Alpine and distroless have no bash), or use #!/bin/sh if the script needs no more.",
            "Make #! the first bytes of the file: no byte-order mark, no blank line.",
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
        let name = found.quoted("name", "the script");
        let cut = |hit: &Hit| hit.needle == "env: " && hit.text.ends_with(char::is_alphanumeric);
        if found.says(&["\\r", "^m", "illegal option"]) || found.hits.iter().any(cut) {
            return found.because(format!(
                "The lines of {name} end with a carriage return (Windows), which becomes part of the interpreter's name or of a \
                 command."
            ));
        }
        let Some(need) = found.first("need") else {
            return found.because(format!(
                "The image has {name}, but not the interpreter that its first line names (or a carriage return ends that line)."
            ));
        };
        let words = found.because(format!("The image does not have the interpreter `{need}` that {name} asks for.")).best(1);
        if need.ends_with("bash") {
            let install = found.install("bash", "bash", "bash");
            return words.replace_first(format!("{install}, or use #!/bin/sh if the script needs no more."));
        }
        words
    },
};
