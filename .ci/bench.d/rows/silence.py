"""A hundred thousand that fall silent at one instant, and come back."""
from ours.fleet import Herd, Outage
from rounds import Figure, Row

AGENTS = 100_000

SILENCE = Row(
    name="silence",
    title=f"{AGENTS:,} silent at one instant, and back",
    figures=[
        Figure("p99", "noticed late, 99 %", "ms", "less"),
        Figure("worst", "worst", "ms"),
        Figure("counted", "transitions"),
        Figure("missing", "missing"),
        Figure("false", "false"),
        Figure("twice", "twice"),
        Figure("back_worst", "all back after", "ms"),
        Figure("answer_p99", "answers, 99 %", "ms"),
        Figure("errors", "errors"),
        Figure("slots", "slots given"),
        Figure("resident", "server resident", "MB"),
        Figure("cpu", "server's CPU", "s"),
    ],
    contestants=lambda: [Outage(AGENTS)],
    goals=[
        ("noticed within 500 ms", lambda m: all(of["worst"] <= 500 for of in m.values()) if m else None),
        ("each once, none false", lambda m: all(
            of["counted"] >= AGENTS and of["missing"] == of["false"] == of["twice"] == 0 for of in m.values()
        ) if m else None),
        ("back within 60 s without an error, answers within 250 ms at 99 %", lambda m: all(
            of["back_worst"] <= 60_000 and of["errors"] == of["unreturned"] == 0 and of["answer_p99"] <= 250
            for of in m.values()
        ) if m else None),
    ],
    notes=[
        "By `rollcall-fleet --scenario outage` on the same cores: it speaks as agents do and watches the feed as a console"
        " does. Late is from the end of each agent's lease to its transition in the feed, which beats ten times a second.",
    ],
    rounds=3,
)

HERD = Row(
    name="herd",
    title=f"{AGENTS:,} that register at one instant",
    figures=[
        Figure("there", "all there after", "ms", "less", most=60_000),
        Figure("answer_p99", "answers to registrations, 99 %", "ms", "less", most=250),
        Figure("answer_worst", "worst", "ms"),
        Figure("unregistered", "not registered in the end", "", "less", most=0),
        Figure("errors", "errors", "", "less", most=0),
        Figure("slots", "slots given"),
        Figure("false", "false transitions", "", "less", most=0),
        Figure("resident", "server resident", "MB"),
        Figure("cpu", "server's CPU", "s"),
    ],
    contestants=lambda: [Herd(AGENTS)],
    notes=["By `rollcall-fleet --scenario herd`. The first round also enrols them, which is not counted."],
    rounds=3,
)
