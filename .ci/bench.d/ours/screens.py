"""Consoles of ours that watch while a fleet falls silent."""
from driven import Driven
from ours.fleet import Fleet


class Screens(Fleet):
    """So many that keep up, and some beside them that do not."""

    def __init__(self, agents, screens, slow=0, stalled=0):
        beside = f", beside {slow} slow and {stalled} stalled" if slow or stalled else ""
        super().__init__(f"Rollcall: {screens} screens{beside}", "outage", agents, "--for", "5s")
        self.flags = ["--screens", screens, "--slow", slow, "--stalled", stalled]
        self.ours = not beside
        self.screens = None

    def start(self, place):
        super().start(place)
        # The first time it also enrols, which is another story.
        self.run()

    def measure(self):
        before = self.server.process.resident()
        self.screens = Driven("bench-screens", self.server.address, "--cookie", self.server.cookie, *self.flags)
        said = self.run()
        told = self.screens.measure()
        held = self.server.process.resident() - before
        self.screens.stop()
        return told | {"held": held / 1048576, "false": said["transitions"]["false"]}

    def stop(self):
        if self.screens:
            self.screens.stop()
        super().stop()
