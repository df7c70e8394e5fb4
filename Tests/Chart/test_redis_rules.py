"""Redis as the chart configures it, asked by strangers and by our services: the rules are Redis' own."""

import os
import random

import pytest
from harness.redis import RedisError
from rendering.helm import Helm
from rendering.services import PASSWORD, ChartRedis

REFUSED = ("NOPERM", "WRONGPASS", "ERR DEBUG command not allowed")
OWN_PREFIXES = ("chat-cluster:", "__", "$", "@")


@pytest.fixture(scope="module")
def redis(processes, rendered, tmp_path_factory):
    started = ChartRedis(rendered("defaults"), tmp_path_factory.mktemp("redis"))
    return processes.add(started).start()


@pytest.fixture
def stranger(redis):
    with redis.connect() as connection:
        yield connection


@pytest.fixture
def service(redis):
    with redis.connect(PASSWORD) as connection:
        yield connection


def refusal(connection, *command):
    """The error that a command is answered with; None when it is done."""
    try:
        connection.command(*command)
    except RedisError as error:
        return str(error)
    return None


@pytest.mark.parametrize("channel", [
    "default-channel", "chat", "c", "chat-cluster", "chat-clusters", "chat-cluster.log", "Chat-cluster:log",
    "_", "_a", "a$", "a@b", "tea", "ü", "-", "^", "]", "*", "[^c]"])
def test_strangers_publish_on_plain_channels(stranger, channel):
    assert stranger.command("PUBLISH", channel, "hello") == 0


@pytest.mark.parametrize("channel", [
    "chat-cluster:log", "chat-cluster:head", "chat-cluster:replicas",
    "chat-cluster:production:log", "chat-cluster:", "__",
    "__redis__", "__keyspace@0__:a", "$accounts", "@alice:bob"])
def test_strangers_do_not_publish_on_the_clusters_own(stranger, channel):
    assert "NOPERM" in refusal(stranger, "PUBLISH", channel, "forged")


@pytest.mark.parametrize("command", [
    ["SUBSCRIBE", "chat-cluster:log"], ["PSUBSCRIBE", "*"], ["SUBSCRIBE", "default-channel"],
    ["SPUBLISH", "tea", "x"], ["SSUBSCRIBE", "tea"], ["PUBSUB", "CHANNELS"], ["CONFIG", "GET", "*"],
    ["KEYS", "*"], ["SET", "a", "b"], ["GET", "a"], ["DEBUG", "SLEEP", "0"], ["FLUSHALL"],
    ["SHUTDOWN", "NOSAVE"],
    ["CLIENT", "LIST"], ["CLIENT", "KILL", "TYPE", "normal"], ["CLIENT", "PAUSE", "1"], ["MONITOR"], ["INFO"],
    ["ACL", "LIST"], ["ACL", "SETUSER", "default", "+@all"], ["EVAL", "return 1", "0"], ["SCRIPT", "FLUSH"],
    ["REPLICAOF", "a", "1"], ["MODULE", "LIST"], ["MULTI"], ["SELECT", "1"], ["SLOWLOG", "GET"],
    ["AUTH", "chat-cluster", "guess"]])
def test_strangers_do_nothing_else(stranger, command):
    assert refusal(stranger, *command).startswith(REFUSED)


def test_a_plain_channel_is_whatever_begins_otherwise(stranger):
    seed = int.from_bytes(os.urandom(4), "big")
    draw = random.Random(seed)
    for _ in range(3000):
        prefix = draw.choice(OWN_PREFIXES)
        kept = prefix[: draw.randrange(len(prefix) + 1)]
        name = kept + "".join(draw.choices("chat-luser:_$@^]*[\\x ü", k=draw.randrange(1, 5)))
        is_plain = not name.startswith(OWN_PREFIXES)
        found = refusal(stranger, "PUBLISH", name, "x")
        assert (found is None) == is_plain, f"{name!r}: {found} (seed {seed})"


def test_services_can_do_what_they_do(redis, service):
    assert service.command("CLIENT", "SETNAME", "chat-cluster") == b"OK"
    assert service.command("PING") == b"PONG"
    with redis.connect(PASSWORD) as subscriber:
        for command in (["SUBSCRIBE", "chat-cluster:log"], ["SUBSCRIBE", "chat-cluster:head"],
                        ["SUBSCRIBE", "chat-cluster:replicas"], ["PSUBSCRIBE", "*"],
                        ["PSUBSCRIBE", "public-*"]):
            assert subscriber.command(*command)[0] == command[0].lower().encode()
        assert service.command("PUBLISH", "chat-cluster:log", "lines") == 2
        assert subscriber.read() == [b"message", b"chat-cluster:log", b"lines"]
        assert service.command("PUBLISH", "chat-cluster:replicas", "report") == 2


@pytest.mark.parametrize("command", [
    ["CONFIG", "GET", "*"], ["KEYS", "*"], ["SET", "a", "b"], ["DEBUG", "SLEEP", "0"], ["FLUSHALL"],
    ["ACL", "LIST"], ["CLIENT", "KILL", "TYPE", "normal"], ["EVAL", "return 1", "0"]])
def test_services_can_do_no_more(service, command):
    assert refusal(service, *command).startswith(REFUSED)


def test_redis_keeps_nothing_on_disk(redis, stranger):
    stranger.command("PUBLISH", "tea", "hello")
    assert redis.terminate() == 0
    assert [path.name for path in redis.cwd.iterdir()] == ["redis.conf"]
    redis.start()


def test_without_ingestion_strangers_are_shut_out(processes, chart, tmp_path):
    helm = Helm(chart)
    try:
        release = helm.install({"redis": {"ingest": {"enabled": False}}})
    finally:
        helm.close()
    redis = processes.add(ChartRedis(release, tmp_path)).start()
    with redis.connect() as stranger:
        assert refusal(stranger, "PUBLISH", "tea", "x").startswith("NOAUTH")
    redis.terminate()


def test_who_does_not_read_is_cut_off(processes, chart, tmp_path):
    """So that Redis stays within its memory, however many subscribers hang."""
    helm = Helm(chart)
    try:
        release = helm.install({"redis": {"bundled": {"unreadBytes": "16MiB"}}})
    finally:
        helm.close()
    redis = processes.add(ChartRedis(release, tmp_path)).start()
    with redis.connect(PASSWORD) as hanging, redis.connect(PASSWORD) as service:
        hanging.command("SUBSCRIBE", "chat-cluster:log")
        deliveries = [service.command("PUBLISH", "chat-cluster:log", "x" * 500_000) for _ in range(100)]
    assert deliveries[0] == 1 and deliveries[-1] == 0
    redis.terminate()
