"""Confirmed writes: answered when so many pods have applied the line; no answer says more than is so."""

import json
import random
import re
import threading
from contextlib import ExitStack, contextmanager

import pytest
from harness.lines import parse_all
from harness.streams import Socket
from harness.waiting import wait_until

# So long after its start a log grants neither majority nor all.
GATHER_SECONDS = 5


def send(service, text, query="", **fields):
    return service.post(f"/messages/default-channel{query}", {"message_text": text, **fields})


def confirmed(service, text, query, **fields):
    answer = send(service, text, query, **fields)
    assert answer.status == 201, answer
    assert answer.json["took_ms"] >= 0
    return answer.json["confirmed_by"], answer.json["of"]


def wait_until_known(log, pods):
    def are_known():
        found = {one["id"]: one["state"] for one in log.get("/replicas").json["replicas"]}
        assert found == {pod.name: "ready" for pod in pods}, found
        return True

    wait_until(are_known, "the log knows all pods")


def wait_until_gathered(log):
    wait_until(
        lambda: log.state()["uptime_seconds"] > GATHER_SECONDS, "the log grants majorities",
        GATHER_SECONDS * 2)


@pytest.fixture(scope="module")
def five(new_shared_cluster):
    """Five pods, which the log knows; the tests only add messages."""
    cluster = new_shared_cluster(pod_count=5)
    wait_until_known(cluster.log, cluster.pods)
    wait_until_gathered(cluster.log)
    return cluster


@pytest.mark.parametrize("confirm, least", [("1", 1), ("3", 3), ("5", 5), ("majority", 3), ("all", 5)])
@pytest.mark.parametrize("through", ["log", "pod"])
def test_the_answer_comes_when_so_many_pods_have_applied_the_line(five, confirm, least, through):
    service = five.log if through == "log" else five.pods[1]
    answer = send(service, f"to {confirm}", f"?confirm={confirm}&timeout=20s")
    assert answer.status == 201, answer
    offset = answer.json["offset"]
    having_it = sum(pod.state()["offset"] >= offset for pod in five.pods)
    assert answer.json["of"] == 5 and having_it >= answer.json["confirmed_by"] >= least


def test_without_a_wish_the_answer_says_nothing_of_pods(five):
    for answer in (send(five.pods[0], "x"), send(five.pods[0], "x", "?confirm=durable"), send(five.log, "x")):
        assert answer.status == 201 and "confirmed_by" not in answer.json


def test_a_repeated_id_is_confirmed_too(five):
    first = send(five.pods[0], "once", "?confirm=all", id="the-same")
    second = send(five.pods[3], "once", "?confirm=3", id="the-same")
    assert (first.status, second.status) == (201, 200)
    assert first.json["offset"] == second.json["offset"] and second.json["confirmed_by"] >= 3


@pytest.mark.parametrize("query, field", [
    ("?confirm=some", "confirm"), ("?confirm=0", "confirm"), ("?confirm=1001", "confirm"),
    ("?confirm=durable&confirm=all", "confirm"), ("?timeout=1s&timeout=9s", "timeout"),
    ("?confirm=", "confirm"), ("?timeout=2m", "timeout"), ("?timeout=x", "timeout"),
    ("?comfirm=1", "comfirm")])
def test_a_wish_that_is_none_is_refused_and_nothing_is_written(five, query, field):
    before = five.log.state()["offset"]
    for service in (five.log, five.pods[0]):
        answer = send(service, "never", query)
        assert answer.status == 400 and answer.problem()["field"] == field
    assert five.log.state()["offset"] == before


@pytest.mark.parametrize("through", ["log", "pod"])
def test_too_few_pods_in_time_is_504_and_the_line_is_there(five, through):
    service = five.log if through == "log" else five.pods[2]
    answer = send(service, f"too much asked of {through}", "?confirm=6&timeout=300ms")
    problem = answer.problem()
    assert answer.status == 504 and problem["type"] == "/problems/not-confirmed"
    assert "durable" in problem["detail"] and problem["of"] == 5 and problem["confirmed_by"] <= 5
    assert problem["epoch"] == five.log.state()["epoch"]
    line = parse_all(five.log.log_bytes(f"?after={problem['offset'] - 1}"), problem["offset"] - 1)[0]
    assert line.fields["message_text"] == f"too much asked of {through}"


@contextmanager
def waiting_writes(pod, count):
    """So many writes that cannot be confirmed and are not answered meanwhile."""
    body = b'{"message_text":"late"}'
    request = (b"POST /messages/default-channel?confirm=1000&timeout=60s HTTP/1.1\r\nHost: a\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body) + body)
    before = pod.state()["offset"]
    with ExitStack() as open_ones:
        late = [open_ones.enter_context(pod.raw()) for _ in range(count)]
        for one in late:
            one.send(request)
        wait_until(lambda: pod.state()["offset"] >= before + count, "they are written")
        yield
        assert not any(one.has_something for one in late), "they still wait"


def test_a_waiting_write_does_not_hold_up_others_of_its_batch(five):
    """One that cannot be confirmed is sent together with others, whose answers come at once."""
    pod = five.pods[0]
    with waiting_writes(pod, 1):
        for number in range(20):
            assert confirmed(pod, f"{number}", "?confirm=3&timeout=20s")[0] >= 3
            assert send(pod, f"{number}").status == 201


def test_many_writes_that_wait_long_do_not_hold_up_another(five):
    """More than there are connections for their questions."""
    with waiting_writes(five.pods[0], 60):
        assert confirmed(five.pods[0], "in between", "?confirm=5&timeout=20s")[0] == 5


def test_the_log_answers_each_wait_as_soon_as_it_is_settled(five):
    offset = send(five.log, "asked about").json["offset"]
    waits = [{"offset": offset, "confirm": "1000", "timeout_ms": 2000}, {"offset": offset, "confirm": "all"},
             {"offset": offset, "confirm": "2", "wait": 7}]
    body = "".join(json.dumps(wait) + "\n" for wait in waits).encode()
    answer = five.log.post("/confirmations", body)
    found = [json.loads(line) for line in answer.body.splitlines()]
    assert {one["confirm"] for one in found[:2]} == {"all", "2"} and found[2]["confirm"] == "1000"
    assert [one["confirmed"] for one in found] == [True, True, False]
    assert next(one for one in found if one["confirm"] == "2")["wait"] == 7
    foreign = json.dumps({"offset": 1, "confirm": "1", "epoch": "0" * 16}).encode()
    assert five.log.post("/confirmations", foreign).json["confirmed"] is False
    beyond = json.dumps({"offset": offset + 1000, "confirm": "1"}).encode()
    assert five.log.post("/confirmations", beyond).json["of"] == 0, "there is no such line to wait for"
    for bad in (b"", b"{}", b'{"offset":1,"confirm":"x"}'):
        assert five.log.post("/confirmations", bad).status == 400


def test_what_is_sent_on_a_socket_can_be_confirmed(five):
    with Socket(five.pods[0]) as socket:
        command = {"type": "send", "channel": "tea", "message_text": "on a socket"}
        socket.say(**command, confirm="majority", timeout="20s")
        ack = socket.control("ack")
        assert ack["of"] == 5 and ack["confirmed_by"] >= 3
        socket.say(**command, confirm="9", timeout="100ms", id="too-much")
        error = socket.control("error")
        assert error["id"] == "too-much" and error["problem"]["type"] == "/problems/not-confirmed"
        socket.say(**command, confirm="some")
        assert socket.control("error")["problem"]["field"] == "confirm"
        socket.say(**command)
        assert "confirmed_by" not in socket.control("ack")


def test_keys_and_counters_can_be_confirmed(five):
    with five.pods[2].client() as client:
        put = client.request("PUT", "/kv/color?confirm=majority&timeout=20s", {"hue": 1})
        assert put.status == 201 and put.json["of"] == 5 and put.json["confirmed_by"] >= 3, put
        added = client.post("/counters/visits?confirm=5&timeout=20s", {"add": 2})
        assert added.status == 201 and added.json["confirmed_by"] == 5 and added.json["value"] == 2, added
        late = client.request("DELETE", "/kv/color?confirm=9&timeout=100ms")
        assert late.status == 504 and late.problem()["type"] == "/problems/not-confirmed"
        assert "confirmed_by" not in client.request("PUT", "/kv/color", {"hue": 2}).json


def test_how_long_a_line_takes_to_be_visible_everywhere_is_sampled(five):
    def is_sampled():
        send(five.log, "sampled")
        seen = five.log.get("/replicas").json["visible"]
        assert seen and 0 < seen["p50_ms"] <= seen["p99_ms"]
        return seen["slowest"] in {pod.name for pod in five.pods}

    wait_until(is_sampled, "a sample was taken")
    assert five.log.metrics()["chat_log_visible_seconds_count"] >= 1
    assert five.log.metric("chat_log_slowest_replica") == 1


def test_a_minority_cannot_confirm_and_a_returning_pod_makes_it_one_again(new_cluster):
    cluster = new_cluster(pod_count=5).start()
    wait_until_known(cluster.log, cluster.pods)
    wait_until_gathered(cluster.log)
    alive, killed = cluster.pods[:2], cluster.pods[2:]
    for pod in killed:
        pod.kill()
    assert confirmed(alive[0], "two are left", "?confirm=2") == (2, 5)
    answer = send(alive[0], "two are no majority of five", "?confirm=majority&timeout=2s")
    assert answer.status == 504
    assert (answer.problem()["confirmed_by"], answer.problem()["of"]) == (2, 5)
    wait_until(lambda: confirmed(alive[0], "all that are ready", "?confirm=all") == (2, 2), "all are two", 15)
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(confirmed(alive[1], "waits", "?confirm=majority&timeout=30s")))
    waiting.start()
    killed[0].restart()
    waiting.join()
    assert answers == [(3, 5)]


def test_the_default_is_a_line_and_survives_restarts(new_cluster):
    cluster = new_cluster(pod_count=2, settings={"WRITE_QUORUM": "1"}).start()
    wait_until_known(cluster.log, cluster.pods)
    assert send(cluster.pods[0], "by the environment").json["confirmed_by"] >= 1
    with cluster.log.client() as client:
        assert client.get("/admin/write-quorum").json == {"write_quorum": "1"}
        answer = client.request("PUT", "/admin/write-quorum", {"write_quorum": "2"})
        assert answer.status == 201, answer
        for bad in ({}, {"write_quorum": "x"}, {"write_quorum": 2}, {"quorum": "2"}):
            assert client.request("PUT", "/admin/write-quorum", bad).status == 400
    offset = answer.json["offset"]
    wait_until(lambda: all(pod.state()["offset"] >= offset for pod in cluster.pods), "the pods have the line")
    for service in cluster.services:
        assert send(service, "by the line").json["confirmed_by"] == 2
        assert "confirmed_by" not in send(service, "but not this", "?confirm=durable").json
    cluster.log.restart()
    cluster.pods[0].restart()
    assert cluster.log.get("/replicas").json["quorum"] == {"default": "2"}
    for service in cluster.services:
        assert send(service, "after the restart", "?timeout=20s").json["confirmed_by"] == 2, service.name
    assert all(pod.messages() == cluster.log.messages() for pod in cluster.pods)


def test_right_after_its_start_the_log_grants_numbers_only(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    assert confirmed(cluster.pods[0], "one", "?confirm=1") == (1, 1)
    cluster.log.restart()
    answer = send(cluster.log, "too soon", "?confirm=majority&timeout=100ms")
    assert answer.status == 504
    assert confirmed(cluster.log, "later", "?confirm=majority&timeout=20s") == (1, 1)


def test_a_pod_that_is_cut_off_with_a_restarted_log_cannot_confirm_alone(new_cluster):
    cluster = new_cluster(pod_count=3).start()
    wait_until_known(cluster.log, cluster.pods)
    roster = cluster.log.data_directory / "replicas.ndjson"
    wait_until(lambda: roster.exists() and len(roster.read_text().splitlines()) == 3, "all are kept")
    alone, *others = cluster.pods
    for pod in others:
        pod.pause()
    cluster.log.restart()
    wait_until_gathered(cluster.log)
    assert confirmed(alone, "one of three", "?confirm=1&timeout=20s") == (1, 3)
    answer = send(alone, "no majority", "?confirm=majority&timeout=500ms")
    assert answer.status == 504
    assert (answer.problem()["confirmed_by"], answer.problem()["of"]) == (1, 3)
    others[0].resume()
    assert confirmed(alone, "two of three", "?confirm=majority&timeout=30s") == (2, 3)


def test_a_damaged_roster_keeps_nobody_from_starting(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    wait_until_known(cluster.log, cluster.pods)
    cluster.log.kill()
    (cluster.log.data_directory / "replicas.ndjson").write_bytes(b"\xff\x00{\n{}\n")
    cluster.log.restart()
    assert confirmed(cluster.pods[0], "one", "?confirm=majority&timeout=30s") == (1, 1)
    assert "lines of the kept replicas cannot be read" in cluster.log.last_output()


def test_confirmations_work_without_redis(new_cluster):
    cluster = new_cluster(pod_count=3, redis=False).start()
    wait_until_known(cluster.log, cluster.pods)
    assert confirmed(cluster.pods[0], "by the tail", "?confirm=3") == (3, 3)


def test_a_simulated_delay_is_kept_and_shown(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"SIMULATED_DELAY": "100ms-120ms"}).start()
    pod = cluster.pods[0]
    wait_until_known(cluster.log, cluster.pods)
    answer = send(pod, "slow", "?confirm=1")
    assert answer.status == 201 and 95 <= answer.json["took_ms"]
    assert pod.state()["simulated_delay"] == "100ms-120ms"
    assert cluster.log.get("/replicas").json["replicas"][0]["simulated_delay"] == "100ms-120ms"
    pod.wait_until_says("experiment")
    assert re.search(r"warn .*experiment", pod.text)
    cluster.log.wait_until_says("on purpose")


@pytest.mark.parametrize("seed", [1, 2])
def test_no_answer_counts_a_pod_that_stands_still(new_cluster, seed):
    """Pods are frozen by turns: what was written meanwhile cannot be in them, whatever is asked for."""
    chance = random.Random(seed)
    cluster = new_cluster(pod_count=3, pod_settings={"FOLLOW": chance.choice(["redis", "tail", "tree"])})
    log, pods = cluster.start().log, cluster.pods
    wait_until_known(log, pods)
    for _ in range(8):
        frozen = chance.sample(pods, chance.randrange(4))
        live = [pod for pod in pods if pod not in frozen]
        for pod in frozen:
            pod.pause()
        try:
            for number in range(4):
                check_truth(log, live, chance.choice(["1", "2", "3", "majority", "all"]), f"{seed} {number}")
        finally:
            for pod in frozen:
                pod.resume()
        cluster.wait_until_equal()


def check_truth(log, live, confirm, text):
    """A write through the log is settled, and says nothing that the pods that run cannot know."""
    answer = send(log, text, f"?confirm={confirm}&timeout=150ms")
    assert answer.status in (201, 504), answer
    told = answer.json
    assert log.lines(told["offset"] - 1)[0].fields["message_text"] == text
    having_it = [pod for pod in live if pod.state()["offset"] >= told["offset"]]
    assert told["confirmed_by"] <= len(having_it), (told, [pod.name for pod in live])
    if answer.status == 201 and confirm.isdigit():
        assert told["confirmed_by"] >= int(confirm)
    if answer.status == 201 and confirm == "majority":
        assert told["confirmed_by"] * 2 > told["of"] == 3
