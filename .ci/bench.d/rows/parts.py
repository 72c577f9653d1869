"""What a contact and a deadline are made of."""
from ours.parts import Instructions, Parts
from rounds import Figure, Row

INSTRUCTIONS = Row(
    name="instructions",
    title="Instructions for a contact",
    figures=[Figure("each", "instructions for one", "", "less")],
    contestants=lambda: [
        Instructions("Rollcall: a heartbeat over HTTP", "http", ours=True),
        Instructions("floor: axum, an empty handler", "floor"),
    ],
    notes=[
        "By callgrind, from the bytes of the request to those of the answer, through hyper and the whole router, over a pipe"
        " in memory: without the kernel, with the client that writes and reads the bytes.",
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
