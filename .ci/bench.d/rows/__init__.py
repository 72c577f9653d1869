"""All rows, in the order in which they are measured."""
from rows.expiry import EXPIRY
from rows.heartbeats import CONNECTIONS, HEARTBEATS

ROWS = [HEARTBEATS, CONNECTIONS, EXPIRY]
