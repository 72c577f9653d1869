"""Mosquitto: a client for each agent, with a last will, which the broker publishes when the client fell silent.

The broker waits one and a half times the keep-alive that the client named (MQTT 3.1.1, section 3.1.2.10); from then on it
is late.
"""
import os
import socket
import struct
import threading
import time

from figures import delays
from rounds import Contestant
from started import Failed, Process, free_port, program, version

PACKAGE = "mosquitto"
KEEP_ALIVE = 6
PATIENCE = 60


def packet(kind, body):
    length, out = len(body), bytearray([kind])
    while True:
        length, digit = divmod(length, 128)
        out.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(out) + body


def text(value):
    return struct.pack(">H", len(value)) + value


def connect(client, keep_alive, will=None):
    flags = 0x02 | (0x04 if will else 0)
    wanted = text(b"gone") + text(will) if will else b""
    return packet(0x10, text(b"MQTT") + bytes([4, flags]) + struct.pack(">H", keep_alive) + text(client) + wanted)


class Wills(Contestant):
    def __init__(self, silent):
        self.name = f"Mosquitto {version(PACKAGE)}: last will"
        self.silent = silent
        self.server = None
        self.lines = []

    def start(self, place):
        self.port = free_port()
        conf = os.path.join(place, "conf")
        with open(conf, "w", encoding="ascii") as file:
            # As it comes, but for the place and for how many may wait for the subscriber: a dropped will is no measurement.
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\n")
        self.server = Process([program("mosquitto", PACKAGE), "-c", conf], os.path.join(place, "log"))
        self.server.listens(self.port)

    def open(self, client, keep_alive, will=None):
        line = socket.create_connection(("127.0.0.1", self.port))
        line.sendall(connect(client, keep_alive, will))
        if line.recv(4)[:1] != b"\x20":
            raise Failed("the broker did not take a client")
        return line

    def measure(self):
        late = []
        last = [0.0] * self.silent
        ready = threading.Event()
        done = threading.Event()
        listener = threading.Thread(target=self.listen, args=(last, late, ready, done))
        listener.start()
        ready.wait(10)
        # Those who wait for the others must not have fallen silent by then; then all ping, and that is the last of them.
        self.lines = []
        for number in range(self.silent):
            self.lines.append(self.open(b"c%d" % number, KEEP_ALIVE, b"%d" % number))
            last[number] = time.monotonic()
        began = time.monotonic()
        for number, line in enumerate(self.lines):
            line.send(b"\xc0\x00")
            last[number] = time.monotonic()
        if time.monotonic() - began > KEEP_ALIVE:
            done.set()
            raise Failed("the machine is too slow to keep so many clients")
        listener.join(KEEP_ALIVE * 1.5 + PATIENCE)
        done.set()
        listener.join()
        for line in self.lines:
            line.close()
        self.lines = []
        return delays(late) | {"missing": self.silent - len(late)}

    def listen(self, last, late, ready, done):
        with self.open(b"listener", 600) as line:
            line.sendall(packet(0x82, b"\x00\x01" + text(b"gone") + b"\x00"))
            ready.set()
            line.settimeout(1)
            rest = b""
            while len(late) < self.silent and not done.is_set():
                try:
                    rest += line.recv(1 << 20)
                except TimeoutError:
                    continue
                now = time.monotonic()
                # Each message is short: kind, length, topic, number.
                while len(rest) >= 2 and len(rest) >= 2 + rest[1]:
                    body, kind, rest = rest[2 : 2 + rest[1]], rest[0], rest[2 + rest[1] :]
                    if kind & 0xF0 == 0x30:
                        number = int(body[6:])
                        late.append((now - last[number] - 1.5 * KEEP_ALIVE) * 1000)

    def stop(self):
        for line in self.lines:
            line.close()
        if self.server:
            self.server.stop()
