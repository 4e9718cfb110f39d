"""Calls of the Docker Engine, and one clear line for each way in which they fail. Knows nothing of the stack."""

import os
import re
import subprocess

import services

# What an engine says, and what that means for whoever reads it. The first that matches is taken; words in braces
# are the groups of the expression.
MEANINGS = [
    (r"permission denied while trying to connect|dial unix \S+: connect: permission denied|Got permission denied",
     "no permission for the engine's socket; run this as root, or add the user to the group `docker` and log in again"),
    (r"Cannot connect to the Docker daemon|error during connect|Couldn't connect to Docker daemon|Error while fetching server API"
     r"|connection reset by peer|Connection aborted|docker\.sock: connect: (no such file|connection refused)|unexpected EOF|RemoteDisconnected",
     "the Docker Engine does not answer (any more); start it, and `make down` takes away what is left"),
    (r"(?:0\.0\.0\.0|127\.0\.0\.1|\[?::1?\]?):(?P<port>\d+)\D*(?:failed: port is already allocated|bind: address already in use|.*address already in use)",
     "the port {port} is in use; free it, or set STACK_API_PORT or STACK_PROMETHEUS_PORT to another"),
    (r"no space left on device|[Nn]ot enough free space",
     "no space left on the disk of the engine; `docker system df` shows what can go"),
    (r"[Pp]ool overlaps with other one on this address space|invalid pool request|networks have overlapping IPv4",
     "a network of the engine has addresses of the stack already; set STACK_NET to another first half than 10.91, such as 10.92"),
    (r"[Nn]o such image|Unable to find image|pull access denied|manifest unknown|repository does not exist",
     "an image is not there; `make up` builds all of them"),
    (r'device "?(?P<device>/dev/[\w/]+)"?.*no such file',
     "{device} is not there, which a service needs; `modprobe tun` brings it"),
    (r"[Tt]emporary failure resolving|Could not resolve|lookup \S+.*(no such host|server misbehaving)|Network is unreachable",
     "no network, or no name server: packages cannot be fetched"),
]


class Refusal(Exception):
    """Why the work could not be done, in one line; exit code 2."""


def meaning(text):
    """The line for what an engine said, or nothing where it is not known."""
    for expression, line in MEANINGS:
        found = re.search(expression, text)
        if found:
            return line.format(**found.groupdict())
    return None


def ensure(emulated):
    """Makes sure that an engine answers, and runs programs of the other architecture where asked. Whether that
    started one, which is then the caller's to stop."""
    answer = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True) if which("docker") else None
    if answer and answer.returncode == 0 and (not emulated or emulates()):
        return False
    if answer and "permission denied" in answer.stderr:
        raise Refusal(meaning(answer.stderr) or answer.stderr.strip())
    mine = not (state() / "pid").exists()
    started = subprocess.run([services.ROOT / "tools/engine", "start"], stderr=subprocess.PIPE, text=True)
    if started.returncode != 0:
        raise Refusal(last_line(started.stderr).removeprefix("tools/engine: ") or "the Docker Engine cannot be started")
    return mine


def stop():
    """Stops what `ensure` started."""
    subprocess.run([services.ROOT / "tools/engine", "stop"], stderr=subprocess.DEVNULL)


def docker(*words, seconds=60, must=True, doing=None):
    """Calls the engine. With `must`, anything but success is a Refusal; an engine that is gone always is."""
    words = [str(word) for word in words]
    doing = doing or f"docker {' '.join(words[:2])}"
    try:
        done = subprocess.run(["docker", *words], capture_output=True, text=True, errors="replace", timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Refusal(f"{doing}: no answer from the Docker Engine within {seconds} s") from None
    except FileNotFoundError:
        raise Refusal("no program docker; install Docker Engine") from None
    if done.returncode != 0 and (must or gone(done.stderr)):
        raise Refusal(f"{doing}: {meaning(done.stderr) or last_line(done.stderr) or f'exit code {done.returncode}'}")
    return done


def gone(text):
    return bool(re.search(MEANINGS[0][0], text) or re.search(MEANINGS[1][0], text)) and not answers()


def answers():
    return subprocess.run(["docker", "version"], capture_output=True).returncode == 0


def emulates():
    """As tools/engine has it: the kernel gives such programs to qemu, also inside of containers."""
    foreign = "qemu-aarch64" if services.machine() == "amd64" else "qemu-x86_64"
    try:
        with open(f"/proc/sys/fs/binfmt_misc/{foreign}") as file:
            said = file.read()
    except OSError:
        return False
    return said.startswith("enabled") and bool(re.search(r"^flags:.*F", said, re.M))


def state():
    return services.Path(os.environ.get("PQCHECK_ENGINE", "/var/tmp/pqcheck-engine"))


def which(program):
    return any(os.access(os.path.join(folder, program), os.X_OK) for folder in os.environ.get("PATH", "").split(":"))


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
