//! A file may not be executed, read or written.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "permission-denied",
        finds: "A process was not allowed to execute, read or write a file, a directory or a socket.",
        why: "Files copied from a host keep their mode (without x a script does not start), USER takes away root's rights over what \
              was made before, and a mounted volume belongs to whom it belongs on the host.",
        fix: &[
            "To execute it: COPY --chmod=755, or RUN chmod +x, or git update-index --chmod=+x in the repository.",
            "To write: COPY --chown=USER or RUN chown before USER; for a volume, start with the owner's id (--user $(id -u):$(id -g)).",
            "For the engine's socket: join the group docker, or run with its group (--group-add).",
            "With SELinux, mount with :z or :Z; for ports below 1024 use a higher one or --cap-add NET_BIND_SERVICE.",
        ],
    },
    signs: &[
        proof("permission denied", r"exec:? \x22?(?<name>[./\w][^\x22:]*)\x22?: permission denied").echoed(),
        proof("Permission denied", r"(?:^|\s)(?:/bin/)?(?:ba|da|z|a)?sh: (?:line )?(?:\d+: )?(?<name>[^\s:]+): Permission denied"),
        proof("Permission denied", r"make(?:\[\d+\])?: (?<name>[^\s:]+): Permission denied"),
        proof("Permission denied", r"env: '?(?<name>[^\s':]+)'?: Permission denied"),
        proof("Errno 13", r"\[Errno 13\] (?:error while attempting|Permission denied):? ?'?(?<name>[^']*)'?"),
        proof("os error 13", r"(?:(?<name>/[^\s:'\x22]+))?.*os error 13"),
        proof("permission denied while trying to connect to the", r"(?<name>/var/run/docker\.sock|\S+docker\S*\.sock)?"),
        proof("Could not open lock file", r"lock file (?<name>\S+) - open \(13"),
        proof("EACCES", r"EACCES:? permission denied, (?<by>\w+) '(?<name>[^']+)'"),
        likely("EACCES", ""),
        likely("EPERM", r"EPERM:? operation not permitted(?:, (?<by>\w+) '(?<name>[^']+)')?"),
        likely("are you root?", ""),
        likely("Permission denied (", r"(?<name>\S+@[\w.-]+)?: Permission denied \((?<need>publickey)"),
        likely("Permission denied", r"'?(?<name>[~.]?/[^\s:']+)'?\s?:? .*Permission denied").unless(&["ignoring", "warning:"]),
        likely("Permission denied", r"(?<by>\w[\w+-]*): .*: Permission denied").unless(&["ignoring", "warning:"]),
        likely("(13: Permission denied)", ""),
        likely("permission denied", r"(?:open|mkdir|create|unlink|rename|stat|remove|write|listen \w+|chmod|chown|connect|link|symlink|fork/exec) (?<name>[^\s:]+): permission denied").echoed(),
        likely("Operation not permitted", r"(?<by>\w+): .*'?(?<name>/[^\s:']+)'?.*Operation not permitted"),
        likely("Errno 1]", r"\[Errno 1\] Operation not permitted:? ?'?(?<name>[^']*)'?"),
        likely("has wrong ownership", r"directory \x22(?<name>[^\x22]+)\x22 has wrong ownership"),
    ],
    brings: &["pip-build-failed"],
    counts: always,
    words: |found| {
        let mut fix: Vec<String> = CAUSE.page.fix.iter().map(|line| (*line).to_owned()).collect();
        let name = found.list("name", "A file");
        if found.first("need").is_some() {
            return words(
                "The server refused the connection over SSH: the build has no key that it accepts.",
                ["Pass the key without copying it: docker build --ssh default, RUN --mount=type=ssh.".to_owned(), "Fetch over https instead of ssh.".to_owned()],
            );
        }
        if found.says(&["docker.sock", "docker daemon socket", "docker api"]) {
            fix.swap(0, 2);
            return words("The user may not use the engine's socket.", fix);
        }
        let executes = found.hits.iter().any(|hit| hit.text.to_ascii_lowercase().contains("exec") || hit.text.contains("sh: "));
        if executes {
            return words(format!("{name} may not be executed: it has no x in its mode, or lies on a file system mounted noexec."), fix);
        }
        fix.swap(0, 1);
        words(format!("{name} may not be read or written by the user that this runs as."), fix)
    },
};
