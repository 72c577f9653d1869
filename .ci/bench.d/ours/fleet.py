"""Our server under `rollcall-fleet`, which speaks as shipped agents do and watches the feed as a console does."""
import json
import os
import subprocess

from driven import binary
from ours.server import ADMIN, Server
from rounds import Contestant
from started import Failed, Missing

# A minute of the settings lasts a second here: a heartbeat every five, offline after fifteen.
LIVING = ["--minute", "1s", "--heartbeat-every", "5", "--offline-after", "15", "--poll-every", "1440"]


class Fleet(Contestant):
    """A scenario of a fleet, on a server of its own; the identities are kept from round to round."""

    ours = True
    FLAGS = LIVING

    def __init__(self, name, scenario, agents, *more):
        self.name = name
        self.command = [binary("rollcall-fleet"), "--scenario", scenario, "--agents", str(agents), *more, "--json"]
        self.agents = agents
        self.server = None

    def start(self, place):
        if not os.path.exists(self.command[0]):
            raise Missing("rollcall-fleet is not built")
        self.server = Server(place, *self.FLAGS)
        self.identities = os.path.join(place, "identities")

    def measure(self):
        cpu = self.server.process.cpu_seconds()
        said = self.run()
        return self.figures(said) | {
            "cpu": self.server.process.cpu_seconds() - cpu,
            "resident": self.server.process.resident() / 1048576,
            "errors": sum(said["errors"].values()),
            "slots": said["slots"]["count"],
        }

    def run(self):
        flags = ["--server", self.server.url, "--identities", self.identities, "--user", ADMIN["name"]]
        environment = os.environ | {"ROLLCALL_FLEET_PASSWORD": ADMIN["password"]}
        ran = subprocess.run([*self.command, *flags], capture_output=True, text=True, env=environment, timeout=1_800)
        if not ran.stdout.strip().startswith("{"):
            raise Failed(f"rollcall-fleet: {ran.stderr[-600:]}")
        return json.loads(ran.stdout)

    def figures(self, said):
        raise NotImplementedError

    def stop(self):
        if self.server:
            self.server.stop()


class Outage(Fleet):
    """All beat, all fall silent at one instant, all come back."""

    def __init__(self, agents):
        super().__init__(f"Rollcall: {agents:,} silent", "outage", agents, "--for", "10s")

    def figures(self, said):
        seen, back = said["transitions"], said["returning_ms"]
        late = seen["detection_ms"]
        return {
            "median": late["p50"], "p99": late["p99"], "worst": late["max"], "counted": late["count"],
            "missing": seen["missing"], "false": seen["false"], "twice": seen["twice"],
            "back_p99": back["p99"], "back_worst": back["max"],
            "answer_p99": said["answers_ms"]["p99"], "unreturned": said["unreturned"],
        }


class Herd(Fleet):
    """All register at one instant."""

    def __init__(self, agents):
        super().__init__(f"Rollcall: {agents:,} at once", "herd", agents, "--for", "120s")

    def figures(self, said):
        there, answers = said["registering_ms"], said["register_answers_ms"]
        return {
            "there": there["max"], "there_p99": there["p99"], "answer_p99": answers["p99"], "answer_worst": answers["max"],
            "unregistered": said["unregistered"], "false": (said["transitions"] or {}).get("false", 0),
        }
