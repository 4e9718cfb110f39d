"""Builds the images of the services, with a log of each build under docker/logs/. Knows nothing of what is in them."""

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import engine
import services
from cause import Cause, explain

LOGS = services.DOCKER / "logs"
SECONDS = 3600
# The builds that are going on.
going = set()


@dataclass
class Built:
    service: str
    arch: str
    image: str
    good: bool
    seconds: float
    log: Path
    cause: Cause | None = None

    def tail(self):
        return [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()][-5:]


def prepare(arches, names):
    """What builds need: the binary, base images, pqcheck's own image, and programs that are built on this machine."""
    for arch in arches:
        binary = services.ROOT / f"dist/pqcheck-linux-{arch}"
        if not binary.is_file():
            raise engine.Refusal(f"{binary}: not there; `make dist` builds it")
    run(services.DOCKER / "bases.sh", *(services.base(arch) for arch in arches))
    run(services.DOCKER / "image.sh", *arches)
    for name in names:
        program = services.DOCKER / name / "build.sh"
        if program.exists():
            run(program, *arches)


def at_once(work, names):
    """What `work` makes of each name, several at a time: most of a build waits, or keeps one processor busy."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            return list(pool.map(work, names))
        except BaseException:
            # Whoever asks to stop does not wait for builds.
            pool.shutdown(wait=False, cancel_futures=True)
            while going:
                going.pop().kill()
            raise


def build(service, arch, again=""):
    """Builds an image. `again`, a word, without any layer of an earlier build, under a name of its own."""
    recipe = services.DOCKER / service / "Dockerfile"
    if not recipe.is_file():
        raise engine.Refusal(f"{recipe}: not there")
    image = services.image(service, arch) + (f"-{again}" if again else "")
    LOGS.mkdir(exist_ok=True)
    log = LOGS / f"{service}-{arch}{f'-{again}' if again else ''}.log"
    given = {"BASE": services.base(arch), "PQCHECK": services.pqcheck_image(arch), "ARCH": arch}
    declared = set(re.findall(r"^\s*ARG\s+(\w+)", recipe.read_text(), re.M))
    words = ["docker", "build", "--platform", f"linux/{arch}", "--file", str(recipe), "--tag", image]
    for name in sorted(declared & set(given)):
        words += ["--build-arg", f"{name}={given[name]}"]
    if again:
        words.append("--no-cache")
    began = time.monotonic()
    with open(log, "w") as file:
        process = subprocess.Popen([*words, str(services.context(service))], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                   env=os.environ | builder())
        going.add(process)
        try:
            code = process.wait(SECONDS)
        finally:
            process.kill()
            process.wait()
            stopped = process not in going
            going.discard(process)
    # What was broken off says nothing of the image.
    if stopped:
        raise engine.Refusal(f"building {image}: broken off")
    built = Built(service, arch, image, code == 0, time.monotonic() - began, log)
    if code != 0:
        text = log.read_text(errors="replace")
        if engine.gone(text):
            raise engine.Refusal(f"building {image}: {engine.meaning(text)}")
        built.cause = explain(text)
    return built


def builder():
    """The classic builder takes its base from the engine, also one that no registry has; BuildKit where it is there."""
    if subprocess.run(["docker", "buildx", "version"], capture_output=True).returncode == 0:
        return {"BUILDKIT_PROGRESS": "plain"}
    return {"DOCKER_BUILDKIT": "0"}


def run(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        said = engine.last_line(done.stderr)
        raise engine.Refusal(engine.meaning(done.stderr) or said or f"{words[0]} ended with {done.returncode}")
