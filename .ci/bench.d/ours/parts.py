"""Parts of ours by themselves: instructions by callgrind, times by criterion."""
import json
import os
import re
import subprocess

from driven import binary
from rounds import Contestant
from started import Failed, Missing, program

# Two runs, whose difference leaves out what it takes to start, and what runs once.
FEW, MANY = 1_000, 6_000


class Instructions(Contestant):
    """How many a contact takes, from its bytes to those of its answer."""

    def __init__(self, name, way, ours=False):
        self.name, self.way, self.ours = name, way, ours

    def start(self, place):
        self.valgrind = program("valgrind", "valgrind")
        self.place = place

    def count(self, contacts):
        out = os.path.join(self.place, "callgrind")
        ran = subprocess.run(
            [self.valgrind, "--tool=callgrind", f"--callgrind-out-file={out}", binary("bench-contact-path"), self.way,
             str(contacts)],
            capture_output=True, text=True,
        )
        said = re.search(r"Collected : (\d+)", ran.stderr)
        if ran.returncode or not said:
            raise Failed(ran.stderr[-600:])
        return int(said[1])

    def measure(self):
        return {"each": (self.count(MANY) - self.count(FEW)) / (MANY - FEW)}


class Parts(Contestant):
    """What criterion measures; its own runs are many already."""

    ours = True
    name = "Rollcall"
    FOLDER = os.path.join("target", "criterion")

    def measure(self):
        ran = subprocess.run(
            ["cargo", "bench", "--locked", "-p", "rollcall-bench", "--bench", "parts", "--", "--noplot"],
            capture_output=True, text=True,
        )
        if ran.returncode:
            raise Failed(ran.stderr[-600:])
        found = {}
        for folder, _, files in os.walk(self.FOLDER):
            if os.path.basename(folder) == "new" and "estimates.json" in files:
                with open(os.path.join(folder, "benchmark.json"), encoding="utf-8") as file:
                    name = json.load(file)["full_id"]
                with open(os.path.join(folder, "estimates.json"), encoding="utf-8") as file:
                    found[name] = json.load(file)["median"]["point_estimate"]
        return found


class Million(Contestant):
    """A million agents in memory, by `server/benches/million.rs`, which prints a line of JSON a figure."""

    ours = True
    name = "Rollcall"
    BENCH = os.path.join("server", "benches", "million.rs")

    def start(self, place):
        if not os.path.exists(self.BENCH):
            raise Missing(f"there is no {self.BENCH}")

    def measure(self):
        ran = subprocess.run(
            ["cargo", "bench", "--locked", "-p", "rollcall-server", "--bench", "million"], capture_output=True, text=True
        )
        if ran.returncode:
            raise Failed(ran.stderr[-600:])
        lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
        return {line["row"]: line["value"] for line in lines}
