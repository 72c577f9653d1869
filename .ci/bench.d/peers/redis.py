"""Redis: a key with an expiry for each agent, set again at each heartbeat; an event when it expires."""
import csv
import io
import os
import socket
import subprocess
import threading
import time

from figures import delays
from rounds import Contestant
from started import Failed, Process, free_port, program, version

PACKAGE = "redis-server"


def command(*words):
    """A command of RESP, as bytes."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Server:
    def __init__(self, place):
        self.port = free_port()
        # Nothing is written to the disk: ours writes nothing for a heartbeat either.
        flags = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", place]
        self.process = Process([program("redis-server", PACKAGE), *flags], os.path.join(place, "log"))
        self.process.listens(self.port)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port))

    def ask(self, *words):
        with self.connect() as line:
            line.sendall(command(*words))
            return line.recv(65536)

    def stop(self):
        self.process.stop()


class Rate(Contestant):
    """`SET key v EX n` by redis-benchmark, its own client, which is written in C."""

    KEYS = 100_000
    SECONDS = 4

    def __init__(self, pipelined=1):
        self.pipelined = pipelined
        how = f", {pipelined} pipelined" if pipelined > 1 else ""
        self.name = f"Redis {version(PACKAGE)}: SET EX{how}"
        self.server = None
        self.requests = 100_000

    def start(self, place):
        self.server = Server(place)
        # How many make a round of the wanted length.
        rate = self.measure()["rate"]
        self.requests = int(rate * self.SECONDS)

    def measure(self):
        told, cost = self.server.process.cost(self.run, lambda _: self.requests)
        return told | {"cpu_us": cost}

    def run(self):
        out = subprocess.run(
            [program("redis-benchmark", "redis-tools"), "-p", str(self.server.port), "-c", "50", "-P", str(self.pipelined),
             "-n", str(self.requests), "-r", str(self.KEYS), "--csv", "SET", "agent:__rand_int__", "v", "EX", "600"],
            capture_output=True, text=True, check=True,
        ).stdout
        last = list(csv.DictReader(io.StringIO(out)))[-1]
        return {"rate": float(last["rps"]), "median": float(last["p50_latency_ms"]), "p99": float(last["p99_latency_ms"])}

    def stop(self):
        if self.server:
            self.server.stop()


class Expiry(Contestant):
    """Keys that expire at one instant among many that do not; a subscriber of the events of expiry."""

    # Those that stay.
    LIVE = 300_000
    # From setting the keys to the instant.
    LEAD = 5
    # How long the last event is waited for.
    PATIENCE = 60

    def __init__(self, silent):
        self.name = f"Redis {version(PACKAGE)}: expiry events of {silent:,}"
        self.silent = silent
        self.server = None

    def start(self, place):
        self.server = Server(place)
        self.server.ask("CONFIG", "SET", "notify-keyspace-events", "Ex")
        self.send(command("SET", f"live:{number}", "v", "EX", 86_400) for number in range(self.LIVE))

    def send(self, commands):
        """Sends many commands at once, and waits for their answers."""
        with self.server.connect() as line:
            batch = []
            for one in commands:
                batch.append(one)
                if len(batch) == 1_000:
                    self.answered(line, batch)
                    batch = []
            self.answered(line, batch)

    @staticmethod
    def answered(line, batch):
        line.sendall(b"".join(batch))
        waiting = len(batch)
        while waiting:
            said = line.recv(65536)
            if b"-ERR" in said:
                raise Failed(said.decode())
            waiting -= said.count(b"+OK\r\n")

    def measure(self):
        instant = time.time() + self.LEAD
        late = []
        ready = threading.Event()
        listener = threading.Thread(target=self.listen, args=(instant, late, ready))
        listener.start()
        ready.wait(10)
        at = int(instant * 1000)
        self.send(command("SET", f"silent:{number}", "v", "PXAT", at) for number in range(self.silent))
        listener.join()
        missing = self.silent - len(late)
        # They are later than that; how much nobody waited for.
        told = delays(late + [self.PATIENCE * 1000] * missing)
        self.server.ask("DEL", *(f"silent:{number}" for number in range(self.silent)))
        return told | {"counted": len(late), "missing": missing}

    def listen(self, instant, late, ready):
        with self.server.connect() as line:
            line.sendall(command("SUBSCRIBE", "__keyevent@0__:expired"))
            line.recv(4096)
            ready.set()
            line.settimeout(1)
            rest = b""
            until = instant + self.PATIENCE
            while len(late) < self.silent and time.time() < until:
                try:
                    rest += line.recv(1 << 20)
                except TimeoutError:
                    continue
                now = time.time()
                # Each event names its key once.
                whole, end, rest = rest.rpartition(b"\r\n")
                late += [(now - instant) * 1000] * (whole + end).count(b"silent:")

    def stop(self):
        if self.server:
            self.server.stop()
