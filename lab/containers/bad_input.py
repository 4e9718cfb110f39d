#!/usr/bin/env python3
"""What the tests in containers and the stack say when the engine, its disk, its network or the user is in their way: one
line, the right exit code, and nothing of theirs stays. What else can be in the way of the stack is in stack.py.

    lab/containers/bad_input.py [--dist DIR] [WORD…]      all claims, or those whose name contains a word

Uses an engine of its own (tools/engine), because it is killed, filled up and left without permission. Needs root.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Enough for a few containers more than are needed.
LINES = "pqcheck | - | exit 0 | - | healthy\n" * 30


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--dist", type=Path, default=ROOT / "dist", help="where pqcheck-linux-* lie")
    arguments.add_argument("words", nargs="*")
    arguments = arguments.parse_args()
    dist, words = arguments.dist.resolve(), arguments.words
    # Who is started in the background ignores an interrupt, and so would all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    claims = [each for each in CLAIMS if not words or any(word in each.__name__ for word in words)]
    if not claims:
        sys.exit(f"lab/containers/bad_input.py: no claim contains {' or '.join(words)}")
    wrong = 0
    for claim in claims:
        began = time.monotonic()
        # A socket's path may not be long.
        folder = Path(tempfile.mkdtemp(prefix="pqcheck-", dir="/var/tmp"))
        complaint, before = "", links()
        try:
            claim(Engine(folder), dist)
            left = Engine(folder).processes()
            assert not left, f"processes are left over: {left}"
            gone = before - links()
            assert not gone, f"networks of other engines are gone: {gone}"
        except AssertionError as error:
            complaint = str(error)
        finally:
            Engine(folder).stop()
            shutil.rmtree(folder)
        print(f"{'WRONG' if complaint else 'ok':<6}{time.monotonic() - began:6.1f} s  {claim.__name__.replace('_', ' ')}", flush=True)
        if complaint:
            print("       " + complaint.replace("\n", "\n       "), flush=True)
        wrong += bool(complaint)
    sys.exit(1 if wrong else 0)


def an_engine_that_is_killed_ends_the_run_with_one_line_and_2(engine, dist):
    run = engine.begin(dist)
    engine.until_first_line(run)
    os.kill(engine.pid(), signal.SIGKILL)
    said = run.communicate(timeout=60)[1].splitlines()
    ours = [line for line in said if line.startswith("lab/containers/")]
    assert run.returncode == 2, f"exit code {run.returncode}\n" + "\n".join(said)
    assert len(ours) == 2 and "the Docker Engine does not answer: " in ours[-1], "\n".join(said)
    assert not engine.state.exists(), "the folder of the engine is still there"


def an_interrupted_run_removes_its_containers_and_ends_with_130(engine, dist):
    engine.start()
    run = engine.begin(dist)
    engine.until_first_line(run)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 130, f"exit code {run.returncode}\n{said}"
    assert "Traceback" not in said and "interrupted" in said, said
    left = engine.docker("ps", "-aq").stdout
    assert not left, f"containers are left over: {left}"
    engine.stop()


def a_full_disk_is_named_with_one_line_and_2(engine, dist):
    place = engine.state.parent
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "pqcheck-test", place], check=True)
    try:
        run = engine.begin(dist)
        said = run.communicate(timeout=120)[1]
        ours = [line for line in said.splitlines() if line.startswith("lab/containers/")]
        assert run.returncode == 2, f"exit code {run.returncode}\n{said}"
        assert len(ours) == 1 and "no space is left on the engine's disk" in ours[0], said
    finally:
        engine.stop()
        subprocess.run(["umount", place], check=True)


def a_socket_without_permission_is_named_with_one_line_and_2(engine, dist):
    engine.start()
    for place in (engine.folder, engine.state.parent, engine.state):
        place.chmod(0o755)
    (engine.state / "socket").chmod(0o600)
    for command in (["tools/engine", "run", "true"], ["python3", "lab/containers/run.py"]):
        said = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command],
            cwd=ROOT, env=engine.environment, capture_output=True, text=True,
        )
        assert said.returncode == 2 and len(said.stderr.splitlines()) == 1, f"exit code {said.returncode}\n{said.stderr}"
        assert "permission" in said.stderr, said.stderr
    engine.stop()


def the_stack_on_a_full_disk_is_one_line_and_2(engine, dist):
    place = engine.state.parent
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "pqcheck-test", place], check=True)
    try:
        code, said = engine.diagnose()
        assert code == 2 and len(said.splitlines()) == 1 and "no space left on the disk of the engine" in said, f"exit code {code}\n{said}"
    finally:
        engine.stop()
        subprocess.run(["umount", place], check=True)


def without_a_network_no_service_builds_and_that_is_named(engine, dist):
    """Containers of such an engine have no network, so that apt finds no name server."""
    engine.start()
    code, said = engine.diagnose()
    assert code == 1 and "cause: dns-failure" in said, f"exit code {code}\n{said}"
    assert "Traceback" not in said, said
    engine.stop()


def machine():
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def links():
    """The bridges of this machine, which belong to other engines. Those of a stack may come and go meanwhile."""
    return {place.name for place in Path("/sys/class/net").iterdir()} & {"docker0", "docker_gwbridge"}


CLAIMS = [
    an_engine_that_is_killed_ends_the_run_with_one_line_and_2,
    an_interrupted_run_removes_its_containers_and_ends_with_130,
    a_full_disk_is_named_with_one_line_and_2,
    a_socket_without_permission_is_named_with_one_line_and_2,
    the_stack_on_a_full_disk_is_one_line_and_2,
    without_a_network_no_service_builds_and_that_is_named,
]


class Engine:
    """An engine beside the others, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "disk/engine"
        self.environment = {key: value for key, value in os.environ.items() if key != "PQCHECK_ENGINE_LENT"} | {
            "PQCHECK_ENGINE": str(self.state), "DOCKER_HOST": f"unix://{self.state}/socket", "DOCKER_CONFIG": str(folder / "config"),
        }

    def start(self):
        subprocess.run([ROOT / "tools/engine", "start"], env=self.environment, check=True, stderr=subprocess.DEVNULL)

    def stop(self):
        subprocess.run([ROOT / "tools/engine", "stop"], env=self.environment, stderr=subprocess.DEVNULL)

    def pid(self):
        return int((self.state / "pid").read_text())

    def docker(self, *words):
        return subprocess.run(["docker", *words], env=self.environment, capture_output=True, text=True)

    def diagnose(self):
        """Exit code and output of a diagnosis of one service, the smallest of those that need nothing built beforehand."""
        words = ["docker/run-diagnostics.sh", "--platform", f"linux/{machine()}", "--service", "monitoring", "--once", "--output", self.folder]
        done = subprocess.run(words, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def begin(self, dist):
        """The tests in containers, with this engine; started for them, if it does not run yet."""
        table = self.folder / "table.txt"
        table.write_text(LINES)
        command = ["python3", "lab/containers/run.py", "--table", str(table), "--dist", str(dist)]
        running = self.docker("version").returncode == 0
        return subprocess.Popen(
            command if running else ["tools/engine", "run", *command],
            cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )

    def until_first_line(self, run):
        line = run.stdout.readline()
        assert line.startswith("ok"), line + run.communicate(timeout=60)[1]

    def processes(self):
        """What runs of this engine."""
        found = []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.state) in command and "bad_input.py" not in command:
                found.append(f"{place.parent.name} {command}")
        return found


if __name__ == "__main__":
    main()
