"""A server of our own, and who is there: an admin, and agents that are really enrolled."""

import itertools
import json
import os
import secrets
import subprocess
import tempfile
import time
from pathlib import Path

import requests

NAME = "ada"
PASSWORD = "correct horse battery staple"
# Against hanging, never against slowness: a debug build on a busy machine starts within seconds.
PATIENCE_S = 60


class Server:
    """The server's binary on a free port of the loopback, with an empty folder."""

    def __init__(self, binary: Path, log: Path):
        self.home = tempfile.TemporaryDirectory(prefix="rollcall-schema.")
        self.log = log
        announce = Path(self.home.name, "announce.json")
        command = [binary, "--listen", "127.0.0.1:0", "--data", Path(self.home.name, "data"), "--announce", announce]
        # Each call says that it comes from an address of its own: who guesses wrong too often has to wait.
        command += ["--trusted-proxy", "127.0.0.0/8"]
        # Nothing of the environment may turn it into another server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=self.home.name)
        for _ in range(PATIENCE_S * 20):
            if announce.exists() and announce.stat().st_size > 0:
                break
            if self.process.poll() is not None:
                raise SystemExit(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.05)
        self.announced = json.loads(announce.read_text())

    def stop(self) -> list[str]:
        """Ends it as systemd would; what was wrong with it."""
        wrong = []
        if self.process.poll() is not None:
            wrong.append(f"the server was gone before it was told to stop (status {self.process.returncode})")
        self.process.terminate()
        try:
            if self.process.wait(PATIENCE_S) != 0 and not wrong:
                wrong.append(f"the server ended with status {self.process.returncode}")
        except subprocess.TimeoutExpired:
            self.process.kill()
            wrong.append("the server did not end on SIGTERM")
        if "panicked" in self.log.read_text(errors="replace"):
            wrong.append(f"the server panicked: {self.log}")
        self.home.cleanup()
        return wrong


class Agent:
    """An agent that the server knows, as far as calls go."""

    def __init__(self, world: "World"):
        body = {
            "token": world.enrolment_token,
            "key": secrets.token_hex(32),
            "host_name": "web-1",
            "platform": "Debian GNU/Linux 12 (bookworm)",
            "machine_id": secrets.token_hex(16),
        }
        enrolled = world.call("POST", "/api/agent/v1/enroll", body)
        self.id = enrolled["agent"]
        self.credential = f"Bearer {self.id}.{enrolled['secret']}"
        self.machine_id = body["machine_id"]
        self.boot = secrets.token_hex(4)
        self.sequence = 0
        register = {
            **self.fence(),
            "reason": "start",
            "machine_id": self.machine_id,
            "host_name": body["host_name"],
            "platform": body["platform"],
            "agent_version": "1.0.0",
        }
        world.call("POST", "/api/agent/v1/register", register, {"Authorization": self.credential})

    def fence(self) -> dict:
        """That of its next call."""
        self.sequence += 1
        return {"boot": self.boot, "sequence": self.sequence, "applied": 1}


class World:
    """What is true of the server, and what an admin can bring about."""

    def __init__(self, announced: dict):
        self.url = announced["url"]
        self.setup_token = announced["setup_url"].split("#")[1]
        self.first_token = announced["enroll_command"].split("--token ")[1].split(" ")[0]
        self._cookie = None
        self._subject = None
        self._components = itertools.count(1)
        self._domains = itertools.count(1)
        self._enrolment_token = None

    def call(self, verb: str, path: str, body: dict | None = None, headers: dict | None = None) -> dict:
        """One call that has to succeed."""
        headers = {"Origin": self.url, **(headers or {})}
        answer = requests.request(verb, self.url + path, json=body, headers=headers, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def sign_in(self) -> str:
        """The cookie of a new session."""
        body = {"name": NAME, "password": PASSWORD}
        answer = requests.post(self.url + "/api/v1/session", json=body, headers={"Origin": self.url}, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.headers["set-cookie"].split(";")[0]

    @property
    def cookie(self) -> str:
        """The admin's."""
        if self._cookie is None:
            self._cookie = self.sign_in()
        return self._cookie

    def ask(self, verb: str, path: str, body: dict | None = None, headers: dict | None = None) -> dict:
        """One call of the admin's that has to succeed."""
        return self.call(verb, path, body, {"Cookie": self.cookie, **(headers or {})})

    def token(self) -> dict:
        """A new enrolment token."""
        return self.ask("POST", "/api/v1/tokens", {"uses": 100_000, "hours": 24})

    def display(self) -> str:
        """The token of a new display."""
        return self.ask("POST", "/api/v1/displays", {"name": "NOC, left"})["secret"]

    def display_cookie(self) -> str:
        """The cookie of a new display."""
        body, headers = {"token": self.display()}, {"Origin": self.url}
        answer = requests.post(self.url + "/api/v1/session/display", json=body, headers=headers, timeout=PATIENCE_S)
        answer.raise_for_status()
        return answer.headers["set-cookie"].split(";")[0]

    @property
    def enrolment_token(self) -> str:
        """One for whoever is to be enrolled."""
        if self._enrolment_token is None:
            self._enrolment_token = self.token()["secret"]
        return self._enrolment_token

    def subject(self) -> str:
        """News that are queued: of the settings, saved as they are, for whoever is enrolled by then."""
        if self._subject is None:
            in_force = self.settings()
            body = {"unreachable_network": [], "dial_own_addresses_in": [], **in_force["settings"]}
            saved = self.ask("PUT", "/api/v1/settings", body, {"If-Match": f'"{in_force["version"]}"'})
            self._subject = f"settings.{saved['in_force']['version']}"
        return self._subject

    def component(self) -> dict:
        """Name and version of a new component, whose bytes the server has."""
        named = {"name": "antivirus", "version": f"1.{next(self._components)}"}
        headers = {"Origin": self.url, "Cookie": self.cookie, "Content-Type": "application/octet-stream"}
        path = f"/api/v1/components/{named['name']}/versions/{named['version']}"
        answer = requests.put(self.url + path, data=path.encode(), headers=headers, timeout=PATIENCE_S)
        answer.raise_for_status()
        return named

    def domain(self) -> int:
        """A new domain below the first, with nothing in it."""
        return self.ask("POST", "/api/v1/domains", {"name": f"Berlin {next(self._domains)}", "parent": 1})["id"]

    def settings(self) -> dict:
        """The version in force."""
        return self.ask("GET", "/api/v1/settings")["in_force"]
