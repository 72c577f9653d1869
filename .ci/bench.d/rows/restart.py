"""A start on a million agents."""
from ours.restart import AGENTS, STEADY, Restart
from rounds import Figure, Row


def _most(key, limit):
    return lambda m: all(of[key] <= limit for of in m.values()) if m else None


RESTART = Row(
    name="restart",
    title=f"A start with {AGENTS:,} agents",
    figures=[
        Figure("stopped", "after a stop", "ms", "less"),
        Figure("killed", "after a SIGKILL", "ms", "less"),
        Figure("false", "falsely offline"),
        Figure("resident", "resident after it", "MB"),
        Figure("cpu", "CPU from the kill on", "s"),
    ],
    contestants=lambda: [
        Restart("SQLite, all online"),
        Restart("Postgres, all online", postgres=True),
        Restart("SQLite, leases of 15 s", strict=True),
    ],
    goals=[
        ("from SQLite within 1 s", lambda m: m["SQLite, all online"]["killed"] <= 1_000),
        ("from Postgres within 3 s", lambda m: m["Postgres, all online"]["killed"] <= 3_000),
        ("nobody falsely offline", _most("false", 0)),
    ],
    notes=[
        "From the start of the process to its first listening. The rows are as enrolments and registrations leave them, with"
        f" checkpoints; {STEADY:,} real agents of `rollcall-fleet` send a heartbeat every 2 s while the server is killed.",
    ],
    rounds=3,
)
