"""Pods that come late, readers that are slow, readers that want their own writes."""

import json

from harness.checks import assert_nothing_lost
from harness.lines import parse_all
from harness.storm import Storm
from harness.waiting import holds_for, wait_until


def filled(log, count, text_bytes=1000):
    """Appends so many messages in big batches."""
    text = "x" * text_bytes
    for start in range(0, count, 1000):
        drafts = [
            {"channel": f"c{number % 7}", "message_text": f"{number} {text}"}
            for number in range(start, min(start + 1000, count))]
        assert all("offset" in result for result in log.append(drafts))


def test_a_pod_started_while_writes_go_on_misses_nothing(cluster):
    with Storm([cluster.log, *cluster.pods]) as storm:
        for _ in range(3):
            storm.wait_for(50)
            pod = cluster.new_pod().start()
            cluster.pods.append(pod)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_a_pod_is_ready_only_when_it_has_all_that_was_durable_at_its_start(small_cluster):
    filled(small_cluster.log, 5000, 200)
    head = small_cluster.log.state()["offset"]
    pod = small_cluster.new_pod().spawn()
    seen = []

    def is_ready():
        answer = pod.get("/readyz")
        seen.append(answer.status)
        if answer.status == 200:
            return True
        assert answer.status == 503 and answer.problem()["detail"], answer
        return False

    wait_until(is_ready, "the pod is ready", 60)
    assert pod.state()["offset"] >= head


def test_a_pod_without_its_log_is_alive_and_not_ready(new_cluster):
    cluster = new_cluster(pod_count=1)
    pod = cluster.pods[0].spawn()
    wait_until(lambda: pod.get("/healthz").status == 200, "the pod is alive")
    wait_until(lambda: "cannot read from its log" in pod.get("/readyz").problem()["detail"], "it says why")
    assert pod.get("/readyz").status == 503
    answer = pod.post("/messages/general", {"message_text": "hello"})
    assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1
    cluster.redis.start()
    cluster.log.start()
    pod.wait_until_ready()
    wait_until(
        lambda: pod.post("/messages/general", {"message_text": "hello", "id": "h"}).status in (200, 201),
        "the pod writes", 10)
    assert [line.text for line in cluster.log.lines()] == ["hello"], "what got 503 was not passed on"


def test_a_slow_reader_of_the_log_gets_everything_and_stops_nobody(small_cluster):
    log = small_cluster.log
    filled(log, 8000)
    with log.raw(receive_bytes=4096) as slow:
        slow.send(b"GET /log HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = slow.receive_until(b"\r\n\r\n")
        with Storm([log, *small_cluster.pods]) as storm:
            storm.wait_for(100)
        data = head.partition(b"\r\n\r\n")[2] + slow.receive_to_end()
    lengths = [line.split()[1] for line in head.splitlines() if line.lower().startswith(b"content-length:")]
    assert [len(data)] == [int(length) for length in lengths]
    assert len(parse_all(data)) >= 8000
    assert_nothing_lost(small_cluster, storm.acknowledged)


def test_a_reader_of_the_tail_that_does_not_read_is_let_go_and_stops_nobody(small_cluster):
    log = small_cluster.log
    before = small_cluster.log.metrics().get("process_resident_memory_bytes", 0)
    stuck = [log.open_tail(0, receive_bytes=4096) for _ in range(4)]
    filled(log, 20_000)
    with Storm([log, *small_cluster.pods]) as storm:
        storm.wait_for(100)
    grown = small_cluster.log.metrics().get("process_resident_memory_bytes", 0) - before
    assert grown < 80 << 20, f"{grown} bytes more for four readers that do not read"
    for one in stuck:
        one.close()
    assert_nothing_lost(small_cluster, storm.acknowledged)


def test_the_tail_streams_lines_as_they_become_durable(small_cluster):
    small_cluster.log.send("one")
    small_cluster.wait_until_equal()
    for service in small_cluster.services:
        start = service.state()["offset"]
        with service.open_tail(start - 1) as tail:
            tail.receive_until(b'"message_text":"one"' if start == 1 else b'"offset":%d' % start)
            small_cluster.log.send("two")
            tail.receive_until(b'"message_text":"two"')
            tail.receive_until(b"\n\r\n")


def test_the_tail_beats_with_the_logs_position_when_asked(small_cluster):
    small_cluster.log.send("one")
    state = small_cluster.wait_until_equal()
    for service in small_cluster.services:
        with service.open_tail(1, heartbeat=True) as tail:
            data = tail.receive_until(b'"digest"') + tail.receive_until(b"}")
        beat = json.loads(data[data.rindex(b'{"epoch"'):].split(b"\n")[0].split(b"\r")[0])
        assert beat == {name: state[name] for name in ("epoch", "offset", "digest")}


def test_read_your_writes_holds_across_pods(cluster):
    for number in range(50):
        writer, reader = cluster.pods[number % 3], cluster.pods[(number + 1) % 3]
        written = writer.send(f"text {number}")
        messages = reader.messages(query=f"?last=1&at_least={written['epoch']}:{written['offset']}")
        assert messages[-1]["message_text"] == f"text {number}"


def test_a_position_that_does_not_come_is_answered_with_504_in_time(small_cluster):
    epoch = small_cluster.log.state()["epoch"]
    pod = small_cluster.pods[0]
    answer = pod.get(f"/messages?at_least={epoch}:1&timeout=0.2")
    assert answer.status == 504
    answer.problem()
    assert pod.get("/messages?at_least=0123456789abcdef:1&timeout=20").status == 409
    assert pod.get(f"/messages?at_least={epoch}:0").status == 200


def test_a_bounded_pod_serves_old_ranges_from_the_log(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"HISTORY_BYTES": "2MiB"}).start()
    filled(cluster.log, 12_000)
    pod = cluster.pods[0]
    cluster.wait_until_equal()
    assert pod.messages("c3", "?limit=5") == cluster.log.messages("c3", "?limit=5")
    assert pod.messages(query="?last=10") == cluster.log.messages(query="?last=10")
    assert pod.log_bytes("?after=10") == cluster.log.log_bytes("?after=10")
    assert pod.messages() == cluster.log.messages()
    used = pod.metrics()["process_resident_memory_bytes"]
    whole = cluster.new_pod(HISTORY_BYTES=0).start().metrics()["process_resident_memory_bytes"]
    assert used < whole, f"{used} bytes with a bound, {whole} without"


def test_reads_never_leave_the_pod(small_cluster):
    small_cluster.pods[0].send("hello")
    small_cluster.wait_until_equal()
    small_cluster.log.kill()
    assert [message["message_text"] for message in small_cluster.pods[0].messages()] == ["hello"]
    holds_for(lambda: small_cluster.pods[0].get("/healthz").status == 200, "the pod lives on", 1)
    answer = small_cluster.pods[0].post("/messages/general", {"message_text": "x"})
    assert answer.status in (503, 504)
    small_cluster.log.start()
