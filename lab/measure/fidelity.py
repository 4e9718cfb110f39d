#!/usr/bin/env python3
"""Whether `pqcheck bench` measures what the libraries' own programs measure.

Against liboqs: `speed_kem` and `speed_sig` are built from the sources in the crate `oqs-sys`, with the flags of the
library and against the very one that is linked into pqcheck. They draw their randomness from the kernel and sign one
message over and over, so that their work is another one than pqcheck's; each is built a second time with
lab/measure/same_inputs.c between the program and the library, and then does the same work. Signing is compared in that form
only: over one message a mean says more of luck than of time. Their loop goes round so many times and not for a second, and
prints what each window took and not the mean alone: on a machine that others use hardly a second is undisturbed. As they
are, a window is a call; with the same inputs it is as many calls as one of pqcheck's samples, because what a call leaves
unfinished is in the next one's time only where no clock is read between them. Of their two clocks it is the cycle counter,
because the other one counts whole microseconds.
Against OpenSSL: `openssl speed` of a Debian container, which keeps its keys, and the same container's library through
`pqcheck bench --installed --key-objects`, which does so too.

The programs run alternately, until the time is up. Two ratios are printed of each operation. One is of the percentile 0.5
of the samples of all rounds together: what nothing disturbed. The other is of the medians, which have in them whatever
else the machine did. `openssl speed` has no shorter window than a second, so that of it there is the second ratio only: the
medians of its means and of the means of pqcheck's runs. A ratio outside of 3 % does not change the exit code: only a
measurement that could not be made does.

    lab/measure/fidelity.py dist/pqcheck-linux-amd64 [--minutes 12] [--without-openssl]
"""

import argparse
import collections
import hashlib
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEMS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
# The first of the pairs that pqcheck signs, as src/bench/inputs.rs has it.
SIGNATURES = {"ML-DSA-44": 64, "ML-DSA-65": 76, "ML-DSA-87": 8}
# How many inputs there are, as src/bench/workload.rs has it; 20 where pairs are signed.
FEW, SIGNED = 8, 20
LENGTHS = {"64B": 64, "1KiB": 1024, "16KiB": 16384, "1MiB": 1 << 20}
TIME = "400ms"
LIMIT = 0.03
AS_THEY_ARE = "liboqs's own programs, as they are"
SAME = "liboqs's own programs, same inputs"
OPENSSL = "openssl speed"
IMAGE = "pqcheck-test/fidelity"
DOCKERFILE = """FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
"""
# What .CMake/compiler_opts.cmake of liboqs and CMake's Release give a file; the library itself is the linked one.
FLAGS = ["-O3", "-DNDEBUG", "-fomit-frame-pointer"]
# How often liboqs's programs call an operation in a round: a multiple of the numbers of inputs.
CALLS = {"speed_kem": 16000, "speed_sig": 4000}
WINDOWS = """
#undef TIME_OPERATION_SECONDS
#define TIME_OPERATION_SECONDS(op, op_name, secs) \\
    { \\
        static uint64_t windows[CALLS]; \\
        int calls = atoi(getenv("PQCHECK_CALLS")); \\
        DEFINE_TIMER_VARIABLES \\
        INITIALIZE_TIMER \\
        for (int i = 0; i < CALLS / calls; i++) { \\
            START_TIMER { for (int call = 0; call < calls; call++) { op; } } \\
            STOP_TIMER \\
            windows[i] = _bench_cycles_diff; \\
        } \\
        FINALIZE_TIMER \\
        PRINT_TIMER_AVG(op_name) \\
        for (int i = 0; i < CALLS / calls; i++) printf("%" PRIu64 " ", windows[i]); \\
        printf("\\n"); \\
    }
"""
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
    """What is known of each operation, and how long a round takes."""

    def __init__(self):
        self.rounds, self.longest, self.began = 0, 0.0, 0.0
        self.groups = collections.defaultdict(lambda: collections.defaultdict(Operation))
        # Of all that liboqs's programs timed, by both of their clocks.
        self.cycles, self.nanoseconds = 0.0, 0.0

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, *_):
        self.rounds += 1
        self.longest = max(self.longest, time.monotonic() - self.began)

    def show(self):
        print(f"{'operation':<32}{'theirs':>14}{'pqcheck':>14}{'ratio':>8}{'medians':>9}  after {self.rounds} rounds; limit 3 %")
        for group, operations in self.groups.items():
            print(group)
            unit = 1 if group == OPENSSL else self.nanoseconds / self.cycles
            for name, operation in operations.items():
                medians = operation.both(statistics.median)
                theirs, ours = medians if group == OPENSSL else operation.both(low)
                theirs, ratio = theirs * unit, medians[1] / medians[0] / unit
                verdict = "met" if abs(ours / theirs - 1) <= LIMIT else "NOT MET"
                print(f"{name:<32}{theirs / 1000:>11.3f} µs{ours / 1000:>11.3f} µs{ours / theirs:>8.3f}"
                      f"{ratio:>9.3f}  {verdict}", flush=True)


class Operation:
    """What a call took in each sample of each part of the inputs, theirs and ours."""

    def __init__(self):
        self.rounds = []

    def add(self, theirs, ours):
        self.rounds.append((theirs, ours))

    def both(self, figure):
        """This figure of the samples, theirs and ours, in the mean of all parts.

        Into how many parts the inputs are cut is settled anew in each run: what was mostly so counts.
        """
        usual = statistics.mode(len(ours) for _, ours in self.rounds)
        alike = [each for each in self.rounds if len(each[1]) == usual]
        return [statistics.fmean(figure(list(itertools.chain(*(each[side][part] for each in alike)))) for part in range(usual))
                for side in range(2)]


def low(samples):
    """The sample that stands for all that nothing disturbed: the percentile 0.5."""
    return statistics.quantiles(samples, n=200, method="inclusive")[0]


def parted(measurement):
    """The nanoseconds of a call in each of pqcheck's samples, part by part of the inputs."""
    parts, calls = measurement.get("parts", 1), measurement["calls"]
    return [[sample / calls for turn in measurement["rounds"] for sample in turn[part::parts]] for part in range(parts)]


def summed(windows, calls, measurement):
    """The same of theirs, of windows of so many calls."""
    parts, many = measurement.get("parts", 1), measurement["calls"] // calls
    samples = [sum(windows[at : at + many]) / many / calls for at in range(0, len(windows) - many + 1, many)]
    # The first pass is cold.
    return [samples[part + parts :: parts] for part in range(parts)]


def liboqs(table, pqcheck, tools):
    for algorithm in [*KEMS, *SIGNATURES]:
        tool = "speed_kem" if algorithm in KEMS else "speed_sig"
        ours = bench([pqcheck], ["--backend", "liboqs/native", "--algorithm", algorithm])
        for group, binary in tools[tool].items():
            # It times all operations of a scheme in one run, and signing has more inputs than the others.
            for kind in [tool, "sign"] if tool == "speed_sig" and group == SAME else [tool]:
                names = [name for name in ours if name.endswith("/sign") == (kind == "sign")]
                calls = math.gcd(FEW, *(ours[name]["calls"] for name in names)) if group == SAME else 1
                theirs = speed(table, binary, algorithm, kind, calls)
                for name in names:
                    if name in theirs:
                        table.groups[group][name].add(summed(theirs[name], calls, ours[name]), parted(ours[name]))


def programs():
    """speed_kem and speed_sig, as they are and with pqcheck's inputs."""
    found = sorted((ROOT / "target").glob("*/release/build/oqs-sys-*/out/lib/liboqs.a"), key=os.path.getmtime)
    found = [path for path in found if os.uname().machine in str(path.relative_to(ROOT / "target"))]
    if not found:
        sys.exit("lab/measure/fidelity.py: no liboqs in target/; `make dist` builds it")
    out = found[-1].parent.parent
    made = ROOT / "target/fidelity"
    made.mkdir(parents=True, exist_ok=True)
    tests = liboqs_sources() / "tests"
    header = (tests / "ds_benchmark.h").read_text() + WINDOWS
    tools = {}
    for name, wrapped in WRAPPED.items():
        sources = made / f"{name}-sources"
        sources.mkdir(exist_ok=True)
        (sources / "ds_benchmark.h").write_text(header)
        (sources / f"{name}.c").write_text((tests / f"{name}.c").read_text())
        same = [str(ROOT / "lab/measure/same_inputs.c"), *(f"-Wl,--wrap={function}" for function in wrapped)]
        # Of the functions of the other program there is nothing to be wrapped, but the file names them.
        others = [f"-Wl,--defsym=__real_{function}={function}" for other in WRAPPED for function in WRAPPED[other]
                  if other != name]
        for group, extra in ((AS_THEY_ARE, []), (SAME, [*same, *others])):
            target = made / (name + ("_same" if extra else ""))
            run(["cc", *FLAGS, f"-DCALLS={CALLS[name]}", "-static", f"-I{out}/include", f"-I{tests}",
                 str(sources / f"{name}.c"), *extra, str(found[-1]), "-lm", "-lpthread", "-o", str(target)])
            tools.setdefault(name, {})[group] = str(target)
    return tools


def liboqs_sources():
    """The sources in the crate that is linked."""
    metadata = json.loads(run(["cargo", "metadata", "--locked", "--offline", "--format-version", "1",
                               "--manifest-path", str(ROOT / "Cargo.toml")]))
    crate = next(package for package in metadata["packages"] if package["name"] == "oqs-sys")
    return Path(crate["manifest_path"]).parent / "liboqs"


def inputs(algorithm, operation):
    """The inputs of pqcheck's workload, for lab/measure/same_inputs.c."""
    def made(what, number, length):
        return hashlib.shake_128(f"pqcheck bench {algorithm} {what} {number}".encode()).hexdigest(length)

    if algorithm in KEMS:
        numbers = range(FEW)
        return {"PQCHECK_SEEDS": "".join(made("d", n, 32) + made("z", n, 32) for n in numbers),
                "PQCHECK_COINS": "".join(made("m", n, 32) for n in numbers)}
    first = SIGNATURES[algorithm]
    numbers = range(first, first + (SIGNED if operation == "sign" else FEW))
    return {"PQCHECK_SEEDS": "".join(made("xi", n, 32) for n in numbers),
            "PQCHECK_MESSAGES": "".join(made("message", n, 50) for n in numbers)}


def speed(table, tool, algorithm, kind, calls):
    """What liboqs's program prints: of each operation what each window of so many calls took, in cycles."""
    environment = os.environ | inputs(algorithm, kind) | {"PQCHECK_CALLS": str(calls)}
    lines = iter(run([tool, "--duration", "1", algorithm], environment).splitlines())
    taken = {}
    for text in lines:
        cells = [cell.strip() for cell in text.split("|")]
        operation = "keygen" if cells[0] == "keypair" else cells[0]
        if len(cells) < 6 or operation not in ("keygen", "encaps", "decaps", "sign", "verify") or not cells[3]:
            continue
        windows = taken[f"{algorithm}/{operation}"] = [int(cycles) for cycles in next(lines).split()]
        table.cycles += sum(windows)
        table.nanoseconds += len(windows) * float(cells[3]) * 1000
    return taken


def bench(command, arguments):
    """Each workload's measurement."""
    report = json.loads(run([*command, "bench", "--time", TIME, "--format", "json", *arguments]))
    for measurement in report["measurements"]:
        if measurement["outcome"] != "measured":
            sys.exit(f"lab/measure/fidelity.py: {measurement['workload']}: {measurement.get('reason')}")
    return {measurement["workload"]: measurement for measurement in report["measurements"]}


def start_openssl(pqcheck):
    """A container that has OpenSSL and pqcheck, and waits."""
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
        sys.exit("lab/measure/fidelity.py: no container engine answers; `tools/engine run lab/measure/fidelity.py …` starts one, "
                 "--without-openssl does without")
    run([str(ROOT / "docker/bases.sh"), "debian:trixie-slim"])
    run(["docker", "build", "-q", "-t", IMAGE, "-"], text=DOCKERFILE)
    return run(["docker", "run", "-d", "--rm", "-v", f"{pqcheck}:/pqcheck:ro", IMAGE, "sleep", "infinity"]).strip()


def openssl(table, container):
    inside = ["docker", "exec", container]
    for algorithm in ("ML-KEM-768", "ML-DSA-87", "ChaCha20-Poly1305"):
        ours = bench([*inside, "/pqcheck"], ["--installed", "--key-objects", "--algorithm", algorithm])
        for name, theirs in openssl_speed(inside, algorithm):
            samples = parted(ours[f"{name}/key-object"])
            table.groups[OPENSSL][name].add([[theirs]], [[statistics.fmean(sum(samples, []))]])


def openssl_speed(inside, algorithm):
    """What `openssl speed -mr` prints: operation, nanoseconds of a call."""
    speed = [*inside, "openssl", "speed", "-mr", "-elapsed", "-seconds", "1"]
    # +F9:number:keygen:encaps:decaps and +F10:number:keygen:sign:verify
    lines = {"ML-KEM-768": ("+F9:", ("keygen", "encaps", "decaps")), "ML-DSA-87": ("+F10:", ("keygen", "sign", "verify"))}
    if algorithm in lines:
        prefix, operations = lines[algorithm]
        rates = figures(run([*speed, algorithm]), prefix)[1:]
        yield from ((f"{algorithm}/{name}", 1e9 / rate) for name, rate in zip(operations, rates))
        return
    for operation, extra in (("seal", []), ("open", ["-decrypt"])):
        for name, length in LENGTHS.items():
            text = run([*speed, "-aead", *extra, "-bytes", str(length), "-evp", "chacha20-poly1305"])
            rate = figures(text, "+F:")[-1] / length
            yield f"{algorithm}/{operation}/{name}", 1e9 / rate


def figures(text, prefix):
    """The numbers of the line that begins so."""
    lines = [line for line in text.splitlines() if line.startswith(prefix)]
    if len(lines) != 1:
        sys.exit(f"lab/measure/fidelity.py: `openssl speed -mr` has not one line that begins with {prefix}")
    fields = lines[0].split(":")[1:]
    return [float(field) for field in fields if field.replace(".", "", 1).isdigit()]


def run(command, environment=None, text=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=environment)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        sys.exit(f"lab/measure/fidelity.py: exit code {result.returncode}: {' '.join(command)}: {last}")
    return result.stdout


if __name__ == "__main__":
    main()
