#!/usr/bin/env python3
"""Shows that the monitoring of a running stack sees every service, and that its alerts fire when they should.

    docker/monitoring/check.sh [--files | --seen] [CONTAINER]

CONTAINER is Prometheus; without it, the one that compose started. With --files only what needs no running stack,
and CONTAINER may be an image; with --seen only that it has asked every service and all are healthy. Everything is asked of the image's own promtool. Exit code 1 when something does
not hold, 2 when it could not be tried. Knows nothing of how a service comes to its metrics.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tarfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What Grafana puts in before it asks.
GRAFANA = {"$__rate_interval": "1m", "$service": ".*"}
# How long a stack that has just come up has: two scrapes and a check.
SECONDS = 60
wrong = 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--files", action="store_true", help="only what needs no running stack")
    part.add_argument("--seen", action="store_true", help="only that it has asked every service and all are healthy")
    parser.add_argument("container", nargs="?", help="Prometheus")
    arguments = parser.parse_args()
    container = arguments.container or of_compose()
    if not container:
        refuse("no monitoring is running; `make up` starts the stack")
    if "\n" in container:
        refuse(f"there is more than one monitoring; name one of: {' '.join(container.split())}")
    image = container
    if not arguments.files or docker("inspect", "--type", "container", container).returncode == 0:
        found = docker("inspect", "--format", "{{.State.Running}} {{.Config.Image}}", container)
        if found.returncode != 0 or not found.stdout.startswith("true "):
            refuse(f"{container}: no container of this name is running")
        image = found.stdout.split()[1]

    if arguments.seen:
        seen(container)
        sys.exit(1 if wrong else 0)
    configuration(image)
    rules(image)
    shown = dashboard(image)
    regression(image)
    if not arguments.files:
        stack(container, shown)
    sys.exit(1 if wrong else 0)


def configuration(image):
    said = promtool(image, {}, "promtool check config /etc/prometheus/prometheus.yml")
    holds("promtool accepts the configuration and the rules of the image", said)


def rules(image):
    """The image's rules on the test's series; then each rule made silent and made loud, which the test must notice."""
    tested = (HERE / "rules-test.yml").read_text()
    text = docker("run", "--rm", "--network", "none", "--entrypoint", "cat", image, "/etc/prometheus/rules.yml").stdout
    alerts = re.findall(r"- alert: (\w+)\n +expr: (.*)\n", text)
    holds(
        f"every alert fires on its series and is silent on others: {', '.join(name for name, _ in alerts)}",
        promtool(image, {"rules.yml": text, "rules-test.yml": tested}, "promtool test rules rules-test.yml"),
    )
    broken = {}
    for name, expression in alerts:
        for change, instead in (("silent", "vector(1) > 1"), ("loud", "vector(1)")):
            broken[f"{name}-{change}/rules.yml"] = text.replace(f"expr: {expression}\n", f"expr: {instead}\n")
            broken[f"{name}-{change}/rules-test.yml"] = tested
    script = "for rule in *; do (cd $rule; promtool test rules rules-test.yml >/dev/null 2>&1 && echo $rule); done; true"
    said = promtool(image, broken, script)
    holds(f"the test notices each of {len(broken) // 2} rules made silent or loud", said, not said.stdout.strip() and alerts)


def dashboard(image):
    """Which metrics it shows."""
    file = HERE / "grafana-dashboard.json"
    try:
        board = json.loads(file.read_text())
    except ValueError as error:
        refuse(f"{file}: {error}")
    panels = board["panels"]
    complete = (
        isinstance(board.get("schemaVersion"), int)
        and re.fullmatch(r"[\w-]{1,40}", board.get("uid", ""))
        and board.get("title")
        and len({panel["id"] for panel in panels}) == len(panels)
        and all(panel.get("type") and panel.get("title") and panel.get("gridPos") and panel.get("targets") for panel in panels)
    )
    report(f"the dashboard is whole: schemaVersion, uid, {len(panels)} panels with their own ids and places", complete)

    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    # promtool reads expressions in rules only.
    lines = ["groups:", "- name: dashboard", "  rules:"]
    for number, expression in enumerate(expressions):
        for name, value in GRAFANA.items():
            expression = expression.replace(name, value)
        lines += [f"  - record: panel_{number}", f"    expr: {json.dumps(expression)}"]
    said = promtool(image, {"dashboard.yml": "\n".join(lines) + "\n"}, "promtool check rules dashboard.yml")
    holds(f"promtool reads all {len(expressions)} expressions of the dashboard", said)

    return sorted(set(re.findall(r"\b((?:pqcheck|firewall)_\w+)", " ".join(expressions))))


def regression(image):
    """regression.sh with two real reports, the second of which asks less than the first."""
    script = """
        set -e
        /pqcheck kat --backend rustcrypto --algorithm ChaCha20-Poly1305 --format json >old.json
        /pqcheck kat --backend rustcrypto --algorithm ChaCha20-Poly1305 --operation seal --format json >new.json
        echo '{' >torn.json
        PQCHECK=/pqcheck; export PQCHECK
        sh regression.sh old.json old.json same.prom >&2
        code=0; sh regression.sh old.json new.json worse.prom >&2 || code=$?
        cp worse.prom kept.prom
        torn=0; sh regression.sh old.json torn.json kept.prom >&2 || torn=$?
        cat *.prom | grep -v '^#' | tr '\\n' ' '; echo $code $torn; ls | wc -l
        promtool check metrics <worse.prom >&2
    """
    said = promtool(image, {"regression.sh": (HERE / "regression.sh").read_text()}, script)
    expected = "pqcheck_bench_regression 1 pqcheck_bench_regression 0 pqcheck_bench_regression 1 1 2\n7\n"
    holds("a comparison of reports becomes the metric of the alert, and a torn report changes nothing", said, said.stdout == expected)


def seen(container):
    """Waits until Prometheus knows of every service that it is healthy. Returns the services."""
    services = sorted(re.findall(r"service: ([\w-]+)", docker("exec", container, "cat", "/etc/prometheus/prometheus.yml").stdout))
    deadline = time.monotonic() + SECONDS
    while True:
        # Twice the same service would be one line too many, and one with another value is wrong.
        series = sorted((each["metric"].get("service"), each["value"][1]) for each in query(container, "pqcheck_healthy"))
        if series == [(service, "1") for service in services] or time.monotonic() > deadline:
            break
        time.sleep(1)
    report(f"pqcheck_healthy has one series for each of {', '.join(services)}, with the value 1", series == [(service, "1") for service in services], str(series))
    return services


def stack(container, shown):
    services = seen(container)
    up = sorted((each["metric"]["service"], each["value"][1]) for each in query(container, "up"))
    report(f"all {len(services)} targets answer", up == [(service, "1") for service in services], str(up))
    # A name that nobody writes would leave its panel empty for ever.
    missing = [name for name in shown if not query(container, name)]
    report(f"there is something in each metric of the dashboard: {', '.join(shown)}", shown and not missing, str(missing))
    drafts = query(container, "pqcheck_draft_found == 1")
    report("no library answers with a draft", not drafts, str(drafts))
    firing = [f"{each['metric']['alertname']} {each['metric'].get('service')}" for each in query(container, 'ALERTS{alertstate="firing"}')]
    report("no alert fires", not firing, str(firing))


def query(container, expression):
    """What Prometheus answers. Asked from within, because its port need not be published."""
    said = docker("exec", container, "promtool", "query", "instant", "-o", "json", "http://127.0.0.1:9090", expression)
    if said.returncode != 0:
        refuse(f"{container}: Prometheus does not answer: {said.stderr.strip()}")
    return json.loads(said.stdout)


def promtool(image, files, script):
    """Runs a script in the image, in a folder with these files. Through a pipe: the engine may be elsewhere."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    command = ["docker", "run", "--rm", "-i", "--network", "none", "--read-only", "--tmpfs", "/tmp:mode=1777",
               "--entrypoint", "sh", image, "-c", f"cd /tmp && tar -xf - --no-same-owner && {{ {script}\n}}"]
    return as_text(subprocess.run(command, input=packed.getvalue(), capture_output=True, timeout=300))


def of_compose():
    return docker("ps", "--quiet", "--filter", "label=com.docker.compose.service=monitoring").stdout.strip()


def docker(*words):
    return as_text(subprocess.run(["docker", *words], capture_output=True, timeout=60))


def as_text(ran):
    return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(errors="replace"), ran.stderr.decode(errors="replace"))


def holds(claim, said, also=True):
    report(claim, said.returncode == 0 and also, (said.stdout + said.stderr).strip())


def report(claim, good, otherwise=""):
    global wrong
    wrong += not good
    print(f"{'ok' if good else 'WRONG':<6} monitoring: {claim}", flush=True)
    if not good and otherwise:
        print("\n".join("       " + line for line in otherwise.splitlines()[-12:]), flush=True)


def refuse(message):
    print(f"docker/monitoring/check.sh: {message}", file=sys.stderr)
    sys.exit(2)


main()
