"""What a heartbeat takes on the wire: a real agent speaks to a real server through a tap that counts."""
import os
import selectors
import socket
import threading
import time

from driven import binary
from figures import median
from ours.server import Server
from rounds import Contestant
from started import Failed, Process

# A minute of the settings lasts a second: a heartbeat each second, nothing else for an hour.
LIVING = ["--minute", "1s", "--heartbeat-every", "1", "--offline-after", "10", "--poll-every", "1440"]
BEATS = 10
PATIENCE = 60
ASKS = b"POST /api/agent/v1/heartbeat "


class Tap(threading.Thread):
    """Passes a connection's bytes on, and notes those of heartbeats and of their answers."""

    def __init__(self, to):
        super().__init__(daemon=True)
        self.to = to
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked, self.answered = [], []

    def run(self):
        while True:
            taken = self.socket.accept()[0]
            threading.Thread(target=self.serve, args=(taken,), daemon=True).start()

    def serve(self, agent):
        host, port = self.to.split(":")
        with agent, socket.create_connection((host, int(port))) as server, selectors.DefaultSelector() as ready:
            ready.register(agent, selectors.EVENT_READ)
            ready.register(server, selectors.EVENT_READ)
            beats = False
            while True:
                for key, _ in ready.select():
                    said = key.fileobj.recv(65536)
                    if not said:
                        return
                    # A heartbeat and its answer are each written in one go, and one at a time.
                    if key.fileobj is agent:
                        beats = said.startswith(ASKS)
                        if beats:
                            self.asked.append(len(said))
                        server.sendall(said)
                    else:
                        if beats:
                            self.answered.append(len(said))
                        agent.sendall(said)


class Wire(Contestant):
    ours = True
    name = "Rollcall"

    def __init__(self):
        self.server = self.agent = None

    def start(self, place):
        self.server = Server(place, *LIVING)
        self.tap = Tap(self.server.address)
        self.tap.start()
        flags = ["--server", f"http://127.0.0.1:{self.tap.port}", "--token", self.server.token(1), "--name", "bench"]
        state = os.path.join(place, "agent")
        log = os.path.join(place, "agent.log")
        self.agent = Process([binary("rollcall-agent"), "enroll", *flags, "--state", state, "--run"], log)

    def measure(self):
        until = time.monotonic() + PATIENCE
        while len(self.tap.answered) < BEATS:
            if time.monotonic() > until:
                raise Failed(f"only {len(self.tap.answered)} heartbeats came: {self.agent.said()[-600:]}")
            time.sleep(0.1)
        return {"asked": median(self.tap.asked), "answered": median(self.tap.answered)}

    def stop(self):
        for one in (self.agent, self.server):
            if one:
                one.stop()
