#!/usr/bin/env python3
"""Builds and runs the images of broken/, and says which line of table.txt does not hold.

    lab/containers/run.py [--table FILE] [--dist DIR] [WORD…]     all lines, or those that contain every word

Needs a Docker Engine (tools/engine run …) and dist/pqcheck-linux-*; makes everything else (../images/recipes.py).
What the columns of the table mean stands at its head. Containers are removed whatever happens; images stay, as the
engine's cache. Exit code 1 when a line does not hold, 2 when one could not be tried, 130 when interrupted.
"""

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "images"))
from flood import flood, good  # noqa: E402
from lines import JOBS, amiss, chosen, conclude, judge  # noqa: E402
from recipes import TARGET, architecture, binary, build, gather, machine, need_engine, refuse, refuse_without_engine, run, say  # noqa: E402

# Whose containers are ours.
LABEL = f"pqcheck-test={os.getpid()}"
# How long a container may take to become anything, in seconds.
PATIENCE = 60
# Where pqcheck serves.
PORT = 9464


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--table", type=Path, default=HERE / "table.txt")
    arguments.add_argument("--dist", type=Path, default=HERE.parent.parent / "dist", help="where pqcheck-linux-* lie")
    arguments.add_argument("words", nargs="*")
    arguments = arguments.parse_args()
    lines = chosen(read(arguments.table), arguments.words, arguments.table)

    need_engine()
    signal.signal(signal.SIGTERM, interrupt)
    began = time.monotonic()
    pool = ThreadPoolExecutor(JOBS)
    try:
        built = make({line.variant for line in lines}, arguments.dist.resolve(), pool)
        say(f"every image is there that builds, after {time.monotonic() - began:.0f} s")
        wrong = judge(lines, lambda line: ("", check(line, built[line.variant], arguments.dist)), pool)
    except KeyboardInterrupt:
        say("interrupted; removing what was started")
        sys.exit(130)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        clean()
        pool.shutdown()
        clean()
    conclude(wrong, lines, began)


def interrupt(*_):
    raise KeyboardInterrupt


def clean():
    """Removes our containers. Where no engine answers any more, there is nothing to be removed."""
    ours = subprocess.run(["docker", "ps", "-aq", "--filter", f"label={LABEL}"], capture_output=True, text=True).stdout.split()
    if ours:
        subprocess.run(["docker", "rm", "-fv", *ours], capture_output=True)


@dataclass
class Line:
    """One line of the table."""

    number: int
    text: str
    variant: str
    given: list
    becomes: str
    causes: list
    words: list

    @property
    def title(self):
        given = f" with {' '.join(self.given)}" if self.given else ""
        causes = "".join(f", {command} says {cause}" for command, cause in self.causes)
        return f"{self.variant}{given}: {self.becomes}{causes}"


def read(table):
    lines = []
    for number, text in enumerate(table.read_text().splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        columns = [column.strip() for column in text.split("|")]
        if len(columns) != 5 or not re.fullmatch(r"no image|healthy|unhealthy|serves|exit \d+", columns[2]):
            refuse(f"{table}:{number}: a line has five columns, variant | given | becomes | causes | words")
        variant, given, becomes, causes, words = columns
        if not (HERE / "broken" / variant / "Dockerfile").is_file():
            refuse(f"{table}:{number}: there is no broken/{variant}/Dockerfile")
        given = [] if given == "-" else given.replace("{here}", str(HERE)).split()
        causes = [] if causes == "-" else [[half.strip() for half in cause.rsplit("=", 1)] for cause in causes.split(";")]
        lines.append(Line(number, text, variant, given, becomes, causes, [word.strip() for word in words.split(";") if word.strip()]))
    return lines


def make(variants, dist, pool):
    """Builds every variant; gives for each whether there is an image, and the log."""
    folders = {variant: HERE / "broken" / variant for variant in variants}
    recipes = {variant: (folder / "Dockerfile").read_text() for variant, folder in folders.items()}
    ours = {"pqcheck-test/pqcheck": machine(), "pqcheck-test/pqcheck-arm64": "arm64"}
    asked = {name for name in ours if any(f"--from={name} " in recipe for recipe in recipes.values())}
    gather([re.sub(r"--from=pqcheck-test/pqcheck\S*", "", recipe) for recipe in recipes.values()])
    for name in sorted(asked):
        with tempfile.TemporaryDirectory() as folder:
            os.link(binary(dist, ours[name]), f"{folder}/pqcheck") if os.stat(folder).st_dev == os.stat(dist).st_dev else run(["cp", binary(dist, ours[name]), f"{folder}/pqcheck"])
            built = build(name, "FROM scratch\nCOPY pqcheck /pqcheck\n", Path(folder))
        if built.returncode != 0:
            refuse(f"the image {name} does not build: {built.stdout.strip()}")
    built = pool.map(lambda variant: build(image(variant), recipes[variant], folders[variant], quiet=False), variants)
    return {variant: (each.returncode == 0, each.stdout) for variant, each in zip(variants, built)}


def image(variant):
    return f"pqcheck-broken/{variant}"


def check(line, built, dist):
    """What of a line does not hold."""
    there, log = built
    host = str(binary(dist, machine()))
    complaints = []
    if not there:
        became = "no image"
    else:
        became, log = start(line)
    if became != line.becomes:
        complaints.append(f"became {became}, expected {line.becomes}")
    for command, cause in line.causes:
        first = explain(host, log) if command == "explain" else diagnose(host, line, command) if there else "no image to look into"
        if first != cause:
            complaints.append(f"`pqcheck {command}` names {first} first, expected {cause}")
    complaints += amiss(line.words, log, "log")
    if complaints:
        complaints.append("--- log\n" + log.strip()[-4000:])
    return complaints


def start(line):
    """What becomes of a container, and its health line; where there is none, what it and the engine had to say."""
    name = f"pqcheck-test-{os.getpid()}-{line.number}"
    words = ["docker", "run", "--detach", "--name", name, "--label", LABEL, "--platform", f"linux/{architecture(image(line.variant))}"]
    if "healthy" in line.becomes:
        # The image's own check, asked often enough for a test.
        words += ["--health-interval=1s", "--health-retries=1"]
    for word in line.given:
        words += [word] if word.startswith("--") else ["--env", word]
    started = subprocess.run([*words, image(line.variant)], capture_output=True, text=True, errors="replace")
    try:
        refuse_without_engine(started.stderr)
        if line.becomes == "serves" and started.returncode == 0:
            return serves(name)
        state = wait(name)
        logs = subprocess.run(["docker", "logs", name], capture_output=True, text=True, errors="replace")
        health = state.get("Health") or {}
        said = [probe["Output"] for probe in health.get("Log") or []]
        log = said[-1] if said else started.stderr * (started.returncode != 0) + state["Error"] + logs.stdout + logs.stderr
        if line.becomes.startswith("exit"):
            became = f"exit {state['ExitCode']}" if state["Status"] == "exited" else state["Status"]
        else:
            became = health.get("Status") or state["Status"]
        return became, log
    finally:
        subprocess.run(["docker", "rm", "-fv", name], capture_output=True)


def serves(name):
    """What becomes of a server under a thousand bad clients, and what the good one has to say."""
    address = run(["docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", name]).strip()
    until = time.monotonic() + PATIENCE
    while good(address, PORT)[0] and time.monotonic() < until:
        time.sleep(0.2)
    made, complaints, longest = flood(address, PORT)
    # It is the same process still, and it was not the memory of another one that ran out.
    state = json.loads(run(["docker", "inspect", "--format", "{{json .State}}", name]))
    if state["Status"] != "running" or state["OOMKilled"]:
        complaints.append(f"the container is {state['Status']}, exit code {state['ExitCode']}, out of memory: {state['OOMKilled']}")
    log = "; ".join(complaints) or f"{made} connections, the longest answer took {longest:.1f} s"
    return "does not serve" if complaints else "serves", log


def wait(name):
    """The state of a container when its health is known, or when it does not run."""
    until = time.monotonic() + PATIENCE
    while True:
        seen = subprocess.run(["docker", "inspect", "--format", "{{json .State}}", name], capture_output=True, text=True)
        if seen.returncode != 0:
            refuse_without_engine(seen.stderr)
            return {"Status": "never there", "Error": seen.stderr, "ExitCode": -1}
        state = json.loads(seen.stdout)
        known = (state.get("Health") or {"Status": "none"})["Status"] in ("healthy", "unhealthy")
        if known or state["Status"] != "running" or time.monotonic() > until:
            return state
        time.sleep(0.2)


def explain(host, log):
    """The cause that pqcheck names first in a log."""
    said = subprocess.run([host, "explain", "--format", "json"], input=log, capture_output=True, text=True)
    causes = json.loads(said.stdout)["causes"] if said.stdout else []
    return causes[0]["id"] if causes else f"nothing ({said.stderr.strip()})"


def diagnose(host, line, command):
    """The rule that pqcheck's doctor finds first in the image."""
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        tar = f"{folder}/image.tar"
        run(["docker", "save", "--output", tar, image(line.variant)])
        said = subprocess.run([host, *shlex.split(command), "--image", tar, "--format", "json"], capture_output=True, text=True)
    findings = json.loads(said.stdout)["findings"] if said.stdout else []
    return findings[0]["rule"] if findings else f"nothing ({said.stderr.strip()})"


if __name__ == "__main__":
    main()
