"""What the tables of checks have in common: which lines are run, what a text must contain, and how the outcome is told.
Knows no column."""

import sys
import time

from recipes import refuse

# Two lines, builds or containers at a time: as many as CI has processors.
JOBS = 2


def chosen(lines, words, table):
    """The lines that contain every word; all without words."""
    lines = [line for line in lines if all(word in line.text for word in words)]
    if not lines:
        refuse(f"no line of {table} contains {' '.join(words)}")
    return lines


def amiss(words, text, name):
    """What is wrong with a text that must contain these words, and not those behind a `!`."""
    complaints = []
    for word in words:
        if word.startswith("!"):
            if word[1:] in text:
                complaints.append(f"the {name} contains `{word[1:]}`")
        elif word not in text:
            complaints.append(f"the {name} does not contain `{word}`")
    return complaints


def judge(lines, check, pool):
    """Checks the lines as many at a time as the pool has threads, tells what became of each in their order, and gives
    those that do not hold. `check` gives a note, for behind the title, and what does not hold."""

    def timed(line):
        began = time.monotonic()
        return *check(line), time.monotonic() - began

    wrong = []
    for line, (note, complaints, took) in zip(lines, pool.map(timed, lines)):
        if tell(line.title + note, took, complaints):
            wrong.append(f"{line.title}: {complaints[0]}")
    return wrong


def tell(title, took, complaints):
    """Prints what became of a line; whether it is wrong."""
    print(f"{'WRONG' if complaints else 'ok':<6}{took:6.1f} s  {title}", flush=True)
    for complaint in complaints:
        print("       " + complaint.replace("\n", "\n       "), flush=True)
    return bool(complaints)


def conclude(wrong, lines, began):
    """What does not hold, once more below everything else, and exit code 1 for it."""
    took = f"in {time.monotonic() - began:.0f} s"
    if wrong:
        print(f"{len(wrong)} of {len(lines)} lines do not hold, {took}:")
        for each in wrong:
            print(f"    {each}")
        sys.exit(1)
    print(f"all {len(lines)} lines hold, {took}")
