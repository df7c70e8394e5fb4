"""A write repeated under its id is written once, whatever happened in between."""

import random
import threading

from harness.checks import assert_nothing_lost

MESSAGE = {"message_text": "hello", "author": "alice", "id": "c7f3"}


def test_a_repeated_id_answers_with_the_first_ones_position(small_cluster):
    first = small_cluster.log.post("/messages/general", MESSAGE)
    again = small_cluster.log.post("/messages/general", MESSAGE)
    through_pod = small_cluster.pods[0].post("/messages/general", MESSAGE)
    assert (first.status, again.status, through_pod.status) == (201, 200, 200)
    assert first.json == again.json == through_pod.json
    assert small_cluster.log.state()["offset"] == 1


def test_a_retry_across_restarts_of_log_and_pod_writes_nothing(small_cluster):
    pod, log = small_cluster.pods[0], small_cluster.log
    first = pod.post("/messages/general", MESSAGE).json
    log.restart()
    assert log.post("/messages/general", MESSAGE).json == first
    pod.restart()
    answer = pod.post("/messages/general", MESSAGE)
    assert (answer.status, answer.json) == (200, first)
    assert len(assert_nothing_lost(small_cluster, [])) == 1


def test_a_repeated_id_with_another_text_is_refused(small_cluster):
    small_cluster.log.post("/messages/general", MESSAGE)
    for service in small_cluster.services:
        answer = service.post("/messages/general", {**MESSAGE, "message_text": "goodbye"})
        assert answer.status == 409
        assert "id" in answer.problem()["detail"]
    assert small_cluster.log.state()["offset"] == 1


def test_the_same_id_of_another_author_or_channel_is_another_write(small_cluster):
    log = small_cluster.log
    results = [
        log.post("/messages/general", MESSAGE), log.post("/messages/other", MESSAGE),
        log.post("/messages/general", {**MESSAGE, "author": "bob"}),
        log.post("/messages/general", {"message_text": "hello", "id": "c7f3"})]
    assert [answer.status for answer in results] == [201] * 4
    assert [answer.json["offset"] for answer in results] == [1, 2, 3, 4]


def test_one_id_sent_by_many_at_once_is_written_once(cluster):
    answers = []

    def send(service):
        with service.client() as client:
            answers.append(client.post("/messages/general", MESSAGE))

    threads = [threading.Thread(target=send, args=(service,)) for service in cluster.services * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == len(threads)
    assert sorted(answer.status for answer in answers) == [200] * (len(threads) - 1) + [201]
    assert {answer.json["offset"] for answer in answers} == {1}
    assert len(assert_nothing_lost(cluster, [])) == 1


def test_only_the_newest_ids_are_remembered(new_cluster):
    log = new_cluster(pod_count=0, log_settings={"ID_INDEX_ENTRIES": 10}).start().log
    for number in range(11):
        log.send("x", id=f"id-{number}")
    assert log.post("/messages/default-channel", {"message_text": "x", "id": "id-10"}).status == 200
    assert log.post("/messages/default-channel", {"message_text": "x", "id": "id-0"}).status == 201


def test_a_batch_repeated_after_a_crash_in_the_middle_is_written_once(small_cluster):
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    log = small_cluster.log
    drafts = [
        {"channel": f"c{number % 3}", "message_text": str(number), "id": str(number)}
        for number in range(500)]
    for _ in range(3):
        cut = chance.randrange(1, len(drafts))
        results = log.append(drafts[:cut])
        assert all("offset" in result for result in results), (seed, results[:3])
        log.restart()
    offsets = [result["offset"] for result in log.append(drafts)]
    assert sorted(offsets) == list(range(1, 501)), seed
    assert len(assert_nothing_lost(small_cluster, [])) == 500, seed


def test_expectations_hold_exactly_one_of_many_rivals(cluster):
    results = []

    def register(service_index):
        log = cluster.log
        results.append(log.append([{
            "channel": "rooms", "kind": "room", "data": {"owner": service_index}, "key": "room:7",
            "expect": {"room:7": 0}}])[0])

    threads = [threading.Thread(target=register, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    won = [result for result in results if "offset" in result]
    lost = [result["error"] for result in results if "error" in result]
    assert len(won) == 1 and len(lost) == 15
    assert all(error["status"] == 409 for error in lost)
    assert all(won[0]["offset"] in error["current"].values() for error in lost)
    cluster.log.restart()
    again = cluster.log.append([{
        "channel": "rooms", "kind": "room", "data": {}, "key": "room:7",
        "expect": {"room:7": won[0]["offset"]}}])[0]
    assert again["offset"] == won[0]["offset"] + 1, "the key index survives a crash"
