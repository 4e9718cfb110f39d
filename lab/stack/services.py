"""The services and how their images are called: the one list. Knows nothing of how they are built or started."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"
# In the order in which they are built and shown.
NAMES = ["database", "client-api", "backup", "firewall", "rosenpass", "monitoring"]
# Who takes files of docker/audit, so that its build context is docker/ and not its own folder.
SEALS = ["database", "client-api"]
# Who waits for whom, as docker/compose.yaml has it.
NEEDS = {"client-api": ["database"], "backup": ["database"]}


def machine():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)


def tag(arch):
    """An engine keeps one platform under one name."""
    return "latest" if arch == "amd64" else arch


def image(service, arch):
    return f"{os.environ.get('STACK_IMAGES') or 'pqcheck-stack'}/{service}:{tag(arch)}"


def context(service):
    return DOCKER if service in SEALS else DOCKER / service


def pqcheck_image(arch):
    return f"pqcheck:{tag(arch)}"


def base(arch):
    return "debian:trixie-slim" if arch == "amd64" else "arm64v8/debian:trixie-slim"


def binary():
    """The pqcheck of this machine, which reads logs and saved images."""
    return ROOT / f"dist/pqcheck-linux-{machine()}"


def with_needs(names):
    """The services and those that they wait for, in the order of the list."""
    wanted = {each for name in names for each in [name, *NEEDS.get(name, [])]}
    return [name for name in NAMES if name in wanted]
