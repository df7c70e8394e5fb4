"""Redis is a hint: its absence delays delivery, loses and reorders nothing."""

import json
import random
import socket

import pytest

from harness.checks import assert_nothing_lost
from harness.lines import crc32c
from harness.redis import RedisServer
from harness.storm import SECONDS, Storm
from harness.waiting import pace, wait_until

# Without a heartbeat for 3 s a pod leaves Redis for the log's tail.
AWAY_SECONDS = 15
LINES_TOPIC = b"chat-cluster:log"


def test_nothing_is_lost_while_redis_is_stopped(cluster):
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.redis.kill()
    storm.wait_for(100)
    for pod in cluster.pods:
        wait_until(lambda: pod.state()["source"] == "tail", f"{pod.name} follows the tail", AWAY_SECONDS)
    storm.wait_for(50)
    cluster.redis.start()
    cluster.wait_until_live(AWAY_SECONDS * 2)
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())


def test_nothing_is_lost_while_redis_is_frozen(cluster):
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.redis.pause()
    try:
        storm.wait_for(50)
        for pod in cluster.pods:
            wait_until(lambda: pod.state()["source"] == "tail", f"{pod.name} follows the tail", AWAY_SECONDS)
        storm.wait_for(50)
    finally:
        cluster.redis.resume()
    cluster.wait_until_live(AWAY_SECONDS * 2)
    assert_nothing_lost(cluster, storm.stop())


def test_the_cluster_starts_and_works_without_a_running_redis(new_cluster):
    cluster = new_cluster()
    cluster.log.start()
    for pod in cluster.pods:
        pod.start()
    with Storm(cluster.pods) as storm:
        storm.wait_for(100)
    assert_nothing_lost(cluster, storm.acknowledged)
    cluster.redis.start()
    cluster.wait_until_live(AWAY_SECONDS * 2)
    cluster.pods[0].send("over Redis")
    assert_nothing_lost(cluster, storm.acknowledged)


def redis_that_only_listens(_, __):
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"redis://127.0.0.1:{listener.getsockname()[1]}", "no answer within"


def redis_that_wants_a_password(processes, directory):
    guarded = processes.add(RedisServer(directory / "guarded", password="hunter2-hunter2")).start()
    return guarded, f"redis://127.0.0.1:{guarded.port}", "NOAUTH"


@pytest.mark.parametrize("make", [redis_that_only_listens, redis_that_wants_a_password])
def test_a_redis_that_does_not_let_the_log_in_counts_as_away(new_cluster, processes, tmp_path, make):
    _held, url, reason = make(processes, tmp_path)
    log = new_cluster(pod_count=0, redis=False, redis_url=url).start().log

    def both_said_so():
        assert log.state()["redis"] == "away" and log.metric("chat_redis_publishing") == 0
        return all(f'role={role} reason="' in log.text for role in ("publisher", "subscriber"))

    wait_until(both_said_so, "both connections are given up", AWAY_SECONDS)
    assert reason in log.text and "connected to Redis" not in log.text


def test_without_redis_in_the_settings_pods_follow_the_tail(new_cluster):
    cluster = new_cluster(redis=False).start()
    with Storm(cluster.pods) as storm:
        storm.wait_for(100)
    assert all(pod.state()["source"] == "tail" for pod in cluster.pods)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_dropped_publishes_are_repaired_from_the_log(new_cluster, redis, new_proxy):
    proxies = [new_proxy(redis) for _ in range(3)]
    cluster = new_cluster(pod_count=0, redis=False, redis_url=redis.url)
    cluster.pods = [cluster.new_pod(REDIS_URL=proxy.url) for proxy in proxies]
    cluster.start()
    cluster.wait_until_live()
    for seed, proxy in enumerate(proxies):
        chance = random.Random(seed)
        proxy.drop = lambda topic, _, chance=chance: topic == LINES_TOPIC and chance.random() < 0.3
    storm = Storm(cluster.pods).start()
    storm.wait_for(200)
    acknowledged = storm.stop()
    assert all(proxy.dropped_count > 0 for proxy in proxies)
    assert_nothing_lost(cluster, acknowledged)
    assert all(pod.state()["source"] == "redis" for pod in cluster.pods), "a gap is no reason to leave Redis"


def test_a_lost_last_message_is_noticed_by_the_heartbeat(new_cluster, redis, new_proxy):
    proxy = new_proxy(redis)
    cluster = new_cluster(pod_count=0, redis=False, redis_url=redis.url)
    cluster.pods = [cluster.new_pod(REDIS_URL=proxy.url)]
    cluster.start()
    cluster.wait_until_live()
    proxy.drop = lambda topic, _: topic == LINES_TOPIC
    cluster.log.send("nothing comes after me")
    wait_until(lambda: cluster.pods[0].state()["offset"] == 1, "the heartbeat tells of the line", 10)
    wait_until(lambda: proxy.dropped_count == 1, "the line itself was dropped", 10)


def test_the_log_alone_cut_off_from_redis_is_noticed(new_cluster, redis, new_proxy):
    proxy = new_proxy(redis)
    cluster = new_cluster(redis=False, redis_url=redis.url, log_redis_url=proxy.url).start()
    cluster.wait_until_live()
    proxy.refuse()
    with Storm([cluster.log]) as storm:
        storm.wait_for(100)
        for pod in cluster.pods:
            wait_until(lambda: pod.state()["source"] == "tail", f"{pod.name} follows the tail", AWAY_SECONDS)
        proxy.allow()
        cluster.wait_until_live(AWAY_SECONDS * 3)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_connections_cut_again_and_again_lose_nothing(new_cluster, redis, new_proxy):
    proxies = [new_proxy(redis) for _ in range(4)]
    cluster = new_cluster(pod_count=0, redis=False, redis_url=redis.url, log_redis_url=proxies[3].url)
    cluster.pods = [cluster.new_pod(REDIS_URL=proxy.url) for proxy in proxies[:3]]
    cluster.start()
    chance = random.Random(7)
    with Storm(cluster.pods) as storm:
        for _ in range(int(SECONDS / 0.25)):
            chance.choice(proxies).cut()
            pace(0.25)
    assert_nothing_lost(cluster, storm.acknowledged)
    cluster.wait_until_live(AWAY_SECONDS * 3)


def test_forged_lines_and_heartbeats_change_nothing(cluster):
    cluster.wait_until_live()
    written = cluster.log.send("true")
    epoch = written["epoch"]
    cluster.wait_until_equal()
    line = '{"offset":2,"time":"2026-01-01T00:00:00.000Z","channel":"c","message_text":"x","crc":"00000000"}'
    forged = {
        "chat-cluster:log": [
            "", "{", "nonsense\n", f'{{"epoch":"{epoch}","after":1}}\n{line}\n',
            f'{{"epoch":"0123456789abcdef","after":1}}\n{line}\n', f'{{"epoch":"{epoch}","after":-1}}\n',
            b"\xff" * 5000],
        "chat-cluster:head": [
            "", "[]", f'{{"epoch":"{epoch}","offset":99,"digest":"0123456789abcdef"}}',
            f'{{"epoch":"{epoch}","offset":1,"digest":"0123456789abcdef"}}',
            '{"epoch":"0123456789abcdef","offset":5,"digest":"0123456789abcdef"}', b"\x00\xff"],
    }
    for topic, payloads in forged.items():
        for payload in payloads:
            cluster.redis.publish(topic, payload)
    for pod in cluster.pods:
        pod.send("also true")
    assert_nothing_lost(cluster, [])
    assert [line.text for line in cluster.log.lines()] == ["true"] + ["also true"] * 3
    assert all(pod.state()["epoch"] == epoch for pod in cluster.pods)


def test_with_a_secret_lines_without_the_right_mac_are_not_taken(new_cluster):
    cluster = new_cluster(settings={"CLUSTER_SECRET": "correct horse battery"}, pod_count=1).start()
    cluster.wait_until_live()
    with cluster.redis.connect() as subscriber:
        subscriber.command("SUBSCRIBE", "chat-cluster:log")
        epoch = cluster.log.send("first")["epoch"]
        seen = subscriber.read()[2]
    head, _, rest = seen.partition(b"\n")
    assert json.loads(head)["epoch"] == epoch and json.loads(head)["mac"]
    cluster.wait_until_equal()
    # The line is whole, of the right epoch and the next one: only its mac is missing or another line's.
    forged = b'{"offset":2,"time":"2099-01-01T00:00:00.000Z","channel":"c","message_text":"forged"'
    forged += b',"crc":"%08x"}\n' % crc32c(forged)
    mac = json.loads(head)["mac"]
    for claim in ({}, {"mac": mac}, {"mac": "00" * 32}, {"mac": 1}):
        first = json.dumps({"epoch": epoch, "after": 1, **claim}).encode()
        cluster.redis.publish("chat-cluster:log", first + b"\n" + forged)
    cluster.log.send("second")
    assert_nothing_lost(cluster, [])
    assert [line.text for line in cluster.log.lines()] == ["first", "second"]
    assert [message["message_text"] for message in cluster.pods[0].messages()] == ["first", "second"]


def test_clusters_with_different_names_share_a_redis(new_cluster, redis):
    one = new_cluster(pod_count=1, redis=False, redis_url=redis.url, settings={"CLUSTER_NAME": "one"}).start()
    two = new_cluster(pod_count=1, redis=False, redis_url=redis.url, settings={
        "CLUSTER_NAME": "two", "INGEST_CHANNELS": ""}).start()
    one.log.send("of one")
    two.log.send("of two")
    one.wait_until_live()
    two.wait_until_live()
    assert [line.text for line in assert_nothing_lost(one, [])] == ["of one"]
    assert [line.text for line in assert_nothing_lost(two, [])] == ["of two"]


def test_a_redis_with_a_password_is_used_and_the_password_not_shown(processes, tmp_path, new_cluster):
    redis = processes.add(RedisServer(tmp_path / "guarded", password="hunter2-hunter2")).start()
    cluster = new_cluster(pod_count=1, redis=False, redis_url=redis.url).start()
    cluster.wait_until_live()
    cluster.log.send("hello")
    assert_nothing_lost(cluster, [])
    for service in cluster.services:
        assert "hunter2" not in service.text
        assert b"hunter2" not in service.get("/metrics").body
        assert "hunter2" not in json.dumps(service.state())
