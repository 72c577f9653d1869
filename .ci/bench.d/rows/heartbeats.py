"""Signs of life as fast as they are answered: ours over HTTP, the floor, and those of the peers."""
from ours.beats import AGENTS, AGENTS_FRESH, Beats, Floor
from ours.datagrams import Datagrams, Echo
from peers.etcd import KeepAlive
from peers.icinga import Passive
from peers.redis import Rate
from rounds import Figure, Row

FIGURES = [
    Figure("rate", "a second", "", "more"),
    Figure("median", "median answer", "ms"),
    Figure("p99", "99 %", "ms"),
]
OF_SERVER = Figure("cpu_us", "CPU of the server for one", "us")


def of(medians, start, key="rate"):
    return next(figures[key] for name, figures in medians.items() if name.startswith(start))


HEARTBEATS = Row(
    name="heartbeats",
    title="Heartbeats over HTTP keep-alive, authenticated",
    figures=[*FIGURES, OF_SERVER],
    contestants=lambda: [Beats(), Floor(), Rate(), Rate(16), KeepAlive(), Passive()],
    goals=[
        (">= 0.75 x the empty axum handler", lambda m: of(m, "Rollcall") >= 0.75 * of(m, "floor")),
        (">= 8 x etcd", lambda m: of(m, "Rollcall") >= 8 * of(m, "etcd")),
    ],
    notes=[
        f"64 connections, {AGENTS:,} agents, each connection with one heartbeat under way, ours and the floor by the same"
        " client. The peers by their own protocols: Redis by redis-benchmark with 50 connections, etcd by 128 streams over"
        " 8 connections of HTTP/2, Icinga by 8 connections of HTTPS. Client and server share the cores, so a rate is of"
        " both.",
    ],
)

CONNECTIONS = Row(
    name="connections",
    title="A new connection for each heartbeat",
    figures=[*FIGURES, OF_SERVER],
    contestants=lambda: [Beats(AGENTS_FRESH, fresh=True), Floor(AGENTS_FRESH, fresh=True)],
    notes=["64 at once; the client closes."],
)

DATAGRAMS = Row(
    name="datagrams",
    title="Heartbeats over UDP, authenticated and answered",
    figures=[*FIGURES, OF_SERVER],
    contestants=lambda: [Datagrams(), Echo()],
    goals=[(">= 0.6 x the raw answered rate", lambda m: of(m, "Rollcall") >= 0.6 * of(m, "floor"))],
    notes=[
        f"{AGENTS:,} agents, 128 packets of 92 bytes under way, each signed by the same client for both; the floor sends them"
        " back by a loop that is the server's.",
    ],
)
