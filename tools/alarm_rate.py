#!/usr/bin/env python3
"""How often `pqcheck compare` cries wolf, and how often it finds a slowdown that is there.

Runs the same benchmark over and over, each time of four backends: one as it is (`broken:slow-0`, the control) and
the same one slower by 2, 5 and 10 %. Each run is compared with the next: control with control is a false alarm where
a difference is found, control with a slow one is a detection where it is found slower. Prints both rates for each
workload. A rate that is not reached does not change the exit code: only a measurement that could not be made does.

    tools/alarm_rate.py dist/pqcheck-linux-amd64 [--pairs 100] [--time 1s] [--algorithm …] [--keep DIR]
"""

import argparse
import collections
import json
import subprocess
import sys
import tempfile
from pathlib import Path

CONTROL = "broken:slow-0"
SLOW = ["broken:slow-2", "broken:slow-5", "broken:slow-10"]


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(options.keep or made)
        folder.mkdir(parents=True, exist_ok=True)
        measure(options, folder)
        table(options, folder)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("pqcheck")
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--time", default="1s")
    parser.add_argument("--algorithm", default="ML-KEM-768,ML-DSA-87,ChaCha20-Poly1305")
    parser.add_argument("--threshold", default="3")
    parser.add_argument("--keep", help="keep the reports in this folder, and go on where an earlier call stopped")
    return parser.parse_args()


def measure(options, folder):
    """The runs, each cut into a report for every backend."""
    for number in range(options.pairs + 1):
        if (folder / f"{number}-{CONTROL[7:]}.json").exists():
            continue
        command = [options.pqcheck, "bench", "--algorithm", options.algorithm, "--time", options.time,
                   "--backend", ",".join([CONTROL, *SLOW]), "--format", "json"]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"tools/alarm_rate.py: exit code {run.returncode}: {' '.join(command)}")
        report = json.loads(run.stdout)
        for backend in [*SLOW, CONTROL]:
            part = dict(report)
            for what in ("measurements", "paths"):
                part[what] = [entry for entry in report[what] if entry["backend"] == backend]
            (folder / f"{number}-{backend[7:]}.json").write_text(json.dumps(part))
        print(f"run {number} of {options.pairs}", end="\r", file=sys.stderr, flush=True)


def table(options, folder):
    backends = [CONTROL, *SLOW]
    found = {backend: collections.defaultdict(list) for backend in backends}
    for number in range(options.pairs):
        for backend in backends:
            for row in compare(options, folder / f"{number}-{CONTROL[7:]}.json",
                               folder / f"{number + 1}-{backend[7:]}.json"):
                found[backend][row["workload"]].append(row)
    print(f"{options.pairs} pairs, {options.time} per workload, threshold {options.threshold} %")
    print(f"{'workload':<32}{'false alarms':>14}{'found: +2 %':>13}{'+5 %':>8}{'+10 %':>8}   ratio of controls, extremes")
    worst = [0.0, 1.0]
    for workload, rows in found[CONTROL].items():
        alarms = rate(rows, ("slower", "faster"))
        rates = [rate(found[backend][workload], ("slower",)) for backend in SLOW]
        ratios = sorted(row["ratio"] for row in rows if "ratio" in row)
        print(f"{workload:<32}{alarms:>13.1f}%" + "".join(f"{value:>{width}.1f}%" for value, width in
                                                       zip(rates, (12, 7, 7))) +
              f"   {ratios[0]:.3f} … {ratios[-1]:.3f}")
        worst = [max(worst[0], alarms / 100), min(worst[1], rates[1] / 100)]
    every = [row for rows in found[CONTROL].values() for row in rows]
    fives = [row for rows in found[SLOW[1]].values() for row in rows]
    print(f"false alarms over all workloads: {rate(every, ('slower', 'faster')):.2f} % of {len(every)} (limit 1 %), "
          f"worst workload {100 * worst[0]:.1f} %")
    print(f"found of +5 % over all workloads: {rate(fives, ('slower',)):.2f} % of {len(fives)} (at least 95 %), "
          f"worst workload {100 * worst[1]:.1f} %")


def compare(options, old, new):
    command = [options.pqcheck, "compare", str(old), str(new), "--threshold", options.threshold, "--format", "json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"tools/alarm_rate.py: exit code {run.returncode}: {' '.join(command)}")
    return json.loads(run.stdout)["rows"]


def rate(rows, verdicts):
    return 100 * sum(row["verdict"] in verdicts for row in rows) / len(rows)


if __name__ == "__main__":
    main()
