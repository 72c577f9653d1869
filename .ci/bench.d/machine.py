"""On what it was measured, and what else was at work: figures say nothing without it."""
import os
import platform
import subprocess
import time


def load():
    """How many processes wanted a core, over the last minute."""
    return os.getloadavg()[0]


def _line(path, start):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(start)), "?")


def told(before, lasted):
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    memory = int(_line("/proc/meminfo", "MemTotal").split()[0]) / 1048576
    with open("/etc/os-release", encoding="utf-8") as file:
        system = next(line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME"))
    rust = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1:2]
    return (
        f"{time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC, {lasted / 60:.0f} minutes, of commit {commit}. "
        f"{os.cpu_count()} cores ({_line('/proc/cpuinfo', 'model name')}), {memory:.0f} GB, {system}, "
        f"Linux {platform.release()}, Rust {' '.join(rust)}. "
        f"The load of the machine before the first row was {before:.1f}: of what else ran then."
    )
