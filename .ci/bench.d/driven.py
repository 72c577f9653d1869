"""A client of `server/bench`: it gets ready, and measures a round for each line on its input."""
import json
import os
import subprocess

from started import Failed, _end_with_parent

BIN = os.environ.get("ROLLCALL_BENCH_BIN", os.path.join("target", "release"))
# Enrolling ten thousand agents takes a minute where the disk is slow.
READY = 600


def binary(name):
    return os.path.join(BIN, name)


class Driven:
    def __init__(self, name, *flags):
        self.name = name
        command = [binary(name), *map(str, flags)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=_end_with_parent,
        )
        self._line()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise Failed(f"{self.name} ended: {self.process.stderr.read()[-600:]}")
        return line

    def measure(self, seconds=""):
        """A round, of its usual length or of so many seconds."""
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def warm_up(self):
        """The first contact of each agent says which settings it applied, which happens once and is no heartbeat's cost."""
        self.measure(3)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def answers(told):
    return told["answers"]


def in_a_second(told):
    """What a client of requests and answers said, by the names of the rows."""
    if told.get("failed"):
        raise Failed(f"{told['failed']} requests failed")
    return {key: told[key] for key in ("rate", "median", "p99")}
