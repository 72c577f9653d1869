"""What Schemathesis cannot know: who calls, and what is really there.

Of each call's cases that the document allows, the first, the third and so on are given what makes them succeed; the
others stay as they were drawn, with who calls. Cases that the document forbids are given who calls, and no more.
"""

import collections
import ipaddress
import itertools
import json
import os
import secrets
import time

import schemathesis
from schemathesis.generation.meta import ParameterLocation

from world import NAME, PASSWORD, Agent, World

WHO = os.environ["SCHEMA_WHO"]
world = World(json.loads(os.environ["SCHEMA_ANNOUNCED"]))
drawn = collections.Counter()
addresses = (str(ipaddress.IPv4Address("10.0.0.0") + number) for number in itertools.count(1))
_agent = []


def agent() -> Agent:
    """The one that speaks, and that is looked at."""
    if not _agent:
        _agent.append(Agent(world))
    return _agent[0]


def path(case, **values):
    case.path_parameters = {**(case.path_parameters or {}), **values}


def body(case, **values):
    if isinstance(case.body, dict):
        case.body = {**case.body, **values}


def header(case, name, value):
    case.headers[name] = value


def a_real_agent(case):
    path(case, id=agent().id)


def one_to_retire(case):
    path(case, id=Agent(world).id)


def one_that_leaves(case):
    leaving = Agent(world)
    header(case, "Authorization", leaving.credential)
    body(case, **leaving.fence())


def a_fence(case):
    body(case, **agent().fence())


def the_same_machine(case):
    body(case, **agent().fence(), machine_id=agent().machine_id, addresses=["192.0.2.7", "2001:db8::7"], local_address="192.0.2.7")


def enrolment(case):
    token = world.first_token if WHO == "nobody" else world.enrolment_token
    body(case, token=token, key=secrets.token_hex(32), host_name="web-2", platform="Debian", machine_id=secrets.token_hex(16))


def an_agent_s_history(case):
    case.query = {"agent": agent().id, "limit": 10}


def a_first_page(case):
    case.query = {"limit": 10}


def a_period(case):
    a_real_agent(case)
    now_ms = int(time.time() * 1000)
    case.query = {"from_ms": now_ms - 3_600_000, "to_ms": now_ms}


def a_token(case):
    path(case, id=world.token()["token"]["id"])


def a_token_to_be(case):
    body(case, uses=1, hours=1)


def a_verification(case):
    body(case, agents=[agent().id])


def the_next_settings(case):
    # Saved as they are: the version rises, and nobody's lease is another.
    in_force = world.settings()
    # A list that is empty is not shown, and has to be there when it is saved.
    body(case, **{"unreachable_network": [], "dial_own_addresses_in": [], **in_force["settings"]})
    header(case, "If-Match", f'"{in_force["version"]}"')


def a_version(case):
    path(case, version=world.settings()["version"])


def a_rollout(case):
    agent()
    path(case, subject=world.subject())
    case.query = {}


def an_acknowledgement(case):
    a_rollout(case)
    body(case, **agent().fence(), detail="the hook ended with status 3")


def news_of_an_agent(case):
    a_real_agent(case)
    case.query = {}


def a_component(case):
    path(case, **world.component())


def its_versions(case):
    path(case, name=world.component()["name"])
    case.query = {}


def a_domain_to_be(case):
    body(case, name=f"Oslo {drawn['make_domain']}", parent=1)


def a_domain_to_change(case):
    path(case, id=world.domain())
    body(case, name=f"Bergen {drawn['change_domain']}", parent=1)


def an_empty_domain(case):
    path(case, id=world.domain())


def a_move(case):
    body(case, agents=[agent().id], domain=1)


def some_to_retire(case):
    body(case, agents=[Agent(world).id])


def a_download(case):
    a_component(case)
    for name in ("Range", "If-Range"):
        case.headers.pop(name, None)


def an_upload(case):
    path(case, name="antivirus", version=f"2.{drawn['upload_component']}")
    case.query = {"note": "signatures"}
    case.headers.pop("Repr-Digest", None)


def sources(case):
    named = {"name": "mirrored", "version": f"1.{drawn['name_component_sources']}"}
    body(case, **named, size=5, sha256="00ff" * 16, sources=["https://mirror.example/antivirus"], note="signatures")


def ada(case):
    body(case, name=NAME, password=PASSWORD)


def a_display(case):
    body(case, token=world.display())


def its_own_display(case):
    header(case, "Cookie", world.display_cookie())


def the_first_admin(case):
    body(case, token=world.setup_token, name=NAME, password=PASSWORD)


def a_websocket(case):
    for name, value in {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }.items():
        header(case, name, value)


# By the name of the call in the document. What is missing here succeeds as it is drawn.
REAL = {
    "acknowledge": an_acknowledgement,
    "change_domain": a_domain_to_change,
    "choose_component_version": a_component,
    "create_first_admin": the_first_admin,
    "delete_domain": an_empty_domain,
    "download_component": a_download,
    "enroll": enrolment,
    "enter_as_display": a_display,
    "explain_agent": a_real_agent,
    "goodbye": one_that_leaves,
    "heartbeat": a_fence,
    "list_agent_notifications": news_of_an_agent,
    "list_agents": a_first_page,
    "list_component_versions": its_versions,
    "list_rollout_waiting": a_rollout,
    "list_transitions": an_agent_s_history,
    "make_domain": a_domain_to_be,
    "make_token": a_token_to_be,
    "move_agents": a_move,
    "name_component_sources": sources,
    "open_feed": a_websocket,
    "poll": a_fence,
    "register": the_same_machine,
    "retire_agent": one_to_retire,
    "retire_agents": some_to_retire,
    "revoke_token": a_token,
    "save_settings": the_next_settings,
    "show_agent": a_real_agent,
    "show_availability": a_period,
    "show_rollout": a_rollout,
    "show_settings_version": a_version,
    "show_timeline": a_period,
    "sign_in": ada,
    "upload_component": an_upload,
    "verify_agents": a_verification,
    "which_display_am_i": its_own_display,
    "withdraw_component": a_component,
}
# Whoever has no session cannot ask the server for what exists. These need nothing of it.
NEED_NO_ADMIN = {"create_first_admin", "enroll", "open_feed", "sign_in"}


def can_succeed(name, case) -> bool:
    """What it needs is there, and is this asker's to use."""
    if WHO == "nobody":
        return name in NEED_NO_ADMIN
    if WHO == "agent" and "display" in name:
        return False
    # An agent's credential is the agent's own.
    return WHO == "agent" or name == "enroll" or not case.path.startswith("/api/agent/")


def is_allowed(case) -> bool:
    """The document allows the whole case."""
    meta = case.meta
    return meta is not None and meta.generation.mode.is_positive and case.method.lower() == case.operation.method.lower()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Says who calls, and makes every second case one that can succeed."""
    name = case.operation.definition.raw["operationId"]
    case.headers = case.headers or {}
    header(case, "X-Forwarded-For", next(addresses))
    if WHO == "agent" and not case.meta.is_negative_at(ParameterLocation.HEADER):
        header(case, "Authorization", agent().credential)
    if WHO == "admin":
        # Who signs out, or makes the browser a display, is gone: not the one who asks all the rest.
        header(case, "Cookie", world.sign_in() if name in {"sign_out", "enter_as_display"} else world.cookie)
    if WHO != "agent":
        header(case, "Origin", world.url)
    if not is_allowed(case):
        return
    drawn[name] += 1
    if name in REAL and drawn[name] % 2 == 1 and can_succeed(name, case):
        REAL[name](case)
    if name == "open_feed":
        # The connection is a WebSocket's now, and no further call may go over it.
        kwargs["hooks"] = {"response": lambda response, *_, **__: response.raw.close() if response.status_code == 101 else None}
