"""Sizes, memory, and what happens where nothing happens."""
from ours.news import AGENTS, News
from ours.rest import REST, Rest
from ours.wire import BEATS, Wire
from rounds import Figure, Row

REST_ROW = Row(
    name="rest",
    title="Sizes and memory, one agent, at rest",
    figures=[
        Figure("agent_resident", "the agent, resident, enrolled and online", "MB", "less", most=10),
        Figure("agent_file", "the agent's program", "MB", "less", most=6),
        Figure("agent_cpu", f"the agent's CPU over {REST} s", "%", "less", most=0.1),
        Figure("server_resident", "the server, resident, SQLite", "MB"),
        Figure("server_file", "the server's program, with the console in it", "MB"),
        Figure("page", "the console's first page, brotli, its fonts too", "KB", "less", most=250),
    ],
    contestants=lambda: [Rest()],
    rounds=1,
)

WIRE = Row(
    name="wire",
    title="A heartbeat on the wire, before TLS",
    figures=[
        Figure("asked", "the request, over HTTP keep-alive", "B", "less", most=300),
        Figure("answered", "its answer", "B"),
    ],
    contestants=lambda: [Wire()],
    notes=[f"Medians of {BEATS} heartbeats of the agent's program, through a tap."],
    rounds=1,
)

NEWS = Row(
    name="news",
    title=f"News for {AGENTS:,} agents, of which none answers",
    figures=[
        Figure("saved", "a save, from the call to its answer", "ms"),
        Figure("told", "agents in the roll-out"),
        Figure("quiet_median", "a heartbeat before: median", "ms"),
        Figure("quiet_p99", "99 %", "ms"),
        Figure("quiet_worst", "worst", "ms"),
        Figure("told_median", "a heartbeat while they are told: median", "ms"),
        Figure("told_p99", "99 %", "ms"),
        Figure("told_worst", "worst", "ms"),
        Figure("mute", "connections that were taken and not answered meanwhile"),
    ],
    contestants=lambda: [News()],
    notes=["Half refuse the connection, half take it and say nothing. One agent beats all the time, over one connection."],
    rounds=1,
)
