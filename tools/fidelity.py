#!/usr/bin/env python3
"""Whether `pqcheck bench` measures what the libraries' own programs measure.

Against liboqs: `speed_kem` and `speed_sig` are built from the sources in the crate `oqs-sys`, with the flags of the
library and against the very one that is linked into pqcheck. They draw their randomness from the kernel, and pqcheck gives
it; so each is built a second time with a generator that costs as little. Against OpenSSL: `openssl speed` of a Debian
container and the same container's library through `pqcheck bench --installed`.

The programs run alternately, a second each, and the ratio is that of the medians over the rounds. Theirs print a
mean, so a mean is what is taken of pqcheck's samples. A ratio outside of 3 % does not change the exit code: only a
measurement that could not be made does.

    tools/fidelity.py dist/pqcheck-linux-amd64 [--rounds 15] [--without-openssl]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEMS = ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"]
SIGNATURES = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]
IMAGE = "pqcheck-test/fidelity"
DOCKERFILE = """FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssl && rm -rf /var/lib/apt/lists/*
"""
# What .CMake/compiler_opts.cmake of liboqs and CMake's Release give a file; the library itself is the linked one.
FLAGS = ["-O3", "-DNDEBUG", "-fomit-frame-pointer"]
SEEDED = r"""
#include <oqs/oqs.h>
static uint64_t state = 88172645463325252u;
static void fill(uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        if (at % 8 == 0) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; }
        bytes[at] = (uint8_t)(state >> (8 * (at % 8)));
    }
}
__attribute__((constructor)) static void seed(void) { OQS_randombytes_custom_algorithm(fill); }
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pqcheck")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--without-openssl", action="store_true")
    options = parser.parse_args()
    pqcheck = str(Path(options.pqcheck).resolve())
    print(f"{'operation':<34}{'theirs':>12}{'pqcheck':>12}{'ratio':>8}   verdict (limit 3 %)")
    liboqs(pqcheck, options.rounds)
    if not options.without_openssl:
        openssl(pqcheck, options.rounds)


def liboqs(pqcheck, rounds):
    plain, seeded = programs()
    theirs = {"as it is": {}, "seeded": {}}
    ours = {}
    for _ in range(rounds):
        for kind, tools in (("as it is", plain), ("seeded", seeded)):
            for tool, algorithms in zip(tools, (KEMS, SIGNATURES)):
                for algorithm in algorithms:
                    for name, mean in speed(tool, algorithm):
                        theirs[kind].setdefault(f"{algorithm}/{name}", []).append(mean)
        for name, mean in bench([pqcheck], ["--backend", "liboqs/native", "--algorithm", ",".join(KEMS + SIGNATURES)]):
            ours.setdefault(name, []).append(mean)
    for kind, figures in theirs.items():
        print(f"liboqs's own programs, {kind}")
        for name, means in figures.items():
            line(name, statistics.median(means), statistics.median(ours[name]))


def programs():
    """speed_kem and speed_sig, as they are and with a cheap generator."""
    found = sorted((ROOT / "target").glob("*/release/build/oqs-sys-*/out/lib/liboqs.a"), key=os.path.getmtime)
    found = [path for path in found if platform_of(path)]
    if not found:
        sys.exit("tools/fidelity.py: no liboqs in target/; `make dist` builds it")
    out = found[-1].parent.parent
    made = ROOT / "target/fidelity"
    made.mkdir(parents=True, exist_ok=True)
    (made / "seeded.c").write_text(SEEDED)
    sources = liboqs_sources() / "tests"
    tools = []
    for extra, suffix in (([], ""), ([str(made / "seeded.c")], "_seeded")):
        pair = []
        for name in ("speed_kem", "speed_sig"):
            target = made / (name + suffix)
            run(["cc", *FLAGS, "-static", f"-I{out}/include", str(sources / f"{name}.c"), *extra,
                 str(found[-1]), "-lm", "-lpthread", "-o", str(target)])
            pair.append(str(target))
        tools.append(pair)
    return tools


def liboqs_sources():
    """The sources in the crate that is linked."""
    metadata = json.loads(run(["cargo", "metadata", "--locked", "--offline", "--format-version", "1",
                               "--manifest-path", str(ROOT / "Cargo.toml")]))
    crate = next(package for package in metadata["packages"] if package["name"] == "oqs-sys")
    return Path(crate["manifest_path"]).parent / "liboqs"


def platform_of(library):
    """Whether it is of this machine's architecture."""
    return os.uname().machine in str(library.relative_to(ROOT / "target"))


def speed(tool, algorithm):
    """What liboqs's program prints: operation and mean in nanoseconds."""
    names = {"keypair": "keygen", "keygen": "keygen"}
    for text in run([tool, "--duration", "1", algorithm]).splitlines():
        cells = [cell.strip() for cell in text.split("|")]
        if len(cells) > 3 and cells[0] in ("keygen", "keypair", "encaps", "decaps", "sign", "verify") and cells[3]:
            yield names.get(cells[0], cells[0]), float(cells[3]) * 1000


def bench(command, arguments):
    """The mean of all samples of each workload, in nanoseconds."""
    report = json.loads(run([*command, "bench", "--time", "1s", "--format", "json", *arguments]))
    for measurement in report["measurements"]:
        if measurement["outcome"] != "measured":
            sys.exit(f"tools/fidelity.py: {measurement['workload']}: {measurement.get('reason')}")
        samples = [sample for turn in measurement["rounds"] for sample in turn]
        yield measurement["workload"], sum(samples) / len(samples) / measurement["calls"]


def openssl(pqcheck, rounds):
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode != 0:
        print("openssl speed: not measured: no container engine answers; `tools/engine run tools/fidelity.py …` starts one")
        return
    subprocess.run(["docker", "build", "-q", "-t", IMAGE, "-"], input=DOCKERFILE, text=True, check=True,
                   stdout=subprocess.DEVNULL)
    container = run(["docker", "run", "-d", "--rm", "-v", f"{pqcheck}:/pqcheck:ro", IMAGE, "sleep", "infinity"]).strip()
    inside = ["docker", "exec", container]
    theirs, ours = {}, {}
    try:
        for _ in range(rounds):
            for name, mean in openssl_speed(inside):
                theirs.setdefault(name, []).append(mean)
            arguments = ["--installed", "--algorithm", "ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305"]
            for name, mean in bench([*inside, "/pqcheck"], arguments):
                ours.setdefault(name, []).append(mean)
    finally:
        subprocess.run(["docker", "rm", "-f", container], stdout=subprocess.DEVNULL, check=False)
    print("openssl speed: it keeps a key that is set up once, pqcheck brings the key's bytes with each call")
    for name, means in theirs.items():
        line(name, statistics.median(means), statistics.median(ours[name]))


def openssl_speed(inside):
    """What `openssl speed -mr` prints, in nanoseconds: calls, or bytes, in a second of wall time."""
    speed = [*inside, "openssl", "speed", "-mr", "-elapsed", "-seconds", "1"]
    # +F9:number:keygen:encaps:decaps and +F10:number:keygen:sign:verify
    for prefix, algorithm, operations in (("+F9:", "ML-KEM-768", ("keygen", "encaps", "decaps")),
                                          ("+F10:", "ML-DSA-87", ("keygen", "sign", "verify"))):
        rates = figures(run([*speed, algorithm]), prefix)[1:]
        yield from ((f"{algorithm}/{name}", 1e9 / rate) for name, rate in zip(operations, rates))
    for length, name in ((64, "64B"), (1024, "1KiB"), (16384, "16KiB"), (1 << 20, "1MiB")):
        text = run([*speed, "-aead", "-bytes", str(length), "-evp", "chacha20-poly1305"])
        yield f"ChaCha20-Poly1305/seal/{name}", length * 1e9 / figures(text, "+F:")[-1]


def figures(text, prefix):
    """The numbers of the line that begins so."""
    lines = [line for line in text.splitlines() if line.startswith(prefix)]
    if len(lines) != 1:
        sys.exit(f"tools/fidelity.py: `openssl speed -mr` has not one line that begins with {prefix}")
    fields = lines[0].split(":")[1:]
    return [float(field) for field in fields if field.replace(".", "", 1).isdigit()]


def line(name, theirs, ours):
    ratio = ours / theirs
    verdict = "met" if abs(ratio - 1) <= 0.03 else "not met"
    print(f"{name:<34}{theirs / 1000:>9.3f} µs{ours / 1000:>9.3f} µs{ratio:>8.3f}   {verdict}")


def run(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        last = (result.stderr.strip().splitlines() or ["no message"])[-1]
        sys.exit(f"tools/fidelity.py: exit code {result.returncode}: {' '.join(command)}: {last}")
    return result.stdout


if __name__ == "__main__":
    main()
