"""A million agents in the database, and a server that is started on them: after a stop, and after it was killed.

The rows are put there by `bench-fill`, as enrolments and registrations leave them; some agents are real ones of
`rollcall-fleet`, which send heartbeats all the while.
"""
import os
import subprocess
import time

from driven import binary
from ours.fleet import LIVING
from ours.server import ADMIN, Server
from rounds import Contestant
from started import Failed, Missing

AGENTS = 1_000_000
STEADY = 2_000
INTERVAL = "2s"
# Heartbeats before the kill; after the start, longer than the roll call of those who are to be falsely offline.
BEFORE, AFTER = 6, 25
# A stop in good order writes a million contacts down; the service's unit gives it as long.
ENDING = 30


class Restart(Contestant):
    """With all of them online, their leases far longer than the measurement; or, to see whether a short lease outlives a
    kill, with all offline but those who send heartbeats."""

    def __init__(self, name, postgres=False, strict=False):
        self.name = name
        self.postgres = postgres
        self.flags = LIVING if strict else []
        self.status = "offline" if strict else "online"
        self.ours = not postgres and not strict
        self.server = self.database = self.fleet = None

    def start(self, place):
        if not os.path.exists(binary("bench-fill")):
            raise Missing("bench-fill is not built")
        if self.postgres:
            # It ends by itself when this program does.
            self.database = subprocess.run(
                [".ci/postgres", "start", str(os.getpid())], capture_output=True, text=True, check=True
            ).stdout.strip()
            if not self.database:
                raise Missing("Postgres is not installed: sudo apt-get install postgresql")
            self.flags = [*self.flags, "--database", self.database]
        self.place = place
        self.server = Server(place, *self.flags)
        self.beating("1s", "--user", ADMIN["name"]).wait()
        self.server.process.stop(ENDING)
        fill = [binary("bench-fill"), "--data", place, "--agents", str(AGENTS), "--status", self.status]
        if self.postgres:
            fill += ["--database", self.database]
        filled = subprocess.run(fill, capture_output=True, text=True, check=False)
        if filled.returncode:
            raise Failed(f"bench-fill: {filled.stderr[-600:]}")

    def beating(self, lasting, *more):
        """The real agents at work, in the background. Nobody watches the feed: a snapshot of all takes its time, too."""
        flags = [
            "--server", self.server.url, "--identities", os.path.join(self.place, "identities"), "--scenario", "steady",
            "--agents", str(STEADY), "--interval", INTERVAL, "--for", lasting, "--json", *more,
        ]
        with open(os.path.join(self.place, "fleet"), "wb") as out:
            self.fleet = subprocess.Popen(
                [binary("rollcall-fleet"), *flags], stdout=out, stderr=out,
                env=os.environ | {"ROLLCALL_FLEET_PASSWORD": ADMIN["password"]},
            )
        return self.fleet

    def measure(self):
        stopped = self.server.again()
        resident = self.server.process.resident()
        fleet = self.beating(f"{BEFORE + AFTER}s")
        time.sleep(BEFORE)
        before = self.offline()
        self.server.process.kill()
        killed = self.server.again()
        fleet.wait()
        falsely = len(self.offline() - before)
        took = self.server.process.cpu_seconds()
        self.server.process.stop(ENDING)
        return {
            "stopped": stopped * 1_000, "killed": killed * 1_000, "false": falsely, "resident": resident / 1048576,
            "cpu": took,
        }

    def offline(self):
        """Transitions to offline, of the latest ones."""
        page = self.server.call("GET", "/api/v1/transitions?limit=1000")
        return {one["id"] for one in page["items"] if one["to"].endswith("offline")}

    def stop(self):
        if self.fleet and self.fleet.poll() is None:
            self.fleet.kill()
        if self.server:
            self.server.stop()
        if self.database:
            subprocess.run([".ci/postgres", "stop", self.database], check=False)
