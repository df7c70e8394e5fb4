"""docs/openapi.yaml and the running services say the same: every path, method, status, header and field."""

import json

import pytest
from jsonschema import Draft202012Validator

from harness import chat_cases, key_value_cases
from harness.cases import LOG, POD, Case, both
from harness.client import Answer
from harness.openapi import Description, check, routes, values
from harness.process import ROOT
from harness.waiting import wait_until

SECRET = "a secret of the test"
TELEMETRY = "Sources/LogServing/Telemetry/TelemetryStreams.swift"
SOURCES = {
    LOG: [TELEMETRY, *("Sources/ReplicationLogService/" + name for name in (
        "LogEndpoints.swift", "Replicas/ReplicaEndpoints.swift", "Replicas/ConfirmationEndpoints.swift"))],
    POD: [TELEMETRY, *("Sources/ChatService/" + name for name in (
        "PodEndpoints.swift", "Delivery/StreamEndpoints.swift", "Chat/AccountEndpoints.swift",
        "Chat/RoomEndpoints.swift", "Chat/MessageEndpoints.swift", "Search/SearchEndpoints.swift",
        "Presence/PresenceEndpoints.swift", "KeyValues/KeyValueEndpoints.swift"))],
}
DESCRIPTION = Description()

# What no test can bring about from outside, and where it is brought about.
ELSEWHERE = {
    500: "a failing disk: WriterTests and ProblemTests",
    (LOG, 503, "/messages/{channel}"): "262,144 lines that wait for the disk: SequencerTests",
    (LOG, 503, "/readyz"): "the moment between SIGTERM and the end",
    (POD, 503, "/messages"): "10,000 reads that wait",
    (POD, 503, "get /messages/{channel}"): "10,000 reads that wait",
    (POD, 404, "/log"): "a former epoch's history beyond a pod's memory",
    (POD, 503, "/search"): "64 searches that wait: SQLiteTextIndexTests",
    (POD, 200, "/events"): "test_streams.py",
    (POD, 101, "/ws"): "test_streams.py",
    (LOG, 200, "/telemetry/events"): "test_telemetry.py",
    (LOG, 503, "/telemetry/events"): "test_telemetry.py",
    (POD, 200, "/telemetry/events"): "test_telemetry.py",
    (POD, 503, "/telemetry/events"): "test_telemetry.py",
    (POD, 409, "put /messages/{channel}/{offset}/reactions/{emoji}"): "1,000 reactions: AmendmentTests",
}

# GET has no end, so there is no HEAD.
STREAMS = ("/log/tail", "/events", "/ws", "/telemetry/events")


HELLO = {"message_text": "hello", "author": "ann", "id": "first"}
ONE = {"message_text": "another text"}
DRAFTS = [
    {"channel": "tea", "message_text": "one", "id": "first"},
    {"channel": "tea", "message_text": "one", "id": "first"},
    {"channel": "notes", "kind": "note", "key": "k", "data": {"a": [1, None]}, "expect": {"k": 0}},
    {"channel": "notes", "kind": "note", "key": "k", "data": 1, "expect": {"k": 0}},
    {"channel": "tea"}, {"channel": "$secret", "message_text": "hidden"}]
OTHER_EPOCH = "0000000000000000"


REPORT = {
    "replica_id": "a-pod", "incarnation": "00000000000000aa", "sequence": 1, "offset": 0, "digest": "0" * 16,
    "following": "log", "ready": False}


def lines(drafts):
    return "".join(json.dumps(draft) + "\n" for draft in drafts).encode()


CASES = [
    Case(LOG, "post", "/append", 200, body=lines(DRAFTS)),
    Case(LOG, "post", "/append", 400, body=b""),
    Case(LOG, "post", "/append", 401, body=lines(DRAFTS), secret=False),
    Case(LOG, "post", "/append", 413, body=lines([{"a": 1}] * 10_001)),
    *both("post", "/messages/{channel}", 201, body={"message_text": "by itself"}),
    *both("post", "/messages/{channel}", 200, channel="again", body=HELLO),
    *both("post", "/messages/{channel}", 400, body={"message_text": ""}),
    *both("post", "/messages/{channel}", 400, body={"message_text": "a", "text": "b"}),
    *both("post", "/messages/{channel}", 400, body=ONE, query="?x=1"),
    Case(LOG, "post", "/messages/{channel}", 401, body=ONE, secret=False),
    *both("post", "/messages/{channel}", 404, channel="$x", body=ONE),
    *both("post", "/messages/{channel}", 409, channel="again", body={**HELLO, "message_text": "other"}),
    *both("post", "/messages/{channel}", 413, body={"message_text": "a" * 65_537}),
    Case(POD, "post", "/messages/{channel}", 503, body=ONE, world="alone"),
    Case(POD, "post", "/messages/{channel}", 504, body=ONE, world="frozen"),
    Case(POD, "post", "/messages/{channel}", 429, body=ONE, world="crowded"),
    *both("post", "/messages/{channel}", 507, body={"message_text": "a" * 60_000}, world="full"),
    *both("post", "/messages/{channel}", 201, body={"message_text": "to one"}, query="?confirm=1"),
    *both("post", "/messages/{channel}", 504, body={"message_text": "to many"},
          query="?confirm=1000&timeout=10ms"),
    *both("post", "/messages/{channel}", 400, body=ONE, query="?confirm=some"),
    Case(LOG, "get", "/replicas", 200),
    Case(LOG, "post", "/replicas", 200, body=REPORT),
    Case(LOG, "post", "/replicas", 400, body={}),
    Case(LOG, "post", "/replicas", 401, body=REPORT, secret=False),
    Case(LOG, "post", "/confirmations", 200, body=lines([{"offset": 1, "confirm": "durable", "wait": 1}])),
    Case(LOG, "post", "/confirmations", 400, body=b""),
    Case(LOG, "post", "/confirmations", 401, body=b"", secret=False),
    Case(LOG, "get", "/admin/write-quorum", 200),
    Case(LOG, "get", "/admin/write-quorum", 401, secret=False),
    Case(LOG, "put", "/admin/write-quorum", 201, body={"write_quorum": "durable"}),
    Case(LOG, "put", "/admin/write-quorum", 400, body={"write_quorum": "x"}),
    Case(LOG, "put", "/admin/write-quorum", 401, body={"write_quorum": "1"}, secret=False),
    Case(LOG, "put", "/admin/write-quorum", 507, body={"write_quorum": "1"}, world="full"),
    *both("get", "/messages/{channel}", 200, channel="again"),
    *both("get", "/messages/{channel}", 200, channel="again", accept="application/x-ndjson"),
    *both("get", "/messages/{channel}", 200, channel="unknown"),
    *both("get", "/messages/{channel}", 200, query="?after=0&limit=1&whatever=1"),
    *both("get", "/messages/{channel}", 400, query="?last=0"),
    *both("get", "/messages/{channel}", 400, query="?last=1&limit=1"),
    *both("get", "/messages/{channel}", 404, channel="@private"),
    Case(POD, "get", "/messages/{channel}", 409, query=f"?at_least={OTHER_EPOCH}:1"),
    Case(POD, "get", "/messages/{channel}", 504, query="?at_least={epoch}:99999&timeout=50ms"),
    *both("get", "/messages", 200, query="?last=3"),
    *both("get", "/messages", 200, query="?before=3&limit=2", accept="application/x-ndjson"),
    *both("get", "/messages", 400, query="?limit=10001"),
    Case(POD, "get", "/messages", 200, query="?at_least={epoch}:1"),
    Case(POD, "get", "/messages", 400, query="?at_least=1"),
    Case(POD, "get", "/messages", 400, query="?at_least={epoch}:1&timeout=2h"),
    Case(POD, "get", "/messages", 409, query=f"?at_least={OTHER_EPOCH}:1"),
    Case(POD, "get", "/messages", 504, query="?at_least={epoch}:99999&timeout=50ms"),
    *[case for path in ("/log", "/log/tail") for case in (
        *both("get", path, 200), *both("get", path, 200, query="?after=1&epoch={epoch}"),
        *both("get", path, 400, query="?after=-1"), *both("get", path, 401, secret=False),
        *both("get", path, 409, query="?after=99999"), *both("get", path, 409, query=f"?epoch={OTHER_EPOCH}"),
        *both("get", path, 409, query=f"?after=1&digest={OTHER_EPOCH}"),
        Case(POD, "get", path, 503, world="alone"))],
    *both("get", "/log/tail", 200, query="?heartbeat=1"),
    Case(POD, "get", "/log", 200, world="bounded"),
    Case(POD, "get", "/log/tail", 404, world="bounded"),
    Case(POD, "get", "/messages", 200, world="bounded"),
    *[case for path in ("/events", "/ws") for case in (
        Case(POD, "get", path, 400, query="?after=1"), Case(POD, "get", path, 404, query="?channels=@a"),
        Case(POD, "get", path, 429, world="crowded"), Case(POD, "get", path, 503, world="alone"))],
    Case(POD, "get", "/telemetry/events", 429, world="crowded"),
    Case(POD, "get", "/ws", 426),
    Case(POD, "get", "/ws", 403, headers={
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "https://elsewhere.example"}),
    Case(POD, "get", "/messages/{channel}", 200, query="?after=0&wait=1s", channel="again"),
    Case(POD, "get", "/messages/{channel}", 400, query="?wait=2h"),
    Case(POD, "get", "/search", 200, query="?q=hello&limit=3"),
    Case(POD, "get", "/search", 400),
    Case(POD, "get", "/search", 401, query="?q=a", token="stale"),
    Case(POD, "get", "/search", 404, query="?q=a&channel=@a"),
    Case(POD, "get", "/presence", 200), Case(POD, "get", "/presence", 400, query="?x=1"),
    Case(POD, "get", "/readyz", 503, world="alone"),
    Case(POD, "get", "/state", 200, world="alone"),
    *[case for path in ("/state", "/healthz", "/readyz", "/metrics") for case in both("get", path, 200)],
    Case(LOG, "get", "/log/messages/{channel}", 200, channel="@private"),
    Case(LOG, "get", "/log/messages/{channel}", 400, channel="@private", query="?last=0"),
    Case(LOG, "get", "/log/messages/{channel}", 401, channel="@private", secret=False),
    Case(LOG, "get", "/log/messages/{channel}", 404, channel="tea"),
    *chat_cases.CASES,
    *key_value_cases.CASES,
]


class World:
    """A log and a pod, in some condition, and who is there."""

    def __init__(self, log, pod, places, tokens):
        self.services = {LOG: log, POD: pod}
        self.places = places
        self.tokens = tokens
        # What keeps it in its condition.
        self.held = None

    def ask(self, case, method=None):
        headers = {**case.headers, **({"Accept": case.accept} if case.accept else {})}
        token = {} if case.secret else {"token": None}
        if case.token:
            token = {"token": self.tokens[case.token]}
        with self.services[case.service].client(**token) as client:
            return client.request(
                method or case.method.upper(), self.target(case), self.body(case), headers)

    def target(self, case):
        target = case.target
        for name, value in self.places.items():
            target = target.replace("{%s}" % name, str(value))
        return target

    def body(self, case):
        if not isinstance(case.body, dict):
            return case.body
        standing = {"{%s}" % name: value for name, value in self.places.items()}
        return {name: standing.get(value, value) if isinstance(value, str) else value
                for name, value in case.body.items()}

    def tail(self, case):
        """The head and the first bytes of an answer that has no end."""
        service = self.services[case.service]
        token = f"Authorization: Bearer {SECRET}\r\n"
        with service.raw() as raw:
            raw.send(f"GET {self.target(case)} HTTP/1.1\r\nHost: a\r\n{token}\r\n".encode())
            data = raw.receive_until(b"}\n")
        head, _, chunks = data.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in fields)}
        body = unchunked(chunks)
        return Answer(int(status.split()[1]), headers, body[: body.rindex(b"}\n") + 2])


def unchunked(data):
    """What the chunks hold; the last one may not have come as a whole."""
    body = b""
    while b"\r\n" in data:
        size, _, rest = data.partition(b"\r\n")
        count = int(size, 16)
        body, data = body + rest[:count], rest[count + 2 :]
    return body


@pytest.fixture(scope="module")
def worlds(new_shared_cluster):
    """Makes each world once, when its first case comes."""
    made = {}

    def make(name):
        settings, pod_settings = {"CLUSTER_SECRET": SECRET}, chat_cases.POD_SETTINGS
        if name == "secretless":
            settings, pod_settings = {}, {}
        cluster = new_shared_cluster(settings=settings, pod_settings=pod_settings)
        cluster.pods[0].post("/messages/again", HELLO)
        key_value_cases.settle(cluster.pods[0])
        cluster.wait_until_equal()
        places, tokens = people(name, cluster.pods[0])
        places["epoch"] = cluster.log.state()["epoch"]
        world = World(cluster.log, changed(name, cluster), places, tokens)
        if name == "crowded":
            world.held = world.services[POD].client()
            # The pod may not have noticed yet that who asked before is gone.
            wait_until(lambda: world.held.get("/healthz").status == 200, "the only place is taken", 10)
        return world

    def people(name, pod):
        there = chat_cases.People(pod)
        if name == "tired":
            there.tire()
        peopled = ("usual", *chat_cases.OBSTACLES.values())
        places = there.settle() if name.split()[0] in peopled else {}
        return places, there.tokens

    def changed(name, cluster):
        """Brings a world about; returns the pod that is asked."""
        pod = cluster.pods[0]
        if name == "full":
            cluster.log.limit_files(cluster.log.segments()[-1].stat().st_size)
        elif name.startswith("frozen"):
            pod = cluster.new_pod(WRITE_TIMEOUT="300ms").start()
            cluster.log.pause()
        elif name == "logless":
            cluster.log.kill()
            wait_until(lambda: not pod.state()["log_reachable"], "the pod has noticed", 10)
        elif name == "alone":
            pod = cluster.new_pod(REPLICATION_LOG_URL="http://127.0.0.1:1").spawn()
            wait_until(lambda: pod.get("/healthz").status == 200, "the pod is alive", 10)
        elif name == "bounded":
            cluster.log.append([{"channel": "tea", "message_text": f"{n}" * 100} for n in range(200)])
            pod = cluster.new_pod(HISTORY_BYTES="4096").start()
        elif name == "crowded":
            pod = cluster.new_pod(CONNECTIONS_PER_ADDRESS_MAX="1", TRUSTED_PROXIES="").start()
        return pod

    def get(name):
        if name not in made:
            made[name] = make(name)
        return made[name]

    return get


def test_the_document_is_valid():
    DESCRIPTION.validate()


def test_its_paths_are_those_that_the_services_register():
    for service, sources in SOURCES.items():
        documented = {
            (path.removeprefix(service), method) for path, method in DESCRIPTION.operations()
            if path.startswith(service + "/")}
        assert documented == routes(*sources, "Sources/Web/Server/CommonRoutes.swift")


def test_every_documented_status_is_brought_about():
    tried = {(case.template, case.method, case.status) for case in CASES}
    missing = {
        (path, method, status) for path, method, status in DESCRIPTION.documented_statuses() - tried
        if not is_elsewhere(path, method, status)}
    assert not missing
    assert not tried - DESCRIPTION.documented_statuses()


def is_elsewhere(path, method, status):
    service = LOG if path.startswith(LOG) else POD
    bare = path.removeprefix(service)
    names = (bare, f"{method} {bare}")
    return status in ELSEWHERE or any((service, status, name) in ELSEWHERE for name in names)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answers_are_as_documented(case, worlds):
    world = worlds(case.world)
    is_tail = case.path in STREAMS and case.status == 200
    answer = world.tail(case) if is_tail else world.ask(case)
    assert answer.status == case.status, answer
    DESCRIPTION.check(case.template, case.method, answer)
    if case.method == "get" and case.path not in STREAMS:
        head = world.ask(case, "HEAD")
        assert (head.status, head.body) == (case.status, b"")
        DESCRIPTION.check(case.template, "get", head, has_body=False)


@pytest.mark.parametrize("service", [LOG, POD])
def test_other_paths_are_refused(service, worlds):
    world = worlds("usual")
    for path in ("/nothing", "/log/", "/messages/a/b", "/state/more", "/logs", "//state", "/Messages"):
        answer = world.ask(Case(service, "get", path, 404))
        assert answer.status in (400, 404), (path, answer)
        DESCRIPTION.check_default(f"{service}/state", "get", answer)


@pytest.mark.parametrize("service", [LOG, POD])
def test_other_methods_are_refused_with_those_that_are_there(service, worlds):
    methods = {}
    for path, method in DESCRIPTION.operations():
        if path.startswith(service):
            methods.setdefault(path, set()).add(method)
    for path, documented in methods.items():
        allowed = {method.upper() for method in documented}
        if "get" in documented and path.removeprefix(service) not in STREAMS:
            allowed.add("HEAD")
        for method in {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"} - allowed:
            answer = worlds("usual").ask(Case(service, "any", path.removeprefix(service), 405), method)
            assert answer.status == 405, (method, path, answer)
            assert set(answer.headers["allow"].split(", ")) == allowed
            if method != "HEAD":
                DESCRIPTION.check_default(path, min(documented), answer)


def test_services_answer_without_their_prefix_too(worlds):
    world = worlds("usual")
    for service in (LOG, POD):
        with world.services[service].client() as client:
            assert client.get("/messages").body == client.get(f"{service}/messages").body


def test_a_pod_that_has_given_up_a_history_says_so(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    cluster.pods[0].send("of the first epoch")
    cluster.wait_until_equal()
    first = cluster.log.state()["epoch"]
    cluster.log.kill()
    cluster.log.settings["DATA_DIR"] = cluster.directory / "other"
    cluster.log.start()
    state = wait_until(lambda: superseded(cluster.pods[0]), "the pod has started over", 30)
    assert state["superseded_epochs"] == [first]
    check(DESCRIPTION.schema("PodState"), state)


def superseded(pod):
    state = pod.state()
    return state if state["superseded_epochs"] and state["epoch"] else None


@pytest.mark.parametrize("service", [LOG, POD])
def test_the_documented_metrics_are_those_that_are_exposed(service, worlds):
    text = worlds("usual").services[service].get("/metrics").body.decode()
    exposed = {tuple(line.split()[2:4]) for line in text.splitlines() if line.startswith("# TYPE ")}
    assert exposed == documented_metrics(service.removeprefix("/"))


def documented_metrics(service):
    """The rows `| \\`name\\` | type | service |` of docs/operations.md."""
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(("| `chat_", "| `process_"))]
    return {(name, kind) for name, kind, where, *_ in rows if where in ("both", service)}


def test_drafts_are_taken_if_and_only_if_the_description_takes_them(worlds):
    names = {
        "channel": "tea", "message_text": "a", "kind": "k", "data": {}, "author": "b", "id": "c", "key": "d"}
    drafts = [
        {name: value for index, (name, value) in enumerate(names.items()) if bits >> index & 1}
        for bits in range(1 << len(names))]
    drafts += [{"channel": "tea", "message_text": "a", **more} for more in (
        {"expect": {}}, {"expect": {"x": -1}}, {"expect": {"x": "1"}}, {"expect": [1]}, {"text": "b"},
        {"id": "a b"}, {"id": ""}, {"author": 1}, {"key": None}, {"offset": 1})]
    answer = worlds("usual").ask(Case(LOG, "post", "/append", 200, body=lines(drafts)))
    draft = Draft202012Validator(DESCRIPTION.schema("Draft"))
    for sent, line in zip(drafts, answer.body.splitlines(), strict=True):
        status = json.loads(line).get("error", {}).get("status", 200)
        assert draft.is_valid(sent) == (status != 400), (sent, line)


def test_ndjson_is_read_line_by_line():
    assert values("application/x-ndjson", b'{"a":1}\n\n{"b":2}\n') == [{"a": 1}, {"b": 2}]
