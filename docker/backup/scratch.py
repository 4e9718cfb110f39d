"""A PostgreSQL server of its own for the time of a comparison: made, filled, asked, removed.

It lies in memory (a tmpfs), because what is restored is in the clear and the volume beside it holds it encrypted.
Knows nothing of backups.
"""

import contextlib
import glob
import shutil
import subprocess
import tempfile

FOLDER = "/scratch"
# Nothing in it outlives the comparison, so nothing is written through to a disk.
OPTIONS = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal "
    "-c max_wal_senders=0 -c max_wal_size=32MB -c min_wal_size=2MB -c shared_buffers=16MB -c jit=off -c timezone=UTC"
)


class Error(Exception):
    """The server could not be made; the message is its own last line."""


@contextlib.contextmanager
def server():
    """The folder of the socket of a server that has one role, `postgres`, and its database."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    try:
        folder = tempfile.mkdtemp(dir=FOLDER)
    except OSError as error:
        raise Error(f"{FOLDER}: {error.strerror}; mount a tmpfs there (mode=1777)") from None
    data, started = f"{folder}/data", False
    try:
        _run(
            [f"{programs}/initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--no-sync", "--no-instructions", "--wal-segsize=1"],
            f"{folder}/log",
        )  # fmt: skip
        started = True
        _run(
            [f"{programs}/pg_ctl", f"--pgdata={data}", "--wait", "--silent", f"--log={folder}/log",
             f"--options={OPTIONS} -c unix_socket_directories={folder}", "start"],
            f"{folder}/log",
        )  # fmt: skip
        yield folder
    finally:
        if started:
            stop = [f"{programs}/pg_ctl", f"--pgdata={data}", "--mode=immediate", "--silent", "--wait", "stop"]
            subprocess.run(stop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def _run(command, log):
    with open(log, "ab") as file:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    if done.returncode != 0:
        with open(log, errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("error", "FATAL", "PANIC"))] or lines
        raise Error(f"{command[0].rsplit('/', 1)[1]} failed: {telling[-1] if telling else 'no word of why'}")
