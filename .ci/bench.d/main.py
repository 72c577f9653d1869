#!/usr/bin/env python3
"""The rows that `make bench` measures: each with its floor and its peers, round by round, in one run.

Called by `.ci/bench`: `main.py [--quick] [--rounds N] [--minutes N] [ROW...]`. What is said meanwhile goes to the terminal, the tables also to
target/bench/report.md.
"""
import argparse
import os
import signal
import sys
import time

import machine
from ours.console import MINUTES
from rounds import run, table
from rows import ROWS

REPORT = os.path.join("target", "bench", "report.md")
ROUNDS = 5


def main():
    named = {row.name: row for row in ROWS}
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--quick", action="store_true", help="one round of each, to see whether it works")
    flags.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"so many rounds of each at the most: {ROUNDS}")
    flags.add_argument("--minutes", type=float, metavar="N", help="console: so many minutes of the wall: 2, an hour is 60")
    flags.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {' '.join(named)}")
    asked = flags.parse_args()
    if unknown := [name for name in asked.rows if name not in named]:
        flags.error(f"there is no row {', '.join(unknown)}; there are {', '.join(named)}")
    rows = [named[name] for name in asked.rows] or ROWS
    if asked.minutes:
        os.environ[MINUTES] = str(asked.minutes)
    # An end is an end in good order: what was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(os.path.dirname(REPORT), exist_ok=True)
    began = time.monotonic()
    before = machine.load()
    tables = []
    for place, row in enumerate(rows, 1):
        print(f"==> {place} of {len(rows)}: {row.title}", flush=True)
        results = run(row, 1 if asked.quick else asked.rounds, lambda line: print(f"    {line}", flush=True))
        tables.append(table(results))
        print(f"\n{tables[-1]}", flush=True)
        write(before, tables, time.monotonic() - began)
    print(f"==> {REPORT}, {(time.monotonic() - began) / 60:.0f} minutes")


def write(before, tables, lasted):
    """After each row, so that a run which is broken off leaves what it had."""
    with open(REPORT, "w", encoding="utf-8") as report:
        report.write(f"# What `make bench` measured\n\n{machine.told(before, lasted)}\n\n" + "\n".join(tables))


if __name__ == "__main__":
    main()
