#!/usr/bin/env python3
"""Whether `pqcheck bench` measures what the libraries' own programs measure.

Against liboqs: `speed_kem` and `speed_sig` are built from the sources in the crate `oqs-sys`, with the flags of the
library and against the very one that is linked into pqcheck. They draw their randomness from the kernel and sign one
message over and over, so that their work is another one than pqcheck's; each is built a second time with
tools/same_inputs.c between the program and the library, and then does the same work. Signing is compared in that form
only: over one message a mean says more of luck than of time. One thing is changed, how long an operation is timed: not once
for a second but many times for one pass over the inputs, because on a machine that others use hardly a second is
undisturbed. Against OpenSSL: `openssl speed` of a Debian container, which keeps its keys, and the same container's library
through `pqcheck bench --installed --key-objects`, which does so too.

The programs run alternately, until the time is up. Two ratios are printed of each operation. One is of the second percentile
of such windows, theirs and pqcheck's samples, of all rounds together: what nothing disturbed. The other is of the
medians, which have in them whatever else the machine did. `openssl speed` has no shorter window than a second, so that of
it there is the second only: the medians of its means and of the means of pqcheck's runs. A ratio outside of 3 % does not change the
exit code: only a measurement that could not be made does.

    tools/fidelity.py dist/pqcheck-linux-amd64 [--minutes 12] [--without-openssl]
"""

import argparse
import collections
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEMS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
# The first of the pairs that pqcheck signs, as src/bench/inputs.rs has it.
SIGNATURES = {"ML-DSA-44": 64, "ML-DSA-65": 76, "ML-DSA-87": 8}
# How many inputs there are, as src/bench/workload.rs has it; 20 where pairs are signed.
FEW, SIGNED = 8, 20
LENGTHS = {"64B": 64, "1KiB": 1024, "16KiB": 16384, "1MiB": 1 << 20}
TIME = "400ms"
LIMIT = 0.03
OPENSSL = "openssl speed"
IMAGE = "pqcheck-test/fidelity"
DOCKERFILE = """FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
"""
# What .CMake/compiler_opts.cmake of liboqs and CMake's Release give a file; the library itself is the linked one.
FLAGS = ["-O3", "-DNDEBUG", "-fomit-frame-pointer"]
# How often liboqs's programs time an operation in a round, and how many calls each time.
WINDOWS = 200
CALLS = {"speed_kem": 4 * FEW, "speed_sig": FEW, "sign": SIGNED}
AGAIN = """
#undef TIME_OPERATION_SECONDS
#define TIME_OPERATION_SECONDS(op, op_name, secs) \\
    for (int window = 0; window < WINDOWS; window++) TIME_OPERATION_ITERATIONS(op, op_name, CALLS)
"""
# Which percentile of the windows is of such as nothing disturbed.
LOW = 2
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

    def __enter__(self):
        self.began = time.monotonic()

    def __exit__(self, *_):
        self.rounds += 1
        self.longest = max(self.longest, time.monotonic() - self.began)

    def show(self):
        print(f"{'operation':<32}{'theirs':>14}{'pqcheck':>14}{'ratio':>8}{'medians':>9}  after {self.rounds} rounds; limit 3 %")
        for group, operations in self.groups.items():
            print(group)
            for name, operation in operations.items():
                medians = statistics.median(operation.theirs), statistics.median(operation.middles)
                theirs, ours = medians if group == OPENSSL else operation.undisturbed()
                verdict = "met" if abs(ours / theirs - 1) <= LIMIT else "NOT MET"
                print(f"{name:<32}{theirs / 1000:>11.3f} µs{ours / 1000:>11.3f} µs{ours / theirs:>8.3f}"
                      f"{medians[1] / medians[0]:>9.3f}  {verdict}", flush=True)


class Operation:
    """Nanoseconds of a call: in each of their windows, in each of our samples of each part of the inputs, and in the
    middle of each of our runs."""

    def __init__(self):
        self.theirs, self.parts, self.middles = [], collections.defaultdict(list), []

    def add(self, theirs, measurement, middle):
        self.theirs.extend(theirs)
        self.middles.append(middle)
        for part, samples in parted(measurement):
            self.parts[part].extend(samples)

    def undisturbed(self):
        return low(self.theirs), statistics.fmean(low(samples) for samples in self.parts.values())


def parted(measurement):
    """The nanoseconds of a call in each sample of each part of the inputs."""
    parts = measurement.get("parts", 1)
    for part in range(parts):
        yield part, [sample / measurement["calls"] for turn in measurement["rounds"] for sample in turn[part::parts]]


def liboqs(table, pqcheck, tools):
    for algorithm in [*KEMS, *SIGNATURES]:
        tool = "speed_kem" if algorithm in KEMS else "speed_sig"
        ours = bench([pqcheck], ["--backend", "liboqs/native", "--algorithm", algorithm])
        for group, binaries in tools[tool].items():
            for kind, binary in binaries.items():
                for name, theirs in speed(binary, algorithm, kind).items():
                    table.groups[group][name].add(theirs, ours[name], ours[name]["median"])


def low(means):
    """The window that stands for all that nothing disturbed."""
    return statistics.quantiles(means, n=100, method="inclusive")[LOW - 1]


def programs():
    """speed_kem and speed_sig, as they are and with pqcheck's inputs."""
    found = sorted((ROOT / "target").glob("*/release/build/oqs-sys-*/out/lib/liboqs.a"), key=os.path.getmtime)
    found = [path for path in found if os.uname().machine in str(path.relative_to(ROOT / "target"))]
    if not found:
        sys.exit("tools/fidelity.py: no liboqs in target/; `make dist` builds it")
    out = found[-1].parent.parent
    made = ROOT / "target/fidelity"
    made.mkdir(parents=True, exist_ok=True)
    tests = liboqs_sources() / "tests"
    header = (tests / "ds_benchmark.h").read_text() + AGAIN
    tools = {}
    for name, wrapped in WRAPPED.items():
        sources = made / f"{name}-sources"
        sources.mkdir(exist_ok=True)
        (sources / "ds_benchmark.h").write_text(header)
        (sources / f"{name}.c").write_text((tests / f"{name}.c").read_text())
        same = [str(ROOT / "tools/same_inputs.c"), *(f"-Wl,--wrap={function}" for function in wrapped)]
        # Of the functions of the other program there is nothing to be wrapped, but the file names them.
        others = [f"-Wl,--defsym=__real_{function}={function}" for other in WRAPPED for function in WRAPPED[other]
                  if other != name]
        # It times all operations of a scheme in one run, and signing has more inputs than the others.
        kinds = [name, "sign"] if name == "speed_sig" else [name]
        for group, extra, timed in (("liboqs's own programs, as they are", [], kinds[:1]),
                                    ("liboqs's own programs, same inputs", [*same, *others], kinds)):
            for kind in timed:
                target = made / (kind + ("_same" if extra else ""))
                run(["cc", *FLAGS, f"-DWINDOWS={WINDOWS}", f"-DCALLS={CALLS[kind]}", "-static", f"-I{out}/include",
                     f"-I{tests}", str(sources / f"{name}.c"), *extra, str(found[-1]), "-lm", "-lpthread", "-o", str(target)])
                tools.setdefault(name, {}).setdefault(group, {})[kind] = str(target)
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
    first = SIGNATURES[algorithm]
    numbers = range(first, first + (SIGNED if operation == "sign" else FEW))
    return {"PQCHECK_SEEDS": "".join(made("xi", n, 32) for n in numbers),
            "PQCHECK_MESSAGES": "".join(made("message", n, 50) for n in numbers)}


def speed(tool, algorithm, kind):
    """What liboqs's program prints: of each operation of this kind the means of its windows, in nanoseconds."""
    means = collections.defaultdict(list)
    for text in run([tool, "--duration", "1", algorithm], os.environ | inputs(algorithm, kind)).splitlines():
        cells = [cell.strip() for cell in text.split("|")]
        operation = "keygen" if cells[0] == "keypair" else cells[0]
        if len(cells) < 4 or operation not in ("keygen", "encaps", "decaps", "sign", "verify") or not cells[3]:
            continue
        if (operation == "sign") == (kind == "sign"):
            means[f"{algorithm}/{operation}"].append(float(cells[3]) * 1000)
    # The first window is cold.
    return {operation: windows[1:] for operation, windows in means.items()}


def bench(command, arguments):
    """Each workload's measurement."""
    report = json.loads(run([*command, "bench", "--time", TIME, "--format", "json", *arguments]))
    for measurement in report["measurements"]:
        if measurement["outcome"] != "measured":
            sys.exit(f"tools/fidelity.py: {measurement['workload']}: {measurement.get('reason')}")
    return {measurement["workload"]: measurement for measurement in report["measurements"]}


def start_openssl(pqcheck):
    """A container that has OpenSSL and pqcheck, and waits."""
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
        sys.exit("tools/fidelity.py: no container engine answers; `tools/engine run tools/fidelity.py …` starts one, "
                 "--without-openssl does without")
    run([str(ROOT / "docker/bases.sh"), "debian:trixie-slim"])
    run(["docker", "build", "-q", "-t", IMAGE, "-"], text=DOCKERFILE)
    return run(["docker", "run", "-d", "--rm", "-v", f"{pqcheck}:/pqcheck:ro", IMAGE, "sleep", "infinity"]).strip()


def openssl(table, container):
    inside = ["docker", "exec", container]
    for algorithm in ("ML-KEM-768", "ML-DSA-87", "ChaCha20-Poly1305"):
        ours = bench([*inside, "/pqcheck"], ["--installed", "--key-objects", "--algorithm", algorithm])
        for name, theirs in openssl_speed(inside, algorithm):
            measurement = ours[f"{name}/key-object"]
            samples = [sample for _, samples in parted(measurement) for sample in samples]
            table.groups[OPENSSL][name].add([theirs], measurement, statistics.fmean(samples))


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
        sys.exit(f"tools/fidelity.py: `openssl speed -mr` has not one line that begins with {prefix}")
    fields = lines[0].split(":")[1:]
    return [float(field) for field in fields if field.replace(".", "", 1).isdigit()]


def run(command, environment=None, text=None):
    result = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=environment)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        sys.exit(f"tools/fidelity.py: exit code {result.returncode}: {' '.join(command)}: {last}")
    return result.stdout


if __name__ == "__main__":
    main()
