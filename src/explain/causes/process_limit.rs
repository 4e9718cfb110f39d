//! A process or a thread was refused, because so many may run at a time and no more.

use crate::explain::cause::{Cause, always, likely, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "process-limit",
        finds: "The kernel refused a new process or thread: the limit on their number is reached.",
        why: "Containers have such a limit (--pids-limit, a pod's PID limit, systemd's TasksMax), and so \
              have users (ulimit -u). Threads count, and so do the engine's own inside the container: a \
              health check or `docker exec` may fail at random while the program runs.",
        fix: &[
            "Raise the limit: docker run --pids-limit, `pids_limit` in a compose file, podPidsLimit of the kubelet, ulimit -u. An engine needs about eight to run a health check.",
            "Start fewer: make -j2, OPENBLAS_NUM_THREADS=1, GOMAXPROCS=1, fewer workers.",
            "Look for leftover processes: docker top NAME; with `docker run --init` the first process reaps the dead ones.",
        ],
    },
    signs: &[
        proof("Cannot fork", r"sh: (?:line )?(?:\d+: )?(?:Cannot|can't) fork"),
        proof("can't fork", r"sh: (?:line )?(?:\d+: )?can't fork"),
        proof("fork: ", r"(?<name>[\w./-]+): fork: (?:retry: )?Resource temporarily unavailable"),
        proof("fork failed", r"fork failed:? \(?Resource temporarily unavailable"),
        proof("Errno 11] Resource temporarily unavailable", r"BlockingIOError"),
        proof("can't start new thread|unable to create native thread", ""),
        proof("failed to create new OS thread", ""),
        proof("pthread_create failed", r"(?:Resource temporarily unavailable|\(?EAGAIN\)?)"),
        proof("os error 11", r"(?:spawn|fork|thread).*os error 11"),
        // The engine's own process inside of the container was refused its threads, or killed for its memory.
        likely("read init-p: connection reset by peer", "").echoed(),
    ],
    brings: &["network-reset", "out-of-memory"],
    counts: always,
    words: |found| {
        found.because(if found.says(&["read init-p"]) {
            "The engine could not start its own process inside the container: no room for its threads (a pids limit), or for its \
             memory. The image's program never started."
        } else {
            "The kernel refused a new process or thread: the limit on their number is reached."
        })
    },
};
