"""What there is to say of one image that was built: its facts, what `pqcheck doctor` finds, and whether its crypto
library answers right. Knows nothing of the stack."""

import json
import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager

import engine
import saved
import services
from report import NOT_TRIED, OK, WRONG, Crypto, Step

# What each algorithm has to do for whoever depends on it.
OPERATIONS = {
    "ML-KEM": ["keygen", "encaps", "decaps"],
    "ML-DSA": ["keygen", "sign", "verify"],
    "ChaCha20-Poly1305": ["seal", "open"],
    "Kyber512": ["keygen", "decaps"],
    "Classic-McEliece": ["keygen", "decaps"],
}
HARDENED = ["--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"]


def examine(image, arch, tar):
    """Adds facts and steps to an image; `tar` is where it was saved."""
    began = time.monotonic()
    facts = saved.read(tar)
    image.layers = facts.layers
    image.bytes = int(engine.docker("image", "inspect", "--format", "{{.Size}}", image.name).stdout)
    image.id = engine.docker("image", "inspect", "--format", "{{.Id}}", image.name).stdout.strip()
    image.base = base(facts, arch)
    probe = probe_of(facts.config)
    image.requires = required(probe)
    complaints = []
    if facts.platform != image.platform:
        complaints.append(f"is for {facts.platform}")
    if image.base is None:
        complaints.append(f"is not made from {services.base(arch)}")
    if not any(layer.pqcheck for layer in facts.layers):
        complaints.append("has no layer with /pqcheck alone")
    if probe is None or probe[0] != "CMD" or not image.requires:
        complaints.append("has no HEALTHCHECK in exec form that says what it requires")
    note = "; ".join(complaints) or f"{image.bytes / 1e6:.0f} MB, {len(image.layers)} layers, from {image.base}"
    image.steps.append(Step("inspect", WRONG if complaints else OK, note, time.monotonic() - began))
    image.steps.append(doctor(image, tar))
    image.steps.append(kat(image))
    image.steps.append(health(image, probe))


def base(facts, arch):
    """The base image, when the first layers are those of it."""
    name = services.base(arch)
    said = engine.docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name, must=False)
    layers = json.loads(said.stdout or "[]")
    return name if layers and [layer.digest for layer in facts.layers[:len(layers)]] == layers else None


def doctor(image, tar):
    began = time.monotonic()
    done = subprocess.run([services.binary(), "doctor", "--image", tar, "--platform", image.platform, "--format", "json"],
                          capture_output=True, text=True, timeout=300)
    seconds = time.monotonic() - began
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return Step("doctor", WRONG, engine.last_line(done.stderr) or f"exit code {done.returncode}", seconds)
    summary = said["summary"]
    if done.returncode == 0:
        return Step("doctor", OK, f"{summary['looked_at']} programs and libraries looked at", seconds)
    found = said["findings"][:1]
    what = f"; the first: {found[0]['rule']}: {found[0]['message']}" if found else ""
    return Step("doctor", WRONG, f"findings: {len(said['findings'])}{what}", seconds)


def kat(image):
    began = time.monotonic()
    # Under emulation a key pair of Classic McEliece takes many seconds.
    patience = ["--deadline", "120s"] if image.emulated else []
    code, out, complaint = inside(image, "kat", "--installed", "--format", "json", *patience, seconds=1200)
    seconds = time.monotonic() - began
    try:
        said = json.loads(out)
    except ValueError:
        return Step("kat", WRONG, engine.last_line(complaint) or f"exit code {code}", seconds)
    image.crypto = tally(said["cases"])
    missing = absent(image.requires, image.crypto)
    summary = said["summary"]
    note = f"{summary['pass']} pass, {summary['skip']} skipped, {summary['fail']} fail, {summary['error']} errors"
    if code != 0 or missing:
        return Step("kat", WRONG, "; ".join([note, *missing]), seconds)
    return Step("kat", OK, note, seconds)


def health(image, probe):
    """The image's own HEALTHCHECK, without the service that it asks."""
    words = without_service(probe)
    if not words:
        return Step("health", NOT_TRIED, "no HEALTHCHECK that asks pqcheck")
    began = time.monotonic()
    # Under emulation the deadline for an idle container says nothing.
    slow = ["--deadline", "60s"] if image.emulated else []
    code, out, complaint = inside(image, *words, *slow, seconds=300)
    line = engine.last_line(out) or engine.last_line(complaint)
    return Step("health", OK if code == 0 else WRONG, line, time.monotonic() - began)


def inside(image, *words, seconds):
    done = engine.docker("run", *HARDENED, "--platform", image.platform, "--entrypoint", "/pqcheck", image.name, *words,
                         seconds=seconds, must=False, doing=f"{image.name}: /pqcheck {words[0]}")
    return done.returncode, done.stdout, done.stderr


def tally(cases):
    """How often each outcome came, by library, algorithm and operation."""
    counts = Counter((case["backend"], case["path"], case["algorithm"], case["operation"], case["outcome"]) for case in cases)
    found = {}
    for (backend, path, algorithm, operation, outcome), count in sorted(counts.items()):
        row = found.setdefault((backend, path, algorithm, operation), Crypto(backend, path, algorithm, operation))
        name = {"pass": "passed", "fail": "failed", "suspect": "failed", "skip": "skipped"}.get(outcome, "errors")
        setattr(row, name, getattr(row, name) + count)
    return list(found.values())


def absent(requires, crypto):
    """Operations of what is required that no library of the image does, or does wrong."""
    complaints = []
    for algorithm in requires:
        for operation in OPERATIONS.get(algorithm, OPERATIONS.get(algorithm.rsplit("-", 1)[0], [])):
            rows = [row for row in crypto if row.algorithm == algorithm and row.operation == operation]
            if not any(row.passed for row in rows):
                complaints.append(f"{algorithm} {operation} is not there")
            elif any(row.failed or row.errors for row in rows):
                complaints.append(f"{algorithm} {operation} is wrong")
    return complaints


def probe_of(config):
    healthcheck = (config.get("config") or {}).get("Healthcheck") or {}
    return healthcheck.get("Test") or None


def required(probe):
    words = list(probe or [])
    for at, word in enumerate(words):
        if word == "--require" and at + 1 < len(words):
            return words[at + 1].split(",")
        if word.startswith("--require="):
            return word.split("=", 1)[1].split(",")
    return []


def without_service(probe):
    """The words of a HEALTHCHECK after /pqcheck, without what asks the service."""
    if not probe or probe[:2] != ["CMD", "/pqcheck"]:
        return []
    words, skip = [], False
    for word in probe[2:]:
        if skip:
            skip = False
        elif word == "--answers":
            skip = True
        elif not re.match("--answers=", word):
            words.append(word)
    return words or ["health"]


@contextmanager
def archive(name):
    """Where an image is saved while it is looked at."""
    folder = services.ROOT / "target/stack"
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(suffix=".tar", dir=folder)
    os.close(handle)
    try:
        engine.docker("save", "--output", path, name, seconds=600)
        yield path
    finally:
        os.unlink(path)
