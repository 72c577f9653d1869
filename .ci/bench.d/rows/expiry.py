"""Many who fall silent at one instant: how late is it noticed, by who asks for news of it?"""
from ours.fleet import Outage
from peers.icinga import Freshness
from peers.mosquitto import Wills
from peers.redis import Expiry
from rounds import Figure, Row

SILENT = 10_000
# So many open sockets has the broker beside its own, with the customary limit of open files.
WILLS = 9_000
HOSTS = 2_000

EXPIRY = Row(
    name="expiry",
    title=f"{SILENT:,} silent at one instant: how late it is noticed",
    figures=[
        Figure("median", "median", "ms", "less"),
        Figure("p99", "99 %", "ms"),
        Figure("worst", "worst", "ms"),
        Figure("counted", "noticed"),
        Figure("missing", "not within the wait"),
    ],
    contestants=lambda: [Outage(SILENT), Expiry(SILENT), Expiry(SILENT * 10), Wills(WILLS), Freshness(HOSTS)],
    notes=[
        "From the deadline to the arrival of the news at a subscriber. Ours by `rollcall-fleet --scenario outage`, which"
        " watches the feed. Redis holds 300,000 other keys that live on; a key whose event did not come within a minute is"
        " counted as a minute late. Mosquitto's deadline is one and a half times the keep-alive (MQTT 3.1.1), Icinga's the"
        " `ttl` of the last result.",
    ],
    rounds=3,
)
