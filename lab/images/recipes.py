"""From recipes to images: makes what a recipe asks for, and has the engine build it. Knows no check."""

import functools
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target/images"
# What the client says when there is no engine to talk to (any more).
GONE = re.compile(r"Cannot connect to the Docker daemon[^\n]*|error during connect[^\n]*|permission denied while trying to connect[^\n]*")


def need_engine():
    """Ends everything with one line where there is no engine to be used."""
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True)
    if asked.returncode != 0:
        refuse_without_engine(asked.stderr)
        refuse(f"no Docker Engine answers: {asked.stderr.strip()}")


def gather(recipes, bases=(), libraries=()):
    """Makes the bases, libraries and programs that the recipes ask for, and those that are named beside."""
    everything = "\n".join(recipes)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", everything, re.M))
    bases = set(bases) | set(re.findall(r"(?:FROM |--from=)([a-z][\w.-]*[/:][\w./:-]+)", everything)) - stages
    libraries = set(libraries) | set(re.findall(r"libs/([\w.-]+)/", everything))
    if "programs/" in everything:
        libraries |= {"liboqs-0.13.0-amd64", "liboqs-0.13.0-musl-amd64"}
    if bases:
        run([ROOT / "docker/bases.sh", *sorted(bases)])
    if libraries:
        run([HERE / "libraries.sh", *sorted(libraries)])
    if "programs/" in everything:
        run([HERE / "programs.sh"])


def build(name, recipe, folder=None, quiet=True):
    """Has the engine build an image, and gives what it said. What a recipe copies lies below target/images
    or is a file of `folder`, and nothing else is sent."""
    platform = ["--platform", "linux/arm64"] if re.search(r"^FROM (arm64v8/|\S+-arm64$)", recipe, re.M) else []
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w") as tar:
            about = tarfile.TarInfo("Dockerfile")
            about.size = len(recipe.encode())
            tar.addfile(about, io.BytesIO(recipe.encode()))
            for copied in sorted(set(re.findall(r"^COPY ((?:libs|programs)/\S+)", recipe, re.M))):
                tar.add(TARGET / copied, copied, filter=root)
            for file in sorted(folder.iterdir()) if folder else ():
                if file.name != "Dockerfile":
                    tar.add(file, file.name, filter=root)
        context.seek(0)
        # The classic builder takes its base from the engine, also one that no registry has.
        built = subprocess.run(
            ["docker", "build", "--force-rm", *(["--quiet"] if quiet else []), *platform, "--tag", name, "-"],
            stdin=context, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=os.environ | {"DOCKER_BUILDKIT": "0"},
        )
    if built.returncode != 0:
        refuse_without_engine(built.stdout)
        if "no space left on device" in built.stdout:
            refuse(f"no space is left on the engine's disk (`docker system df`), so {name} does not build")
    return built


def root(about):
    """Files in an image belong to root, whoever builds it."""
    about.uid = about.gid = 0
    about.uname = about.gname = ""
    return about


@functools.cache
def architecture(image):
    return run(["docker", "image", "inspect", "--format", "{{.Architecture}}", image]).strip()


def machine():
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def binary(dist, architecture):
    path = dist / f"pqcheck-linux-{architecture}"
    if not path.is_file():
        refuse(f"{path} is not there; `make dist` builds it")
    return path


def run(words):
    """The output of a command that has to succeed; what it says on the way is shown."""
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        refuse(f"`{' '.join(map(str, words))}` ended with {done.returncode}")
    return done.stdout


def refuse_without_engine(output):
    """Ends everything with one line where the engine does not answer, because nothing else would be true after it."""
    if gone := GONE.search(output):
        refuse(f"the Docker Engine does not answer: {gone[0]}")


def say(what):
    print(f"{Path(sys.argv[0]).resolve().relative_to(ROOT)}: {what}", file=sys.stderr, flush=True)


# Two that are refused at a time are so for the same reason.
refused = threading.Lock()


def refuse(what):
    if refused.acquire(blocking=False):
        say(what)
    sys.exit(2)
