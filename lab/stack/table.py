"""A report as text for a terminal, and as JSON. Computes nothing."""

import json

MARKS = {"ok": "ok", "wrong": "WRONG", "not-tried": "-"}
STEPS = ["build", "inspect", "doctor", "kat", "health", "start", "twice"]


def json_text(document):
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def text(document):
    lines = [f"{'service':<12}{'platform':<24}" + "".join(f"{name:<9}" for name in STEPS) + f"{'size':>8}{'layers':>8}"]
    for image in document["images"]:
        steps = {step["name"]: step for step in image["steps"]}
        platform = image["platform"] + (" (emulated)" if image["emulated"] else "")
        marks = "".join(f"{MARKS[steps[name]['outcome']] if name in steps else '':<9}" for name in STEPS)
        lines.append(f"{image['service']:<12}{platform:<24}{marks}{image['bytes'] / 1e6:>5.0f} MB{len(image['layers']):>8}")
    lines.append("")
    for image in document["images"]:
        for step in image["steps"]:
            if step["outcome"] == "wrong":
                lines += complaint(f"{image['service']} {image['platform']}", step)
        for each in image["differs"]:
            which = "pqcheck's layer" if each["pqcheck"] else "a layer"
            files = f" ({each['files']} of its files: {', '.join(each['examples'][:3])}{' …' if each['files'] > 3 else ''})" if each["files"] else ""
            lines.append(f"{image['service']} {image['platform']}: twice: {which} differs: {each['instruction'][:60]}{files}")
    for running in document["stacks"]:
        platform = running["platform"] + (" (emulated)" if running["emulated"] else "")
        after = f"all {len(running['services'])} healthy after {running['healthy_after']:.0f} s" if "healthy_after" in running else "not all healthy"
        lines.append(f"stack {platform}: {after}")
        for step in running["steps"]:
            if step["outcome"] == "wrong":
                lines += complaint(f"stack {running['platform']}", step)
        lines += [f"    WRONG  {claim['text']}" for claim in running["claims"] if not claim["holds"]]
    lines.append("")
    for question in document["questions"]:
        lines.append(f"{MARKS[question['outcome']]:<7}{question['asks']:<48} {question['note']}")
    lines += [f"       worse: {each}" for each in document["worse"]]
    lines.append(f"verdict: {document['verdict']}, after {document['seconds']:.0f} s")
    return "\n".join(lines)


def complaint(what, step):
    lines = [f"{what}: {step['name']}: {step['note'] or 'failed'}"]
    if "cause" in step:
        lines.append(f"    cause: {step['cause']['id']}: {step['cause']['why']}")
        lines += [f"    to do: {fix}" for fix in step["cause"]["fix"][:1]]
    if "log" in step:
        lines.append(f"    all of it: {step['log']}")
    return lines
