"""What a contact and a deadline are made of."""
from ours.parts import Instructions, Million, Parts
from rounds import Figure, Row

INSTRUCTIONS = Row(
    name="instructions",
    title="Instructions for a contact",
    figures=[Figure("each", "instructions for one", "", "less")],
    contestants=lambda: [
        Instructions("Rollcall: a heartbeat over HTTP", "http", ours=True),
        Instructions("floor: axum, an empty handler", "floor"),
        Instructions("Rollcall: over UDP", "udp"),
        Instructions("of that the client's: a packet made and signed", "packets"),
    ],
    notes=[
        "By callgrind, from the bytes of the request to those of the answer, through hyper and the whole router, over a pipe"
        " in memory: without the kernel, with the client that writes and reads the bytes. Over UDP by the server's thread and"
        " socket, one packet after the other.",
    ],
    rounds=2,
)

MILLION = "deadlines of 1,000,000"

PARTS = Row(
    name="parts",
    title="Parts by themselves",
    figures=[
        Figure("contact, an agent after the other", "a contact of one of 15,625 agents", "ns"),
        Figure("credential of one of 100,000", "a credential checked, of 100,000", "ns"),
        Figure("heartbeat read", "a heartbeat read from JSON", "ns"),
        Figure("answer written", "its answer written", "ns"),
        Figure("an address in 5,000 ranges", "an address looked up in 5,000 ranges", "ns"),
        Figure("checkpoint of a partition of 15,625/written", "a checkpoint of 15,625 agents written", "ns"),
        Figure("checkpoint of a partition of 15,625/read", "and read", "ns"),
        *(
            Figure(f"{MILLION}/{how}: {what}", f"a million deadlines, {how}, {what}", "ns")
            for what in ("nobody due", "100,000 due") for how in ("in use", "scan of a column", "hashed wheel")
        ),
    ],
    contestants=lambda: [Parts()],
    notes=["By criterion: medians of its samples."],
    rounds=1,
)


def _late(name):
    """DESIGN: p99 <= 25 ms idle, <= 100 ms under half load."""
    said = f"deadline to transition, {name}"
    most = 25 if name == "idle" else 100
    return [
        Figure(f"{said}: median", f"{said}: median", "ms"),
        Figure(f"{said}: p99", "99 %", "ms", "less", most),
        Figure(f"{said}: worst", "worst", "ms"),
        Figure(f"{said}: transitions", "transitions"),
    ]


MILLION_ROW = Row(
    name="million",
    title="A million agents in memory, without sockets",
    figures=[
        Figure("memory of an agent: engine (cells, owner, deadlines)", "an agent's memory: engine", "B"),
        Figure("memory of an agent: credentials", "credentials", "B"),
        Figure("memory of an agent: roster (names)", "roster, with names", "B"),
        Figure("take a fleet up: engine", "taking the fleet up: engine", "ms"),
        Figure("take a fleet up: roster", "roster", "ms"),
        Figure("contacts, one thread, agents in order", "contacts a second, one thread"),
        *_late("idle"),
        *_late("one core taking contacts"),
        Figure(
            "a tenth silent at one instant: last transition after", "100,000 at one instant: last after", "ms", "less", 500
        ),
        Figure("a tenth silent at one instant: transitions", "transitions"),
    ],
    contestants=lambda: [Million()],
    rounds=5,
)
