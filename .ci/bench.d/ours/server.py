"""Our server, started as a user starts it, and an admin who makes tokens."""
import contextlib
import http.client
import json
import os
import time

from driven import binary
from started import Failed, Process

ADMIN = {"name": "ada", "password": "correct horse battery staple"}


class Server:
    def __init__(self, place, *flags):
        self.place, self.flags = place, flags
        self.announced = os.path.join(place, "announce.json")
        said = self._launch("127.0.0.1:0")
        self.url = said["url"].rstrip("/")
        self.address = self.url.removeprefix("http://")
        self.cookie = ""
        self.call("POST", "/api/v1/setup", {"token": said["setup_url"].rsplit("#")[1], **ADMIN})
        self.call("POST", "/api/v1/session", ADMIN)

    def _launch(self, listen):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.announced)
        command = [
            binary("rollcall-server"), "--listen", listen, "--data", self.place, "--announce", self.announced, *self.flags,
        ]
        # Nothing of the environment's, which may configure another server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
        self.process = Process(command, os.path.join(self.place, "log"), env=environment)
        self.process.wait_until(lambda: os.path.exists(self.announced) and os.path.getsize(self.announced), 120)
        with open(self.announced, encoding="utf-8") as file:
            return json.load(file)

    def again(self):
        """Starts it again, where it was; gives how many seconds that took."""
        began = time.monotonic()
        self._launch(self.address)
        return time.monotonic() - began

    def call(self, method, path, body=None, **headers):
        headers |= {"origin": self.url, "cookie": self.cookie, "content-type": "application/json"}
        connection = http.client.HTTPConnection(self.address, timeout=60)
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 300:
            raise Failed(f"{method} {path}: {answer.status} {text[:300]}")
        if cookie := answer.getheader("set-cookie"):
            self.cookie = cookie.split(";")[0]
        return json.loads(text) if text else None

    def token(self, uses):
        return self.call("POST", "/api/v1/tokens", {"uses": uses, "hours": 24})["secret"]

    def stop(self):
        self.process.stop()
