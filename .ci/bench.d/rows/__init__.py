"""All rows, in the order in which they are measured."""
from rows.console import CONSOLE
from rows.expiry import EXPIRY
from rows.heartbeats import CONNECTIONS, DATAGRAMS, HEARTBEATS
from rows.parts import INSTRUCTIONS, MILLION_ROW, PARTS
from rows.rest import NEWS, REST_ROW, WIRE
from rows.restart import RESTART
from rows.screens import SCREENS_ROW
from rows.silence import HERD, SILENCE
from rows.writes import WRITES

ROWS = [
    REST_ROW, WIRE, INSTRUCTIONS, HEARTBEATS, DATAGRAMS, CONNECTIONS, WRITES, EXPIRY, SCREENS_ROW, CONSOLE, MILLION_ROW,
    RESTART, SILENCE, HERD, NEWS, PARTS,
]
