"""The operations on keys and counters: every documented status of each."""

from .cases import POD, Case
from .chat_cases import refused

KEYS, KEY, COUNTER = "/kv", "/kv/{key}", "/counters/{name}"
OBSTACLES = {503: "logless", 504: "frozen keys", 507: "full"}
OTHER = "0000000000000000"
LATE = "?at_least={epoch}:99999&timeout=50ms"
READS_REFUSED = {
    400: {"query": "?at_least=1"}, 401: {"token": "stale"}, 409: {"query": f"?at_least={OTHER}:1"},
    503: {"token": "", "world": "alone"}, 504: {"query": LATE}}

CASES = [
    Case(POD, "put", KEY, 201, body={"hue": 120}),
    Case(POD, "put", KEY, 200, body=b"[1, 2]"),
    *[Case(POD, "put", KEY, status, world=world, body=b"1") for status, world in OBSTACLES.items()],
    *refused("put", KEY, {
        400: {"body": b""}, 401: {"token": "stale"}, 409: {"headers": {"If-None-Match": "*"}},
        413: {"body": b'"' + b"x" * 65_536 + b'"'},
    }, body=b"1", token="bob"),
    Case(POD, "put", KEY, 400, key="a\nb", body=b"1"),
    Case(POD, "put", KEY, 400, query="?x=1", body=b"1"),
    Case(POD, "get", KEY, 200, query="?at_least={epoch}:1"),
    Case(POD, "get", KEY, 404, key="none"),
    *refused("get", KEY, READS_REFUSED, token="bob"),
    Case(POD, "get", KEYS, 200, query="?prefix=c&after=c&limit=10"),
    Case(POD, "get", KEYS, 400, query="?limit=0"),
    *refused("get", KEYS, READS_REFUSED, token="bob"),
    *[Case(POD, "delete", KEY, status, key="kept", world=world) for status, world in OBSTACLES.items()],
    *refused("delete", KEY, {
        400: {"headers": {"If-Match": "1"}}, 401: {"token": "stale"}, 404: {"key": "none"},
        409: {"headers": {"If-Match": '"1"'}}}, token="bob"),
    Case(POD, "delete", KEY, 200),
    Case(POD, "post", COUNTER, 201, name="visits", body={"add": -3, "id": "first"}),
    Case(POD, "post", COUNTER, 200, name="visits", body={"add": -3, "id": "first"}),
    *[Case(POD, "post", COUNTER, status, world=world, body={"add": 1})
      for status, world in OBSTACLES.items()],
    *refused("post", COUNTER, {
        400: {"body": {"add": 1.5}}, 401: {"token": "stale"},
        409: {"token": "", "body": {"add": 4, "id": "first"}},
    }, name="visits", token="bob", body={"add": 1}),
    Case(POD, "get", COUNTER, 200, name="visits"),
    *refused("get", COUNTER, READS_REFUSED, token="bob"),
]


def settle(pod):
    """Sets the key that the worlds' cases delete."""
    with pod.client() as client:
        answer = client.request("PUT", "/kv/kept", b"1")
    assert answer.status == 201, answer
