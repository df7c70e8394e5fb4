"""The chat's operations: every documented status of each, by a request that brings it about.

The worlds have the accounts `alice`, `bob` and `carol`, alice's private room with bob in it, and there
messages of alice: one to change, and one that was deleted. Each request that
changes something has its own object.
"""

import base64
import hashlib
import hmac
import json

from .cases import POD, Case

PASSWORD = "correct horse"
PROVIDER_SECRET = "what the identity provider signs with"
# Pods that believe X-Forwarded-For, so that the attempts of one case are not counted against another's.
POD_SETTINGS = {
    "TRUSTED_PROXIES": "127.0.0.1", "JWT_ALGORITHM": "HS256", "JWT_SECRET": PROVIDER_SECRET}

MESSAGE = "/messages/{channel}/{offset}"
REACTION = MESSAGE + "/reactions/{emoji}"
ROOM = "/rooms/{channel}"
MEMBER = ROOM + "/members/{name}"
ACCOUNT = "/accounts/{name}"
LONG = "x" * 600


def provided(name):
    """The identity provider's token for somebody."""
    parts = b".".join(encoded(json.dumps(part).encode()) for part in (
        {"alg": "HS256", "typ": "JWT"}, {"sub": name, "preferred_username": name, "exp": 4_000_000_000}))
    mac = hmac.new(PROVIDER_SECRET.encode(), parts, hashlib.sha256).digest()
    return (parts + b"." + encoded(mac)).decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def signing(name, password=PASSWORD):
    return {"name": name, "password": password}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def refused(method, path, statuses, **options):
    """The same request, refused for one reason after the other."""
    return [Case(POD, method, path, status, **{**options, **change}) for status, change in statuses.items()]


# What stands in the way of any write: {status: world}. A pod gives up a log that answers nothing for long, so
# that a frozen one serves a few cases.
OBSTACLES = {503: "logless", 504: "frozen", 507: "full"}
FROZEN_CASES = 4
NO_TOKEN = {"secret": False, "token": ""}
WRITES = [
    ("patch", MESSAGE, {"channel": "{room}", "token": "alice", "body": {"message_text": "changed"}}),
    ("delete", MESSAGE, {"channel": "{room}", "token": "alice", "offset": "{doomed}"}),
    ("put", REACTION, {"channel": "{room}", "token": "bob"}),
    ("delete", REACTION, {"channel": "{room}", "token": "alice", "emoji": "🎉"}),
    ("put", "/reads/{channel}", {"channel": "{room}", "token": "bob", "body": {"offset": 1}}),
    ("post", "/rooms", {"token": "alice", "body": {"title": "Book club", "members": ["BOB"]}}),
    ("patch", ROOM, {"channel": "{room}", "token": "alice", "body": {"topic": "Emma"}}),
    ("put", MEMBER, {"channel": "{room}", "token": "alice", "name": "dora", "body": {"role": "moderator"}}),
    ("delete", MEMBER, {"channel": "{room}", "token": "alice", "name": "eve"}),
    ("post", "/direct", {"token": "alice", "body": {"name": "bob"}}),
    ("post", "/accounts", {"secret": False, "body": signing("New.One")}),
    ("delete", ACCOUNT, {"secret": False, "name": "leaver", "body": {"password": PASSWORD}}),
    ("put", ACCOUNT + "/password", {
        "secret": False, "name": "changer",
        "body": {"password": PASSWORD, "new_password": "battery staple"}}),
    ("post", "/sessions", {"headers": bearer(provided("from.elsewhere"))}),
    ("delete", "/sessions", {"token": "everywhere"}),
]


def obstacle(world, number):
    return f"{world} {number // FROZEN_CASES}" if world == "frozen" else world


CREATED = {("post", "/rooms"), ("post", "/direct"), ("post", "/accounts"), ("post", "/sessions")}

CASES = [
    *[Case(POD, method, path, status, world=obstacle(world, number), **options)
      for number, (method, path, options) in enumerate(WRITES) for status, world in OBSTACLES.items()],
    *[Case(POD, method, path, 201 if (method, path) in CREATED else 200, **options)
      for method, path, options in WRITES],
    # Messages
    *refused("patch", MESSAGE, {
        400: {"body": {"message_text": "a", "text": "b"}}, 401: {"token": "stale"}, 403: {"token": "bob"},
        404: {"token": "carol"}, 410: {"offset": "{deleted}"}, 413: {"body": {"message_text": "x" * 65_537}},
    }, channel="{room}", token="alice", body={"message_text": "changed"}),
    *refused("delete", MESSAGE, {
        400: {"query": "?x=1"}, 401: {"token": "stale"}, 403: {"token": "bob"}, 404: {"offset": "1"},
        410: {"offset": "{deleted}"},
    }, channel="{room}", token="alice"),
    *refused("put", REACTION, {
        200: {"emoji": "🎉"}, 400: {"query": "?author="},
        401: {"query": "?author=ALICE", "channel": "tea", "offset": "{public}", **NO_TOKEN},
        404: NO_TOKEN, 410: {"offset": "{deleted}"}, 413: {"emoji": "x" * 33},
    }, channel="{room}", token="alice"),
    *refused("delete", REACTION, {
        200: {"emoji": "🌧"}, 400: {"query": "?x=1"}, 401: {"token": "stale"}, 404: {"offset": "none"},
        410: {"offset": "{deleted}"}, 413: {"emoji": "x" * 33},
    }, channel="{room}", token="alice"),
    *refused("get", MESSAGE, {
        200: {}, 401: {"token": "stale"}, 404: {"token": "carol"}}, channel="{room}", token="bob"),
    Case(POD, "get", MESSAGE, 200, channel="tea", offset="{public}", secret=False),
    Case(POD, "get", MESSAGE, 404, channel="tea", offset="{message}", secret=False),
    *refused("put", "/reads/{channel}", {
        200: {}, 400: {"body": {"offset": "1"}}, 401: NO_TOKEN, 404: {"token": "carol"},
    }, channel="{room}", token="alice", body={"offset": 1}),
    *refused("get", "/conversations", {
        200: {}, 401: {"token": "stale"}, 503: {"token": "", "world": "alone"}}, token="bob"),
    Case(POD, "get", "/conversations", 200, secret=False),
    Case(POD, "post", "/messages/{channel}", 201, channel="{room}", token="bob", body={
        "message_text": "@alice, look", "reply_to": "{message}"}),
    Case(POD, "post", "/messages/{channel}", 401, body={"message_text": "not I", "author": "Alice"}),
    Case(POD, "post", "/messages/{channel}", 404, channel="{room}", token="carol", body={
        "message_text": "a"}),
    Case(POD, "post", "/messages/{channel}", 410, channel="{room}", token="alice", body={
        "message_text": "to nothing", "reply_to": "{deleted}"}),
    Case(POD, "get", "/messages/{channel}", 200, channel="{room}", token="bob"),
    *[Case(POD, "get", path, 401, token="stale") for path in (
        "/messages", "/messages/{channel}", "/events", "/ws")],
    # Rooms
    *refused("post", "/rooms", {
        400: {"body": {"title": "a", "channel": "@mine"}}, 401: NO_TOKEN,
        404: {"body": {"title": "a", "members": ["nobody"]}}, 409: {"body": {"title": "a", "channel": "tea"}},
        413: {"body": {"title": LONG}},
    }, token="alice", body={"title": "a"}),
    Case(POD, "post", "/rooms", 201, token="bob", body={"title": "Garden", "topic": "", "channel": "garden"}),
    Case(POD, "post", "/rooms", 503, secret=False, body={"title": "a"}, world="secretless"),
    *refused("get", ROOM, {
        200: {}, 401: {"token": "stale"}, 404: {"token": "carol"}}, channel="{room}", token="bob"),
    Case(POD, "get", ROOM, 404, channel="tea", secret=False),
    *refused("patch", ROOM, {
        400: {"body": {}}, 401: {"token": "stale"}, 403: {"token": "bob"}, 404: {"token": "carol"},
        413: {"body": {"topic": LONG}},
    }, channel="{room}", token="alice", body={"title": "a"}),
    *refused("put", MEMBER, {
        200: {}, 400: {"body": {"role": "king"}}, 401: NO_TOKEN, 403: {"token": "bob", "name": "carol"},
        404: {"name": "nobody"}, 409: {"name": "alice"},
    }, channel="{room}", token="alice", name="carol.not", body={}),
    *refused("delete", MEMBER, {
        400: {"query": "?x=1"}, 401: NO_TOKEN, 403: {"token": "bob"}, 404: {"name": "carol"}, 409: {},
    }, channel="{room}", token="alice", name="alice"),
    *refused("post", "/direct", {
        200: {"body": {"name": "dora"}}, 400: {"body": {"name": "no name"}},
        401: {**NO_TOKEN, "body": {"name": "bob"}},
        404: {"body": {"name": "nobody"}}, 409: {"body": {"name": "ALICE"}},
    }, token="alice"),
    Case(POD, "get", ROOM, 200, channel="{direct}", token="dora"),
    # Accounts
    *refused("post", "/accounts", {
        400: {"body": signing("short", "seven77")}, 409: {"body": signing("ALICE")},
        429: {"body": signing("tried"), "world": "tired"},
    }, secret=False),
    Case(POD, "post", "/accounts", 400, secret=False, body=signing("no name")),
    Case(POD, "post", "/accounts", 503, secret=False, body=signing("alice"), world="secretless"),
    *refused("get", "/accounts", {200: {"query": "?prefix=A&limit=2"}, 400: {"query": "?limit=0"},
             401: {"token": "stale"}}, token="bob"),
    *refused("get", ACCOUNT, {200: {}, 401: {"token": "stale"}, 404: {"name": "nobody"}}, token="bob"),
    Case(POD, "get", ACCOUNT, 200, name="Gone", secret=False),
    *refused("delete", ACCOUNT, {
        400: {"body": {}}, 401: {"body": {"password": "wrong password"}},
        429: {"name": "tried", "world": "tired"},
    }, secret=False, body={"password": PASSWORD}),
    *refused("put", ACCOUNT + "/password", {
        400: {"name": "n" * 33}, 401: {"name": "nobody"}, 429: {"name": "tried", "world": "tired"},
    }, secret=False, body={"password": PASSWORD, "new_password": PASSWORD}),
    *refused("post", "/sessions", {
        200: {}, 400: {"body": {"name": "alice"}}, 401: {"body": signing("alice", "wrong password")},
        429: {"body": signing("tried"), "world": "tired"},
    }, secret=False, body=signing("ALICE")),
    Case(POD, "post", "/sessions", 200, headers=bearer(provided("alice"))),
    Case(POD, "post", "/sessions", 401, headers=bearer(provided("gone"))),
    *refused("get", "/sessions", {
        200: {}, 401: {"token": "stale"}, 503: {**NO_TOKEN, "world": "secretless"}}, token="bob"),
    Case(POD, "get", "/sessions", 401, secret=False),
    Case(POD, "get", "/sessions", 401, headers=bearer("forged")),
    *refused("delete", "/sessions", {400: {"query": "?x=1"}, 401: NO_TOKEN}, token="bob"),
]


class People:
    """Fills a pod with the accounts, the room and the messages that the cases are about."""

    ACCOUNTS = ("alice", "bob", "carol", "carol.not", "dora", "eve", "leaver", "changer",
                "everywhere", "gone")

    def __init__(self, pod):
        self.pod = pod
        self.tokens = {}
        self.attempts = 0

    def settle(self):
        """Returns what stands for what in the cases' paths."""
        for name in self.ACCOUNTS:
            self.tokens[name] = self.sign("/accounts", name, 201)
        self.tokens["stale"] = self.sign("/accounts", "stale", 201)
        self.ask("DELETE", "/sessions", token="stale")
        self.ask("DELETE", "/accounts/gone", {"password": PASSWORD}, headers=self.address())
        invited = ["bob", "eve"]
        room = self.ask("POST", "/rooms", {"title": "Secrets", "members": invited}, "alice")["channel"]
        direct = self.ask("POST", "/direct", {"name": "dora"}, "alice")["channel"]
        message, doomed, deleted = (self.write(room, text) for text in ("to change", "doomed", "to delete"))
        self.ask("DELETE", f"/messages/{room}/{deleted}", token="alice")
        self.ask("PUT", f"/messages/{room}/{message}/reactions/%F0%9F%8E%89", token="alice")
        public = self.write("tea", "for everybody")
        return {"room": room, "direct": direct, "message": message, "doomed": doomed, "deleted": deleted,
                "public": public}

    def tire(self):
        """Tries passwords of an account until the next attempt is refused, whatever it is."""
        for _ in range(10):
            self.sign("/sessions", "tried", 401)

    def write(self, channel, text):
        return self.ask("POST", f"/messages/{channel}", {"message_text": text}, "alice")["offset"]

    def sign(self, path, name, status):
        answer = self.ask("POST", path, signing(name), headers=self.address(), status=status)
        return answer.get("token")

    def ask(self, method, path, body=None, token=None, headers=None, status=None):
        with self.pod.client(token=self.tokens[token] if token else None) as client:
            answer = client.request(method, path, body, headers)
        assert answer.status in ((status,) if status else (200, 201)), answer
        return answer.json

    def address(self):
        """One that nothing was tried from yet."""
        self.attempts += 1
        return {"X-Forwarded-For": f"192.0.2.{self.attempts}"}
