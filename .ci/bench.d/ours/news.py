"""News for ten thousand agents: what a save costs, and what telling them costs those who send heartbeats.

This program is all the agents: they enrol and register by the API and are online. Half listen on a port that refuses, half
on one that takes the connection and says nothing, which is the worst that a network does to who connects. One of them sends
heartbeats all the time, over one connection.
"""
import http.client
import json
import secrets
import socket
import threading
import time

from figures import delays
from ours.server import Server
from rounds import Contestant
from started import Failed

AGENTS = 10_000
# Beats in a row are as many as are needed to see the hundredth that took longest.
BEATS = 1_000
HANDS = 4
PLATFORM = "Linux"


class Agent:
    def __init__(self, line, number, token, port):
        self.boot, self.sequence = f"{number + 1:08x}", 0
        enrolled = ask(line, "enroll", {
            "token": token, "key": secrets.token_hex(32), "host_name": f"agent-{number}", "platform": PLATFORM,
            "machine_id": f"machine-{number}",
        })
        self.credential = f"Bearer {enrolled['agent']}.{enrolled['secret']}"
        self.say(line, "register", reason="install", machine_id=f"machine-{number}", host_name=f"agent-{number}",
                 platform=PLATFORM, agent_version="0.1.0", local_address="127.0.0.1", notify_port=port)

    def say(self, line, call, **more):
        self.sequence += 1
        body = {"boot": self.boot, "sequence": self.sequence, "applied": 1, **more}
        return ask(line, call, body, authorization=self.credential)


def ask(line, call, body, **headers):
    line.request("POST", f"/api/agent/v1/{call}", json.dumps(body), headers | {"content-type": "application/json"})
    answer = line.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise Failed(f"{call}: {answer.status} {text[:300]}")
    return json.loads(text) if text else None


class Mute(threading.Thread):
    """Takes connections and says nothing."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.taken = 0

    def run(self):
        held = []
        while True:
            held.append(self.socket.accept()[0])
            self.taken += 1
            # As many as the server ever holds, several times over: the others it has given up.
            del held[:-2_000]


class News(Contestant):
    ours = True
    name = "Rollcall"

    def __init__(self):
        self.server = None

    def start(self, place):
        self.server = Server(place)
        token = self.server.token(AGENTS)
        self.mute = Mute()
        self.mute.start()
        with socket.create_server(("127.0.0.1", 0)) as closed:
            refusing = closed.getsockname()[1]
        self.agents = []

        def enrol(hand):
            line = self.line()
            for number in range(hand, AGENTS, HANDS):
                self.agents.append(Agent(line, number, token, self.mute.port if number % 2 else refusing))

        hands = [threading.Thread(target=enrol, args=(hand,)) for hand in range(HANDS)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        if len(self.agents) < AGENTS:
            raise Failed("not all agents could be enrolled")

    def line(self):
        return http.client.HTTPConnection(self.server.address, timeout=60)

    def beats(self):
        took, line = [], self.line()
        for _ in range(BEATS):
            began = time.perf_counter()
            self.agents[0].say(line, "heartbeat")
            took.append((time.perf_counter() - began) * 1_000)
        return delays(took)

    def measure(self):
        quiet = self.beats()
        settings = self.server.call("GET", "/api/v1/settings")["in_force"]["settings"]
        # Nobody sends heartbeats by these: all who may be connected to are told first, and by all places.
        settings["heartbeat"] = False
        before = self.mute.taken
        began = time.perf_counter()
        self.server.call("PUT", "/api/v1/settings", settings, **{"if-match": '"1"'})
        saved = (time.perf_counter() - began) * 1_000
        told = self.beats()
        rollout = self.server.call("GET", "/api/v1/rollouts/settings.2")
        return {
            "saved": saved, "told": rollout["concerned"], "mute": self.mute.taken - before,
            **{f"quiet_{key}": value for key, value in quiet.items()},
            **{f"told_{key}": value for key, value in told.items()},
        }

    def stop(self):
        if self.server:
            self.server.stop()
