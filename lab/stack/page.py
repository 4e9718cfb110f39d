"""A report as one HTML page: no script, nothing from elsewhere, light and dark, for a screen and for a phone. Computes
nothing."""

from html import escape

MARKS = {"ok": "✓ ok", "wrong": "✗ wrong", "not-tried": "– not tried"}
STEPS = ["build", "inspect", "doctor", "kat", "health", "start", "twice"]

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1c1d20; --soft: #5d6067; --line: #dcdcd8; --card: #f4f4f1;
        --ok: #14683a; --wrong: #b3161b; --wrong-paper: #fdecec; }
@media (prefers-color-scheme: dark) {
    :root { --paper: #16171a; --ink: #e7e7e4; --soft: #a3a6ad; --line: #34363c; --card: #1f2125;
            --ok: #62c98d; --wrong: #ff8a86; --wrong-paper: #3a1d1e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
       font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1rem; margin: 0; }
p { margin: .25rem 0; } .soft { color: var(--soft); } code { font: .85em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.ok { color: var(--ok); } .wrong { color: var(--wrong); } .not-tried { color: var(--soft); }
.ok, .wrong, .not-tried { font-weight: 600; white-space: nowrap; }
.verdict { display: inline-block; padding: .1rem .6rem; border: 2px solid; border-radius: .4rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
table.steps:not(.images) td:last-child { width: 60%; }
tbody th { color: inherit; font-weight: 600; white-space: nowrap; }
section + section ul { list-style: none; padding-left: 0; }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; background: var(--card); }
summary { padding: .6rem .9rem; cursor: pointer; } details > div { padding: 0 .9rem .9rem; }
.cause { background: var(--wrong-paper); border-left: 4px solid var(--wrong); border-radius: .3rem; padding: .5rem .8rem; margin: .5rem 0; }
ul { padding-left: 1.2rem; margin: .4rem 0; } li { overflow-wrap: anywhere; }
@media (max-width: 44rem) {
    table.steps thead { display: none; } table.steps, table.steps tbody, table.steps tr, table.steps td, table.steps th { display: block; }
    table.steps:not(.images) td:last-child { width: auto; }
    table.steps tr { padding: .6rem 0; border-bottom: 1px solid var(--line); }
    table.steps th, table.steps td { border: 0; padding: .1rem 0; text-align: left; }
    table.images td { display: inline-block; width: 49%; }
    table.steps td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); } }
"""


def html(document):
    body = "".join([
        head(document),
        section("What was asked", questions(document)),
        section("Images", images(document)),
        section("The stack", "".join(stack(each) for each in document["stacks"])),
        section("Each image", "".join(detail(each) for each in document["images"])),
    ])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>pqcheck: diagnosis of the stack: {document['verdict']}</title><style>{STYLE}</style></head>\n<body>{body}</body></html>\n"
    )


def head(document):
    verdict = {"ok": "✓ everything is as it should be", "wrong": "✗ something is wrong"}[document["verdict"]]
    return (
        f"<header><h1>Diagnosis of the stack</h1><p><span class='verdict {document['verdict']}'>{verdict}</span></p>"
        f"<p class='soft'>{escape(document['began'])} · {document['seconds']:.0f} s on {document['cpus']} processors · pqcheck {escape(document['version'])}"
        f" · Docker Engine {escape(document['engine'])} · compose {escape(document['compose'])}</p></header>"
    )


def section(title, inner):
    return f"<section><h2>{title}</h2>{inner}</section>\n"


def questions(document):
    rows = "".join(
        f"<tr><th scope='row' style='white-space:normal'>{escape(each['asks'])}</th><td data-label='answer'>{mark(each['outcome'])}</td><td>{escape(each['note'])}</td></tr>"
        for each in document["questions"]
    )
    worse = "".join(f"<li>{escape(each)}</li>" for each in document["worse"])
    return f"<table class='steps'><thead><tr><th>question<th>answer<th></tr></thead><tbody>{rows}</tbody></table>" + (f"<ul>{worse}</ul>" if worse else "")


def images(document):
    rows = []
    for image in document["images"]:
        steps = {step["name"]: step for step in image["steps"]}
        cells = "".join(f"<td data-label='{name}'>{mark(steps[name]['outcome']) if name in steps else '<span class=not-tried>– not tried</span>'}</td>" for name in STEPS)
        rows.append(
            f"<tr><th scope='row'>{escape(image['service'])}</th><td data-label='platform'>{platform(image)}</td>{cells}"
            f"<td class='number' data-label='size'>{megabytes(image)}</td><td class='number' data-label='layers'>{len(image['layers'])}</td></tr>"
        )
    names = "".join(f"<th>{name}</th>" for name in STEPS)
    return (
        f"<div class='wide'><table class='steps images'><thead><tr><th>service</th><th>platform</th>{names}<th class='number'>size</th>"
        f"<th class='number'>layers</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def stack(running):
    after = f"all {len(running['services'])} healthy after {running['healthy_after']:.0f} s" if "healthy_after" in running else "<span class='wrong'>✗ not all healthy</span>"
    inner = steps(running["steps"]) + claims(running["claims"])
    opened = " open" if any(not claim["holds"] for claim in running["claims"]) or any(step["outcome"] == "wrong" for step in running["steps"]) else ""
    return f"<details{opened}><summary>{platform(running)}: {after}</summary><div>{inner or '<p class=soft>Nothing was asked from end to end here.</p>'}</div></details>"


def claims(found):
    """What does not hold first, and the rest out of the way."""
    lines = {holds: [f"<li>{mark('ok' if holds else 'wrong')} {escape(claim['text'])}</li>" for claim in found if claim["holds"] == holds] for holds in (False, True)}
    wrong = f"<ul>{''.join(lines[False])}</ul>" if lines[False] else ""
    right = f"<details><summary>{len(lines[True])} claims hold</summary><div><ul>{''.join(lines[True])}</ul></div></details>" if lines[True] else ""
    return wrong + right


def detail(image):
    opened = " open" if any(step["outcome"] == "wrong" for step in image["steps"]) else ""
    requires = ", ".join(image["requires"])
    facts = [f"<code>{escape(image['name'])}</code>"]
    if "base" in image:
        facts.append(f"from <code>{escape(image['base'])}</code>")
    if requires:
        facts.append(f"requires {escape(requires)}")
    return (
        f"<details{opened}><summary><strong>{escape(image['service'])}</strong> {platform(image)}</summary><div>"
        f"<p class='soft'>{' · '.join(facts)}</p>{steps(image['steps'])}{differences(image)}{crypto(image)}{layers(image)}</div></details>"
    )


def steps(found):
    rows = "".join(
        f"<tr><th scope='row'>{escape(step['name'])}</th><td data-label='outcome'>{mark(step['outcome'])}</td><td class='number' data-label='time'>{step['seconds']:.1f} s</td>"
        f"<td>{escape(step['note'])}{cause(step)}</td></tr>"
        for step in found
    )
    return f"<table class='steps'><thead><tr><th>step<th>outcome<th class='number'>time<th></tr></thead><tbody>{rows}</tbody></table>" if rows else ""


def cause(step):
    log = f"<p class='soft'>all of it: <code>{escape(step['log'])}</code></p>" if step["outcome"] == "wrong" and "log" in step else ""
    if "cause" not in step:
        return log
    found = step["cause"]
    fixes = "".join(f"<li>{escape(fix)}</li>" for fix in found["fix"])
    evidence = "".join(f"<p><code>{escape(line)}</code></p>" for line in found["evidence"][:3])
    return f"<div class='cause'><p><strong>{escape(found['id'])}</strong>: {escape(found['why'])}</p>{evidence}<ul>{fixes}</ul></div>{log}"


def differences(image):
    if not image["differs"]:
        return ""
    rows = "".join(
        f"<li>{'<strong>pqcheck’s layer</strong>: ' if each['pqcheck'] else ''}<code>{escape(each['instruction'][:160])}</code>"
        f" — {count(each)}</li>"
        for each in image["differs"]
    )
    return f"<h3>Layers that a second build did not make equal</h3><ul>{rows}</ul>"


def count(difference):
    files = difference["files"]
    return f"{files} {'file' if files == 1 else 'files'}: {escape(', '.join(difference['examples']))}{'' if files <= len(difference['examples']) else ' …'}"


def crypto(image):
    if not image["crypto"]:
        return ""
    rows = "".join(
        f"<tr><td>{escape(row['algorithm'])}</td><td>{escape(row['operation'])}</td><td class='number'>{row['passed']}</td><td class='number'>{row['skipped']}</td>"
        f"<td class='number'>{row['failed']}</td><td class='number'>{row['errors']}</td><td><code>{escape(row['backend'])}/{escape(row['path'])}</code></td></tr>"
        for row in image["crypto"]
    )
    return (
        "<details><summary>Crypto functions, case by case</summary><div class='wide'><table><thead><tr><th>algorithm<th>operation<th class='number'>pass<th class='number'>skipped"
        f"<th class='number'>fail<th class='number'>errors<th>library</tr></thead><tbody>{rows}</tbody></table></div></details>"
    )


def layers(image):
    if not image["layers"]:
        return ""
    rows = "".join(
        f"<tr><td class='number'>{each['bytes'] / 1e6:.1f} MB</td><td><code>{escape(each['instruction'][:200])}</code></td><td><code>{escape(each['digest'][7:19])}</code></td></tr>"
        for each in image["layers"]
    )
    return f"<details><summary>Layers</summary><div class='wide'><table><thead><tr><th class='number'>size<th>made by<th>digest</tr></thead><tbody>{rows}</tbody></table></div></details>"


def megabytes(image):
    return f"{image['bytes'] / 1e6:.0f} MB" if image["bytes"] else "–"


def mark(outcome):
    return f"<span class='{outcome}'>{MARKS[outcome]}</span>"


def platform(each):
    return escape(each["platform"]) + (" <span class='soft'>(emulated)</span>" if each["emulated"] else "")
