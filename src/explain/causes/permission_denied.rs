//! A file may not be executed, read or written.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "permission-denied",
        finds: "A process was not allowed to execute, read or write a file, a directory or a socket.",
        why: "Files copied from a host keep their mode (a script without x does not start). USER takes away \
              root's rights over files made before. A mounted volume keeps its owner on the host.",
        fix: &[
            "To execute it: COPY --chmod=755, or RUN chmod +x, or git update-index --chmod=+x in the repository.",
            "To write: COPY --chown=USER or RUN chown before USER; for a volume, start with the owner's id (--user $(id -u):$(id -g)).",
            "For the engine's socket: join the group docker, or run with its group (--group-add).",
            "With SELinux, mount with :z or :Z; for ports below 1024, use a higher port or --cap-add NET_BIND_SERVICE.",
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
        if found.first("need").is_some() {
            return found.because("The server refused the SSH connection: the build has no key that the server accepts.").cured_by([
                "Pass the key without copying it: docker build --ssh default, RUN --mount=type=ssh.",
                "Fetch over https instead of ssh.",
            ]);
        }
        if found.says(&["docker.sock", "docker daemon socket", "docker api"]) {
            return found.because("The user may not use the engine's socket.").best(2);
        }
        if found.says(&["exec"]) || found.hits.iter().any(|hit| hit.text.contains("sh: ")) {
            let name = found.list("name", "A file");
            return found.because(format!("{name} may not be executed: the mode has no x, or the file system is mounted noexec."));
        }
        found.because(format!("The user of this process may not read or write {}.", found.list("name", "a file"))).best(1)
    },
};
