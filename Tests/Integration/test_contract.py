"""What people and tools outside rely on: fields, headers, paging, prefixes."""

import json
import re

import pytest

from harness.lines import parse, parse_all

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
EPOCH = re.compile(r"[0-9a-f]{16}")


@pytest.fixture(scope="module")
def filled(new_shared_cluster):
    """A log and a pod with 100 messages in five channels, and one entry of another kind."""
    cluster = new_shared_cluster(settings={"BASE_PATH": "/extra"})
    drafts = [{"channel": f"c{n % 5}", "message_text": f"text {n}", "author": "alice"} for n in range(100)]
    drafts.insert(10, {"channel": "c0", "kind": "note", "data": {"b": [1, None, "ü"], "a": 1.5}, "key": "k"})
    cluster.log.append(drafts)
    cluster.wait_until_equal()
    return cluster


def test_a_write_is_answered_with_its_position(small_cluster):
    for number, service in enumerate(small_cluster.services, 1):
        answer = service.post(
            "/messages/Stra%C3%9Fe", {"message_text": "grüße", "author": "alice", "id": f"a.b_c:d-{number}"})
        assert answer.status == 201
        assert answer.headers["content-type"].startswith("application/json")
        written = answer.json
        assert written["offset"] == number and EPOCH.fullmatch(written["epoch"])
        assert TIME.fullmatch(written["time"]) and written["channel"] == "Straße"
        assert written["id"] == f"a.b_c:d-{number}"
    small_cluster.wait_until_equal()
    line = small_cluster.pods[0].lines()[0]
    assert list(line.fields) == ["offset", "time", "channel", "author", "id", "message_text", "crc"]


def test_a_pod_gives_every_write_an_id(small_cluster):
    written = small_cluster.pods[0].send("no id of its own")
    small_cluster.wait_until_equal()
    assert small_cluster.log.lines()[0].id
    assert written["offset"] == 1


def test_all_of_unicode_comes_back_as_it_was(small_cluster):
    text = "".join(map(chr, [*range(0x300), 0x2028, 0xFEFF, 0xFFFF, 0x1F389, 0x10FFFF]))
    small_cluster.pods[0].send(text, "all")
    small_cluster.wait_until_equal()
    for service in small_cluster.services:
        assert service.messages("all")[0]["message_text"] == text


def test_lines_are_the_same_everywhere(filled):
    raw = filled.log.log_bytes()
    lines = parse_all(raw)
    assert len(lines) == 101
    assert filled.pods[0].log_bytes() == raw
    messages = [line for line in lines if line.text is not None]
    ndjson = filled.pods[0].get("/messages", Accept="application/x-ndjson")
    assert ndjson.headers["content-type"].startswith("application/x-ndjson")
    assert ndjson.body == b"".join(line.raw + b"\n" for line in messages)
    for service in filled.services:
        assert service.messages() == [line.fields for line in messages]
        for channel in ("c0", "c4"):
            wanted = [line.fields for line in messages if line.fields["channel"] == channel]
            assert service.messages(channel) == wanted


def test_entries_of_other_kinds_stand_in_the_log_alone(filled):
    entry = filled.log.lines()[10]
    assert entry.raw.decode().startswith('{"offset":11,"time":"')
    assert '"kind":"note","key":"k","data":{"b":[1,null,"ü"],"a":1.5},"crc"' in entry.raw.decode()
    assert all("kind" not in message for message in filled.log.messages())


PAGES = [
    ("", slice(None)), ("?limit=7", slice(0, 7)), ("?last=7", slice(-7, None)), ("?last=1", slice(-1, None)),
    ("?limit=10000", slice(None)), ("?last=10000", slice(None)),
]


@pytest.mark.parametrize("query, wanted", PAGES)
def test_pages_are_cut_from_the_ends(filled, query, wanted):
    everything = filled.log.messages()
    for service in filled.services:
        assert service.messages(query=query) == everything[wanted]
        of_channel = [message for message in everything if message["channel"] == "c1"]
        assert service.messages("c1", query) == of_channel[wanted]


def test_pages_follow_each_other_in_both_directions(filled):
    everything = filled.log.messages()
    for service in filled.services:
        forward, after = [], 0
        while page := service.messages(query=f"?after={after}&limit=9"):
            forward += page
            after = page[-1]["offset"]
        assert forward == everything
        backward, before = [], everything[-1]["offset"] + 1
        while page := service.messages(query=f"?before={before}&last=9"):
            backward = page + backward
            before = page[0]["offset"]
        assert backward == everything
        middle = [message for message in everything if 20 < message["offset"] < 60]
        assert service.messages(query="?after=20&before=60") == middle
        assert service.messages(query="?after=20&before=60&last=3") == middle[-3:]
        assert service.messages(query="?after=20&before=60&limit=3") == middle[:3]


def test_the_log_is_served_from_any_position(filled):
    state = filled.log.state()
    for service in filled.services:
        for after in (0, 1, 50, 100, 101):
            answer = service.get(f"/log?after={after}&epoch={state['epoch']}")
            assert answer.status == 200
            assert int(answer.headers["content-length"]) == len(answer.body)
            assert answer.headers["log-epoch"] == state["epoch"]
            assert int(answer.headers["log-head"]) == 101
            assert len(parse_all(answer.body, after)) == 101 - after


def test_states_have_their_fields(filled):
    log, pod = filled.log.state(), filled.pods[0].state()
    assert log["service"] == "replication-log" and log["engine"] == "embedded" and log["durability"] == "sync"
    assert log["first"] == 1 and log["first_digest"] == "0" * 16 and log["uptime_seconds"] >= 0
    assert log["offset"] == 101 and EPOCH.fullmatch(log["epoch"]) and EPOCH.fullmatch(log["digest"])
    assert pod["service"] == "chat-server" and pod["replica_id"] == filled.pods[0].name
    assert pod["offset"] == pod["head"] == 101 and pod["lag"] == 0 and pod["connections"] >= 1
    assert pod["source"] in ("redis", "tail", "bootstrap")
    assert (pod["epoch"], pod["digest"]) == (log["epoch"], log["digest"])


@pytest.mark.parametrize(
    "path", ["/state", "/healthz", "/readyz", "/metrics", "/messages", "/messages/c1", "/log"])
def test_head_is_get_without_the_body(filled, path):
    for service in filled.services:
        with service.client() as client:
            got, head = client.get(path), client.request("HEAD", path)
            assert head.status == got.status == 200 and head.body == b""
            assert head.headers["content-type"] == got.headers["content-type"]
            assert client.get("/healthz").status == 200, "the connection goes on"


def test_prefixes_need_no_rewriting_ingress(filled):
    for service, own, other in [
        (filled.log, "/replication-log", "/chat-server"),
        (filled.pods[0], "/chat-server", "/replication-log"),
    ]:
        for prefix in ("", own, "/extra"):
            assert service.get(f"{prefix}/state").json["service"] == own[1:]
            assert service.get(f"{prefix}/messages/c1?last=1").status == 200
        assert service.get(f"{other}/state").status == 404
        assert service.get("/extras/state").status == 404


def test_metrics_are_prometheus_text(filled):
    sample = re.compile(r'[a-zA-Z_:][\w:]*(\{(\w+="(\\.|[^"\\])*",?)*\})? (-?[\d.e+-]+|\+Inf|-Inf|NaN)')
    for service in filled.services:
        answer = service.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        typed = set()
        for line in answer.body.decode().splitlines():
            if line.startswith("# TYPE "):
                typed.add(line.split()[2])
            elif not line.startswith("#"):
                assert sample.fullmatch(line), line
                name = re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split(" ")[0])
                assert name in typed or line.split("{")[0].split(" ")[0] in typed, line
        assert len(typed) > 10


def test_lines_are_published_on_the_topic_with_their_position(small_cluster):
    with small_cluster.redis.connect() as subscriber:
        subscriber.command("SUBSCRIBE", "chat-cluster:log")
        written = small_cluster.log.send("over Redis")
        payload = subscriber.read()[2]
    head, _, rest = payload.partition(b"\n")
    assert json.loads(head) == {"epoch": written["epoch"], "after": written["offset"] - 1}
    assert [parse(line).offset for line in rest.rstrip(b"\n").split(b"\n")] == [written["offset"]]


def test_a_heartbeat_comes_each_second(small_cluster):
    with small_cluster.redis.connect() as subscriber:
        subscriber.command("SUBSCRIBE", "chat-cluster:head")
        beats = [json.loads(subscriber.read()[2]) for _ in range(3)]
    state = small_cluster.log.state()
    assert beats[-1] == {name: state[name] for name in ("epoch", "offset", "digest")}


def test_unicode_names_are_compared_byte_by_byte(small_cluster):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    small_cluster.log.send("one", composed, id="x")
    small_cluster.log.send("two", decomposed, id="x")
    small_cluster.wait_until_equal()
    for service in small_cluster.services:
        assert [message["message_text"] for message in service.messages(composed)] == ["one"]
        assert [message["message_text"] for message in service.messages(decomposed)] == ["two"]
