"""A server's database with a fleet in it, put there by `bench-fill`, whose agents can be spoken for.

The server is stopped while anything here is at work on its files.
"""
import hashlib
import os
import random
import sqlite3
import subprocess

from driven import binary
from started import Failed, Missing

# Of every agent: as they are enrolled each has one of its own, which here would have to be handed on.
SECRET = "bench" + "A" * 38
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def fill(place, agents):
    """So many agents, all online, heard last when the server was stopped."""
    if not os.path.exists(binary("bench-fill")):
        raise Missing("bench-fill is not built")
    command = [binary("bench-fill"), "--data", place, "--agents", str(agents)]
    filled = subprocess.run(command, capture_output=True, text=True, check=False)
    if filled.returncode:
        raise Failed(f"bench-fill: {filled.stderr[-600:]}")
    with _database(place) as database:
        database.execute("update agents set secret_hash = ?", [hashlib.sha256(SECRET.encode()).digest()])


def agent_id(number):
    """The id that `bench-fill` gives the agent of that number, which it also names by it."""
    bits = (number * 0x9E37_79B9_7F4A_7C15 & 0xFFFF_FFFF_FFFF_FFFF) >> 1
    return "".join(DIGITS[bits >> 5 * place & 31] for place in reversed(range(13)))


def spread(place, seconds):
    """Spreads the last contacts of all agents over so many seconds before the stop, in an order that is not theirs: then
    leases do not end at one instant. Engine time goes on by as much, so that there was such a time."""
    drawn = random.Random(7)
    with _database(place) as database:
        engine_ms = database.execute("select engine_ms from engine_state").fetchone()[0] + seconds * 1_000
        database.execute("update engine_state set engine_ms = ?", [engine_ms])
        for partition, contacts in database.execute("select partition, contacts from contact_checkpoints").fetchall():
            database.execute(
                "update contact_checkpoints set engine_us = ?, contacts = ? where partition = ?",
                [engine_ms * 1_000, _aged(contacts, lambda: drawn.randrange(seconds * 1_000_000)), partition],
            )


def _database(place):
    return sqlite3.connect(os.path.join(place, "rollcall.db"))


def _aged(contacts, age_us):
    """A checkpoint with other ages of the last contacts. Its layout is in `presence/src/checkpoint.rs`."""
    aged = bytearray(contacts[:1])
    at = 1
    while at < len(contacts):
        begins, at = at, _behind(contacts, at + 8)
        age = age_us()
        aged += contacts[begins:begins + 8] + _varint(age)
        rest = at
        at = _behind(contacts, _behind(contacts, at + 5))
        paths = contacts[at].bit_count()
        at += 1
        aged += contacts[rest:at] + _varint(age // 1_000_000) * paths
        for _ in range(paths):
            at = _behind(contacts, at)
    return bytes(aged)


def _behind(contacts, at):
    """The place behind the number that begins at `at`."""
    while contacts[at] & 0x80:
        at += 1
    return at + 1


def _varint(value):
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
