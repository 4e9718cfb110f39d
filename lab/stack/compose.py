"""One stack of docker/compose.yaml: starts it, looks at its containers, takes it away. Works with docker-compose
1.29 and with the compose plug-in. Knows nothing of why a container is not healthy."""

import json
import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from datetime import datetime

import engine
import services

FILE = services.DOCKER / "compose.yaml"
PORTS = {"firewall": ("STACK_API_PORT", 8000), "monitoring": ("STACK_PROMETHEUS_PORT", 9090)}


@dataclass
class Container:
    """What the engine says of the container of a service."""

    id: str
    service: str
    status: str
    health: str
    restarts: int
    code: int
    out_of_memory: bool
    error: str
    line: str
    started: datetime
    healthy: datetime | None
    probes: int


class Stack:
    def __init__(self, arch, **settings):
        """`settings` replace variables of the environment."""
        given = os.environ | settings
        self.arch = arch
        self.project = given.get("COMPOSE_PROJECT_NAME") or "pqcheck-stack"
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", self.project):
            raise engine.Refusal(f"COMPOSE_PROJECT_NAME={self.project}: lower-case letters, digits, `-` and `_` are allowed")
        self.folder = services.ROOT / "target/stack" / self.project
        self.secrets = self.folder / "secrets"
        self.environment = given | {
            "COMPOSE_PROJECT_NAME": self.project,
            "STACK_TAG": given.get("STACK_TAG") or services.tag(arch),
            "STACK_SECRETS": str(self.secrets),
            # The colours and the progress of the plug-in would be read as words.
            "COMPOSE_ANSI": "never",
            "COMPOSE_PROGRESS": "plain",
        }
        self.command = [*program(), "--file", str(FILE), "--project-name", self.project]

    def make_secrets(self, names):
        made = subprocess.run([services.DOCKER / "secrets.sh", self.secrets, *names], capture_output=True, text=True, env=self.environment)
        if made.returncode != 0:
            raise engine.Refusal(engine.meaning(made.stderr) or engine.last_line(made.stderr))

    def refuse_missing_images(self, names):
        """Looked for before anything is started: engines and compose would ask a registry for the name."""
        for name in names:
            image = f"{self.environment.get('STACK_IMAGES') or 'pqcheck-stack'}/{name}:{self.environment['STACK_TAG']}"
            if engine.docker("image", "inspect", image, must=False).returncode != 0:
                raise engine.Refusal(f"the image {image} is not there; `make up` builds it")

    def refuse_ports_in_use(self, names):
        """A port in use is known before anything is started, and by whom where it is a container."""
        if not os.environ.get("DOCKER_HOST", "unix:").startswith("unix:"):
            return
        running = self.containers()
        for service, (variable, _) in PORTS.items():
            port = self.port(service)
            if service not in names or service in running or (why := in_use(port)) is None:
                continue
            holder = engine.docker("ps", "--filter", f"publish={port}", "--format", "{{.Names}}", must=False).stdout.split()
            by = f" by the container {holder[0]}" if holder else ""
            raise engine.Refusal(f"the port 127.0.0.1:{port}, which {service} needs, cannot be had{by}: {why}; free it, or set {variable} to another")

    def port(self, service):
        variable, default = PORTS[service]
        text = self.environment.get(variable) or str(default)
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65536:
            raise engine.Refusal(f"{variable}={text}: a port is wanted, 1 to 65535")
        return int(text)

    def start(self, names, log):
        """Begins to start services; ends when compose has started the last, which waits for those before it."""
        words = [*self.command, "up", "--detach", "--no-build", "--remove-orphans", *names]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment)

    def containers(self):
        """The containers of this stack, by service."""
        ids = engine.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", f"label=com.docker.compose.project={self.project}").stdout.split()
        if not ids:
            return {}
        # One that has just gone is no reason to fail.
        said = engine.docker("inspect", "--type", "container", *ids, must=False).stdout
        found = [container(each) for each in json.loads(said or "[]")]
        return {each.service: each for each in found if each.service in services.NAMES}

    def down(self):
        """Takes away containers, networks, volumes and secrets. What compose does not find is taken by its label."""
        subprocess.run([*self.command, "down", "--volumes", "--remove-orphans", "--timeout", "20"], stdin=subprocess.DEVNULL,
                       capture_output=True, env=self.environment)
        mine = ["--filter", f"label=com.docker.compose.project={self.project}"]
        for kind, listing, removing in [
            ("containers", ["ps", "--all", "--quiet", *mine], ["rm", "--force", "--volumes"]),
            ("networks", ["network", "ls", "--quiet", *mine], ["network", "rm"]),
            ("volumes", ["volume", "ls", "--quiet", *mine], ["volume", "rm", "--force"]),
        ]:
            left = engine.docker(*listing).stdout.split()
            if left:
                engine.docker(*removing, *left, must=False)
                left = engine.docker(*listing).stdout.split()
            if left:
                raise engine.Refusal(f"{kind} of {self.project} are still there: {' '.join(left)}")

    def remove_secrets(self):
        if self.secrets.is_dir():
            shutil.rmtree(self.secrets)


def program():
    """The compose plug-in, or docker-compose."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    if engine.which("docker-compose"):
        return ["docker-compose"]
    raise engine.Refusal("neither the compose plug-in nor docker-compose is there; tools/need compose installs one")


def version():
    done = subprocess.run([*program(), "version", "--short"], capture_output=True, text=True)
    return done.stdout.strip()


def in_use(port):
    """Why a port of this machine cannot be had, if it cannot."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror
    return None


def free_port():
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def container(said):
    state = said["State"]
    health = state.get("Health") or {}
    probes = health.get("Log") or []
    good = [probe for probe in probes if probe["ExitCode"] == 0]
    return Container(
        id=said["Id"],
        service=said["Config"]["Labels"].get("com.docker.compose.service", ""),
        status=state["Status"],
        health=health.get("Status", "none"),
        restarts=said.get("RestartCount", 0),
        code=state.get("ExitCode", 0),
        out_of_memory=state.get("OOMKilled", False),
        error=state.get("Error", ""),
        line=engine.last_line(probes[-1]["Output"]) if probes else "",
        started=moment(state["StartedAt"]),
        healthy=moment(good[0]["End"]) if good else None,
        probes=len(probes),
    )


def moment(text):
    """Engines write nanoseconds, and their own zone or Z."""
    text = re.sub(r"(\.\d{1,6})\d*", r"\1", text.replace("Z", "+00:00"))
    return datetime.fromisoformat(text)
