"""A full disk: appends answer 507, reads go on, appends resume when there is room."""

import re

from harness.checks import assert_nothing_lost
from harness.storm import Storm
from harness.waiting import wait_until

ROOM_BYTES = 256 << 10


def fill(log):
    """Writes until the disk is full; returns the texts that were acknowledged and the refusal."""
    written = []
    with log.client() as client:
        for number in range(1000):
            text = f"{number} " + "x" * 2000
            answer = client.post("/messages/c", {"message_text": text, "id": str(number)})
            if answer.status != 201:
                return written, answer
            written.append(text)
    raise AssertionError("the disk did not get full")


def test_appends_are_refused_while_reads_go_on_and_resume_with_room(small_cluster):
    log = small_cluster.log
    log.limit_files(ROOM_BYTES)
    written, refusal = fill(log)
    assert refusal.status == 507
    assert re.search("retry|room|space", refusal.problem()["detail"])
    assert [message["message_text"] for message in log.messages("c")] == written
    assert log.state()["offset"] == len(written), "a refused write leaves no hole"
    assert log.get("/healthz").status == 200
    through_pod = small_cluster.pods[0].post("/messages/c", {"message_text": "y" * 3000})
    assert through_pod.status == 507
    log.limit_files(None)
    wait_until(
        lambda: log.post("/messages/c", {"message_text": "again", "id": "again"}).status in (200, 201),
        "appends resume")
    number = len(written)
    retried = log.post("/messages/c", {"message_text": f"{number} " + "x" * 2000, "id": str(number)})
    assert retried.status == 201, "the id of a refused write is not taken"
    lines = assert_nothing_lost(small_cluster, [])
    assert len(lines) == len(written) + 2


def test_a_batch_that_does_not_fit_is_refused_as_a_whole(small_cluster):
    log = small_cluster.log
    log.send("first")
    log.limit_files(ROOM_BYTES)
    drafts = [{"channel": "c", "message_text": "z" * 60_000, "id": f"big-{n}"} for n in range(20)]
    results = log.append(drafts)
    assert all(result["error"]["status"] == 507 for result in results)
    assert log.state()["offset"] == 1
    log.limit_files(None)
    wait_until(lambda: "offset" in log.append([{"channel": "c", "message_text": "small"}])[0], "room again")
    assert_nothing_lost(small_cluster, [])


def test_writers_that_retry_get_through_when_there_is_room_and_nothing_is_doubled(cluster):
    with Storm(cluster.pods, text_bytes=2000) as storm:
        storm.wait_for(20)
        log = cluster.log
        log.limit_files(log.segments()[-1].stat().st_size + ROOM_BYTES)
        wait_until(lambda: storm.retry_count > 20, "the disk is full")
        log.limit_files(None)
        storm.wait_for(100)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_a_log_that_crashes_with_a_full_disk_recovers(small_cluster):
    log = small_cluster.log
    log.limit_files(ROOM_BYTES)
    written, _ = fill(log)
    log.restart()
    assert [message["message_text"] for message in log.messages("c")] == written
    small_cluster.pods[0].wait_until_ready()
    log.send("goes on")
    assert_nothing_lost(small_cluster, [])
