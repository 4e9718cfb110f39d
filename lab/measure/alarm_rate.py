#!/usr/bin/env python3
"""How often `pqcheck compare` cries wolf, and how often it finds a slowdown that is there.

False alarms: the same backend (`broken:slow-0`, the control) is measured over and over with the default settings, and
each run is compared with the one before; whatever is found faster or slower is a false alarm.

Detection: runs of four backends by turns, the control and the same made slower by 2, 5 and 10 %, with a second for
each workload; each slow one is compared with the control of every other run. The controls are compared with each
other too.

Prints rates for each workload, and ends with 1 if a limit is not kept: at most 1 % false alarms, at least 95 % of the
slowdowns of 5 % found. With the defaults that takes about half an hour of a quiet machine; with --keep, a call goes on
where an earlier one stopped.

    lab/measure/alarm_rate.py dist/pqcheck-linux-amd64 [--pairs 100] [--runs 14] [--keep DIR] …
"""

import argparse
import collections
import itertools
import json
import math
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CONTROL = "slow-0"
SLOW = ["slow-2", "slow-5", "slow-10"]
LIMITS = {"alarms": 0.01, "found": 0.95}


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(options.keep or made)
        folder.mkdir(parents=True, exist_ok=True)
        measure(options, folder)
        sys.exit(table(options, folder))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pqcheck")
    parser.add_argument("--pairs", type=int, default=100, help="pairs of runs of the control (%(default)s)")
    parser.add_argument("--pair-time", default="500ms", help="a workload's time in them (%(default)s)")
    parser.add_argument("--runs", type=int, default=8, help="runs of all four backends (%(default)s)")
    parser.add_argument("--time", default="1s", help="a workload's time in them (%(default)s)")
    parser.add_argument("--algorithm", default="ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305")
    parser.add_argument("--threshold", default="3", help="percent (%(default)s)")
    parser.add_argument("--keep", help="keep the reports in this folder, and go on where an earlier call stopped")
    options = parser.parse_args()
    if options.pairs < 1 or options.runs < 2:
        parser.error("it takes at least one pair and two runs")
    return options


def measure(options, folder):
    """Every run that is not there yet. Both kinds are spread over the whole time."""
    pairs = [(number / (options.pairs + 1), f"pair-{number}", [CONTROL], options.pair_time)
             for number in range(options.pairs + 1)]
    runs = [((number + 0.5) / options.runs, f"run-{number}", [CONTROL, *SLOW], options.time)
            for number in range(options.runs)]
    todo = [run for run in sorted(pairs + runs) if not (folder / f"{run[1]}-{CONTROL}.json").exists()]
    start, done, whole = time.monotonic(), 0.0, sum(cost(run) for run in todo)
    for at, run in enumerate(todo):
        _, name, backends, duration = run
        left = f", about {(time.monotonic() - start) / done * (whole - done) / 60:.0f} minutes left" if done else ""
        say(f"run {at + 1} of {len(todo)}{left}")
        bench(options, folder, name, backends, duration)
        done += cost(run)
    say("")


def cost(run):
    """How long a run takes, in a unit of its own."""
    _, _, backends, duration = run
    number = float(duration.rstrip("mnuµs"))
    return len(backends) * number * {"ms": 1e-3, "us": 1e-6, "µs": 1e-6}.get(duration[-2:], 1.0)


def bench(options, folder, name, backends, duration):
    """One run, cut into a report for each backend; the control's is written last, whole or not at all."""
    command = [options.pqcheck, "bench", "--algorithm", options.algorithm, "--time", duration, "--backend",
               ",".join(f"broken:{backend}" for backend in backends), "--format", "json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"lab/measure/alarm_rate.py: exit code {run.returncode}: {' '.join(command)}")
    report = json.loads(run.stdout)
    for backend in reversed(backends):
        part = dict(report)
        for what in ("measurements", "paths"):
            part[what] = [entry for entry in report[what] if entry["backend"] == f"broken:{backend}"]
        unfinished = folder / f"{name}-{backend}.unfinished"
        unfinished.write_text(json.dumps(part))
        unfinished.rename(folder / f"{name}-{backend}.json")


def table(options, folder):
    """Compares, and prints what came of it; 1 if a limit is not kept."""
    runs = range(options.runs)
    kinds = {
        "alarms": [(f"pair-{number}-{CONTROL}", f"pair-{number + 1}-{CONTROL}") for number in range(options.pairs)],
        "controls": [(f"run-{one}-{CONTROL}", f"run-{two}-{CONTROL}") for one, two in itertools.combinations(runs, 2)],
    }
    for slow in SLOW:
        kinds[slow] = [(f"run-{one}-{CONTROL}", f"run-{two}-{slow}") for one, two in itertools.permutations(runs, 2)]
    with ThreadPoolExecutor(2) as pool:
        found = {kind: list(pool.map(lambda pair: compare(options, folder, *pair), pairs))
                 for kind, pairs in kinds.items()}
    rows = {kind: by_workload(comparisons) for kind, comparisons in found.items()}

    print(f"threshold {options.threshold} %; pairs for false alarms: {options.pairs} at {options.pair_time} and "
          f"{len(kinds['controls'])} at {options.time} a workload; detection: {len(kinds['slow-5'])} at {options.time}")
    print(f"{'':<32}{'false alarms':>22}{'found of':>10}")
    print(f"{'workload':<32}{options.pair_time:>14}{options.time:>8}{'+2 %':>10}{'+5 %':>8}{'+10 %':>8}"
          "   ratio of controls, 1 to 99 of 100")
    for workload in rows["alarms"]:
        ratios = sorted(row["ratio"] for row in rows["alarms"][workload] if "ratio" in row)
        ends = [ratios[int(part * (len(ratios) - 1))] for part in (0.01, 0.99)] if ratios else [math.nan] * 2
        print(f"{workload:<32}{line({kind: of[workload] for kind, of in rows.items()})}   {ends[0]:.3f} … {ends[1]:.3f}")
    every = {kind: [row for comparison in comparisons for row in comparison] for kind, comparisons in found.items()}
    print(f"{'all':<32}{line(every)}")
    apart = {kind: sum(row["verdict"] == "not-comparable" for row in of_kind) / len(of_kind) for kind, of_kind in every.items()}
    print(f"not comparable, because the machine was never quiet: {100 * apart['alarms']:.1f} % of the rows at "
          f"{options.pair_time}, {100 * apart['slow-5']:.1f} % at {options.time}; they are not left out above")
    any_alarm = [any(row["verdict"] in ("slower", "faster") for row in comparison) for comparison in found["alarms"]]
    print(f"comparisons with any false alarm: {sum(any_alarm)} of {len(any_alarm)}")

    alarms, fives = rate(every["alarms"], alarm=True), rate(every["slow-5"])
    worst = min(rate(of_workload) for of_workload in rows["slow-5"].values())
    kept = alarms <= LIMITS["alarms"] and fives >= LIMITS["found"]
    print(f"false alarms {100 * alarms:.2f} % (limit {100 * LIMITS['alarms']:.0f} %); of +5 % found {100 * fives:.1f} % "
          f"(at least {100 * LIMITS['found']:.0f} %), in the worst workload {100 * worst:.1f} %: "
          f"{'kept' if kept else 'NOT KEPT'}")
    return 0 if kept else 1


def by_workload(comparisons):
    rows = collections.defaultdict(list)
    for row in itertools.chain.from_iterable(comparisons):
        rows[row["workload"]].append(row)
    return rows


def line(rows):
    shares = [rate(rows["alarms"], alarm=True), rate(rows["controls"], alarm=True), *(rate(rows[slow]) for slow in SLOW)]
    return "".join(f"{100 * share:>{width}.1f}%" for share, width in zip(shares, (13, 7, 9, 7, 7)))


def rate(rows, alarm=False):
    verdicts = ("slower", "faster") if alarm else ("slower",)
    return sum(row["verdict"] in verdicts for row in rows) / len(rows) if rows else math.nan


def compare(options, folder, old, new):
    command = [options.pqcheck, "compare", str(folder / f"{old}.json"), str(folder / f"{new}.json"),
               "--threshold", options.threshold, "--format", "json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    # 4: of two runs nothing could be compared, which counts as not found.
    if run.returncode not in (0, 1, 4):
        sys.exit(f"lab/measure/alarm_rate.py: exit code {run.returncode}: {' '.join(command)}")
    return json.loads(run.stdout)["rows"]


def say(text):
    """Progress, over the last one on a terminal, a line each in a log."""
    end = "\r" if sys.stderr.isatty() else "\n"
    if text or end == "\r":
        print(f"{text:<60}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
