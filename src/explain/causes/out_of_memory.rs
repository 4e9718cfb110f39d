//! A process was killed, or gave up, because memory ran out.

use crate::explain::cause::{Cause, always, likely, proof, trace};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "out-of-memory",
        finds: "A process got no more memory: the kernel killed it (signal 9, exit code 137), or it gave up.",
        why: "Compilers and linkers with many jobs, link-time optimisation, bundlers and pip's large wheels \
              need gigabytes; containers and Docker Desktop's virtual machine often have two.",
        fix: &[
            "Run fewer jobs at once: make -j2, CMAKE_BUILD_PARALLEL_LEVEL=2, cargo build -j 2, MAX_JOBS=2.",
            "Give the build more memory: Docker Desktop's settings, docker run/build --memory, the pod's limit, or swap.",
            "Need less: no fat LTO (CARGO_PROFILE_RELEASE_LTO=thin), no debug information, pip --no-cache-dir, NODE_OPTIONS=--max-old-space-size=4096.",
        ],
    },
    signs: &[
        proof("Killed signal terminated program", r"terminated program (?<name>\S+)"),
        proof("internal compiler error: Killed", r"Killed \(program (?<name>[^)]+)\)"),
        proof("terminated with signal 9", r"(?<name>\w+) terminated with signal 9"),
        proof("signal: 9", r"(?:Compiling|compile|rustc|'(?<name>[^']+)'|process|exited|exit).*signal: 9"),
        proof("signal: 9, SIGKILL|unable to execute command: Killed", ""),
        proof("signal: killed", r"(?<name>compile|link|cgo|asm|vet)\S*: signal: killed"),
        likely("signal: killed", ""),
        proof("heap out of memory", r"(?<name>JavaScript) heap out of memory|heap out of memory"),
        proof("virtual memory exhausted", ""),
        proof("out of memory allocating", r"(?<name>cc1plus|cc1|\w+): out of memory allocating"),
        proof("LLVM ERROR: out of memory", ""),
        proof("fatal error: ", r"fatal error: (?:runtime: )?out of memory"),
        proof("memory exhausted", r"(?<name>ld|ld\.\w+|as|\w+)(?:: .*)?: memory exhausted"),
        proof("memory allocation of", r"memory allocation of \d+ bytes failed"),
        proof("bad_alloc|OutOfMemoryError", ""),
        proof("OOMKilled", r"OOMKilled(?:\x22?: ?true|$|\s)"),
        proof(
            "Out of memory: Kill|Memory cgroup out of memory|oom-kill|cannot allocate memory|ERR_WORKER_OUT_OF_MEMORY",
            "",
        ),
        proof("Killed", r"(?:line )?\d+:? +\d+ Killed +(?<name>\S+)"),
        proof("Killed", r"make(?:\[\d+\])?: \*\*\* \[.*\] Killed"),
        proof("Killed", r"^(?:/bin/)?\w*sh: (?:line )?\d+: +\d+ Killed +(?<name>\S+)"),
        proof("terminated by signal SIGKILL", ""),
        proof("was terminated by the system", r"SIGKILL"),
        likely("Killed", r"^Killed$"),
        likely("MemoryError", r"^MemoryError"),
        likely("ENOMEM", ""),
        likely("exit code: 137|non-zero code: 137", "").echoed(),
        trace("exited with code 137|exit code 137", "").echoed(),
        trace("Exit Code:", r"Exit Code: +137"),
        trace("SIGKILL|Error 137", ""),
    ],
    brings: &[
        "pip-build-failed",
        "compiler-missing",
        "oqs-header-missing",
        "liboqs-library-missing",
        "shared-library-missing",
        "cmake-missing-or-too-old",
        "network-reset",
        "python-module-missing",
        "pip-conflict",
    ],
    counts: always,
    words: |found| {
        if found.says(&["137", "kill", "signal 9", "signal: 9"]) {
            let name = found.quoted("name", "a process");
            found.because(format!(
                "The kernel killed {name} (signal 9): the machine's or the container's memory was used up."
            ))
        } else {
            let name = found.quoted("name", "A process");
            found.because(format!("{name} asked for more memory than it may have, and gave up."))
        }
    },
};
