//! No room is left on a disk.

use crate::explain::cause::{Cause, always, proof};
use crate::report::page::Page;

pub(super) static CAUSE: Cause = Cause {
    page: Page {
        id: "disk-full",
        finds: "A write failed because a file system is full: no space, no inodes, or a quota is reached.",
        why: "A full disk makes every tool fail in its own words: compilers, linkers, archives, package \
              managers and the engine itself.",
        fix: &[
            "See what takes the space: docker system df; df -h; df -i (inodes run out too).",
            "Clear what nobody needs: docker builder prune, docker image prune -a, docker system prune.",
            "Give the engine more space: a larger disk, or another data-root in /etc/docker/daemon.json; in Docker Desktop, a larger disk image.",
            "Make the build smaller: rm -rf caches in the step that fills them, a .dockerignore, a larger tmpfs (/dev/shm: --shm-size).",
        ],
    },
    signs: &[
        proof("no space left on device", r"(?:(?:write|mkdir|open|copy_file_range|to) '?(?<name>/[^\s:']+)'?:? )?.*no space left on device").unless(&["inotify"]).echoed(),
        proof("ENOSPC", "").unless(&["file watchers", "inotify"]),
        proof("Errno 28|os error 28|Disk quota exceeded", ""),
        proof("enough free space in", r"free space in (?<name>\S+)"),
        proof("not enough free disk space|not enough disk space|Out of diskspace|database or disk is full|There is not enough space on the disk", ""),
        proof("more space on the", r"needs \S+ ?[KMG]?B more space on the (?<name>\S+) filesystem"),
        proof("more space needed on the", r"needed on the (?<name>\S+) filesystem"),
        proof("DiskPressure", r"(?:evicted|had condition).*DiskPressure|DiskPressure.*evict"),
    ],
    brings: &[
        "oqs-header-missing", "liboqs-library-missing", "cmake-missing-or-too-old", "libclang-missing", "compiler-missing", "pip-conflict",
        "pip-build-failed", "copy-source-missing", "network-reset", "apt-package-missing", "apt-stale-index", "base-image-missing", "out-of-memory",
        "permission-denied", "python-module-missing", "shared-library-missing",
    ],
    counts: always,
    words: |found| {
        let at = found.first("name").map_or_else(String::new, |name| format!(" of `{name}`"));
        found.because(format!("The file system{at} is full, so a write failed; the errors after it follow from that."))
    },
};
