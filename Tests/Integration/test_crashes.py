"""kill -9 of anything, at any time, loses and doubles nothing that was acknowledged."""

import pytest

from harness.checks import assert_nothing_lost
from harness.storm import IS_LONG, SECONDS, Storm
from harness.waiting import pace

CRASHES = 8 if IS_LONG else 2


@pytest.fixture(params=["through the pods", "straight to the log"])
def targets(request, cluster):
    return cluster.pods if request.param == "through the pods" else [cluster.log]


def test_killing_the_log_during_a_storm_loses_nothing(cluster, targets):
    storm = Storm(targets).start()
    for _ in range(CRASHES):
        storm.wait_for(50)
        cluster.log.restart()
    storm.wait_for(50)
    acknowledged = storm.stop()
    lines = assert_nothing_lost(cluster, acknowledged)
    assert len(lines) >= len(acknowledged) > 50 * CRASHES


def test_a_killed_log_keeps_its_epoch(cluster):
    before = cluster.log.state()["epoch"]
    cluster.pods[0].send("before")
    cluster.log.restart()
    assert cluster.log.state()["epoch"] == before
    cluster.pods[0].wait_until_ready()
    cluster.pods[0].send("after")
    assert_nothing_lost(cluster, [])


def test_killing_a_pod_during_a_storm_loses_nothing(cluster):
    storm = Storm(cluster.pods).start()
    for number in range(CRASHES):
        storm.wait_for(50)
        cluster.pods[number % len(cluster.pods)].restart()
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())


def test_killing_all_pods_at_once_loses_nothing(cluster):
    with Storm([cluster.log]) as storm:
        storm.wait_for(50)
        for pod in cluster.pods:
            pod.kill()
        storm.wait_for(50)
        for pod in cluster.pods:
            pod.spawn()
        for pod in cluster.pods:
            pod.wait_until_ready()
    assert_nothing_lost(cluster, storm.acknowledged)


def test_killing_everything_at_once_loses_nothing(cluster):
    storm = Storm(cluster.pods).start()
    storm.wait_for(100)
    for process in [cluster.log, *cluster.pods, cluster.redis]:
        process.kill()
    cluster.start()
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())


def test_a_frozen_log_delays_writes_and_loses_none(cluster):
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.log.pause()
    try:
        for pod in cluster.pods:
            assert pod.get("/messages/storm?last=1").status == 200, "reads go on without the log"
        pace(min(SECONDS, 10) / 2)
    finally:
        cluster.log.resume()
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())


def test_a_frozen_pod_catches_up(cluster):
    storm = Storm([cluster.log, cluster.pods[0]]).start()
    cluster.pods[1].pause()
    storm.wait_for(200)
    cluster.pods[1].resume()
    assert_nothing_lost(cluster, storm.stop())


def test_an_empty_log_survives_a_crash(cluster):
    cluster.log.restart()
    assert cluster.log.state()["offset"] == 0
    assert_nothing_lost(cluster, [])
