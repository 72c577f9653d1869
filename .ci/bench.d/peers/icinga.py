"""Icinga 2: a host for each agent, passive check results by the API, and a freshness threshold.

A host whose last result is older than its `ttl` is checked by the `dummy` command, which says that it is down: the way
that Icinga's manual describes.
"""
import base64
import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import threading
import time

from figures import delays, percentile
from rounds import Contestant
from started import Failed, Process, folder, free_port, program, version

PACKAGE = "icinga2-bin"
HOSTS = 5_000
CONFIGURATION = """
const NodeName = "bench"
const ZoneName = "bench"
include <itl>
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object ApiListener "api" { bind_host = "127.0.0.1"; bind_port = %(port)d }
object ApiUser "bench" { password = "bench"; permissions = [ "*" ] }
object CheckerComponent "checker" { }
for (i in range(%(hosts)d)) {
  object Host "h" + i {
    check_command = "dummy"
    vars.dummy_state = 2
    vars.dummy_text = "silent"
    check_interval = 1d
    retry_interval = 1d
    max_check_attempts = 1
  }
}
"""
AUTHORIZATION = base64.b64encode(b"bench:bench").decode()


def request(path, body):
    body = json.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nAuthorization: Basic {AUTHORIZATION}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def result(host, ttl=3600):
    """A host's `still here`."""
    said = {"exit_status": 0, "plugin_output": "here", "ttl": ttl}
    return request(f"/v1/actions/process-check-result?host=h{host}", said)


def connect(port):
    # It made its certificate itself, a moment ago.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), timeout=60)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain)


def answered(line):
    """Reads an answer."""
    said = line.recv(65536)
    while b"\r\n\r\n" not in said:
        more = line.recv(65536)
        if not more:
            raise Failed("Icinga closed a connection")
        said += more
    head, _, body = said.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise Failed(f"Icinga says {said[:200]!r}")
    length = next(int(one[15:]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += line.recv(65536)


def drive(port, hosts, until, out):
    """Sends results over one connection, each after the answer to the one before."""
    requests = [result(host) for host in hosts]
    took = []
    with connect(port) as line:
        while True:
            for one in requests:
                began = time.monotonic()
                if began >= until:
                    out.put(took)
                    return
                line.sendall(one)
                answered(line)
                took.append((time.monotonic() - began) * 1000)


class Server:
    def __init__(self):
        place = folder()
        for name in ("data/certs", "log", "cache", "spool", "run"):
            os.makedirs(os.path.join(place, name))
        certificate, key = (os.path.join(place, "data/certs/bench." + end) for end in ("crt", "key"))
        subprocess.run(
            [program("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=bench", "-keyout", key, "-out", certificate],
            check=True, capture_output=True,
        )
        os.symlink("bench.crt", os.path.join(place, "data/certs/ca.crt"))
        self.port = free_port()
        conf = os.path.join(place, "icinga2.conf")
        with open(conf, "w", encoding="ascii") as file:
            file.write(CONFIGURATION % {"port": self.port, "hosts": HOSTS})
        places = {
            "DataDir": "data", "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool", "InitRunDir": "run",
            "PidPath": "run/pid", "StatePath": "data/state", "ModAttrPath": "data/attributes",
            "ObjectsPath": "cache/objects", "VarsPath": "cache/vars", "ConfigDir": ".",
        }
        constants = [f"-DConfiguration.{name}={os.path.join(place, where)}" for name, where in places.items()]
        constants += ["-DConfiguration.RunAsUser=root", "-DConfiguration.RunAsGroup=root"] if os.getuid() == 0 else []
        command = [program("icinga2", PACKAGE), "daemon", "-c", conf, *constants]
        self.pid_file = os.path.join(place, "run/pid")
        self.process = Process(command, os.path.join(place, "out"))
        self.process.listens(self.port, 60)
        self.process.wait_until(lambda: "Activated all objects" in self.process.said(), 60)

    def stop(self):
        self.process.stop()


class Passive(Contestant):
    """Passive results over a few connections that stay."""

    CONNECTIONS = 8
    SECONDS = 5

    def __init__(self):
        self.name = f"Icinga {version(PACKAGE)}: passive results"
        self.server = None

    def start(self, place):
        self.server = Server()

    def measure(self):
        took, cost = self.server.process.cost(self.drive, len)
        return {
            "rate": len(took) / self.SECONDS, "median": percentile(took, 0.5), "p99": percentile(took, 0.99), "cpu_us": cost,
        }

    def drive(self):
        """How long each answer took, in order of that."""
        out = multiprocessing.Queue()
        until = time.monotonic() + self.SECONDS
        share = HOSTS // self.CONNECTIONS
        drivers = [
            multiprocessing.Process(
                target=drive, args=(self.server.port, range(one * share, (one + 1) * share), until, out), daemon=True
            )
            for one in range(self.CONNECTIONS)
        ]
        for driver in drivers:
            driver.start()
        took = sorted(one for _ in drivers for one in out.get(timeout=self.SECONDS + 30))
        for driver in drivers:
            driver.join()
        return took

    def stop(self):
        if self.server:
            self.server.stop()


class Freshness(Contestant):
    """Hosts that are silent from one instant on; the stream of events says when Icinga noticed."""

    TTL = 8
    PATIENCE = 60

    def __init__(self, silent):
        self.silent = min(silent, HOSTS)
        self.name = f"Icinga {version(PACKAGE)}: freshness"
        self.server = None

    def start(self, place):
        self.server = Server()

    def measure(self):
        # All are up, whatever they were before.
        self.tell(3600)
        late = []
        last = {}
        ready = threading.Event()
        listener = threading.Thread(target=self.listen, args=(last, late, ready))
        listener.start()
        ready.wait(10)
        last.update(self.tell(self.TTL))
        listener.join()
        if not late:
            raise Failed("nothing was noticed")
        return delays(late) | {"missing": self.silent - len(late)}

    def tell(self, ttl):
        """Says of each that it is here; gives when that was taken."""
        times = {}
        with connect(self.server.port) as line:
            for host in range(self.silent):
                line.sendall(result(host, ttl))
                answered(line)
                times[f"h{host}"] = time.monotonic()
        return times

    def listen(self, last, late, ready):
        until = time.monotonic() + self.TTL + self.PATIENCE
        seen = set()
        with connect(self.server.port) as line:
            line.sendall(request("/v1/events", {"queue": "bench", "types": ["StateChange"]}))
            line.settimeout(1)
            ready.set()
            rest = b""
            while len(seen) < self.silent and time.monotonic() < until:
                try:
                    rest += line.recv(1 << 20)
                except TimeoutError:
                    continue
                now = time.monotonic()
                *lines, rest = rest.split(b"\n")
                for one in lines:
                    if not one.startswith(b"{"):
                        continue
                    event = json.loads(one)
                    host = event["host"]
                    if event["state"] != 0 and host in last and host not in seen:
                        seen.add(host)
                        late.append((now - last[host] - self.TTL) * 1000)

    def stop(self):
        if self.server:
            self.server.stop()
