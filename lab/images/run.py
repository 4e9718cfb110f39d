#!/usr/bin/env python3
"""Runs pqcheck in real containers, one line of table.txt after the other, and says which lines do not hold.

    lab/images/run.py [--table FILE] [--dist DIR] [WORD…]     all lines, or those that contain every word
    lab/images/run.py --prepare …                             makes what they ask for, and checks nothing

Needs a Docker Engine (tools/engine run …), dist/pqcheck-linux-*, and makes everything else that a line asks for:
base images (docker/bases.sh), libraries (libraries.sh), programs (programs.sh), images (dockerfiles/). What the
columns of the table mean stands at its head. Exit code 1 when a line does not hold, 2 when one could not be tried.
"""

import argparse
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import loaders
from lines import JOBS, amiss, chosen, conclude, judge
from recipes import ROOT, TARGET, architecture, binary, build, gather, machine, need_engine, refuse, refuse_without_engine, run, say

HERE = Path(__file__).resolve().parent
SECONDS = 300
# Where the binaries lie (--dist).
dist = ROOT / "dist"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--table", type=Path, default=HERE / "table.txt")
    arguments.add_argument("--dist", type=Path, default=ROOT / "dist", help="where pqcheck-linux-* lie")
    arguments.add_argument("--prepare", action="store_true", help="make what the lines ask for, and check nothing")
    arguments.add_argument("words", nargs="*")
    arguments = arguments.parse_args()
    global dist
    dist = arguments.dist.resolve()

    lines = chosen(read(arguments.table), arguments.words, arguments.table)
    need_engine()
    began = time.monotonic()
    with ThreadPoolExecutor(JOBS) as pool:
        prepare(lines, pool)
        say(f"everything is there after {time.monotonic() - began:.0f} s")
        if arguments.prepare:
            return
        wrong = judge(lines, check, pool)
    conclude(wrong, lines, began)


@dataclass
class Line:
    """One line of the table."""

    text: str
    image: str
    given: list
    command: str
    codes: list
    words: list

    @property
    def title(self):
        given = f" with {' '.join(self.given)}" if self.given else ""
        return f"{self.image}{given}: {self.command} → {' or '.join(map(str, self.codes))}"

    @property
    def libraries(self):
        return [word.split(":") for word in self.given if word.startswith("lib")]


def read(table):
    lines = []
    for number, text in enumerate(table.read_text().splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        columns = [column.strip() for column in text.split("|")]
        if len(columns) != 5 or not re.fullmatch(r"\d+(,\d+)*", columns[3]):
            refuse(f"{table}:{number}: a line has five columns, image | given | command | exit code | words")
        image, given, command, code, words = columns
        words = [word.strip() for word in words.split(";") if word.strip()]
        lines.append(Line(text, image, [] if given == "-" else given.split(), command, [int(each) for each in code.split(",")], words))
    return lines


def prepare(lines, pool):
    """Makes what the lines ask for, and nothing else."""
    images = {line.image for line in lines}
    recipes = {name: (HERE / f"dockerfiles/{name.removeprefix('pqcheck-test/')}.Dockerfile") for name in sorted(images)}
    recipes = {name: path.read_text() for name, path in recipes.items() if path.exists()}
    if any("QEMU_CPU=" in line.text for line in lines):
        run([ROOT / "tools/need", f"qemu-{os.uname().machine}"])
    gather(recipes.values(), bases=images - set(recipes), libraries={name for line in lines for name, *_ in line.libraries})
    for name, built in zip(recipes, pool.map(build, recipes.keys(), recipes.values())):
        if built.returncode != 0:
            refuse(f"the image {name} does not build: {built.stdout.strip()}")


def check(line):
    """What there is to say about a line, and what of it does not hold."""
    if line.command == "(agrees)":
        note, complaints = loaders.compare(line.image, container(line), line.words)
        return f" ({note})", complaints
    code, output = outcome(line)
    complaints = []
    if code not in line.codes:
        complaints.append(f"exit code {code}, expected {' or '.join(map(str, line.codes))}")
    complaints += amiss(line.words, output, "output")
    if complaints:
        complaints.append("--- output\n" + output.strip()[:4000])
    return "", complaints


def outcome(line):
    if line.command == "(starts)":
        return execute(container(line) + [line.image])
    if line.command == "(action)":
        return action(line)
    if "{tar}" in line.command:
        host = str(binary(dist, machine()))
        with tempfile.TemporaryDirectory(dir=TARGET) as folder:
            tar = f"{folder}/image.tar"
            run(["docker", "save", "--output", tar, line.image])
            return execute([host, *(word.replace("{tar}", tar) for word in shlex.split(line.command))])
    program = ["/pqcheck"]
    if emulated(line):
        program = ["/qemu", "/pqcheck"]
    return execute(container(line) + ["--entrypoint", program[0], line.image, *program[1:], *shlex.split(line.command)])


def action(line):
    """Exit code and output of docker/action.sh, with the summary that it writes."""
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        given = dict(word.split("=", 1) for word in line.given)
        given = {"IMAGE": line.image, "BINARY": str(binary(dist, architecture(line.image))), "REPORT": folder} | given
        code, output = execute(["env", *(f"{name}={value}" for name, value in given.items()), str(ROOT / "docker/action.sh")])
        files = [Path(folder) / name for name in ("summary.md", "kat.xml")]
        return code, output + "".join(f"--- {file.name}\n{file.read_text()}" for file in files if file.exists())


def emulated(line):
    """Whether an older processor of the machine's own kind is asked for; the other kind is emulated anyway."""
    return architecture(line.image) == machine() and any(word.startswith("QEMU_CPU=") for word in line.given)


def container(line):
    """`docker run` with everything that a line gives, up to the name of the image."""
    words = ["docker", "run", "--rm", "--platform", f"linux/{architecture(line.image)}"]
    words += ["-v", f"{binary(dist, architecture(line.image))}:/pqcheck:ro"]
    if emulated(line):
        words += ["-v", f"{shutil.which(f'qemu-{os.uname().machine}-static')}:/qemu:ro"]
    for word in line.given:
        if word.startswith("lib"):
            name, place = (word.split(":") + ["/usr/local/lib"])[:2]
            words += ["-v", f"{TARGET / 'libs' / name}:{place}:ro"]
        elif word.startswith("--"):
            words.append(word)
        else:
            words += ["-e", word]
    return words


def execute(words):
    """Exit code and output of a command; 124 when it does not end."""
    name = f"pqcheck-test-{os.getpid()}-{threading.get_ident()}"
    if words[:2] == ["docker", "run"]:
        words = [*words[:2], "--name", name, *words[2:]]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except subprocess.TimeoutExpired:
        subprocess.run(["docker", "rm", "-f", name], capture_output=True)
        return 124, f"no end after {SECONDS} s"
    if done.returncode != 0 and words[0] == "docker":
        refuse_without_engine(done.stderr)
    return done.returncode, done.stdout + done.stderr


if __name__ == "__main__":
    main()
