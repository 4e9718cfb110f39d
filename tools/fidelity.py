#!/usr/bin/env python3
"""Whether `pqcheck bench` measures what the libraries' own programs measure.

Against liboqs: `speed_kem` and `speed_sig` are built from the sources in the crate `oqs-sys`, with the flags of the
library and against the very one that is linked into pqcheck. They draw their randomness from the kernel and sign one
message over and over, so that their work is another one than pqcheck's; each is built a second time with
tools/same_inputs.c between the program and the library, and then does the same work. Against OpenSSL: `openssl speed` of
a Debian container, which keeps its keys, and the same container's library through `pqcheck bench --installed
--key-objects`, which does so too.

The programs run alternately, a second for each operation, until the time is up. The ratio is the median over the rounds
of ours to theirs in the same round, with its quartiles. Theirs print a mean, so a mean is what is taken of pqcheck's
samples. What something else slowed down does not count: of ours, the samples at which the reference took more than
15 % longer than at its best; theirs have no reference, so of them the rounds in which they themselves did. A ratio outside of 3 % does not change the exit code: only a measurement that could not be made does.

    tools/fidelity.py dist/pqcheck-linux-amd64 [--minutes 12] [--without-openssl]
"""

import argparse
import hashlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEMS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
# The pairs that pqcheck signs, as src/bench/inputs.rs has them: the first, and the rounds expected of a signature.
SIGNATURES = {"ML-DSA-44": (64, 4.25), "ML-DSA-65": (76, 5.1), "ML-DSA-87": (8, 3.85)}
# How many inputs there are, as src/bench/workload.rs has it; 20 where pairs are signed.
FEW, SIGNED = 8, 20
LENGTHS = {"64B": 64, "1KiB": 1024, "16KiB": 16384, "1MiB": 1 << 20}
TIME = "400ms"
LIMIT = 0.03
# By how much slower than at its best something may be to pass as undisturbed.
QUIET = 0.15
IMAGE = "pqcheck-test/fidelity"
DOCKERFILE = """FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
"""
# What .CMake/compiler_opts.cmake of liboqs and CMake's Release give a file; the library itself is the linked one.
FLAGS = ["-O3", "-DNDEBUG", "-fomit-frame-pointer"]
WRAPPED = {"speed_kem": ["OQS_KEM_new", "OQS_KEM_keypair", "OQS_KEM_encaps", "OQS_KEM_decaps"],
           "speed_sig": ["OQS_SIG_new", "OQS_SIG_keypair", "OQS_SIG_sign", "OQS_SIG_verify"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pqcheck")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--without-openssl", action="store_true")
    options = parser.parse_args()
    pqcheck = str(Path(options.pqcheck).resolve())
    end = time.monotonic() + 60 * options.minutes
    table = Table()
    container = None if options.without_openssl else start_openssl(pqcheck)
    try:
        tools = programs()
        while table.rounds == 0 or time.monotonic() + table.longest < end:
            with table:
                liboqs(table, pqcheck, tools)
                if container:
                    openssl(table, container)
    finally:
        if container:
            subprocess.run(["docker", "rm", "-f", container], stdout=subprocess.DEVNULL, check=False)
    table.show()


class Table:
    """The ratios of each operation, and how long a round takes."""

    def __init__(self):
        self.rounds, self.longest, self.began = 0, 0.0, 0.0
        self.groups = {}

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, *_):
        self.rounds += 1
        self.longest = max(self.longest, time.monotonic() - self.began)

    def add(self, group, name, theirs, ours, calls):
        """Nanoseconds of a call, and how many calls theirs made."""
        self.groups.setdefault(group, {}).setdefault(name, []).append((theirs, ours, calls))

    def show(self):
        print(f"{'operation':<32}{'theirs':>14}{'pqcheck':>14}{'ratio':>8}{'quartiles':>16}  undisturbed of {self.rounds} rounds; limit 3 %")
        for group, operations in self.groups.items():
            print(group)
            for name, figures in operations.items():
                best = min(figure[0] for figure in figures)
                figures = [figure for figure in figures if figure[0] <= best * (1 + QUIET) and math.isfinite(figure[1])]
                if not figures:
                    print(f"{name:<32} no round was undisturbed")
                    continue
                theirs, ours = (statistics.median(figure[side] for figure in figures) for side in (0, 1))
                ratios = [figure[1] / figure[0] for figure in figures]
                ratio = statistics.median(ratios)
                low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratio, ratio, ratio)
                verdict = "met" if abs(ratio - 1) <= LIMIT else "NOT MET"
                print(f"{name:<32}{theirs / 1000:>11.3f} µs{ours / 1000:>11.3f} µs{ratio:>8.3f}{low:>9.3f}–{high:.3f}  "
                      f"{len(figures):>3} {verdict}{luck(group, name, figures)}", flush=True)


def luck(group, name, figures):
    """How far a mean over signatures with random numbers of rounds is from the expected one, by chance."""
    algorithm, operation = name.split("/")[:2]
    if operation != "sign" or group.endswith("same inputs"):
        return ""
    # The rounds are geometric: their deviation is a little less than their mean, and a signature is mostly rounds.
    mean = SIGNATURES[algorithm][1]
    deviation = math.sqrt(1 - 1 / mean) / math.sqrt(sum(figure[2] for figure in figures))
    return f", theirs by luck ±{100 * deviation:.1f} %"


def liboqs(table, pqcheck, tools):
    for algorithm in [*KEMS, *SIGNATURES]:
        tool = "speed_kem" if algorithm in KEMS else "speed_sig"
        ours = dict(bench([pqcheck], ["--backend", "liboqs/native", "--algorithm", algorithm]))
        for group, binary in tools[tool].items():
            for name, mean, calls in speed(binary, algorithm):
                table.add(group, name, mean, ours[name], calls)


def programs():
    """speed_kem and speed_sig, as they are and with pqcheck's inputs."""
    found = sorted((ROOT / "target").glob("*/release/build/oqs-sys-*/out/lib/liboqs.a"), key=os.path.getmtime)
    found = [path for path in found if os.uname().machine in str(path.relative_to(ROOT / "target"))]
    if not found:
        sys.exit("tools/fidelity.py: no liboqs in target/; `make dist` builds it")
    out = found[-1].parent.parent
    made = ROOT / "target/fidelity"
    made.mkdir(parents=True, exist_ok=True)
    tools = {}
    for name, wrapped in WRAPPED.items():
        same = [str(ROOT / "tools/same_inputs.c"), *(f"-Wl,--wrap={function}" for function in wrapped)]
        # Of the functions of the other program there is nothing to be wrapped, but the file names them.
        others = [f"-Wl,--defsym=__real_{function}={function}" for other in WRAPPED for function in WRAPPED[other]
                  if other != name]
        for group, extra in (("liboqs's own programs, as they are", []),
                             ("liboqs's own programs, same inputs", [*same, *others])):
            target = made / (name + ("_same" if extra else ""))
            run(["cc", *FLAGS, "-static", f"-I{out}/include", str(liboqs_sources() / f"tests/{name}.c"), *extra,
                 str(found[-1]), "-lm", "-lpthread", "-o", str(target)])
            tools.setdefault(name, {})[group] = str(target)
    return tools


def liboqs_sources():
    """The sources in the crate that is linked."""
    metadata = json.loads(run(["cargo", "metadata", "--locked", "--offline", "--format-version", "1",
                               "--manifest-path", str(ROOT / "Cargo.toml")]))
    crate = next(package for package in metadata["packages"] if package["name"] == "oqs-sys")
    return Path(crate["manifest_path"]).parent / "liboqs"


def inputs(algorithm, operation):
    """The inputs of pqcheck's workload, for tools/same_inputs.c."""
    def made(what, number, length):
        return hashlib.shake_128(f"pqcheck bench {algorithm} {what} {number}".encode()).hexdigest(length)

    if algorithm in KEMS:
        numbers = range(FEW)
        return {"PQCHECK_SEEDS": "".join(made("d", n, 32) + made("z", n, 32) for n in numbers),
                "PQCHECK_COINS": "".join(made("m", n, 32) for n in numbers)}
    first = SIGNATURES[algorithm][0]
    numbers = range(first, first + (SIGNED if operation == "sign" else FEW))
    return {"PQCHECK_SEEDS": "".join(made("xi", n, 32) for n in numbers),
            "PQCHECK_MESSAGES": "".join(made("message", n, 50) for n in numbers)}


def speed(tool, algorithm):
    """What liboqs's program prints: operation, mean in nanoseconds, number of calls."""
    # It times all operations of a scheme in one run, and signing has more inputs than the others.
    runs = ["sign", "others"] if algorithm in SIGNATURES and tool.endswith("_same") else [None]
    for kind in runs:
        for text in run([tool, "--duration", "1", algorithm], os.environ | inputs(algorithm, kind)).splitlines():
            cells = [cell.strip() for cell in text.split("|")]
            operation = "keygen" if cells[0] == "keypair" else cells[0]
            if len(cells) < 4 or operation not in ("keygen", "encaps", "decaps", "sign", "verify") or not cells[3]:
                continue
            if kind is None or (operation == "sign") == (kind == "sign"):
                yield f"{algorithm}/{operation}", float(cells[3]) * 1000, int(cells[1])


def bench(command, arguments):
    """The mean of each workload's undisturbed samples, in nanoseconds."""
    report = json.loads(run([*command, "bench", "--time", TIME, "--format", "json", *arguments]))
    for measurement in report["measurements"]:
        if measurement["outcome"] != "measured":
            sys.exit(f"tools/fidelity.py: {measurement['workload']}: {measurement.get('reason')}")
    limit = (1 + QUIET) * min(min(turn) for measurement in report["measurements"] for turn in measurement["reference"])
    for measurement in report["measurements"]:
        parts = measurement.get("parts", 1)
        undisturbed = [[sample for samples, references in zip(measurement["rounds"], measurement["reference"])
                        for sample, reference in list(zip(samples, references))[part::parts] if reference <= limit]
                       for part in range(parts)]
        mean = sum(statistics.fmean(part) for part in undisturbed) / parts if all(undisturbed) else math.nan
        yield measurement["workload"], mean / measurement["calls"]


def start_openssl(pqcheck):
    """A container that has OpenSSL and pqcheck, and waits."""
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
        sys.exit("tools/fidelity.py: no container engine answers; `tools/engine run tools/fidelity.py …` starts one, "
                 "--without-openssl does without")
    subprocess.run(["docker", "build", "-q", "-t", IMAGE, "-"], input=DOCKERFILE, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    return run(["docker", "run", "-d", "--rm", "-v", f"{pqcheck}:/pqcheck:ro", IMAGE, "sleep", "infinity"]).strip()


def openssl(table, container):
    inside = ["docker", "exec", container]
    for algorithm in ("ML-KEM-768", "ML-DSA-87", "ChaCha20-Poly1305"):
        ours = dict(bench([*inside, "/pqcheck"], ["--installed", "--key-objects", "--algorithm", algorithm]))
        for name, mean, calls in openssl_speed(inside, algorithm):
            table.add("openssl speed", name, mean, ours[f"{name}/key-object"], calls)


def openssl_speed(inside, algorithm):
    """What `openssl speed -mr` prints: operation, nanoseconds of a call, calls in the second that it runs."""
    speed = [*inside, "openssl", "speed", "-mr", "-elapsed", "-seconds", "1"]
    # +F9:number:keygen:encaps:decaps and +F10:number:keygen:sign:verify
    lines = {"ML-KEM-768": ("+F9:", ("keygen", "encaps", "decaps")), "ML-DSA-87": ("+F10:", ("keygen", "sign", "verify"))}
    if algorithm in lines:
        prefix, operations = lines[algorithm]
        rates = figures(run([*speed, algorithm]), prefix)[1:]
        yield from ((f"{algorithm}/{name}", 1e9 / rate, rate) for name, rate in zip(operations, rates))
        return
    for operation, extra in (("seal", []), ("open", ["-decrypt"])):
        for name, length in LENGTHS.items():
            text = run([*speed, "-aead", *extra, "-bytes", str(length), "-evp", "chacha20-poly1305"])
            rate = figures(text, "+F:")[-1] / length
            yield f"{algorithm}/{operation}/{name}", 1e9 / rate, rate


def figures(text, prefix):
    """The numbers of the line that begins so."""
    lines = [line for line in text.splitlines() if line.startswith(prefix)]
    if len(lines) != 1:
        sys.exit(f"tools/fidelity.py: `openssl speed -mr` has not one line that begins with {prefix}")
    fields = lines[0].split(":")[1:]
    return [float(field) for field in fields if field.replace(".", "", 1).isdigit()]


def run(command, environment=None):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        sys.exit(f"tools/fidelity.py: exit code {result.returncode}: {' '.join(command)}: {last}")
    return result.stdout


if __name__ == "__main__":
    main()
