"""Consoles of ours that watch while a fleet falls silent at one instant.

The instant is that of a restart to which nobody comes back: from then on all agents have the same deadline (rule 6).
"""
import time

from driven import Driven
from ours.fleet import Fleet
from started import Failed

# Most of a lease of fifteen seconds.
SILENT_FOR = 8
# Leases last seconds here, and what a restart adds to them is in minutes of the settings, which last one.
ALL_SILENT_WITHIN = 120


class Screens(Fleet):
    """So many that keep up, and some beside them that do not."""

    def __init__(self, agents, screens, slow=0, stalled=0, window=None):
        what = f"tables of {window} rows" if window else "screens"
        beside = f", beside {slow} slow and {stalled} stalled" if slow or stalled else ""
        super().__init__(f"Rollcall: {screens} {what}{beside}", "steady", agents, "--for", "6s")
        self.flags = ["--screens", screens, "--slow", slow, "--stalled", stalled, "--agents", agents]
        if window:
            self.flags += ["--window", window]
        # How many of all one screen is told of by name.
        self.shown = window or agents
        self.ours = not beside and not window
        self.screens = None

    def measure(self):
        self.run()
        # So that what each has left of its own lease is less than what all are given.
        time.sleep(SILENT_FOR)
        self.server.process.stop()
        self.server.again()
        before = self.server.process.resident()
        self.screens = Driven("bench-screens", self.server.address, "--cookie", self.server.cookie, *self.flags)
        if (online := self._online()) != self.agents:
            raise Failed(f"{online} of {self.agents} are online when the consoles are there")
        began = time.monotonic()
        while self._online():
            if time.monotonic() - began > ALL_SILENT_WITHIN:
                raise Failed("agents are still online")
            time.sleep(0.2)
        told = self.screens.measure()
        held = self.server.process.resident() - before
        self.screens.stop()
        if told["seen"] != self.shown:
            raise Failed(f"a console saw {told['seen']} of {self.shown} go offline")
        return told | {"held": held / 1048576}

    def _online(self):
        return self.server.call("GET", "/api/v1/status")["picture"]["online"]

    def stop(self):
        if self.screens:
            self.screens.stop()
        super().stop()
