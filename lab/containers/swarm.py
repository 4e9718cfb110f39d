#!/usr/bin/env python3
"""Rolling updates on a one-node swarm: a good image replaces the running one, an image with broken crypto does not.

    lab/containers/swarm.py [--dist DIR]

Deploys docker/swarm/stack.yaml for real, with requests going on all the while, and says which claim does not hold:

  * the update to a good image completes;
  * the update to an image whose liboqs speaks the draft is rolled back, with the cause in the failed task's
    health log, and not one request is lost or answered by the broken release;
  * the planted fault, the same update without the health check, is caught: it completes, and this test says so.

Needs a Docker Engine (tools/engine run …) and dist/pqcheck-linux-*. A swarm that is there is used; one that was
initialised for the test, on the loopback, is left at the end. Exit code 1 when a claim does not hold, 2 when it
could not be tried.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target/images"
STACK_FILE = ROOT / "docker/swarm/stack.yaml"
STACK = "pqcheck-test-swarm"
SERVICE = f"{STACK}_api"
CLIENT = f"{STACK}-client"
# For the whole of one update; the slowest, a rollback, takes about 40.
SECONDS = 180

LIBRARIES = {"first": "liboqs-0.13.0-amd64", "second": "liboqs-0.13.0-amd64", "broken": "liboqs-0.10.1-draft-amd64"}

def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--dist", type=Path, default=ROOT / "dist", help="where pqcheck-linux-* lie")
    arguments = arguments.parse_args()
    if os.uname().machine != "x86_64":
        refuse("the broken library is made for amd64 alone; run this there")

    prepare(arguments.dist / "pqcheck-linux-amd64")
    bridged = "docker_gwbridge" in run("docker", "network", "ls", "--format", "{{.Name}}").split()
    mine = join()
    wrong = 0
    try:
        wrong += tell("an update to a good image", good_update(update("first", "second")))
        wrong += tell("an update to an image whose liboqs speaks the draft", stopped_update(update("first", "broken")))
        wrong += tell("the planted fault: the same update without the health check", caught(update("first", "broken", checked=False)))
    finally:
        clean()
        if mine:
            run("docker", "swarm", "leave", "--force")
            # The bridge that a swarm makes and leaves behind.
            if not bridged:
                run("docker", "network", "rm", "docker_gwbridge")
    if wrong:
        print(f"{wrong} of 3 updates went otherwise")
        sys.exit(1)
    print("all 3 updates went as they should")


def prepare(binary):
    """The images of the three releases."""
    if not binary.is_file():
        refuse(f"{binary} is not there; `make dist` builds it")
    run(ROOT / "docker/bases.sh", "debian:trixie-slim")
    run(ROOT / "lab/images/libraries.sh", *sorted(set(LIBRARIES.values())))
    for release, library in LIBRARIES.items():
        with tempfile.TemporaryDirectory() as folder:
            for file in ("Dockerfile", "service.pl"):
                shutil.copy(HERE / "swarm" / file, folder)
            shutil.copy(binary, f"{folder}/pqcheck")
            shutil.copytree(TARGET / "libs" / library, f"{folder}/libs/{library}", symlinks=True)
            run("docker", "build", "--quiet", "--tag", image(release), "--build-arg", f"RELEASE={release}",
                "--build-arg", f"LIBRARY={library}", folder, environment={"DOCKER_BUILDKIT": "0"})


def join():
    """Whether a swarm had to be initialised."""
    state = run("docker", "info", "--format", "{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}").split()
    if state == ["active", "true"]:
        return False
    if state[0] != "inactive":
        refuse(f"this engine's swarm is `{' '.join(state)}`; the test needs a manager, or an engine outside of any swarm")
    run("docker", "swarm", "init", "--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:2377")
    return True


class Seen:
    """What was to be seen of one update."""

    def __init__(self):
        self.state = ""  # the swarm's own word for how the update ended
        self.seconds = 0.0
        self.image = ""  # of the service, after it
        self.tasks = []  # images of the running tasks, after it
        self.fewest_healthy = 0
        self.answers = {}  # by release
        self.lost = []  # requests without an answer
        self.health_log = ""  # of the tasks of the new release

    def __str__(self):
        answers = ", ".join(f"{count} by {release}" for release, count in sorted(self.answers.items()))
        return f"{self.state} after {self.seconds:.0f} s; at least {self.fewest_healthy} healthy; requests answered: {answers}; lost: {len(self.lost)}"


def update(old, new, checked=True):
    """Deploys a release, then the next, with requests going on, and looks."""
    seen = Seen()
    clean()
    deploy(old, checked)
    wait_for("two running tasks", lambda: len(running()) == 2)
    run("docker", "run", "--detach", "--name", CLIENT, "--network", f"{STACK}_edge", "--volume", f"{HERE}/swarm/client.pl:/client.pl:ro",
        "debian:trixie-slim", "perl", "/client.pl", str(2 * SECONDS))
    wait_for("an answer to a request", lambda: re.search(rf" {old}$", run("docker", "logs", CLIENT), re.M))

    watched = Watch(checked)
    began = time.monotonic()
    deploy(new, checked)
    seen.state = wait_for("the end of the update", ended)
    seen.seconds = time.monotonic() - began
    # What is to come after the swarm's last word.
    wait_for("two running tasks", lambda: len(running()) == 2)
    time.sleep(2)
    seen.fewest_healthy = watched.stop()
    seen.image = run("docker", "service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", SERVICE).strip()
    seen.tasks = running()
    seen.health_log = health_log(new)
    run("docker", "stop", "--time", "1", CLIENT)
    for line in run("docker", "logs", CLIENT).splitlines():
        at, answer = line.split(" ", 1)
        if answer.startswith("-"):
            seen.lost.append(line)
        else:
            seen.answers[answer] = seen.answers.get(answer, 0) + 1
    return seen


def good_update(seen):
    return seen, claims(
        ("the update completes", seen.state == "completed"),
        ("the service has the new image", seen.image == image("second")),
        ("every task has the new image", seen.tasks == [image("second")] * 2),
        ("the new release answers", seen.answers.get("second", 0) > 0),
        *never_down(seen),
    )


def stopped_update(seen):
    return seen, claims(
        ("the swarm rolls the update back", seen.state == "rollback_completed"),
        ("the service has the old image again", seen.image == image("first")),
        ("every task has the old image", seen.tasks == [image("first")] * 2),
        ("the broken release answers no request", "broken" not in seen.answers),
        ("the failed task's health log names the cause", "liboqs 0.10.1 has the draft (ipd) under the name ML-KEM-768" in seen.health_log),
        *never_down(seen),
    )


def caught(seen):
    """The claims about a stopped update, of which the planted fault must break those about the check."""
    _, broken = stopped_update(seen)
    return seen, claims(
        ("the update completes, as nothing looks", seen.state == "completed"),
        ("this test sees it", {"the swarm rolls the update back", "the broken release answers no request"} <= set(broken)),
    )


def never_down(seen):
    return [
        ("there is no moment without a healthy task", seen.fewest_healthy >= 1),
        ("no request is lost", not seen.lost and seen.answers),
    ]


def claims(*pairs):
    """Those that do not hold."""
    return [claim for claim, holds in pairs if not holds]


def tell(title, outcome):
    seen, wrong = outcome
    print(f"{'WRONG' if wrong else 'ok':<6}{title}: {seen}", flush=True)
    for claim in wrong:
        print(f"       does not hold: {claim}", flush=True)
    if wrong:
        shown = {key: value for key, value in vars(seen).items() if key != "health_log"}
        print(f"       {json.dumps(shown, indent=2)}\n{seen.health_log}", flush=True)
    return bool(wrong)


class Watch:
    """Counts the service's healthy containers, several times a second, in the background."""

    def __init__(self, checked):
        health = ["--filter", "health=healthy"] if checked else []
        self.words = ["docker", "ps", "--quiet", "--filter", f"label=com.docker.swarm.service.name={SERVICE}", *health]
        self.fewest = 1000
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.ends.wait(0.2):
            done = subprocess.run(self.words, capture_output=True, text=True)
            if done.returncode == 0:
                self.fewest = min(self.fewest, len(done.stdout.split()))

    def stop(self):
        self.ends.set()
        self.thread.join()
        return self.fewest


def deploy(release, checked):
    text = STACK_FILE.read_text()
    if not checked:
        text, count = re.subn(r'test: \["CMD", "/pqcheck", .*\]', 'test: ["NONE"]', text)
        if count != 1:
            refuse(f"{STACK_FILE}: {count} health checks in it; this test takes away one")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        # There is no registry to ask for a digest.
        run("docker", "stack", "deploy", "--resolve-image", "never", "--compose-file", file.name, STACK, environment={"IMAGE": image(release)})


def ended():
    state = run("docker", "service", "inspect", "--format", "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}", SERVICE).strip()
    return state if state in ("completed", "rollback_completed", "paused", "rollback_paused") else None


def running():
    """The images of the tasks that count as running, which with a health check means healthy."""
    tasks = run("docker", "service", "ps", "--filter", "desired-state=running", "--format", "{{.Image}} {{.CurrentState}}", SERVICE)
    return [line.split()[0] for line in tasks.splitlines() if line.split()[1] == "Running"]


def health_log(release):
    """What the health check said in the containers of a release, those that have ended included."""
    words = ["--filter", f"label=com.docker.swarm.service.name={SERVICE}", "--filter", f"ancestor={image(release)}"]
    containers = run("docker", "ps", "--all", "--quiet", *words).split()
    logs = [run("docker", "inspect", "--format", "{{json .State.Health}}", container) for container in containers]
    entries = [entry for log in logs for entry in (json.loads(log) or {}).get("Log", [])]
    return "\n".join(entry["Output"].strip() for entry in entries)


def clean():
    """Takes away the stack and what belongs to it."""
    if run("docker", "info", "--format", "{{.Swarm.LocalNodeState}}").strip() != "active":
        return
    subprocess.run(["docker", "rm", "--force", CLIENT], capture_output=True)
    if STACK not in run("docker", "stack", "ls", "--format", "{{.Name}}").split():
        return
    run("docker", "stack", "rm", STACK)
    mine = ["--filter", f"label=com.docker.stack.namespace={STACK}"]
    wait_for("the end of the stack", lambda: not run("docker", "ps", "--all", "--quiet", *mine) and not run("docker", "network", "ls", "--quiet", *mine))


def wait_for(what, look):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    tasks = subprocess.run(["docker", "service", "ps", "--no-trunc", SERVICE], capture_output=True, text=True)
    refuse(f"{what}: not within {SECONDS} s\n{tasks.stdout}")


def image(release):
    return f"pqcheck-test/swarm:{release}"


def run(*words, environment={}):
    """The output of a command that has to succeed."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env=os.environ | environment)
    if done.returncode != 0:
        refuse(f"`{' '.join(map(str, words))}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def refuse(what):
    print(f"lab/containers/swarm.py: {what}", file=sys.stderr, flush=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
