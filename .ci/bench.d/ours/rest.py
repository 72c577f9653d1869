"""Programs by themselves: how large, and what they take while nothing happens."""
import os
import subprocess
import time

from driven import binary
from ours.server import Server
from rounds import Contestant
from started import Failed, Process

MB = 1_048_576
SETTLE = 10
REST = 10


class Rest(Contestant):
    """A server and one agent, enrolled and online."""

    ours = True
    name = "Rollcall"

    def __init__(self):
        self.server = self.agent = None

    def start(self, place):
        self.server = Server(place)
        state = os.path.join(place, "agent")
        flags = ["--server", self.server.url, "--token", self.server.token(1), "--state", state, "--name", "bench"]
        self.agent = Process([binary("rollcall-agent"), "enroll", *flags, "--run"], os.path.join(place, "agent.log"))
        time.sleep(SETTLE)

    def measure(self):
        before = self.agent.cpu_seconds()
        time.sleep(REST)
        if self.agent.process.poll() is not None:
            raise Failed(f"the agent did not stay: {self.agent.said()[-600:]}")
        return {
            "agent_resident": self.agent.resident() / MB,
            "agent_file": os.path.getsize(binary("rollcall-agent")) / MB,
            "agent_cpu": (self.agent.cpu_seconds() - before) / REST * 100,
            "server_resident": self.server.process.resident() / MB,
            "server_file": os.path.getsize(binary("rollcall-server")) / MB,
            "page": first_page(),
        }

    def stop(self):
        for one in (self.agent, self.server):
            if one:
                one.stop()


def first_page():
    """KB of the console's first page over the wire, as the budget's script adds them up."""
    said = subprocess.run([".ci/size"], capture_output=True, text=True).stdout
    line = next((line for line in said.splitlines() if line.strip().startswith("in all")), None)
    if line is None:
        raise Failed("the console's size is not known: is it built, and is there a node?")
    return float(line.split()[-1])
