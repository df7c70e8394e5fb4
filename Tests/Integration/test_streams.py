"""Live streams: WebSocket, Server-Sent Events and long polls, as clients of other makes see them."""

import os
import re
import signal
import socket as sockets
import threading

import pytest
from harness.streams import Events, Socket
from harness.waiting import holds_for, wait_until
from websockets.exceptions import InvalidStatus


def position(receipt):
    return f"{receipt['epoch']}:{receipt['offset']}"


def texts(lines):
    return [line["message_text"] for line in lines]


def test_a_socket_gets_what_is_written_on_any_pod_from_then_on(cluster):
    cluster.log.send("before")
    cluster.wait_until_equal()
    with Socket(cluster.pods[0]) as socket:
        assert socket.hello["replica_id"] == cluster.pods[0].state()["replica_id"]
        for number, pod in enumerate([*cluster.pods, cluster.log]):
            pod.send(f"message {number}")
        for number in range(4):
            assert socket.line()["message_text"] == f"message {number}"


def test_a_line_is_sent_as_it_stands_in_the_log(small_cluster):
    pod = small_cluster.pods[0]
    with Socket(pod) as socket:
        pod.send('quotes " and \\ and \n and 😀', author="alice", id="a1")
        raw = socket.connection.recv(timeout=20)
        while '"offset"' not in raw[:10]:
            raw = socket.connection.recv(timeout=20)
    assert raw.encode() + b"\n" == small_cluster.log.log_bytes()


def test_a_socket_resumes_from_any_position_without_loss_or_repeat(cluster):
    receipts = [cluster.log.send(f"old {number}") for number in range(50)]
    cluster.wait_until_equal()
    with Socket(cluster.pods[1], f"?after={position(receipts[9])}") as socket:
        live = socket.control("live")
        assert live["position"] == position(receipts[-1])
        new = [cluster.pods[0].send(f"new {number}") for number in range(10)]
        lines = socket.lines_through(new[-1]["offset"])
    assert [line["offset"] for line in lines] == list(range(11, 61))


def test_streams_that_join_under_load_get_every_line_once_in_order(cluster):
    stop = threading.Event()
    written = []

    def write(pod):
        while not stop.is_set():
            written.append(pod.send("load")["offset"])

    writers = [threading.Thread(target=write, args=(pod,)) for pod in cluster.pods]
    for writer in writers:
        writer.start()
    try:
        epoch = cluster.log.state()["epoch"]
        sockets, streams = [], []
        for number in range(12):
            wait_until(lambda: len(written) > number * 20, "more is written")
            pod = cluster.pods[number % 3]
            sockets.append((Socket(pod, f"?after={epoch}:{number}"), number))
            streams.append((Events(pod, f"?after={epoch}:{number}"), number))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    last = max(written)
    for socket, after in sockets:
        assert [line["offset"] for line in socket.lines_through(last)] == list(range(after + 1, last + 1))
        socket.close()
    for stream, after in streams:
        offsets = [stream.next()[2]["offset"] for _ in range(last - after)]
        assert offsets == list(range(after + 1, last + 1))
        stream.close()


def test_only_the_channels_asked_for_come(small_cluster):
    pod = small_cluster.pods[0]
    with Socket(pod, "?channels=a,b&channel=c,d") as socket, Events(pod, "?channels=b") as events:
        for channel in ["a", "x", "b", "c,d", "c"]:
            last = pod.send("hello", channel=channel)
        small_cluster.wait_until_equal()
        socket.say(type="ping")
        socket.control("pong")
        assert [line["channel"] for line in socket.lines] == ["a", "b", "c,d"]
        assert events.next()[2]["channel"] == "b"
    assert last["offset"] == 5


def test_channels_are_subscribed_and_unsubscribed_while_connected(small_cluster):
    pod = small_cluster.pods[0]
    first = pod.send("one", channel="late")
    small_cluster.wait_until_equal()
    with Socket(pod, "?channels=a") as socket:
        socket.say(type="subscribe", channels=["late", "a"], after=f"{first['epoch']}:0")
        assert socket.line()["message_text"] == "one"
        socket.control("live")
        socket.say(type="unsubscribe", channels=["a"])
        socket.say(type="ping")
        socket.control("pong")
        pod.send("unseen", channel="a")
        pod.send("two", channel="late")
        assert socket.line()["message_text"] == "two"
        assert texts(socket.lines) == ["one", "two"]


def test_a_message_is_sent_over_a_socket_and_acknowledged(cluster):
    with Socket(cluster.pods[0]) as socket:
        socket.say(type="send", channel="general", message_text="Hello 👋", author="alice", id="m-1")
        ack = socket.control("ack")
        assert ack["id"] == "m-1"
        # A repetition is answered with the first one's place, on any pod.
        with Socket(cluster.pods[2]) as other:
            other.say(type="send", channel="general", message_text="Hello 👋", author="alice", id="m-1")
            assert other.control("ack") == ack
            other.say(
                type="send", channel="general", message_text="And to you", id="m-2", reply_to=ack["offset"])
            reply = other.control("ack")
    cluster.wait_until_equal()
    lines = cluster.log.lines()
    assert [line.fields.get("reply_to") for line in lines] == [None, ack["offset"]]
    assert reply["offset"] == 2


@pytest.mark.parametrize("command, field", [
    ({"type": "send", "channel": "general"}, "message_text"),
    ({"type": "send", "channel": "general", "message_text": ""}, "message_text"),
    ({"type": "send", "channel": "a/b", "message_text": "x"}, "channel"),
    ({"type": "send", "channel": "$accounts", "message_text": "x"}, "channel"),
    ({"type": "send", "channel": "@room", "message_text": "x"}, "channel"),
    ({"type": "send", "channel": "a", "message_text": "x", "colour": "red"}, "colour"),
    ({"type": "send", "channel": "a", "message_text": "x", "id": "no spaces"}, "id"),
    ({"type": "send", "channel": "a", "message_text": "x" * 65537}, "message_text"),
    ({"type": "send", "channel": "a", "message_text": "x", "reply_to": -1}, "reply_to"),
    ({"type": "dance"}, "type"),
    ({"channels": []}, "type"),
    ({"type": "subscribe"}, "channels"),
    ({"type": "subscribe", "channels": ["@secret"]}, "channel"),
    ({"type": "subscribe", "channels": ["a"], "after": "yesterday"}, "after"),
    ({"type": "subscribe", "channels": "a"}, "channels"),
])
def test_a_wrong_command_is_refused_by_name_and_the_socket_goes_on(small_cluster, command, field):
    pod = small_cluster.pods[0]
    with Socket(pod) as socket:
        socket.say(**command)
        error = socket.control("error")
        assert error["problem"]["field"] == field, error
        assert error["problem"]["detail"] and error["problem"]["status"] in (400, 404, 413)
        socket.say(type="send", channel="a", message_text="fine")
        assert socket.control("ack")["offset"] == 1


def test_what_is_no_json_is_refused_and_a_binary_frame_closes(small_cluster):
    with Socket(small_cluster.pods[0]) as socket:
        for text in ["", "{", "[]", "null", '{"type":"ping","type":"ping"}', '{"type":"ping"} ']:
            socket.connection.send(text)
            if text == '{"type":"ping"} ':
                socket.control("pong")
            else:
                assert socket.control("error")["problem"]["status"] == 400
        socket.connection.send(b"bytes")
        assert socket.wait_for_close()[0] == 1003


def test_writes_while_the_log_is_away_are_refused_with_when_to_try_again(small_cluster):
    with Socket(small_cluster.pods[0]) as socket:
        small_cluster.log.kill()
        socket.say(type="send", channel="a", message_text="x", id="again")
        error = socket.control("error")
        assert error["id"] == "again"
        assert error["problem"]["status"] in (503, 504)
        small_cluster.log.restart()

        def is_written():
            socket.say(type="send", channel="a", message_text="x", id="again")
            received = socket.receive()
            while received.get("type") not in ("ack", "error"):
                received = socket.receive()
            return received["type"] == "ack"

        wait_until(is_written, "the retry is acknowledged")


def test_a_position_of_another_log_starts_with_a_reset(small_cluster):
    pod = small_cluster.pods[0]
    receipt = pod.send("one")
    small_cluster.wait_until_equal()
    with Socket(pod, f"?after={'0' * 16}:7") as socket:
        assert socket.control("reset")["position"] == position(receipt)
        pod.send("two")
        assert texts([socket.line()]) == ["two"]
    with Events(pod, last_event_id=f"{'0' * 16}:7") as events:
        last_id, event, data = events.next()
        assert (event, data["position"], last_id) == ("reset", data["position"], data["position"])
        pod.send("three")
        assert events.next()[2]["message_text"] == "three"


def test_an_event_stream_resumes_by_its_last_event_id(cluster):
    for number in range(5):
        cluster.log.send(f"message {number}")
    cluster.wait_until_equal()
    epoch = cluster.log.state()["epoch"]
    with Events(cluster.pods[0], f"?after={epoch}:0") as events:
        assert events.fields["content-type"].startswith("text/event-stream")
        assert [events.next()[2]["offset"] for _ in range(3)] == [1, 2, 3]
        last = events.last_id
    assert last == f"{epoch}:3"
    with Events(cluster.pods[2], f"?after={epoch}:0", last_event_id=last) as events:
        assert [events.next()[2]["offset"] for _ in range(2)] == [4, 5]


def test_a_stream_resumes_from_before_a_small_memory(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"HISTORY_BYTES": "65536"}).start()
    text = "x" * 1000
    results = cluster.log.append(
        [{"channel": f"c{number % 3}", "message_text": f"{number} {text}"} for number in range(1500)])
    cluster.wait_until_equal()
    epoch = results[0]["epoch"]
    assert cluster.pods[0].state()["first"] > 1000
    with Socket(cluster.pods[0], f"?channels=c1&after={epoch}:0") as socket:
        last = cluster.pods[0].send("new", channel="c1")
        lines = socket.lines_through(last["offset"])
    assert [line["offset"] for line in lines] == [*range(2, 1501, 3), 1501]


@pytest.mark.parametrize("query, field", [
    ("?after=7", "after"), ("?after=xyz:1", "after"), ("?channels=a%2Fb", "channel"),
    ("?channels=$accounts", "channel"), ("?channel=@dm", "channel")])
def test_a_wrong_query_is_refused_before_the_stream_begins(small_cluster, query, field):
    pod = small_cluster.pods[0]
    answer = pod.get("/events" + query)
    assert answer.status in (400, 404) and answer.problem()["field"] == field
    with pytest.raises(InvalidStatus) as refused:
        Socket(pod, query)
    assert refused.value.response.status_code == answer.status


def test_a_page_of_another_origin_is_refused_unless_allowed(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"ALLOWED_ORIGINS": "https://chat.example"}).start()
    with Socket(cluster.pods[0], origin="https://chat.example"):
        pass
    with pytest.raises(InvalidStatus) as refused:
        Socket(cluster.pods[0], origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_a_consumer_that_reads_nothing_is_cut_and_told_where_to_resume(small_cluster):
    pod = small_cluster.pods[0]
    socket = Socket(pod, receive_bytes=4096)
    text = "x" * 60000

    def cut():
        for result in small_cluster.log.append([{"channel": "a", "message_text": text}] * 20):
            assert "offset" in result
        return pod.metrics()["chat_pod_live_streams"] == 0

    wait_until(cut, "the consumer is cut", 60)
    code, reason = socket.wait_for_close()
    assert code == 4000
    resumed_at = reason.split(" ")[-1]
    assert socket.lines, "what was queued still came"
    assert resumed_at == f"{socket.hello['position'].split(':')[0]}:{socket.lines[-1]['offset']}"
    last = small_cluster.log.state()["offset"]
    with Socket(pod, f"?after={resumed_at}") as again:
        lines = [*socket.lines, *again.lines_through(last)]
    assert [line["offset"] for line in lines] == list(range(1, last + 1))


def test_a_draining_pod_sends_its_clients_elsewhere_without_loss(new_cluster):
    cluster = new_cluster(pod_count=2, pod_settings={"DRAIN_WINDOW": "1s"}).start()
    pod, other = cluster.pods
    sockets = [Socket(pod) for _ in range(20)]
    events = Events(pod)
    pod.signal(signal.SIGTERM)
    written = [other.send(f"while draining {number}") for number in range(20)]
    wait_until(lambda: other.state()["offset"] == written[-1]["offset"], "all is applied")
    delays = set()
    for socket in sockets:
        code, _ = socket.wait_for_close()
        assert code == 1012
        bye = next(control for control in socket.controls if control["type"] == "bye")
        delays.add(bye["retry_ms"])
        with Socket(other, f"?after={bye['position']}") as resumed:
            resumed.control("live")
        offsets = [line["offset"] for line in [*socket.lines, *resumed.lines]]
        assert offsets == list(range(1, 21))
    assert len(delays) > 5, "clients come back at different times"
    with pytest.raises(EOFError):
        while True:
            events.next()
    assert events.retry is not None
    assert pod.wait_for_exit() == 0


def test_streams_go_on_while_redis_is_away(cluster):
    with Socket(cluster.pods[0]) as socket, Events(cluster.pods[1]) as events:
        cluster.redis.kill()
        receipt = cluster.pods[2].send("without Redis")
        assert socket.lines_through(receipt["offset"])[-1]["message_text"] == "without Redis"
        assert events.next()[2]["message_text"] == "without Redis"


def test_a_killed_pods_clients_go_on_with_another(cluster):
    first = cluster.log.send("one")
    cluster.wait_until_equal()
    socket = Socket(cluster.pods[0], f"?after={first['epoch']}:0")
    assert socket.line()["message_text"] == "one"
    cluster.pods[0].kill()
    cluster.pods[1].send("two")
    with Socket(cluster.pods[1], f"?after={position(first)}") as again:
        assert again.line()["message_text"] == "two"


def test_a_long_poll_waits_for_the_channels_next_message(small_cluster):
    pod = small_cluster.pods[0]
    first = pod.send("one", channel="a")
    answers = []
    poll = threading.Thread(
        target=lambda: answers.append(pod.get(f"/messages/a?after={first['offset']}&wait=20s")))
    poll.start()
    wait_until(lambda: pod.metrics()["chat_pod_waiting_polls"] == 1, "the poll waits")
    pod.send("elsewhere", channel="b")
    holds_for(lambda: not answers, "the poll waits", 0.2)
    pod.send("two", channel="a")
    poll.join()
    assert texts(answers[0].json) == ["two"]
    at_once = pod.get("/messages/a?after=0&wait=20s")
    assert texts(at_once.json) == ["one", "two"], "what is there comes at once"
    assert pod.get("/messages/a?after=3&wait=50ms").json == [], "in vain"
    assert pod.get("/messages/a?after=3&wait=2h").problem()["field"] == "wait"


def test_a_long_poll_waits_on_when_what_its_reader_has_comes_late(new_cluster, redis, new_proxy):
    # Given a pod that does not hear of a message
    proxy = new_proxy(redis)
    cluster = new_cluster(pod_count=1, redis=False, redis_url=proxy.url, log_redis_url=redis.url).start()
    cluster.wait_until_live()
    proxy.drop = lambda topic, _: True
    pod = cluster.pods[0]
    first = cluster.log.send("one", channel="a")
    answers = []
    poll = threading.Thread(
        target=lambda: answers.append(pod.get(f"/messages/a?after={first['offset']}&wait=20s")))
    poll.start()
    wait_until(lambda: pod.metrics()["chat_pod_waiting_polls"] == 1, "the poll waits")
    # When the pod follows the log's tail, for Redis says nothing any more
    wait_until(lambda: pod.state()["offset"] == first["offset"], "the pod has the message")
    holds_for(lambda: not answers, "the poll waits", 0.2)
    # Then the next one is the answer
    cluster.log.send("two", channel="a")
    poll.join()
    assert texts(answers[0].json) == ["two"]


def test_a_head_request_for_a_stream_is_refused(small_cluster):
    with small_cluster.pods[0].client() as client:
        for path in ("/events", "/ws"):
            assert client.request("HEAD", path).status == 405


IDLE_COUNT = 4_000


@pytest.mark.skipif("SANITIZER" in os.environ, reason="sanitizers keep memory of their own")
def test_an_idle_socket_costs_a_pod_at_most_1_kb_before_and_after_messages(small_cluster):
    pod, log = small_cluster.pods[0], small_cluster.log
    # What messages cost by themselves, and the first connections, is there when it is measured.
    close_all(told_of_messages(log, [open_idle(pod) for _ in range(100)]))
    wait_until(lambda: pod.metric("chat_pod_push_connections") == 0, "the first ones are gone")
    before = resident_bytes(pod)
    idle = [open_idle(pod) for _ in range(IDLE_COUNT)]
    costs = [resident_bytes(pod) - before]
    told_of_messages(log, idle)
    costs.append(resident_bytes(pod) - before)
    close_all(idle)
    assert max(costs) / IDLE_COUNT <= 1024, costs


def told_of_messages(log, opened):
    log.append([
        {"channel": "tea", "message_text": f"message {number} " + 150 * "x"} for number in range(32)])
    for one in opened:
        read_until(one, b"message 31 ")
    return opened


def close_all(opened):
    for one in opened:
        one.close()


def open_idle(pod):
    """A socket that has caught up."""
    opened = sockets.create_connection(("127.0.0.1", pod.port), timeout=20)
    opened.sendall(
        b"GET /ws?channels=tea HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    read_until(opened, b'"type":"live"')
    return opened


def read_until(opened, text):
    received = b""
    while text not in received:
        received += opened.recv(65_536)


def resident_bytes(pod):
    with open(f"/proc/{pod.pid}/status", encoding="ascii") as status:
        return 1024 * int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1))
