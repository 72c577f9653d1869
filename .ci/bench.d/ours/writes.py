"""What heartbeats write into the database, by its own counters: Postgres counts each row that is written."""
import os
import subprocess
import time

from driven import Driven
from ours.server import Server
from rounds import Contestant
from started import Failed, Missing

AGENTS = 1_000
SECONDS = 60
# What all tables together had inserted, updated and deleted. Writers report it within a second of being done.
COUNTERS = "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"
BY_TABLE = (
    "select relname || ' ' || (n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_user_tables"
    " where n_tup_ins + n_tup_upd + n_tup_del > 0"
)
REPORTED = 2


class Writes(Contestant):
    ours = True

    def __init__(self):
        self.name = "Rollcall on Postgres"
        self.server = self.client = self.database = None

    def start(self, place):
        # It ends by itself when this program does.
        self.database = subprocess.run(
            [".ci/postgres", "start", str(os.getpid())], capture_output=True, text=True, check=True
        ).stdout.strip()
        if not self.database:
            raise Missing("Postgres is not installed: sudo apt-get install postgresql")
        self.server = Server(place, "--database", self.database)
        token = self.server.token(AGENTS)
        self.client = Driven(
            "bench-beats", self.server.address, "--token", token, "--agents", AGENTS, "--seconds", SECONDS
        )
        self.client.warm_up()
        # Those who were just enrolled are still being written.
        time.sleep(5)

    def ask(self, query):
        folder = self.database.split("host=")[1]
        asked = subprocess.run(
            ["psql", "-h", folder, "-U", "postgres", "-tAc", query], capture_output=True, text=True, check=False
        )
        if asked.returncode:
            raise Failed(asked.stderr)
        return asked.stdout.split("\n")

    def written(self):
        time.sleep(REPORTED)
        return int(self.ask(COUNTERS)[0])

    def measure(self):
        before = self.written()
        time.sleep(SECONDS)
        rest = self.written()
        tables = dict(line.rsplit(" ", 1) for line in self.ask(BY_TABLE) if line)
        told = self.client.measure()
        after = self.written()
        for line in self.ask(BY_TABLE):
            if line:
                table, count = line.rsplit(" ", 1)
                if more := int(count) - int(tables.get(table, 0)):
                    print(f"    {table}: {more}", flush=True)
        extra = max(0, (after - rest) - (rest - before))
        return {
            "for_each": extra / told["answers"], "beats": told["answers"], "rest": rest - before, "load": after - rest,
        }

    def stop(self):
        for one in (self.client, self.server):
            if one:
                one.stop()
        if self.database:
            subprocess.run([".ci/postgres", "stop", self.database], check=False)
