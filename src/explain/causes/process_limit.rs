//! A process or a thread was refused, because so many may run at a time and no more.

use crate::explain::cause::{Cause, always, likely, proof, words};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "process-limit",
        finds: "The kernel refused a new process or thread: a limit on how many may run at a time was reached.",
        why: "Containers have such a limit (--pids-limit, a pod's PID limit, systemd's TasksMax), users another one (ulimit -u). Threads \
              count, those of the engine's own start-up inside of the container too, so that a health check or `docker exec` may fail at \
              random where the program itself runs.",
        fix: &[
            "Raise the limit: docker run --pids-limit, `pids_limit` in a compose file, podPidsLimit of the kubelet, ulimit -u; an engine needs about eight to run a health check.",
            "Start fewer: make -j2, OPENBLAS_NUM_THREADS=1, GOMAXPROCS=1, fewer workers.",
            "Look for processes that are left over: docker top NAME; with `docker run --init` the first process takes leave of the dead ones.",
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
        let engine = found.says(&["read init-p"]);
        words(
            if engine {
                "The engine could not start its own process inside of the container: no room for its threads (a pids limit), or for its memory. The image's program was not even reached."
            } else {
                "The kernel refused a new process or thread: as many as are allowed run already."
            }
            .to_owned(),
            CAUSE.page.fix.iter().map(|line| (*line).to_owned()),
        )
    },
};
