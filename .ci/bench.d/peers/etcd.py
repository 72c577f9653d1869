"""etcd: a lease for each agent, kept alive by its own protocol."""
import os

from driven import Driven, answers, in_a_second
from rounds import Contestant
from started import Process, free_port, program, version

PACKAGE = "etcd-server"


class Server:
    def __init__(self, place):
        self.port, peers = free_port(), free_port()
        here, there = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{peers}"
        flags = {
            "name": "bench", "data-dir": os.path.join(place, "data"), "log-level": "error",
            "listen-client-urls": here, "advertise-client-urls": here,
            "listen-peer-urls": there, "initial-advertise-peer-urls": there, "initial-cluster": f"bench={there}",
        }
        command = [program("etcd", PACKAGE), *(f"--{name}={value}" for name, value in flags.items())]
        self.process = Process(command, os.path.join(place, "log"))
        self.process.listens(self.port)

    def stop(self):
        self.process.stop()


class KeepAlive(Contestant):
    def __init__(self):
        self.name = f"etcd {version(PACKAGE)}: lease keep-alive"
        self.server = self.client = None

    def start(self, place):
        self.server = Server(place)
        self.client = Driven("bench-etcd", self.server.port)

    def measure(self):
        told, cost = self.server.process.cost(self.client.measure, answers)
        return in_a_second(told) | {"cpu_us": cost}

    def stop(self):
        for one in (self.client, self.server):
            if one:
                one.stop()
