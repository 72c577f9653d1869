"""Programs that a row starts: on loopback, with their data in a temporary folder, and ended whatever happens."""
import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# What a program may take to end by itself before it is killed.
ENDING = 5
PR_SET_PDEATHSIG = 1
# Between two looks whether a program is ready.
LOOK_AGAIN = 0.005

_folders = []


class Missing(Exception):
    """What a contestant needs is not here; the text says what, and how to get it."""


class Failed(Exception):
    """A contestant did not do what it was started for."""


def program(name, package):
    """The path of a program of one of Debian's packages."""
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not found:
        raise Missing(f"{name} is not installed: sudo apt-get install {package}")
    return found


def version(package):
    """The version of an installed package of Debian."""
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return asked.stdout.split("-")[0].split(":")[-1] if asked.returncode == 0 else "?"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def folder():
    """A temporary folder, which is gone when this program is."""
    made = tempfile.mkdtemp(prefix="rollcall-bench-")
    _folders.append(made)
    return made


@atexit.register
def _tidy():
    for made in _folders:
        shutil.rmtree(made, ignore_errors=True)


def _end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A program at work. It ends with this one, also where this one is killed."""

    def __init__(self, command, log, **more):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent,
                start_new_session=True, **more,
            )
        atexit.register(self.stop)

    @property
    def pid(self):
        return self.process.pid

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_until(self, ready, seconds=30):
        """Waits until `ready()` is true; a program that ends before that has failed."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Failed(f"it ended with {self.process.returncode}: {self.said()[-600:]}")
            if ready():
                return
            time.sleep(LOOK_AGAIN)
        raise Failed(f"it was not ready within {seconds} s: {self.said()[-600:]}")

    def listens(self, port, seconds=30):
        self.wait_until(lambda: _takes(port), seconds)

    def ends(self, seconds):
        """Waits until it has ended by itself; stops it after so long."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Failed(f"it had not ended within {seconds:.0f} s: {self.said()[-600:]}") from None

    def cpu_seconds(self):
        """Of it and of what it started itself and still has."""
        ticks = 0
        for one in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{one}/stat", encoding="utf-8", errors="replace") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except OSError:
                # It ended meanwhile.
                continue
            # It leads its own group: fields are counted from the state on, the third.
            if int(fields[2]) == self.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def cost(self, act, count):
        """What `act` gives, and the CPU in microseconds that it took this program for each of `count(that)`."""
        before = self.cpu_seconds()
        gave = act()
        spent = self.cpu_seconds() - before
        return gave, spent * 1e6 / count(gave)

    def resident(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))

    def kill(self):
        """As a crash ends it."""
        self.process.kill()
        self.process.wait()

    def stop(self, ending=ENDING):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(ending)
        except subprocess.TimeoutExpired:
            pass
        # And what it started itself, where it left that behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()


def _takes(port):
    with socket.socket() as one:
        one.settimeout(0.2)
        return one.connect_ex(("127.0.0.1", port)) == 0
