#!/usr/bin/env python3
"""How many instructions `pqcheck health` takes, against the number that is kept: the gate against regressions.

A count does not depend on who else uses the machine, as a time does. It does depend on the compilers, on the C
library that is linked in, on valgrind, whose processor it runs on, and on which code paths that processor lets the
libraries take; so these are kept beside the number. Exit code 0: within 2 % of what is kept. 1: more than that; or what
this repository itself pins (the Rust toolchain) is another one than when the number was taken, so that the number is
to be taken anew. 4: nothing was compared, because something else differs: it is said what. `make gate` takes that for a pass, since
nobody can keep a number for every machine, and the last line of the log says NOT COMPARABLE.

    lab/measure/instructions.py dist/pqcheck-linux-amd64             compares
    lab/measure/instructions.py dist/pqcheck-linux-amd64 --update    keeps what is counted now
"""

import json
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 0.02
# How often it is counted: counts differ by a few thousandths.
TIMES = 3
# What the repository decides; the rest is the machine's.
PINNED = "rustc"


def main():
    pqcheck = str(Path(sys.argv[1]).resolve())
    baseline = ROOT / f"benches/instructions-{platform.machine()}.json"
    now = {**circumstances(pqcheck), **count(pqcheck)}
    shown = f"{now['instructions']:,} instructions in {now['processes']} processes, spread {100 * now.pop('spread'):.2f} %"
    if "--update" in sys.argv[2:]:
        baseline.write_text(json.dumps(now, indent=2) + "\n")
        print(f"instructions: kept {shown} in {baseline.relative_to(ROOT)}")
        return
    print(f"instructions: {shown}")
    if not baseline.exists():
        not_comparable([f"nobody has kept a number for {platform.machine()}"])
    kept = json.loads(baseline.read_text())
    differ = [name for name in now if name not in ("instructions", "processes") and kept.get(name) != now[name]]
    said = [f"{name} is `{now[name]}`, and was `{kept.get(name)}`" for name in differ]
    if PINNED in differ:
        sys.exit(f"instructions: FAILED: {said[differ.index(PINNED)]}; run `make gate-update` and look at the number")
    if differ:
        not_comparable(said)
    ratio = now["instructions"] / kept["instructions"]
    print(f"instructions: kept {kept['instructions']:,}, now {ratio:.4f} of that, limit {1 + LIMIT}")
    if ratio > 1 + LIMIT:
        sys.exit("instructions: FAILED: `pqcheck health` takes more instructions than it did; where that is meant, run "
                 "`make gate-update` and say why in the commit")
    if ratio < 1 - LIMIT:
        print("instructions: that is fewer; run `make gate-update`, so that it stays so")


def not_comparable(why):
    print(f"instructions: NOT COMPARABLE, so nothing was checked: {'; '.join(why)}")
    sys.exit(4)


def circumstances(pqcheck):
    """What the number depends on beside the sources."""
    # The processor is the one that valgrind makes of the real one.
    inventory = json.loads(valgrind("none", [], [pqcheck, "list", "--format", "json"]))
    return {
        "rustc": output(["rustc", "--version"]).strip(),
        "cc": output(["cc", "--version"]).splitlines()[0],
        "libc": output(["ldd", "--version"]).splitlines()[0],
        "valgrind": output(["valgrind", "--version"]).strip(),
        "features": ", ".join(inventory["platform"]["features"]),
    }


def count(pqcheck):
    """The most of some counts of all processes together."""
    totals, processes = [], set()
    for _ in range(TIMES):
        with tempfile.TemporaryDirectory() as folder:
            # A child is killed once it has said all, before valgrind has written what it counted; so that is written all
            # along, and what is lost is less than a thousandth. The most of some counts has lost least.
            options = [f"--callgrind-out-file={folder}/%p", "--trace-children=yes", "--dump-every-bb=20000"]
            # Under valgrind it takes fifty times as long, and what misses its deadline is tried a second time.
            valgrind("callgrind", options, [pqcheck, "health", "--deadline", "300s"])
            written = list(Path(folder).iterdir())
            counts = [re.search(r"^totals: (\d+)", path.read_text(), re.M) for path in written]
        totals.append(sum(int(count[1]) for count in counts if count))
        processes = {path.name.split(".")[0] for path in written}
    return {"instructions": max(totals), "processes": len(processes), "spread": max(totals) / min(totals) - 1}


def valgrind(tool, options, command):
    # Without an environment, because its size moves the stack.
    return output(["valgrind", "-q", f"--tool={tool}", *options, *command], env={}, cwd="/")


def output(command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **more)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        sys.exit(f"instructions: `{' '.join(command)}` ended with {done.returncode}: {last}")
    return done.stdout


if __name__ == "__main__":
    main()
