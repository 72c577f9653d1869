"""Ten thousand transitions at once, on a hundred consoles."""
from ours.screens import Screens
from rounds import Figure, Row

AGENTS = 10_000
SCREENS = 100
# What the console asks for: the rows of a tall screen, and some screens more to scroll into.
WINDOW = 500


def delays_by_5_ms_at_the_most(medians):
    if len(medians) != 4:
        return None
    rows, rows_beside, tables, tables_beside = medians.values()
    return rows_beside["p99"] - rows["p99"] <= 5 and tables_beside["p99"] - tables["p99"] <= 5


SCREENS_ROW = Row(
    name="screens",
    title=f"{AGENTS:,} transitions at one instant to {SCREENS} consoles",
    figures=[
        Figure("median", "from transition to screen, median", "ms", "less"),
        Figure("p99", "99 %", "ms"),
        Figure("worst", "worst", "ms"),
        Figure("bytes", "a transition", "bytes"),
        Figure("seen", "seen by the one that saw fewest"),
        Figure("snapshots", "snapshots sent anew"),
        Figure("held", "server's memory grew by", "MB"),
    ],
    contestants=lambda: [
        Screens(AGENTS, SCREENS), Screens(AGENTS, SCREENS, slow=10, stalled=10),
        Screens(AGENTS, SCREENS, window=WINDOW), Screens(AGENTS, SCREENS, slow=10, stalled=10, window=WINDOW),
    ],
    goals=[
        ("99 % within 50 ms, at 8 bytes or less", lambda m: all(
            of["p99"] <= 50 and of["bytes"] <= 8 for of in m.values()
        ) if m else None),
        ("slow and stalled ones delay the others by 5 ms at the most", delays_by_5_ms_at_the_most),
    ],
    notes=[
        "The server was restarted and nobody came back, so that all have one deadline. From the time in each transition to its"
        " arrival at each console, all on the same cores; the feed's own wait is in it. A slow one takes a message a second, a stalled one takes nothing after its first snapshot; both have 4 KB of socket"
        " buffer. They are not in the figures: how the others fare beside them is. Memory is what the process holds after"
        " the round beyond what it held before the consoles came.",
        "Screens follow every row; tables, as the console has them, a window: what a transition takes there is all that a"
        " table was sent meanwhile (rows, counts, the latest transitions), divided by the transitions of the fleet.",
    ],
    rounds=3,
)
