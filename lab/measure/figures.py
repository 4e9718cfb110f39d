#!/usr/bin/env python3
"""Measures what pqcheck promises about speed, memory and size, and says what is met.

Comparisons are ratios between programs that ran alternately in one loop, because a time alone says
more about the machine than about the program. A figure that is not met does not change the exit
code: only a measurement that could not be made does.

    lab/measure/figures.py dist/pqcheck-linux-amd64
"""

import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROUNDS = 250
MIB = 1024 * 1024


def main():
    pqcheck = str(Path(sys.argv[1]).resolve())
    print(f"{'figure':<58}{'measured':>16}{'limit':>12}  verdict")
    start(pqcheck)
    memory(pqcheck)
    sizes()
    embedded(pqcheck)
    whole(pqcheck)
    installed(pqcheck)
    idle(pqcheck)
    doctor(pqcheck)
    parser()
    logs()


def start(pqcheck):
    """Wall time of the health check against a program everyone knows."""
    times = {"pqcheck": [], "openssl": []}
    for round_ in range(ROUNDS + 10):
        for name, command in (("pqcheck", [pqcheck]), ("openssl", ["openssl", "version"])):
            took = seconds(command)
            # The first rounds fill the page cache.
            if round_ >= 10:
                times[name].append(took)
    ours, theirs = (statistics.median(times[name]) for name in ("pqcheck", "openssl"))
    line(
        f"bare pqcheck {ours * 1e3:.2f} ms / openssl version {theirs * 1e3:.2f} ms, n={ROUNDS}",
        ours / theirs, 1.0, "{:.2f}",
    )


def memory(pqcheck):
    """The largest resident set of the health check or of a child of it, and how often they touched a page anew.

    Such a fault takes a microsecond, so the count is part of what the start takes, and the same on a busy machine."""
    # A child of this interpreter would start with the interpreter's own peak, so a small program starts it.
    run = ["/usr/bin/time", "-f", "%M %R", pqcheck]
    done = subprocess.run(run, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    peak, faults = map(int, done.stderr.split()[-2:])
    line("bare pqcheck, peak RSS", peak * 1024 / MIB, 6, "{:.2f} MiB")
    line("bare pqcheck, page faults", faults, None, "{}")


def sizes():
    """What has to be copied into an image."""
    for binary in sorted((ROOT / "dist").glob("pqcheck-linux-*")):
        line(f"dist/{binary.name}", binary.stat().st_size / MIB, 5, "{:.2f} MiB")


def embedded(pqcheck):
    """The embedded corpus: wall time, and the share of processor time that is not the libraries'."""
    command = [pqcheck, "kat", "--timing", "--format", "json"]
    # 1 says that a case failed; the time is the same.
    timing = json.loads(output(command, accept=(0, 1)))["timing"]
    wall = statistics.median(seconds([pqcheck, "kat"], accept=(0, 1)) for _ in range(5))
    line("kat, embedded corpus, every path", wall, 2, "{:.2f} s")
    line("kat, time outside the libraries", 100 * (1 - timing["library_ns"] / timing["total_ns"]), 15, "{:.1f} %")


def whole(pqcheck):
    """Everything in vectors/, parsed and run."""
    command = [pqcheck, "kat", "--vectors", str(ROOT / "vectors")]
    wall = statistics.median(seconds(command, accept=(0, 1)) for _ in range(3))
    line("kat --vectors vectors/, every path", wall, 10, "{:.2f} s")


def installed(pqcheck):
    """What a call of a library of the image takes more than the same call by a C program."""
    figure = "kat --library, liboqs, ML-KEM-768, in all / called from C"
    found = sorted((ROOT / "target/images/libs").glob("liboqs-0.13.0-amd64/liboqs.so"))
    if not found or platform.machine() != "x86_64":
        print(f"{figure:<58}{'-':>16}{'<= 1.1':>12}  not measured: no liboqs; `make test-image` builds one")
        return
    library, rounds = str(found[0]), 10000
    with tempfile.TemporaryDirectory() as folder:
        direct = f"{folder}/direct"
        output(["cc", "-O2", "-o", direct, str(ROOT / "lab/measure/direct.c"), "-ldl"])
        ours, theirs = [], []
        for _ in range(7):
            # The digest of so many rounds is a published one, so this ends with 0 where the answers are right.
            report = output([pqcheck, "kat", "--library", library, "--algorithm", "ML-KEM-768", "--accumulated",
                             str(rounds), "--timing", "--format", "json"])
            ours.append(json.loads(report)["timing"]["library_ns"])
            theirs.append(int(output([direct, library, str(rounds)])))
    line(figure, statistics.median(ours) / statistics.median(theirs), 1.1, "{:.3f}")


def idle(pqcheck):
    """Processor time of a health check in a container, against what loading the same library costs anyone."""
    figure = "health --installed, processor time of a run"
    base, image = "debian:trixie-slim", "pqcheck-figures/openssl"
    if not shutil.which("docker") or subprocess.run(
        ["docker", "image", "inspect", base], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ).returncode != 0:
        print(f"{figure:<58}{'-':>16}{'<= 10':>12}  not measured: no engine with {base}; `docker/bases.sh` makes it")
        return
    recipe = f"""FROM {base}
        RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -r /var/lib/apt/lists/*"""
    built = subprocess.run(
        ["docker", "build", "--quiet", "-t", image, "-"],
        input=recipe, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )
    if built.returncode != 0:
        sys.exit(f"figures: {image} does not build: {built.stderr.strip().splitlines()[-1:]}")
    with tempfile.TemporaryDirectory() as folder:
        output(["cc", "-O2", "-static", "-o", f"{folder}/cputime", str(ROOT / "lab/measure/cputime.c")])
        health = [["/pqcheck", "health", "--installed", "--require", algorithms]
                  for algorithms in ("ML-DSA-87", "ChaCha20-Poly1305", "ML-KEM-768,ML-DSA-87")]
        commands = [*health, ["/usr/bin/openssl", "version"]]
        report = output([
            "docker", "run", "--rm", "--network", "none",
            "-v", f"{folder}/cputime:/cputime:ro", "-v", f"{pqcheck}:/pqcheck:ro", image,
            "/cputime", str(ROUNDS // 5), *(word for command in commands for word in ("--", *command)),
        ])
    *ours, theirs = (float(text) for text in report.split())
    for command, took in zip(health, ours):
        line(f"health --installed {command[-1]}, processor time", took, 10, "{:.1f} ms")
    line(f"the most of these / openssl version {theirs:.1f} ms", max(ours) / theirs, None, "{:.2f}")


def doctor(pqcheck):
    """Every ELF file of this system: what would be loaded for it, against ldd over the same files."""
    folders = ["/usr/bin", "/usr/sbin", "/usr/lib"]
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if is_elf(path)][:3000]
    ours = statistics.median(seconds([pqcheck, "doctor", *map(str, files)], accept=(0, 1)) for _ in range(5))
    line(f"doctor, {len(files)} ELF files", ours, 1, "{:.2f} s")
    # One of ten, so that a figure does not take a minute; ldd's time is the same for each.
    some = files[::10]
    theirs = sum(seconds(["ldd", str(path)], accept=(0, 1)) for path in some) * len(files) / len(some)
    line(f"doctor / ldd {theirs:.1f} s (from every tenth file)", ours / theirs, 0.1, "{:.3f}")


def is_elf(path):
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def parser():
    """Throughput of the vector parser, as Criterion reports it."""
    report = output(["cargo", "bench", "--locked", "--bench", "parse", "--", "--noplot"])
    name, found = "", False
    for text in report.splitlines():
        throughput = re.search(r"thrpt:\s+\[\S+ \S+ (\S+) (\S+B/s) ", text)
        if throughput:
            line(f"parser, {name}", float(throughput[1]), None, f"{{:.4g}} {throughput[2]}")
            found = True
        elif text and not text[0].isspace():
            # Criterion puts a long name on a line of its own.
            name = text.split(" time:")[0].strip()
    if not found:
        sys.exit("figures: the parse bench printed no throughput")


def logs():
    """Throughput of `pqcheck explain`, as Criterion reports it."""
    units = {"KiB/s": 1024, "MiB/s": MIB, "GiB/s": 1024 * MIB}
    report = output(["cargo", "bench", "--locked", "--bench", "explain", "--", "--noplot"])
    name, found = "", False
    for text in report.splitlines():
        throughput = re.search(r"thrpt:\s+\[\S+ \S+ (\S+) (\S+B/s) ", text)
        if throughput:
            line(f"explain, {name}", float(throughput[1]) * units[throughput[2]] / 1e6, 100, "{:.4g} MB/s", least=True)
            found = True
        elif text and not text[0].isspace():
            name = text.split(" time:")[0].strip()
    if not found:
        sys.exit("figures: the explain bench printed no throughput")


def line(figure, value, limit, form, least=False):
    good = limit is not None and (value >= limit if least else value <= limit)
    verdict = "measured" if limit is None else "met" if good else "not met"
    shown = "-" if limit is None else f"{'>=' if least else '<='} {limit}"
    print(f"{figure:<58}{form.format(value):>16}{shown:>12}  {verdict}", flush=True)


def seconds(command, accept=(0,)):
    begin = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = time.perf_counter() - begin
    expect(command, done.returncode, accept)
    return took


def output(command, accept=(0,)):
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    expect(command, done.returncode, accept)
    return done.stdout


def expect(command, code, accept):
    if code not in accept:
        sys.exit(f"figures: `{' '.join(command)}` ended with {code}")


if __name__ == "__main__":
    main()
