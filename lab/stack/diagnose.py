"""A diagnosis of all images: builds each, looks at it, starts the stack, and answers the list of success. Knows the
order of things; each thing stands in its own file."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone

import build
import compose
import earlier
import engine
import examine
import lifecycle
import page
import report
import saved
import services
import table
from report import NOT_TRIED, OK, WRONG, Claim, Diagnosis, Image, Question, Running, Step

# Under emulation everything takes longer.
DEADLINE, EMULATED_DEADLINE = 120, 900
CHECK_SECONDS = 1800
# nft does not run under qemu, so the firewall is tried without its rules, and forwards nothing.
EMULATED = {
    "STACK_HEALTH_INTERVAL": "15s", "STACK_HEALTH_TIMEOUT": "60s", "STACK_HEALTH_DEADLINE": "50s", "STACK_HEALTH_RETRIES": "60",
    "STACK_WITHOUT_RULES": "yes", "STACK_FORWARDS": "0",
}


def run(arguments):
    began = time.monotonic()
    arches = arguments.platform or ["amd64", "arm64"]
    before = earlier.read(arguments.baseline) if arguments.baseline else None
    names = services.with_needs(arguments.service or services.NAMES)
    arguments.output.mkdir(parents=True, exist_ok=True)
    mine = engine.ensure(emulated=any(arch != services.machine() for arch in arches))
    try:
        diagnosis = Diagnosis(
            version=pqcheck_version(),
            engine=engine.docker("version", "--format", "{{.Server.Version}}").stdout.strip(),
            compose=compose.version(),
            began=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            cpus=os.cpu_count() or 1,
        )
        build.prepare(arches, names)
        for arch in arches:
            images = build.at_once(lambda service: look(service, arch), names)
            diagnosis.images += images
            diagnosis.stacks.append(stack(images, arch, arguments.deadline))
        if not arguments.once:
            for image in diagnosis.images:
                twice(image)
    finally:
        if mine:
            engine.stop()
    diagnosis.worse = earlier.worse(before, report.document(diagnosis)) if before else []
    diagnosis.questions = questions(diagnosis, names, before)
    diagnosis.seconds = time.monotonic() - began

    document = report.document(diagnosis)
    report.write(arguments.output / "report.json", table.json_text(document))
    report.write(arguments.output / "report.html", page.html(document))
    print(table.text(document))
    print(f"reports: {arguments.output / 'report.json'}, {arguments.output / 'report.html'}")
    return 1 if diagnosis.wrong else 0


def look(service, arch):
    """An image, built and looked at."""
    image = Image(service, f"linux/{arch}", arch != services.machine(), services.image(service, arch))
    built = build.build(service, arch)
    note = "" if built.good else engine.last_line("\n".join(built.tail()))
    image.steps.append(Step("build", OK if built.good else WRONG, note, built.seconds, relative(built.log), built.cause))
    if built.good:
        try:
            with examine.archive(image.name) as tar:
                examine.examine(image, arch, tar)
        except (engine.Refusal, subprocess.TimeoutExpired) as error:
            # What is known of the other images, and of this one so far, is not lost.
            image.steps.append(Step(next_step(image), WRONG, str(error) if isinstance(error, engine.Refusal) else f"no answer within {error.timeout:.0f} s"))
    say(image)
    return image


def next_step(image):
    """The first part of the examination that has no outcome."""
    done = {step.name for step in image.steps}
    return next((name for name in ("inspect", "doctor", "kat", "health") if name not in done), "health")


def stack(images, arch, deadline):
    """Starts what was built, waits, checks from end to end on this machine's own platform, and takes it away."""
    good = [image for image in images if image.good("build")]
    names = [image.service for image in good if all(need in {each.service for each in good} for need in services.NEEDS.get(image.service, []))]
    emulated = arch != services.machine()
    running = Running(f"linux/{arch}", emulated, names)
    for image in images:
        if image.service not in names:
            image.steps.append(Step("start", NOT_TRIED, "it does not build" if not image.good("build") else "what it waits for does not build"))
    if not names:
        return running
    this = beside(arch)
    if this.containers():
        this.down()
    try:
        started = lifecycle.start(this, names, deadline or (EMULATED_DEADLINE if emulated else DEADLINE))
        bad = {trouble.service: trouble for trouble in started.troubles}
        for image in good:
            if image.service in names:
                image.steps.append(start_step(image, started.containers.get(image.service), bad.get(image.service), bool(bad)))
        if not bad:
            running.healthy_after = started.seconds
        progress(f"stack {running.platform}: " + (f"not healthy: {', '.join(bad)}" if bad else f"all {len(names)} healthy after {started.seconds:.0f} s"))
        if set(names) == set(services.NAMES) and not bad and not emulated:
            end_to_end(running, this)
    except engine.Refusal as refusal:
        # One platform that cannot be started does not hide what is known of the images.
        running.steps.append(Step("start", WRONG, str(refusal)))
        for image in good:
            if image.service in names and image.step("start") is None:
                image.steps.append(Step("start", NOT_TRIED, str(refusal)))
    finally:
        lifecycle.tidy(this)
    return running


def beside(arch):
    """A stack of its own, so that one that `make up` brought up may stay: other addresses, any free ports."""
    return compose.Stack(
        arch,
        COMPOSE_PROJECT_NAME=(os.environ.get("COMPOSE_PROJECT_NAME") or "pqcheck-stack") + "-diagnosis",
        STACK_TAG=services.tag(arch),
        STACK_NET=os.environ.get("STACK_DIAGNOSIS_NET") or "10.191",
        STACK_API_PORT=str(compose.free_port()),
        STACK_PROMETHEUS_PORT=str(compose.free_port()),
        **({} if arch == services.machine() else EMULATED),
    )


def start_step(image, container, trouble, others):
    if trouble:
        log = build.LOGS / f"{image.service}-{image.platform.split('/')[1]}-start.log"
        log.write_text(trouble.log)
        line = f" ({trouble.line})" if trouble.line else ""
        return Step("start", WRONG, trouble.what + line, 0.0, relative(log), trouble.cause)
    if container is None or container.health != "healthy" or container.healthy is None:
        return Step("start", NOT_TRIED if others else WRONG, "was still starting when another service failed" if others else "is not healthy")
    without = "without its rules, which cannot be loaded under emulation; " if image.emulated and image.service == "firewall" else ""
    return Step("start", OK, without + container.line, (container.healthy - container.started).total_seconds())


def end_to_end(running, this):
    began = time.monotonic()
    log = build.LOGS / "check.log"
    with open(log, "w") as file:
        # A group of its own, so that it takes away what it started itself when it is told to end.
        process = subprocess.Popen([services.DOCKER / "check.sh", "--all"], stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
                                   env=this.environment, start_new_session=True)
        try:
            code = process.wait(CHECK_SECONDS)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            code = 124
    said = log.read_text(errors="replace")
    for line in said.splitlines():
        word, _, text = line.partition(" ")
        if word in ("ok", "WRONG"):
            running.claims.append(Claim(text.strip(), word == "ok"))
    good = code == 0 and running.claims and all(claim.holds for claim in running.claims)
    holds = sum(claim.holds for claim in running.claims)
    note = f"{holds} of {len(running.claims)} claims hold"
    if code not in (0, 1):
        note += f"; no end after {CHECK_SECONDS} s" if code == 124 else f"; {engine.last_line(said)}"
    running.steps.append(Step("end-to-end", OK if good else WRONG, note, time.monotonic() - began, relative(log)))


def twice(image):
    """Builds an image again without any layer of before, and compares."""
    if not image.good("build"):
        return
    arch = image.platform.split("/")[1]
    if image.emulated:
        image.steps.append(Step("twice", NOT_TRIED, "emulated: a second build takes too long"))
        return
    began, made, kept = time.monotonic(), [], ""
    try:
        for word in ("again", "once-more"):
            built = build.build(image.service, arch, again=word)
            if not built.good:
                image.steps.append(Step("twice", WRONG, "does not build a second time", built.seconds, relative(built.log), built.cause))
                return
            made.append(built.image)
            with examine.archive(made[-2] if len(made) > 1 else image.name) as first, examine.archive(made[-1]) as second:
                image.differs = saved.differences(first, saved.read(first), second, saved.read(second))
            changed = any(each.pqcheck for each in image.differs)
            if not changed:
                break
            # The classic builder takes a layer that it has kept for the same file with another date; two builds
            # without anything kept tell.
            kept = " (a kept layer of it had another date)"
    finally:
        if made:
            engine.docker("rmi", *made, must=False)
    same = len(image.layers) - len(image.differs)
    note = "pqcheck's layer is NOT the same" if changed else f"{same} of {len(image.layers)} layers bit-identical, pqcheck's among them{kept}"
    image.steps.append(Step("twice", WRONG if changed else OK, note, time.monotonic() - began, relative(built.log)))


def questions(diagnosis, names, before):
    """The list of success."""
    return [
        question("all-build", "do all images build?", diagnosis.images, ["build", "inspect", "doctor"]),
        end_to_end_question(diagnosis, names),
        question("crypto-there", "are the crypto functions there, and right?", diagnosis.images, ["kat", "health"]),
        question("all-healthy", "does every service become healthy?", diagnosis.images + diagnosis.stacks, ["start"]),
        Question("nothing-worse", "is nothing worse than in the earlier report?",
                 NOT_TRIED if before is None else WRONG if diagnosis.worse else OK,
                 "no earlier report was given (--baseline)" if before is None else summary(diagnosis.worse) or f"than on {before['began']}"),
        question("same-twice", "do two builds give the same?", diagnosis.images, ["twice"]),
    ]


def summary(worse):
    if len(worse) <= 1:
        return "".join(worse)
    return f"{len(worse)} things are worse; the first: {worse[0]}"


def question(name, asks, found, steps):
    """Right when every step of every image is; not tried when none was. A stack may have a wrong step too."""
    taken = [(each, step) for each in found for step in each.steps if step.name in steps]
    wrong = [f"{label(each)}: {step.name}" for each, step in taken if step.outcome == WRONG]
    images = [each for each in found if isinstance(each, Image)]
    tried = {label(each) for each, step in taken if step.outcome != NOT_TRIED and isinstance(each, Image)}
    left = len(images) - len(tried)
    note = "; ".join(wrong) if wrong else f"{len(tried)} of {len(images)}" + (f", {left} not tried" if left else "")
    return Question(name, asks, WRONG if wrong else OK if tried else NOT_TRIED, note)


def label(each):
    return f"{each.service if isinstance(each, Image) else 'stack'} {each.platform}"


def end_to_end_question(diagnosis, names):
    asks = "does the stack come up, from end to end?"
    own = next((each for each in diagnosis.stacks if not each.emulated), None)
    if own is None:
        return Question("end-to-end", asks, NOT_TRIED, "only emulated platforms were asked for")
    if set(names) != set(services.NAMES):
        return Question("end-to-end", asks, NOT_TRIED, "only some services were asked for")
    wrong = [claim.text for claim in own.claims if not claim.holds]
    if own.healthy_after is None or wrong or not own.claims:
        return Question("end-to-end", asks, WRONG, "; ".join(wrong) or next((step.note for step in own.steps if step.outcome == WRONG), "not all services are healthy"))
    return Question("end-to-end", asks, OK, f"all healthy after {own.healthy_after:.0f} s, {len(own.claims)} claims hold")


def pqcheck_version():
    try:
        return subprocess.run([services.binary(), "--version"], capture_output=True, text=True).stdout.split()[-1]
    except (FileNotFoundError, IndexError):
        raise engine.Refusal(f"{services.binary()}: not there, or it does not run; `make dist` builds it") from None


def relative(path):
    return str(path.relative_to(services.ROOT))


def say(image):
    words = " ".join(f"{step.name} {'ok' if step.outcome == OK else step.outcome.upper()} ({step.seconds:.0f} s)" for step in image.steps)
    progress(f"{image.service} {image.platform}: {words}")


def progress(what):
    print(f"lab/stack: {what}", file=sys.stderr, flush=True)
