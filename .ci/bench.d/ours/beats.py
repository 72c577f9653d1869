"""Heartbeats of ours over HTTP, and the floor below them, by the same client."""
from driven import Driven, answers, binary, in_a_second
from ours.server import Server
from rounds import Contestant
from started import Process, free_port

AGENTS = 10_000
# A new connection costs its own place in memory, not the fleet's size.
AGENTS_FRESH = 1_000


class Beats(Contestant):
    """64 connections, each with the next heartbeat when the last was answered."""

    ours = True

    def __init__(self, agents=AGENTS, fresh=False):
        self.name = "Rollcall"
        self.agents = agents
        self.flags = ["--fresh"] if fresh else []
        self.server = self.client = None

    def start(self, place):
        self.server = Server(place)
        token = self.server.token(self.agents)
        self.client = Driven(
            "bench-beats", self.server.address, "--token", token, "--agents", self.agents, *self.flags
        )
        self.client.warm_up()

    def measure(self):
        told, cost = self.server.process.cost(self.client.measure, answers)
        return in_a_second(told) | {"cpu_us": cost}

    def stop(self):
        for one in (self.client, self.server):
            if one:
                one.stop()


class Floor(Contestant):
    def __init__(self, agents=AGENTS, fresh=False):
        self.name = "floor: axum, an empty handler"
        self.agents = agents
        self.flags = ["--fresh"] if fresh else []
        self.server = self.client = None

    def start(self, place):
        port = free_port()
        self.server = Process([binary("bench-floor"), str(port)], f"{place}/log")
        self.server.listens(port)
        self.client = Driven("bench-beats", f"127.0.0.1:{port}", "--agents", self.agents, *self.flags)
        self.client.warm_up()

    def measure(self):
        told, cost = self.server.cost(self.client.measure, answers)
        return in_a_second(told) | {"cpu_us": cost}

    def stop(self):
        for one in (self.client, self.server):
            if one:
                one.stop()
