"""The database and heartbeats have nothing to do with each other."""
from ours.writes import SECONDS, Writes
from rounds import Figure, Row

WRITES = Row(
    name="writes",
    title="Rows that heartbeats write into the database",
    figures=[
        Figure("for_each", "rows for each heartbeat", "", "less"),
        Figure("beats", "heartbeats"),
        Figure("load", "rows meanwhile"),
        Figure("rest", "rows at rest, as long"),
    ],
    contestants=lambda: [Writes()],
    # Engine time each second and a checkpoint each minute are written whether anybody reports or not.
    goals=[("0 for a heartbeat", lambda m: all(of["for_each"] < 0.001 for of in m.values()) if m else None)],
    notes=[
        f"Inserted, updated and deleted rows of all tables by Postgres's own counters, {SECONDS} s at rest and {SECONDS} s"
        " under as many heartbeats as are answered. What is written at rest is engine time, each second, and a checkpoint"
        " of each partition, each minute.",
    ],
    rounds=1,
)
