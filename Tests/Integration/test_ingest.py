"""`redis-cli PUBLISH` is a client: what is valid becomes a message, the rest is counted and logged."""

import random
import re
import socket

import pytest

from harness.checks import assert_nothing_lost
from harness.cluster import ReplicationLog
from harness.endless import EndlessRedis
from harness.redis import encode
from harness.waiting import wait_until

HOSTILE_COUNT = 100_000
DIAGNOSTIC = re.compile(r"[\d-]{10}T[\d:]{8}\.\d{3}Z (?:debug|info|warn|error) +replication-log: ")


@pytest.fixture
def listening(small_cluster):
    """A cluster whose log listens to plain channels already, and has nothing more to take in."""
    def hears():
        small_cluster.redis.publish("probe", "are you there")
        return small_cluster.log.messages("probe")

    wait_until(hears, "the log hears plain channels")
    small_cluster.redis.publish("last probe", "I hear you")
    wait_until(lambda: small_cluster.log.messages("last probe"), "the log has heard all probes")
    return small_cluster


def test_a_plain_publish_becomes_a_message_everywhere(listening):
    listening.redis.publish("default-channel", "Hello everyone!")
    listening.redis.publish("Straße 7", "grüße 🎉\n\t\x00 \"\\")
    wait_until(lambda: len(listening.log.messages("Straße 7")) == 1, "the messages arrive")
    assert_nothing_lost(listening, [])
    message = listening.pods[0].messages("default-channel")[0]
    assert message["message_text"] == "Hello everyone!"
    assert "id" not in message and "author" not in message
    assert listening.pods[0].messages("Straße 7")[0]["message_text"] == "grüße 🎉\n\t\x00 \"\\"


@pytest.mark.parametrize("channel", ["__keyspace@0__:x", "$secret", "@private", "chat-cluster:other"])
def test_reserved_channels_are_not_listened_to(listening, channel):
    before = listening.log.state()["offset"]
    listening.redis.publish(channel, "no message")
    listening.redis.publish("after", "a message")
    wait_until(lambda: listening.log.messages("after"), "the next message arrives")
    assert listening.log.state()["offset"] == before + 1


def test_a_pattern_narrows_what_is_listened_to(new_cluster):
    cluster = new_cluster(pod_count=0, log_settings={"INGEST_CHANNELS": "chat.*"}).start()

    def hears():
        cluster.redis.publish("chat.x", "yes")
        return cluster.log.messages("chat.x")

    wait_until(hears, "the log hears its pattern")
    cluster.redis.publish("other", "no")
    cluster.redis.publish("chat.end", "yes")
    wait_until(lambda: cluster.log.messages("chat.end"), "the next message arrives")
    assert cluster.log.messages("other") == []


def test_without_a_pattern_nothing_is_listened_to(new_cluster):
    cluster = new_cluster(pod_count=1, log_settings={"INGEST_CHANNELS": ""}).start()
    cluster.wait_until_live()
    assert cluster.redis.publish("default-channel", "to nobody") == 0


def hostile(chance, number):
    """(channel, payload, whether it must become a message)."""
    kind = number % 10
    if kind == 0:
        return b"h", b"", False
    if kind == 1:
        return b"h", bytes(chance.randrange(0x80, 0x100) for _ in range(chance.randrange(1, 40))), None
    if kind == 2:
        return b"h", bytes(chance.randrange(0, 0x20) for _ in range(chance.randrange(1, 40))), True
    if kind == 3:
        return b"h", b"\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"[: chance.randrange(1, 10)], False
    if kind == 4:
        return chance.choice([b"a/b", b"\x00", b"a\nb", b"\xff", b"x" * 129, b"\xc2\x9b"]), b"text", False
    if kind == 5:
        return b"x" * 128, b'"}\n{"offset":1,"crc":"00000000"}', True
    if kind == 6 and number % 1000 == 6:
        return b"h", b"y" * chance.choice([65_535, 65_536]), True
    if kind == 6 and number % 1000 == 16:
        return b"h", b"y" * chance.choice([65_537, 1_000_000]), False
    if kind == 7:
        return b"h", b"\x00" * chance.randrange(1, 200), True
    return b"h", "".join(chr(chance.randrange(0x20, 0xD800)) for _ in range(5)).encode(), True


def is_text(payload):
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return 1 <= len(payload) <= 65_536


def test_a_hundred_thousand_hostile_payloads_become_lines_or_are_refused(listening):
    seed = 20_261_120
    chance = random.Random(seed)
    log = listening.log
    before = log.state()["offset"]
    refused_before = log.metric("refused")
    wanted = []
    refused = 0
    with listening.redis.connect() as connection:
        pending = 0
        for number in range(HOSTILE_COUNT):
            channel, payload, must = hostile(chance, number)
            valid = is_text(payload) if must is None else must
            if valid:
                wanted.append(payload)
            else:
                refused += 1
            connection.send_raw(encode("PUBLISH", channel, payload))
            pending += 1
            if pending == 200:
                assert all(connection.read() >= 1 for _ in range(pending)), "the log stopped listening"
                pending = 0
                # PUBLISH promises at most once: Redis disconnects a subscriber whose buffer is flooded.
                sent = len(wanted) + before
                wait_until(lambda: log.state()["offset"] >= sent - 2000, "the log keeps up")
    wait_until(lambda: log.state()["offset"] == before + len(wanted), "all valid ones are lines", 60)
    lines = assert_nothing_lost(listening, [])
    assert [line.text.encode() for line in lines[before:]] == wanted, f"seed {seed}"
    assert log.metric("refused") - refused_before == refused, "each refused payload is counted"
    log.wait_until_says("refused")
    assert log.text.count("\n") < 1000, "repeated refusals do not flood the log of diagnostics"
    assert all(DIAGNOSTIC.match(line) for line in log.text.splitlines()), "a forged line"


def test_a_message_without_an_end_takes_no_memory_without_an_end(processes, tmp_path):
    redis = EndlessRedis()
    processes.on_stop(redis.close)
    log = processes.add(ReplicationLog(tmp_path / "data", redis.url)).start()
    wait_until(lambda: redis.taken_bytes, "the log gives the connection up")
    # 16 MiB are the bound; the rest may stand in the sockets' buffers.
    assert 16 << 20 < redis.taken_bytes[0] < 40 << 20
    log.wait_until_says("a reply is larger than 16777216 bytes")
    log.send("still here")


def test_accounts_never_go_over_redis_and_still_reach_every_pod_at_once(new_cluster):
    cluster = new_cluster(settings={"CLUSTER_SECRET": "a secret of the test"}).start()
    with socket.create_connection(("127.0.0.1", cluster.redis.port), timeout=20) as listener:
        listener.sendall(b"PSUBSCRIBE *\r\n")
        heard = listener.recv(65536)
        first, second, third = cluster.pods
        account = {"name": "alice", "password": "correct horse battery"}
        answer = first.post("/accounts", account)
        assert answer.status == 201, answer
        token = answer.json["token"]
        for pod in (second, third):
            with pod.client(token=token) as client:
                assert client.get("/sessions").status == 200, "the pod waits for what it has not heard of"
        last = second.send("the last one")["offset"]
        cluster.wait_until_equal()
        while b"the last one" not in heard:
            heard += listener.recv(65536)
    assert b"argon2" in cluster.log.log_bytes() and last == 2
    assert b"argon2" not in heard and b"alice" not in heard
