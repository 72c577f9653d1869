"""The console in a browser: how soon it is there, how smoothly it moves, how late it shows what happens, what it holds."""
import os

from ours.console import AGENTS, CELLS, LOADS, MINUTES, SECONDS, TABLE_RATE, WALL_RATE, Console
from rounds import Figure, Row

HOUR = 60


def no_growth(medians):
    """Of an hour alone: two minutes say nothing of it."""
    if float(os.environ.get(MINUTES, 0)) < HOUR:
        return None
    return all(of["heap_grew"] <= of["heap"] * 0.05 for of in medians.values())


CONSOLE = Row(
    name="console",
    title=f"The console in Chromium: a table of {AGENTS:,}, a wall of {CELLS:,}",
    figures=[
        Figure("usable", "from opening to usable, cold cache", "ms", "less", most=800),
        Figure("usable_warm", "the same, warm", "ms"),
        Figure("usable_worst", "worst of the cold ones", "ms"),
        Figure("paint", "first paint, cold cache", "ms", "less", most=200),
        Figure("paint_floor", "of a line of text of the same server", "ms"),
        Figure("paint_warm", "the same, warm", "ms", "less", most=200),
        Figure("page", "files of the first page on the wire, with heads", "KB"),
        Figure("snapshot", "the feed, until the table is there", "KB"),
        Figure("floor_fps", "frames a second of an empty page, the fewest"),
        Figure("floor_worst", "its longest frame", "ms"),
        Figure("scroll_fps", "frames a second, scrolling the table", better="more", least=59),
        Figure("scroll_share", "of the empty page's"),
        Figure("plain_fps", "of a plain page with a table, scrolled as quickly"),
        Figure("scroll_late", "frames over 20 ms", "%"),
        Figure("scroll_worst", "longest frame", "ms"),
        Figure("scroll_task", "the page's main thread, a frame", "ms"),
        Figure("scroll_script", "of that its script", "ms"),
        Figure("scroll_style", "style", "ms"),
        Figure("scroll_layout", "layout", "ms"),
        Figure("awaited", "with a row that the server had yet to tell of", "%"),
        Figure("scroll_rate", "changes a second meanwhile"),
        Figure("wall_fps", "frames a second, the wall", better="more", least=55),
        Figure("wall_share", "of the empty page's"),
        Figure("wall_late", "frames over 20 ms", "%"),
        Figure("wall_worst", "longest frame", "ms"),
        Figure("wall_rate", "changes a second meanwhile"),
        Figure("wall_fps_last", "frames a second of the wall, after all the minutes"),
        Figure("calm_median", "from transition to pixel, after a calm: median", "ms"),
        Figure("calm_p99", "99 %", "ms"),
        Figure("calm_worst", "worst", "ms"),
        Figure("busy_median", "from transition to pixel, in a storm: median", "ms"),
        Figure("busy_p99", "99 %", "ms"),
        Figure("busy_worst", "worst", "ms"),
        Figure("busy_rate", "changes a second meanwhile"),
        Figure("heap", "the wall's heap, JavaScript's and WebAssembly's", "MB"),
        Figure("heap_grew", "grew by", "MB"),
        Figure("process", "the wall's process", "MB"),
        Figure("process_grew", "grew by", "MB"),
        Figure("nodes_grew", "nodes of the wall's document: more by"),
    ],
    contestants=lambda: [Console()],
    goals=[
        (f"the table was scrolled under {TABLE_RATE:,} changes a second", lambda m: all(
            of["scroll_rate"] >= TABLE_RATE * 0.9 for of in m.values()
        ) if m else None),
        (f"the wall was under {WALL_RATE:,} changes a second", lambda m: all(
            of["wall_rate"] >= WALL_RATE * 0.9 for of in m.values()
        ) if m else None),
        ("an hour of the wall without growth (`OPTIONS=\"--minutes 60\"`)", no_growth),
    ],
    notes=[
        f"Chromium of Debian, headless, 1920 x 1080, on the cores that server and agents have too, medians of {LOADS} loads"
        " each. Where the machine has no GPU it draws by the processor: an empty page's frames are the most that there"
        " can be. Frames are animation frames of the page, by their own timestamps.",
        "Everything is real: agents are in the database as enrolments leave them, and what changes is a transition of the"
        f" server, kept in its database. While the table is scrolled leases end, a tenth of all in a second; {SECONDS} s of"
        " that are counted. On the wall, and for the delays, agents say goodbye and come back with a heartbeat.",
        "Usable: the table has its whole length and the rows of the screen, the standing says Live, and a key moved the keyboard to a row. From transition to pixel:"
        " from the server's time of the transition to the end of the frame in which the row is drawn; the screen itself is a"
        " frame later. In a storm a change waits for the feed's beat of 100 ms.",
    ],
    rounds=3,
)
