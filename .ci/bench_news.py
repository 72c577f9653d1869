#!/usr/bin/env python3
"""News for ten thousand agents: what a save costs, and what telling them costs those who send heartbeats.

Called by `.ci/bench` with the server's binary. This program is all the agents: they enrol and register by the API and are
online. Half listen on a port that refuses, half on one that takes the connection and says nothing, which is the worst that
a network does to who connects. One of them sends heartbeats all the time, over one connection.
"""
import http.client
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

AGENTS = int(os.environ.get("ROLLCALL_BENCH_AGENTS", "10000"))
# Beats in a row are as many as are needed to see the hundredth that took longest.
BEATS = 1_000
HANDS = 4


class Server:
    def __init__(self, program, data):
        self.announced = os.path.join(data, "announce.json")
        self.log = open(os.path.join(data, "log"), "ab")
        flags = ["--listen", "127.0.0.1:0", "--data", data, "--announce", self.announced]
        self.process = subprocess.Popen([program, *flags], stdout=self.log, stderr=self.log)
        while not os.path.exists(self.announced) or not os.path.getsize(self.announced):
            if self.process.poll() is not None:
                sys.exit(f"the server did not start: see {self.log.name}")
            time.sleep(0.05)
        with open(self.announced, encoding="utf-8") as file:
            said = json.load(file)
        self.at = said["url"].removeprefix("http://").rstrip("/")
        self.setup = said["setup_url"].rsplit("#")[1]
        self.cookie = ""

    def connect(self):
        return http.client.HTTPConnection(self.at, timeout=60)

    def call(self, connection, method, path, body=None, **headers):
        headers["origin"] = f"http://{self.at}"
        if self.cookie and "authorization" not in headers:
            headers["cookie"] = self.cookie
        if body is not None:
            headers["content-type"] = "application/json"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text[:300]}")
        if cookie := answer.getheader("set-cookie"):
            self.cookie = cookie.split(";")[0]
        return json.loads(text) if text else None


class Agent:
    def __init__(self, server, connection, number, token, port):
        self.boot = f"{number + 1:08x}"
        self.sequence = 0
        self.version = 1
        enrolled = server.call(connection, "POST", "/api/agent/v1/enroll", {
            "token": token, "key": secrets.token_hex(32), "host_name": f"agent-{number}", "platform": "Linux",
            "machine_id": f"machine-{number}",
        })
        self.credential = f"Bearer {enrolled['agent']}.{enrolled['secret']}"
        self.say(server, connection, "register", reason="install", machine_id=f"machine-{number}",
                 host_name=f"agent-{number}", platform="Linux", agent_version="0.1.0", local_address="127.0.0.1",
                 notify_port=port)

    def say(self, server, connection, call, **more):
        self.sequence += 1
        body = {"boot": self.boot, "sequence": self.sequence, "applied": self.version, **more}
        return server.call(connection, "POST", f"/api/agent/v1/{call}", body, authorization=self.credential)


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


def beats(server, connection, agent):
    took = []
    for _ in range(BEATS):
        began = time.perf_counter()
        agent.say(server, connection, "heartbeat")
        took.append((time.perf_counter() - began) * 1_000)
    took.sort()
    return statistics.median(took), took[len(took) * 99 // 100], took[-1]


def main():
    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as data:
        server = Server(sys.argv[1], data)
        try:
            measure(server)
        finally:
            server.process.terminate()
            server.process.wait(30)


def measure(server):
    connection = server.connect()
    person = {"name": "ada", "password": "correct horse battery staple"}
    server.call(connection, "POST", "/api/v1/setup", {"token": server.setup, **person})
    server.call(connection, "POST", "/api/v1/session", person)
    token = server.call(connection, "POST", "/api/v1/tokens", {"uses": AGENTS, "hours": 1})["secret"]
    mute = Mute()
    mute.start()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()[1]

    agents = []

    def enrol(hand):
        line = server.connect()
        for number in range(hand, AGENTS, HANDS):
            agents.append(Agent(server, line, number, token, mute.port if number % 2 else refusing))

    hands = [threading.Thread(target=enrol, args=(hand,)) for hand in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    if len(agents) < AGENTS:
        sys.exit("not all agents could be enrolled")

    quiet = beats(server, connection, agents[0])
    settings = server.call(connection, "GET", "/api/v1/settings")["in_force"]["settings"]
    # Nobody sends heartbeats by these: all who may be connected to are told first, and by all places.
    settings["heartbeat"] = False
    began = time.perf_counter()
    server.call(connection, "PUT", "/api/v1/settings", settings, **{"if-match": '"1"'})
    saved = (time.perf_counter() - began) * 1_000
    before = mute.taken
    told = beats(server, connection, agents[0])
    rollout = server.call(connection, "GET", "/api/v1/rollouts/settings.2")

    def row(what, value):
        print(f"    {what:<58} {value:>26}")

    def shown(three):
        return " / ".join(f"{one:.2f}" for one in three) + " ms"

    row(f"a save with {AGENTS} agents, from the call to its answer", f"{saved:.0f} ms")
    row("a heartbeat with nothing else to do: median / 99 % / worst", shown(quiet))
    row("the same while they are told", shown(told))
    row("connections that were taken and not answered meanwhile", mute.taken - before)
    row("agents in the roll-out", rollout["concerned"])


main()
