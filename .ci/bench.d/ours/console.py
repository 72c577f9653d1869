"""The console in Chromium, before a server with a large fleet. What is measured in the page is in `end2end/bench`."""
import json
import os
import shutil

from ours import filled
from ours.server import Server
from rounds import Contestant
from started import Failed, Missing, Process

AGENTS = int(os.environ.get("ROLLCALL_CONSOLE_AGENTS", 100_000))
CELLS = int(os.environ.get("ROLLCALL_CONSOLE_CELLS", 1_000_000))
# Changes a second of the table while it is scrolled, and of the wall.
TABLE_RATE, WALL_RATE = AGENTS // 10, min(1_000, CELLS // 10)
# How long frames are counted. Of the leases a tenth ends in a second, and some end before and after that.
SECONDS = 6
OVER = 10
# How long the wall is watched for what it holds: `--minutes`.
MINUTES = "ROLLCALL_CONSOLE_MINUTES"
LOADS = 5
# Agents that say goodbye and come back: enough that nobody is back before it was gone for a while.
DRIVEN = 10_000

# Leases that outlast an hour of the wall; and such as end while somebody looks. From its start the server gives them as
# long as is left, since it is more than what a restart gives everybody (rule 6).
LASTING = ["--offline-after", str(7 * 24 * 60)]
UNTIL_THEY_END = 45
ENDING_SOON = ["--minute", "1s", "--heartbeat-every", "5", "--offline-after", str(UNTIL_THEY_END + OVER)]

# A stop in good order writes a million contacts down.
ENDING = 30
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
END2END = "end2end"
PLAYWRIGHT = os.path.join("node_modules", "@playwright", "test", "cli.js")


class Console(Contestant):
    ours = True
    name = "Rollcall"

    def __init__(self):
        self.servers, self.chromium = {}, None

    def start(self, place):
        if not os.access(CHROMIUM, os.X_OK):
            raise Missing(f"there is no Chromium at {CHROMIUM} (CHROMIUM names another): sudo apt-get install chromium")
        if not shutil.which("node") or not os.path.exists(os.path.join(END2END, PLAYWRIGHT)):
            raise Missing("there is no node, or the packages of end2end are not installed: .ci/tools bench")
        self.place = place
        for name, agents, flags in [
            ("table", AGENTS, LASTING), ("scroll", AGENTS, ENDING_SOON), ("wall", CELLS, LASTING),
        ]:
            data = os.path.join(place, name)
            os.mkdir(data)
            server = self.servers[name] = Server(data, *flags)
            # It makes the token that the agents are enrolled by.
            server.token(1)
            server.process.stop(ENDING)
            filled.fill(data, agents)
        filled.spread(os.path.join(place, "scroll"), OVER)
        shutil.copytree(os.path.join(place, "scroll"), os.path.join(place, "scroll-before"))

    def measure(self):
        parts = [part() for part in (self.table, self.scroll, self.wall)]
        _, scroll, wall = parts
        told = {}
        for part in parts:
            told |= part
        return told | {
            # Each beside the empty page that was measured just before it.
            "scroll_share": scroll["scroll_fps"] / scroll["floor_fps"],
            "wall_share": wall["wall_fps"] / wall["floor_fps"],
            "floor_fps": min(part["floor_fps"] for part in parts),
            "floor_worst": max(part["floor_worst"] for part in parts),
        }

    def table(self):
        driven = [filled.agent_id(number) for number in range(1, min(AGENTS, 1_000) + 1)]
        return self.look("table", driven=driven, rate=min(1_000, len(driven)))

    def scroll(self):
        """All online again, as they were before their leases ended."""
        server = self.servers["scroll"]
        shutil.rmtree(server.place)
        shutil.copytree(f"{server.place}-before", server.place)
        return self.look("scroll", rate=TABLE_RATE)

    def wall(self):
        step = max(1, CELLS // DRIVEN)
        driven = [filled.agent_id(number) for number in range(1, CELLS + 1, step)]
        return self.look("wall", driven=driven, rate=WALL_RATE)

    def look(self, part, **more):
        """A part of it, at its server, which runs meanwhile."""
        server = self.servers[part]
        server.again()
        minutes = float(os.environ.get(MINUTES, 2))
        asked = {
            "part": part, "url": server.url, "cookie": server.cookie, "secret": filled.SECRET, "driven": [],
            "agents": CELLS if part == "wall" else AGENTS, "loads": LOADS, "seconds": SECONDS, "minutes": minutes,
        }
        try:
            return self.play(asked | more, 600 + minutes * 60)
        finally:
            server.process.stop(ENDING)

    def play(self, asked, seconds):
        files = {name: os.path.join(self.place, f"{asked['part']}.{name}") for name in ("asked", "told", "log")}
        with open(files["asked"], "w", encoding="utf-8") as file:
            json.dump(asked, file)
        environment = os.environ | {
            "CHROMIUM": CHROMIUM, "ROLLCALL_BENCH_ASKED": files["asked"], "ROLLCALL_BENCH_TOLD": files["told"],
        }
        command = [
            "node", PLAYWRIGHT, "test", "--project=bench", "--reporter=line", "--workers=1",
            "--output", os.path.join(self.place, "playwright"),
        ]
        for name in ("told", "log"):
            open(files[name], "w", encoding="utf-8").close()
        self.chromium = Process(command, files["log"], cwd=END2END, env=environment)
        self.chromium.ends(seconds)
        with open(files["told"], encoding="utf-8") as file:
            said = file.read()
        if not said:
            raise Failed(f"{asked['part']}: {self.chromium.said()[-1_500:]}")
        return json.loads(said)

    def stop(self):
        for one in [self.chromium, *self.servers.values()]:
            if one:
                one.stop()
