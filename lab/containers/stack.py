#!/usr/bin/env python3
"""Shows that lab/stack does what it says, with small images in place of the services, and also when things go wrong.

    lab/containers/stack.py [WORD…]       all claims, or those whose name contains a word

Needs a Docker Engine (tools/engine run …), docker-compose or the compose plug-in, and dist/pqcheck-linux-*. What it
starts has a project, addresses and ports of its own, and is taken away again. Exit code 1 when a claim does not hold,
2 when it could not be tried. Knows nothing of the real services; docker/check.sh asks them.
"""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "lab/stack"))
sys.dont_write_bytecode = True

import build  # noqa: E402 the place of these is known only now
import compose  # noqa: E402
import earlier  # noqa: E402
import engine  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import saved  # noqa: E402
import services  # noqa: E402
import table  # noqa: E402
from cause import Cause  # noqa: E402

IMAGES = "pqcheck-test/stack"
PROJECT = f"pqcheck-test-{os.getpid()}"
GOLDEN = ROOT / "lab/containers/diagnosis.json"

# What a stand-in does: most are idle. The tag chooses what the database does, the others are well.
PROGRAMS = {
    "stand-in": '#!/bin/sh\nif [ "$1" = secrets ]; then\n    for name in db_password_api db_password_backup audit_signing_key audit_public_key api_signing_key backup_key; do\n        [ -e "$2/$name" ] || echo "a secret" >"$2/$name"\n    done\n    exit\nfi\ntrap "exit 0" TERM INT\nwhile :; do sleep 1 & wait $!; done\n',
    "openssl": "#!/bin/sh\necho key\n",
    "wg": "#!/bin/sh\necho key\n",
    "rosenpass": '#!/bin/sh\necho key >"$3"\necho key >"$5"\n',
}
DIES = '#!/bin/sh\nif [ "$1" = secrets ]; then exec /usr/bin/stand-in "$@"; fi\necho "postgres: error while loading shared libraries: liboqs.so.7: cannot open shared object file: No such file or directory" >&2\nexit 127\n'


def main():
    words = sys.argv[1:]
    claims = [each for each in CLAIMS if not words or any(word in each.__name__ for word in words)]
    if not claims:
        refuse(f"no claim contains {' or '.join(words)}")
    if any(each in NEED_ENGINE for each in claims):
        make_images()
    wrong = 0
    for claim in claims:
        began = time.monotonic()
        try:
            claim()
            verdict, why = "ok", ""
        except AssertionError as error:
            verdict, why = "WRONG", str(error) or "it does not hold"
        print(f"{verdict:<6}{time.monotonic() - began:6.1f} s  {claim.__name__.replace('_', ' ')}", flush=True)
        if why:
            print("       " + why.replace("\n", "\n       "), flush=True)
            wrong += 1
    print(f"{len(claims) - wrong} passed, {wrong} failed")
    sys.exit(1 if wrong else 0)


# ---- with an engine

def up_makes_all_healthy_and_down_leaves_nothing_but_images():
    code, said = stack("up", "--no-build")
    expect(code == 0, said)
    expect("all 6 healthy" in said, said)
    for name in services.NAMES:
        expect(re.search(rf"^{name} +running +healthy ", said, re.M), f"{name} is not shown as healthy:\n{said}")
    expect("a secret" not in said, "a secret was printed")
    folder = ROOT / f"target/stack/{PROJECT}/secrets"
    expect(folder.stat().st_mode & 0o777 == 0o700, "the folder of the secrets can be read by others")
    code, again = stack("up", "--no-build")
    expect(code == 0 and left(), f"a second `up` is not fine:\n{again}")
    code, said = stack("down")
    expect(code == 0, said)
    nothing_is_left()
    images = docker("images", "--quiet", f"{IMAGES}/*").split()
    expect(len(images) >= 6, "`down` took images away")


def a_service_that_dies_at_start_is_named_with_its_cause():
    code, said = stack("up", "--no-build", tag="dies")
    expect(code == 1, f"exit code {code}\n{said}")
    expect("database: ends with exit code 127" in said, said)
    expect("liboqs.so.7: cannot open shared object file" in said, said)
    expect(re.search(r"cause: +[a-z]+(-[a-z]+)+: ", said), f"no cause is named:\n{said}")
    expect("backup: " not in said, f"one that waits for it is blamed:\n{said}")
    nothing_is_left()


def a_service_that_is_unhealthy_is_named_with_its_health_line():
    code, said = stack("up", "--no-build", tag="sick")
    expect(code == 1, f"exit code {code}\n{said}")
    expect("database: runs, but is unhealthy" in said, said)
    expect(re.search(r"health: +unhealthy: ", said), said)
    nothing_is_left()


def what_does_not_become_healthy_stays_with_keep():
    code, said = stack("up", "--no-build", "--keep", tag="dies")
    expect(code == 1 and left(), f"nothing was kept:\n{said}")
    stack("down")
    nothing_is_left()


def a_service_that_is_too_slow_is_named():
    code, said = stack("up", "--no-build", "--deadline", "8", tag="slow")
    expect(code == 1 and re.search(r"database: is `running`, health `starting`", said), f"exit code {code}\n{said}")
    nothing_is_left()


def a_port_in_use_is_one_line():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, said = stack("up", "--no-build", STACK_API_PORT=str(port))
    expect(code == 2 and f"127.0.0.1:{port}" in said and "STACK_API_PORT" in said, f"exit code {code}\n{said}")
    one_line(said)
    nothing_is_left()


def a_port_that_is_none_is_one_line():
    code, said = stack("up", "--no-build", STACK_PROMETHEUS_PORT="90x")
    expect(code == 2 and "STACK_PROMETHEUS_PORT=90x" in said, f"exit code {code}\n{said}")
    one_line(said)
    nothing_is_left()


def addresses_in_use_are_one_line():
    docker("network", "create", "--subnet", f"{net()}.2.0/24", f"{PROJECT}-other")
    try:
        code, said = stack("up", "--no-build")
    finally:
        docker("network", "rm", f"{PROJECT}-other")
    expect(code == 2 and "STACK_NET" in said, f"exit code {code}\n{said}")
    nothing_is_left()


def an_image_that_is_not_there_is_one_line():
    code, said = stack("up", "--no-build", tag="nowhere")
    expect(code == 2 and "image" in said, f"exit code {code}\n{said}")
    one_line(said)
    nothing_is_left()


def no_engine_is_one_line():
    code, said = stack("up", "--no-build", DOCKER_HOST="unix:///nowhere.sock")
    expect(code == 2 and "no Docker Engine answers" in said, f"exit code {code}\n{said}")
    one_line(said)


def no_permission_for_the_socket_is_one_line():
    """As a user who is in no group. The socket is one of our own, so that nobody's rights are changed."""
    if os.geteuid() != 0:
        refuse("only root can ask as somebody else")
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
    with tempfile.TemporaryDirectory() as folder, relay(f"{folder}/engine.sock"):
        os.chmod(folder, 0o755)
        os.chmod(f"{folder}/engine.sock", 0o600)
        code, said = stack("up", "--no-build", before=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", python],
                           DOCKER_HOST=f"unix://{folder}/engine.sock")
    expect(code == 2 and "no permission for the engine's socket" in said, f"exit code {code}\n{said}")
    one_line(said)


def an_engine_that_goes_away_is_said_and_down_takes_the_rest():
    with tempfile.TemporaryDirectory() as folder:
        with relay(f"{folder}/engine.sock") as server:
            # Gone as soon as the first container is there.
            threading.Thread(target=lambda: (wait_for(left), server.cut()), daemon=True).start()
            code, said = stack("up", "--no-build", DOCKER_HOST=f"unix://{folder}/engine.sock")
    expect(code == 2 and "does not answer" in said, f"exit code {code}\n{said}")
    expect("Traceback" not in said, said)
    expect(left(), "nothing had been started, so nothing was shown")
    code, said = stack("down")
    expect(code == 0, said)
    nothing_is_left()


def whoever_interrupts_leaves_nothing():
    process = subprocess.Popen(words_for("up", "--no-build"), env=environment("slow"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(left)
    process.terminate()
    said, _ = process.communicate(timeout=90)
    expect(process.returncode == 143, f"exit code {process.returncode}\n{said}")
    nothing_is_left()


# ---- without

def the_services_are_those_of_the_compose_file():
    text = compose.FILE.read_text()
    block = text.split("\nservices:\n", 1)[1].split("\n# Addresses", 1)[0]
    named = re.findall(r"^  ([a-z-]+):$", block, re.M)
    expect(sorted(named) == sorted(services.NAMES), f"{named} are not {services.NAMES}")
    folders = sorted(path.parent.name for path in services.DOCKER.glob("*/Dockerfile"))
    expect(folders == sorted(services.NAMES), f"the folders with a Dockerfile are {folders}")
    for name, needs in services.NEEDS.items():
        own = block.split(f"\n  {name}:\n", 1)[1].split("\n\n", 1)[0]
        for need in needs:
            expect(f"{need}: {{ condition: service_healthy }}" in own, f"{name} does not wait for {need}")


def a_build_from_source_is_given_every_tool_that_it_calls():
    given = set(re.findall(r"^!(tools/\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    for script in ["docker/compile.sh", *given]:
        lines = [line for line in (ROOT / script).read_text().splitlines() if not line.lstrip().startswith("#")]
        called = set(re.findall(r"(?<![\w/])tools/[\w-]+", "\n".join(lines)))
        expect(called <= given, f"{script} calls what .dockerignore keeps back: {called - given}")


def a_build_from_source_is_given_the_tests_that_it_has_flags_for():
    # Cargo refuses flags for integration tests in a package that has none.
    given = (ROOT / ".dockerignore").read_text().splitlines()
    flags = "rustc-link-arg-tests" in (ROOT / "build.rs").read_text()
    expect("!tests/it" in given or not flags, "build.rs has flags for tests/it, which .dockerignore keeps back")


def whoever_interrupts_builds_does_not_wait_for_them():
    def work(_):
        with subprocess.Popen(["sleep", "20"]) as process:
            build.going.add(process)
            process.wait()
            build.going.discard(process)

    before = signal.signal(signal.SIGALRM, lambda *_: sys.exit(143))
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    began = time.monotonic()
    try:
        build.at_once(work, ["one", "two", "three"])
        expect(False, "it was not interrupted")
    except SystemExit:
        expect(time.monotonic() - began < 10, "the builds were waited for")
    finally:
        signal.signal(signal.SIGALRM, before)
    expect(not build.going, "something is still being built")


def both_kinds_of_compose_read_the_file():
    tried = 0
    for words in (["docker", "compose"], ["docker-compose"]):
        if subprocess.run([*words, "version"], capture_output=True).returncode == 0 if shutil.which(words[0]) else False:
            done = subprocess.run([*words, "--file", str(compose.FILE), "config", "--services"], capture_output=True, text=True)
            expect(done.returncode == 0, done.stderr)
            expect(sorted(done.stdout.split()) == sorted(services.NAMES), done.stdout)
            tried += 1
    expect(tried, "no compose is here")


def what_an_engine_says_is_translated():
    for said, word in [
        ("Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock", "group `docker`"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "does not answer"),
        ("Bind for 127.0.0.1:8000 failed: port is already allocated", "port 8000"),
        ("listen tcp4 127.0.0.1:9090: bind: address already in use", "port 9090"),
        ("write /var/lib/docker/tmp/x: no space left on device", "no space left"),
        ("Pool overlaps with other one on this address space", "STACK_NET"),
        ('error gathering device information while adding custom device "/dev/net/tun": no such file or directory', "/dev/net/tun"),
        ("W: Failed to fetch http://deb.debian.org/  Temporary failure resolving 'deb.debian.org'", "no network"),
    ]:
        expect(word in (engine.meaning(said) or ""), f"`{said}` is said as `{engine.meaning(said)}`")
    expect(engine.meaning("Successfully built 0123") is None, "a success has a meaning")


def the_report_is_the_golden_one():
    """The document of one report that was built by hand and contains everything; tests/it checks it against its schema."""
    text = table.json_text(report.document(sample()))
    if os.environ.get("UPDATE") == "1":
        GOLDEN.write_text(text)
    expect(GOLDEN.read_text() == text, f"the document is not {GOLDEN}; UPDATE=1 writes it anew")


def a_report_is_wrong_when_anything_in_it_is():
    good = sample()
    for each in [*good.images, *good.stacks]:
        each.steps = [step for step in each.steps if step.outcome != report.WRONG]
    for each in good.questions:
        each.outcome = report.OK
    expect(report.document(good)["verdict"] == "ok", "nothing is wrong in it")
    good.images[0].steps.append(report.Step("kat", report.WRONG))
    expect(report.document(good)["verdict"] == "wrong", "a wrong step")
    good.images[0].steps.pop()
    good.questions[0].outcome = report.WRONG
    expect(report.document(good)["verdict"] == "wrong", "a wrong answer")


def what_was_not_tried_is_not_right():
    import diagnose

    image = sample().images[0]
    image.steps = [report.Step("twice", report.NOT_TRIED)]
    answer = diagnose.question("same-twice", "?", [image], ["twice"])
    expect(answer.outcome == report.NOT_TRIED, f"it is {answer.outcome}")
    expect(diagnose.question("all-build", "?", [], ["build"]).outcome == report.NOT_TRIED, "no image at all")


def each_kind_of_getting_worse_is_seen():
    then = report.document(sample())
    expect(earlier.worse(then, then) == [], f"the same is worse: {earlier.worse(then, then)}")
    for change, word in [
        (lambda now: now["images"][0]["steps"].__getitem__(0).update(outcome="wrong"), "build was ok"),
        (lambda now: now["images"][0]["crypto"][0].update(passed=1), "1 cases pass, before 25"),
        (lambda now: now["images"][0]["crypto"][0].update(failed=2), "2 cases fail, before 0"),
        (lambda now: now["images"][0]["crypto"].pop(0), "is gone"),
        (lambda now: now["images"][0].update(bytes=now["images"][0]["bytes"] * 2), "MB became"),
        (lambda now: now["stacks"][0]["claims"][0].update(holds=False), "held before"),
        (lambda now: now["stacks"][0]["steps"][0].update(outcome="wrong"), "end-to-end was ok"),
    ]:
        now = json.loads(json.dumps(then))
        change(now)
        found = earlier.worse(then, now)
        expect(any(word in each for each in found), f"`{word}` is not in {found}")


def a_baseline_that_is_none_is_one_line():
    with tempfile.TemporaryDirectory() as folder:
        for text in ["", "[]", '{"schema": "pqcheck.report/1"}', '{"schema": "pqcheck.diagnosis/1"}', '{"schema": "pqcheck.diagnosis/1", "images": [{}], "stacks": []}', "\0"]:
            path = Path(folder) / "report.json"
            path.write_text(text)
            code, said = stack("diagnose", "--baseline", str(path))
            expect(code == 2 and str(path) in said, f"exit code {code}\n{said}")
            one_line(said)
        code, said = stack("diagnose", "--baseline", f"{folder}/nothing.json")
        expect(code == 2 and "nothing.json" in said, said)


def layers_that_differ_are_named_with_their_files():
    with tempfile.TemporaryDirectory() as folder:
        one, two, three = (Path(folder) / f"{name}.tar" for name in ("one", "two", "three"))
        archive(one, {"pqcheck": b"binary"}, {"etc/date": b"1", "etc/same": b"x"})
        archive(two, {"pqcheck": b"binary"}, {"etc/date": b"2", "etc/same": b"x"})
        archive(three, {"pqcheck": b"other"}, {"etc/date": b"1", "etc/same": b"x"})
        first = saved.read(one)
        expect([layer.pqcheck for layer in first.layers] == [True, False], "pqcheck's layer is not known")
        expect(first.layers[1].instruction == "RUN date", f"the instruction is {first.layers[1].instruction}")
        expect(saved.differences(one, first, one, first) == [], "an image differs from itself")
        found = saved.differences(one, first, two, saved.read(two))
        expect([(each.instruction, each.pqcheck, each.examples) for each in found] == [("RUN date", False, ["etc/date"])], found)
        found = saved.differences(one, first, three, saved.read(three))
        expect([each.pqcheck for each in found] == [True], found)


def the_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows():
    diagnosis = sample()
    diagnosis.images[1].steps[0].note = '<script>alert("&")</script>'
    text = page.html(report.document(diagnosis))
    expect("<script>" not in text and "&lt;script&gt;" in text, "a note is not escaped")
    expect(not re.search(r'(src|href)=|url\(|@import', text), "something is fetched")
    for word in ["prefers-color-scheme: dark", "max-width: 44rem", "viewport", "library-not-found", "✗ wrong", "– not tried"]:
        expect(word in text, f"`{word}` is not on the page")


# ---- what the claims are made of

def sample():
    """A report that contains everything that one can contain."""
    broken = Cause("library-not-found", "the loader did not find `liboqs.so.7`", ["install it"], ["error while loading shared libraries: liboqs.so.7"])
    good = report.Image("database", "linux/amd64", False, "pqcheck-stack/database:latest", ["ML-DSA-87"], "sha256:" + "1" * 64, "debian:trixie-slim", 263_000_000)
    good.layers = [report.Layer("sha256:" + "2" * 64, 78_500_000, "", False), report.Layer("sha256:" + "3" * 64, 8_256_720, "COPY file:1 in /pqcheck", True)]
    good.crypto = [
        report.Crypto("installed-openssl", "lib/x86_64-linux-gnu/libcrypto.so.3", "ML-DSA-87", "keygen", 25, 0, 0, 0),
        report.Crypto("installed-openssl", "lib/x86_64-linux-gnu/libcrypto.so.3", "ML-DSA-87", "sign", 60, 0, 12, 0),
    ]
    good.steps = [report.Step(name, report.OK, "fine", 1.25) for name in ("build", "inspect", "doctor", "kat", "health", "start", "twice")]
    good.differs = [report.Difference("RUN apt-get update", False, 2, ["var/lib/dpkg/status", "etc/ld.so.cache"])]
    bad = report.Image("client-api", "linux/arm64", True, "pqcheck-stack/client-api:arm64")
    bad.steps = [
        report.Step("build", report.WRONG, "exit code 1", 3.0, "docker/logs/client-api-arm64.log", broken),
        report.Step("start", report.NOT_TRIED, "it does not build"),
    ]
    own = report.Running("linux/amd64", False, ["database"], 17.5, [report.Claim("database: a record is stored", True), report.Claim("firewall: it blocks", False)],
                         [report.Step("end-to-end", report.OK, "1 of 2 claims hold", 4.0, "docker/logs/check.log")])
    other = report.Running("linux/arm64", True, [])
    questions = [
        report.Question("all-build", "do all images build?", report.WRONG, "client-api linux/arm64: build"),
        report.Question("end-to-end", "does the stack come up, from end to end?", report.OK, "all healthy"),
        report.Question("nothing-worse", "is nothing worse than in the earlier report?", report.NOT_TRIED, "no earlier report was given"),
    ]
    return report.Diagnosis("0.1.0", "20.10.24", "1.29.2", "2026-01-01T00:00:00+00:00", 2, 321.0, [good, bad], [own, other], questions, ["database linux/amd64: 1 MB became 263 MB"])


def archive(path, *contents):
    """An image as `docker save` writes it, of layers that are given by their files."""
    with tarfile.open(path, "w") as tar:
        places, digests = [], []
        for number, files in enumerate(contents):
            layer = io.BytesIO()
            with tarfile.open(fileobj=layer, mode="w") as inner:
                for name, content in files.items():
                    add(inner, name, content)
            add(tar, f"{number}/layer.tar", layer.getvalue())
            places.append(f"{number}/layer.tar")
            digests.append(f"sha256:{hash(layer.getvalue()) & (1 << 64) - 1:064x}")
        history = [{"created_by": "COPY x in /pqcheck"}, {"created_by": "CMD x", "empty_layer": True}, {"created_by": "|1 A=b /bin/sh -c date"}]
        config = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": digests}, "history": history}
        add(tar, "config.json", json.dumps(config).encode())
        add(tar, "manifest.json", json.dumps([{"Config": "config.json", "Layers": places}]).encode())


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def make_images():
    """One image for all six services, and variants of the database under tags of their own."""
    binary = services.binary()
    if not binary.is_file():
        refuse(f"{binary} is not there; `make dist` builds it")
    must([ROOT / "docker/bases.sh", "pqcheck-test/musl"])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copy(HERE / "standin/Dockerfile", folder)
        shutil.copy(binary, folder / "pqcheck")
        (folder / "programs").mkdir()
        for name, text in {**PROGRAMS, "dies": DIES}.items():
            (folder / "programs" / name).write_text(text)
            (folder / "programs" / name).chmod(0o755)
        must(["docker", "build", "--quiet", "--tag", f"{IMAGES}/idle", str(folder)], DOCKER_BUILDKIT="0")
    variant("dies", 'ENTRYPOINT ["/usr/bin/dies"]')
    variant("sick", 'HEALTHCHECK --interval=1s --timeout=10s --retries=1 CMD ["/pqcheck", "health", "--library", "/nowhere/libcrypto.so.3"]')
    variant("slow", 'HEALTHCHECK --interval=1s --timeout=60s CMD ["sleep", "50"]')
    for tag in ("latest", "dies", "sick", "slow"):
        for name in services.NAMES:
            which = f"{IMAGES}/{tag}" if name == "database" and tag != "latest" else f"{IMAGES}/idle"
            must(["docker", "tag", which, f"{IMAGES}/{name}:{tag}"])


def variant(name, instruction):
    must(["docker", "build", "--quiet", "--tag", f"{IMAGES}/{name}", "-"], given=f"FROM {IMAGES}/idle\n{instruction}\n", DOCKER_BUILDKIT="0")


def words_for(*words):
    return [sys.executable, str(ROOT / "lab/stack"), *words]


def stack(*words, tag="latest", before=None, **more):
    """Exit code and output of lab/stack on the stand-ins."""
    command = [*before, str(ROOT / "lab/stack"), *words] if before else words_for(*words)
    try:
        done = subprocess.run(command, env=environment(tag) | more, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    except subprocess.TimeoutExpired as error:
        return 124, f"no end after 240 s: {(error.stdout or b'').decode()}"
    return done.returncode, done.stdout


def environment(tag):
    return os.environ | {
        "COMPOSE_PROJECT_NAME": PROJECT, "STACK_IMAGES": IMAGES, "STACK_TAG": tag, "STACK_NET": net(),
        "STACK_API_PORT": str(compose.free_port()), "STACK_PROMETHEUS_PORT": str(compose.free_port()), "PYTHONDONTWRITEBYTECODE": "1",
    }


def net():
    """Addresses that no other run has."""
    return f"10.{192 + os.getpid() % 60}"


class Relay(socketserver.ThreadingUnixStreamServer):
    """The engine's socket under another name, which can be cut like an engine that is killed."""

    daemon_threads = True
    # Connections are cut while their threads still read; that is not an error here.
    block_on_close = False

    def __init__(self, path):
        self.open = []
        super().__init__(path, Passing)

    def cut(self):
        self.shutdown()
        self.server_close()
        with contextlib.suppress(OSError):
            os.unlink(self.server_address)
        for each in list(self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_):
        pass


class Passing(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.socket(socket.AF_UNIX) as real:
            real.connect("/var/run/docker.sock")
            self.server.open += [self.request, real]
            answers = threading.Thread(target=pour, args=(real, self.request), daemon=True)
            answers.start()
            pour(self.request, real)
            answers.join()


def pour(source, sink):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relay(path):
    server = Relay(path)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.cut()


def left():
    """The containers of our project."""
    return docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").split()


def nothing_is_left():
    for kind in (["ps", "--all"], ["network", "ls"], ["volume", "ls"]):
        rest = docker(*kind, "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").split()
        expect(not rest, f"left by docker {' '.join(kind)}: {rest}")
    rest = [str(path) for path in (ROOT / f"target/stack/{PROJECT}/secrets").glob("*")]
    expect(not rest, f"secrets are left: {rest}")


def wait_for(what):
    for _ in range(300):
        if what():
            return
        time.sleep(0.1)


def docker(*words):
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        refuse(f"docker {words[0]}: {done.stderr.strip()}")
    return done.stdout


def must(words, given=None, **more):
    done = subprocess.run([str(word) for word in words], input=given, capture_output=True, text=True, env=os.environ | more)
    if done.returncode != 0:
        refuse(f"`{' '.join(map(str, words))}` ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")


def one_line(said):
    expect(len(said.strip().splitlines()) == 1, f"that is more than one line:\n{said}")


def expect(holds, why):
    assert holds, why


def refuse(what):
    print(f"lab/containers/stack.py: {what}", file=sys.stderr)
    sys.exit(2)


NEED_ENGINE = [
    up_makes_all_healthy_and_down_leaves_nothing_but_images,
    a_service_that_dies_at_start_is_named_with_its_cause,
    a_service_that_is_unhealthy_is_named_with_its_health_line,
    what_does_not_become_healthy_stays_with_keep,
    a_service_that_is_too_slow_is_named,
    a_port_in_use_is_one_line,
    a_port_that_is_none_is_one_line,
    addresses_in_use_are_one_line,
    an_image_that_is_not_there_is_one_line,
    no_engine_is_one_line,
    no_permission_for_the_socket_is_one_line,
    an_engine_that_goes_away_is_said_and_down_takes_the_rest,
    whoever_interrupts_leaves_nothing,
]
CLAIMS = [
    *NEED_ENGINE,
    the_services_are_those_of_the_compose_file,
    a_build_from_source_is_given_every_tool_that_it_calls,
    a_build_from_source_is_given_the_tests_that_it_has_flags_for,
    whoever_interrupts_builds_does_not_wait_for_them,
    both_kinds_of_compose_read_the_file,
    what_an_engine_says_is_translated,
    the_report_is_the_golden_one,
    a_report_is_wrong_when_anything_in_it_is,
    what_was_not_tried_is_not_right,
    each_kind_of_getting_worse_is_seen,
    a_baseline_that_is_none_is_one_line,
    layers_that_differ_are_named_with_their_files,
    the_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows,
]

if __name__ == "__main__":
    main()
