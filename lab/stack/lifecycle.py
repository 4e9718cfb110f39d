"""`up` and `down`, and what they share with a diagnosis: start a stack and wait until every service is healthy, or it
is known that one will not be. Knows nothing of reports."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import build
import engine
import services
from cause import Cause, explain
from compose import Stack

# A container that came back so often will not stay.
RESTARTS = 2
# An unhealthy container may still recover within this time, when the machine was busy.
PATIENCE = 25


@dataclass
class Trouble:
    """A service that is not healthy: what is seen from outside, its health line, its log, and the cause in it."""

    service: str
    what: str
    line: str = ""
    log: str = ""
    cause: Cause | None = None

    def lines(self):
        yield f"{self.service}: {self.what}"
        if self.line:
            yield f"    health:  {self.line}"
        for line in self.log.strip().splitlines()[-8:]:
            yield f"    log:     {line[:300]}"
        if self.cause:
            yield from (f"    {line}" for line in self.cause.lines())


@dataclass
class Started:
    """What came of a start: seconds until all were healthy, or the troubles."""

    seconds: float
    containers: dict = field(default_factory=dict)
    troubles: list = field(default_factory=list)


def up(arguments):
    arch = services.machine()
    mine = engine.ensure(emulated=False)
    stack = Stack(arch)
    if mine:
        # `down` stops what was started here.
        stack.folder.mkdir(parents=True, exist_ok=True)
        (stack.folder / "engine").touch()
    before = stack.containers()
    began = time.monotonic()
    try:
        if not arguments.no_build and not build_all(arch):
            if not before:
                tidy(stack)
            return 1
        built = time.monotonic()
        started = start(stack, services.NAMES, arguments.deadline)
    except BaseException:
        # What stood before is not ours to take away.
        if not before and not arguments.keep:
            tidy(stack)
        raise
    show(started.containers)
    if started.troubles:
        for trouble in started.troubles:
            print("\n".join(trouble.lines()), flush=True)
        names = ", ".join(trouble.service for trouble in started.troubles)
        if before or arguments.keep:
            print(f"not healthy: {names}; left as it is, `make down` takes it away")
        else:
            tidy(stack)
            print(f"not healthy: {names}; what was started is taken away again (lab/stack up --keep leaves it)")
        return 1
    print(f"all {len(started.containers)} healthy {time.monotonic() - built:.0f} s after the images were there ({built - began:.0f} s)")
    print(f"client-api http://127.0.0.1:{stack.port('firewall')}/  Prometheus http://127.0.0.1:{stack.port('monitoring')}/  `make down` takes it away")
    return 0


def down():
    stack = Stack(services.machine())
    marker = stack.folder / "engine"
    if not engine.answers():
        # Without an engine there is nothing that runs; what a killed one left is taken away by the next `down`.
        if stack.folder.exists() and not marker.exists():
            raise engine.Refusal("no Docker Engine answers, so what it keeps of the stack cannot be taken away; start it and try again")
    else:
        stack.down()
    stack.remove_secrets()
    if marker.exists():
        engine.stop()
    shutil.rmtree(stack.folder, ignore_errors=True)
    say(f"nothing of {stack.project} is left; the images stay")
    return 0


def tidy(stack):
    """Takes away what was started, as far as the engine still answers."""
    try:
        stack.down()
        stack.remove_secrets()
        if not (stack.folder / "engine").exists():
            shutil.rmtree(stack.folder, ignore_errors=True)
    except engine.Refusal as refusal:
        say(f"what was started could not be taken away: {refusal}")


def build_all(arch):
    """Builds all images; says which do not build and why."""
    build.prepare([arch], services.NAMES)

    def said(service):
        built = build.build(service, arch)
        say(f"{built.image}: {'built' if built.good else 'does NOT build'} ({built.seconds:.0f} s)")
        return built

    bad = [built for built in build.at_once(said, services.NAMES) if not built.good]
    for built in bad:
        print(f"{built.service}: does not build; all of it: {built.log}")
        for line in built.tail():
            print(f"    log:     {line}")
        for line in built.cause.lines() if built.cause else []:
            print(f"    {line}")
    return not bad


def start(stack, names, deadline):
    """Starts services and waits. Compose itself would wait for ever for one that dies again and again."""
    stack.refuse_missing_images(names)
    stack.refuse_ports_in_use(names)
    stack.make_secrets(names)
    stack.folder.mkdir(parents=True, exist_ok=True)
    path = stack.folder / "compose.log"
    began = time.monotonic()
    with open(path, "w+") as log:
        process = stack.start(names, log)
        try:
            containers, bad = wait(stack, names, process, began + deadline)
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    seconds = time.monotonic() - began
    said = path.read_text(errors="replace")
    if not bad:
        return Started(seconds, containers)
    if process.returncode not in (0, -15):
        # What compose itself could not do is nobody's fault among the services.
        if known := engine.meaning(said):
            raise engine.Refusal(known)
        if not containers:
            raise engine.Refusal(f"compose starts nothing: {complaint(said, '')}")
    troubles = [trouble(stack, name, containers.get(name), said) for name in bad]
    return Started(seconds, containers, troubles)


def wait(stack, names, process, until):
    """The containers, and the names of those that are not healthy when there is no more point in waiting."""
    unhealthy_since = {}
    while True:
        containers = stack.containers()
        bad = [name for name in names if name not in containers or containers[name].health != "healthy" or containers[name].status != "running"]
        now = time.monotonic()
        if not bad:
            # Compose may still have a word to say to those that it started last.
            return containers, []
        for name in names:
            if name in containers and containers[name].health == "unhealthy":
                unhealthy_since.setdefault(name, now)
            else:
                unhealthy_since.pop(name, None)
        hopeless = [
            name for name in bad
            if (each := containers.get(name)) and (
                each.restarts >= RESTARTS
                or each.status in ("exited", "dead")
                or each.error
                or now - unhealthy_since.get(name, now) > PATIENCE
            )
        ]
        refused = process.poll() not in (None, 0) and not any(each.health == "starting" for each in containers.values())
        if hopeless:
            # Those that wait for it are not to blame.
            return containers, hopeless
        if refused or now > until:
            return containers, bad
        time.sleep(0.5)


def trouble(stack, name, each, said):
    if each is None:
        waits = [need for need in services.NEEDS.get(name, [])]
        because = f"was not started, because {' and '.join(waits)} did not become healthy" if waits else f"was not started: {complaint(said, name)}"
        return Trouble(name, because)
    if each.restarts and each.status == "running":
        each = at_rest(stack, name, each)
    log = engine.docker("logs", "--tail", "200", each.id, must=False)
    text = log.stdout + log.stderr
    if each.error:
        what = f"does not start: {engine.meaning(each.error) or each.error}"
    elif each.out_of_memory:
        what = f"was ended because its memory limit was reached ({each.restarts} restarts)"
    elif each.restarts or each.status in ("exited", "dead", "restarting"):
        what = f"ends with exit code {each.code}{signal_of(each.code)}" + (f", restarted {each.restarts} times" if each.restarts else "")
    elif each.health == "unhealthy":
        what = "runs, but is unhealthy"
    else:
        what = f"is `{each.status}`, health `{each.health}`, after {each.probes} probes"
    # What pqcheck says beside the service is its verdict, not the cause of the service's end.
    own = "\n".join(line for line in text.splitlines() if not line.startswith("pqcheck: "))
    return Trouble(name, what, each.line, text, explain(own))


def signal_of(code):
    """In words, because 137 and 139 are what people search for."""
    try:
        return f" ({signal.Signals(code - 128).name})" if code > 128 else ""
    except ValueError:
        return ""


def at_rest(stack, name, each):
    """A container that comes back again and again, when it has just ended: only then does the engine know the code."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        now = stack.containers().get(name, each)
        if now.status != "running":
            return now
        time.sleep(0.1)
    return each


def complaint(said, name):
    """What compose said of a service, or its last complaint."""
    lines = [line.strip() for line in said.splitlines() if "error" in line.lower() or "cannot" in line.lower()]
    mine = [line for line in lines if name in line]
    return (mine or lines or [engine.last_line(said) or "compose said nothing"])[-1]


def show(containers):
    print(f"{'service':<12}{'state':<12}{'health':<12}{'after':>7}  line")
    for name in services.NAMES:
        each = containers.get(name)
        if each is None:
            print(f"{name:<12}{'absent':<12}")
            continue
        after = f"{(each.healthy - each.started).total_seconds():.0f} s" if each.healthy else "-"
        print(f"{name:<12}{each.status:<12}{each.health:<12}{after:>7}  {each.line}")
    sys.stdout.flush()


def say(what):
    print(f"lab/stack: {what}", file=sys.stderr, flush=True)
