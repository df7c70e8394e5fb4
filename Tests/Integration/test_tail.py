"""FOLLOW=tail: lines come from the log's live tail alone; Redis carries only what is in no log."""

import json

import pytest
from harness.checks import assert_nothing_lost
from harness.streams import Socket
from harness.storm import Storm
from harness.waiting import wait_until

TOPICS = {"lines": "chat-cluster:log", "heads": "chat-cluster:head"}


def test_pods_that_follow_the_tail_take_their_lines_from_the_log_although_there_is_redis(new_cluster):
    cluster = new_cluster(pod_settings={"FOLLOW": "tail"}).start()
    with Storm(cluster.pods) as storm:
        storm.wait_for(100)
    assert_nothing_lost(cluster, storm.acknowledged)
    assert all(pod.state()["source"] == "tail" for pod in cluster.pods)
    counts = {name: cluster.redis.subscriber_count(topic) for name, topic in TOPICS.items()}
    assert counts["lines"] == 0 and counts["heads"] == 1, "nobody but the log itself hears its heartbeats"
    cluster.wait_until_signalling()


def test_redis_may_come_and_go_without_a_trace_in_the_lines(new_cluster):
    cluster = new_cluster(pod_settings={"FOLLOW": "tail"}).start()
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.redis.kill()
    storm.wait_for(50)
    cluster.redis.start()
    assert_nothing_lost(cluster, storm.stop())
    assert all(pod.metric("chat_pod_failed_log_requests_total") == 0 for pod in cluster.pods)


def test_who_is_typing_is_still_told_over_redis(new_cluster):
    cluster = new_cluster(pod_count=2, pod_settings={"FOLLOW": "tail"}).start().wait_until_signalling()
    with Socket(cluster.pods[0], "?channels=tea") as reader, Socket(cluster.pods[1]) as writer:
        reader.control("live")
        writer.say(type="typing", channel="tea", author="bob")
        assert reader.control("typing") == {"type": "typing", "channel": "tea", "name": "bob"}


def test_a_log_that_comes_back_is_followed_again(new_cluster):
    cluster = new_cluster(pod_settings={"FOLLOW": "tail"}).start()
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.log.restart()
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())
    assert all(pod.metric("chat_pod_discards_total") == 0 for pod in cluster.pods)


def test_a_pod_passes_the_logs_heartbeats_on_as_they_are_and_none_of_its_own(new_cluster):
    cluster = new_cluster(pod_count=1, redis=False, pod_settings={"FOLLOW": "tail"}).start()
    wait_until(lambda: cluster.pods[0].state()["source"] == "tail", "the pod follows the tail")
    cluster.log.send("one line")
    with cluster.log.open_tail(1, heartbeat=True, beat=True) as tail:
        passed = heartbeats(cluster.pods[0], 3)
        own = heartbeats_of(tail, 4)
    # The pod's first ones may have been said before the log's tail was opened.
    shared = [one for one in passed if json.loads(one)["beat"] > json.loads(own[0])["beat"]]
    assert shared and set(shared) <= set(own)
    with cluster.pods[0].open_tail(1, heartbeat=True) as tail:
        assert json.loads(heartbeats_of(tail, 1)[0]).keys() <= {"epoch", "offset", "digest", "confirm"}
    assert json.loads(own[-1]).keys() >= {"epoch", "offset", "digest"}
    # Heartbeats are a second apart: two without one mean that none is made up.
    with cluster.pods[0].open_tail(1, heartbeat=True, timeout=2) as tail:
        cluster.log.pause()
        try:
            with pytest.raises(TimeoutError):
                while tail.read_line():
                    pass
        finally:
            cluster.log.resume()


def heartbeats(service, count):
    """The next heartbeats of a service's tail, as bytes."""
    with service.open_tail(1, heartbeat=True, beat=True) as tail:
        return heartbeats_of(tail, count)


def heartbeats_of(tail, count):
    found = []
    while len(found) < count:
        line = tail.read_line().strip()
        if line.startswith(b'{"epoch"'):
            found.append(line)
    return found
