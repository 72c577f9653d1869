"""Heartbeats of ours over UDP, and the floor below them, by the same client."""
from driven import Driven, answers, binary, in_a_second
from ours.beats import AGENTS, Beats
from ours.server import Server
from rounds import Contestant
from started import Process, free_port

CLIENT = "bench-datagrams"


class Datagrams(Beats):
    """128 under way, each of another agent, authenticated and answered."""

    def __init__(self):
        super().__init__()
        self.name = "Rollcall, over UDP"

    def start(self, place):
        self.server = Server(place)
        flags = ["--token", self.server.token(AGENTS), "--agents", AGENTS]
        self.client = Driven(CLIENT, self.server.address, *flags)
        self.client.warm_up()


class Echo(Contestant):
    def __init__(self):
        self.name = "floor: UDP, sent back as it came"
        self.server = self.client = None

    def start(self, place):
        port = free_port()
        self.server = Process([binary("bench-echo"), str(port)], f"{place}/log")
        self.client = Driven(CLIENT, f"127.0.0.1:{port}", "--agents", AGENTS)

    def measure(self):
        told, cost = self.server.cost(self.client.measure, answers)
        return in_a_second(told) | {"cpu_us": cost}

    def stop(self):
        for one in (self.client, self.server):
            if one:
                one.stop()
