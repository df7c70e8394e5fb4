"""How many connections a chat-server lets in, of whom, and how often they may write."""

import http.client
import json
import time
from contextlib import ExitStack, contextmanager

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from harness.client import Answer, Client
from harness.waiting import wait_until

SECRET = {"CLUSTER_SECRET": "a secret of the test"}
# A proxy that is trusted, and what it says of its clients.
PROXY = "127.0.0.1"
ALICE, BOB = "192.0.2.1", "2001:db8:0:1::b"
BOBS_NEIGHBOUR = "2001:db8:0:1::c"
ATTEMPTS = 200


@pytest.fixture
def new_pod(new_cluster):
    """Starts a pod with these settings."""
    def start(**settings):
        cluster = new_cluster(pod_count=1, redis=False, settings=SECRET, pod_settings=settings).start()
        return cluster.pods[0].wait_until_alone()

    return start


@contextmanager
def held(pod, source="127.0.0.1"):
    """A plain connection that stays open after its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=20, source_address=(source, 0))
    try:
        assert ask(connection, "/healthz").status == 200
        yield connection
    finally:
        connection.close()


def ask(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    return Answer(response.status, {n.lower(): v for n, v in response.getheaders()}, response.read())


def metric(connection, sample):
    lines = ask(connection, "/metrics").body.decode().splitlines()
    return next(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(sample))


def first_answer(pod, source="127.0.0.1"):
    """What a new connection is told, whether it asks for anything or not."""
    client = http.client.HTTPConnection("127.0.0.1", pod.port, timeout=20, source_address=(source, 0))
    try:
        return ask(client, "/healthz")
    finally:
        client.close()


def socket_of(pod, forwarded_for=None, **options):
    fields = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    return connect(f"ws://127.0.0.1:{pod.port}/ws", additional_headers=fields, **options)


@contextmanager
def event_stream(pod, forwarded_for=None):
    with pod.raw() as connection:
        field = f"X-Forwarded-For: {forwarded_for}\r\n" if forwarded_for else ""
        connection.send(f"GET /events HTTP/1.1\r\nHost: a\r\n{field}\r\n".encode())
        assert connection.read_line().startswith(b"HTTP/1.1 200")
        yield connection


def refusal_of(open_socket):
    with pytest.raises(InvalidStatus) as refused:
        open_socket()
    response = refused.value.response
    return Answer(
        response.status_code, {n.lower(): v for n, v in response.headers.raw_items()}, response.body)


def assert_refused(answer, status, kind, retry_after):
    assert (answer.status, answer.problem()["type"].rsplit("/", 1)[1]) == (status, kind)
    assert answer.headers["retry-after"] == retry_after


def lets_in(attempt):
    """Once the pod has noticed that a connection ended."""
    def is_in():
        answer = attempt()
        assert answer.status == 200, answer
        return True

    wait_until(is_in, "there is room again")


def test_sockets_streams_and_plain_connections_count_together(new_pod):
    pod = new_pod(CONNECTIONS_MAX="3")
    with held(pod) as plain, event_stream(pod):
        with socket_of(pod) as socket:
            json.loads(socket.recv(10))
            assert_refused(first_answer(pod), 503, "overloaded", "1")
            assert metric(plain, 'chat_http_refused_connections_total{limit="all"}') == 1
            socket.ping().wait(10)
        lets_in(lambda: first_answer(pod))


def test_an_address_has_its_share_of_the_connections(new_pod):
    pod = new_pod(CONNECTIONS_PER_ADDRESS_MAX="2", CONNECTIONS_MAX="10")
    with held(pod, "127.0.0.2") as other, held(pod) as plain:
        with socket_of(pod):
            refused = first_answer(pod)
            assert_refused(refused, 429, "too-many-requests", "5")
            assert first_answer(pod, "127.0.0.2").status == 200
            assert metric(other, 'chat_http_refused_connections_total{limit="address"}') == 1
            assert ask(plain, "/healthz").status == 200
        lets_in(lambda: first_answer(pod))


def test_without_a_trusted_proxy_nobody_is_whom_they_say_they_are(new_pod):
    pod = new_pod(CONNECTIONS_PER_ADDRESS_MAX="2")
    with held(pod), socket_of(pod, ALICE):
        assert_refused(first_answer(pod), 429, "too-many-requests", "5")


def test_the_streams_that_a_proxy_carries_are_their_clients(new_pod):
    pod = new_pod(CONNECTIONS_PER_ADDRESS_MAX="2", TRUSTED_PROXIES=PROXY)
    with ExitStack() as open_ones:
        for _ in range(5):
            open_ones.enter_context(held(pod))
        first = socket_of(pod, ALICE)
        open_ones.enter_context(first)
        open_ones.enter_context(event_stream(pod, ALICE))
        assert_refused(refusal_of(lambda: socket_of(pod, ALICE)), 429, "too-many-requests", "5")
        # What stands before the proxy's own word is hearsay.
        assert refusal_of(lambda: socket_of(pod, f"{BOB}, {ALICE}")).status == 429
        for client in (BOB, BOBS_NEIGHBOUR):
            open_ones.enter_context(socket_of(pod, client))
        assert refusal_of(lambda: socket_of(pod, BOBS_NEIGHBOUR)).status == 429
        first.close()

        def is_in():
            try:
                socket_of(pod, ALICE).close()
            except InvalidStatus as refused:
                raise AssertionError("there is no room yet") from refused
            return True

        wait_until(is_in, "there is room for the client again")


def test_who_comes_past_the_proxy_is_counted_where_they_come_from(new_pod):
    pod = new_pod(CONNECTIONS_PER_ADDRESS_MAX="1", TRUSTED_PROXIES=PROXY)
    with held(pod, "127.0.0.2"):
        assert_refused(first_answer(pod, "127.0.0.2"), 429, "too-many-requests", "5")
        assert first_answer(pod, "127.0.0.3").status == 200


def test_a_handshake_that_fails_takes_no_room(new_pod):
    pod = new_pod(CONNECTIONS_PER_ADDRESS_MAX="1", TRUSTED_PROXIES=PROXY)
    for _ in range(3):
        assert refusal_of(lambda: socket_of(pod, ALICE, origin="https://evil.example")).status == 403
    with socket_of(pod, ALICE) as socket:
        assert json.loads(socket.recv(10))["type"] == "hello"


def post_until_refused(client, path="/messages/tea", **fields):
    """How many messages went through, and the answer to the first that did not."""
    headers = fields.pop("headers", None)
    for count in range(ATTEMPTS):
        answer = client.post(path, {"message_text": str(count), **fields}, headers)
        if answer.status not in (200, 201):
            return count, answer
    raise AssertionError(f"{ATTEMPTS} messages went through")


def account(pod, name):
    answer = Client(pod.port).post("/accounts", {"name": name, "password": f"{name}'s long password"})
    assert answer.status == 201, answer
    return answer.json["token"]


def test_messages_over_http_are_limited_for_each_account_and_each_address(new_pod):
    pod = new_pod(MESSAGES_PER_SECOND="2", TRUSTED_PROXIES=PROXY)
    token = account(pod, "alice")
    with Client(pod.port) as client:
        count, answer = post_until_refused(client, headers={"X-Forwarded-For": ALICE})
        assert count >= 2
        assert_refused(answer, 429, "too-many-requests", "1")
        assert answer.json["retry_after"] == 1
        assert client.post(
            "/messages/tea", {"message_text": "b"}, {"X-Forwarded-For": BOB}).status == 201
    with Client(pod.port, token=token) as client:
        count, answer = post_until_refused(client, headers={"X-Forwarded-For": ALICE})
        assert count >= 2
        assert_refused(answer, 429, "too-many-requests", "1")
        # Changes count as messages do.
        assert 429 in [client.request("PUT", "/reads/tea", {"offset": 1}).status for _ in range(9)]
        assert client.get("/messages/tea").status == 200
    assert pod.metric("chat_pod_refused_writes_total") >= 3


def test_a_socket_is_told_when_it_may_write_again(new_pod):
    pod = new_pod(MESSAGES_PER_SECOND="5")
    with socket_of(pod) as socket, socket_of(pod) as other:
        answers = flood(socket, 40)
        acks = [answer["id"] for answer in answers if answer["type"] == "ack"]
        errors = [answer for answer in answers if answer["type"] == "error"]
        assert acks[:5] == [f"m{number}" for number in range(5)] and errors
        assert all(error["retry_after"] == 1 for error in errors)
        assert all(error["problem"]["status"] == 429 for error in errors)
        assert {error["id"] for error in errors} | set(acks) == {f"m{number}" for number in range(40)}
        assert [answer["type"] for answer in flood(other, 2)] == ["ack", "ack"]
        # Nothing of a refused message was written.
        wait_until(lambda: {line["id"] for line in pod.messages("tea")} >= set(acks), "they are there")
        assert not {line["id"] for line in pod.messages("tea")} & {error["id"] for error in errors}


def test_the_sockets_of_an_account_share_its_rate(new_pod):
    pod = new_pod(MESSAGES_PER_SECOND="20")
    token = account(pod, "alice")
    began = time.monotonic()
    answers = []
    for number in range(2):
        with connect(
                f"ws://127.0.0.1:{pod.port}/ws",
                additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            answers += flood(socket, 40, prefix=f"s{number}-")
    elapsed = time.monotonic() - began
    acked = sum(answer["type"] == "ack" for answer in answers)
    assert 20 <= acked <= 20 + 20 * elapsed + 1


def flood(socket, count, prefix="m"):
    """Sends messages at once; returns the answers in the order in which they came."""
    for number in range(count):
        socket.send(json.dumps(
            {"type": "send", "channel": "tea", "message_text": "x", "id": f"{prefix}{number}"}))
    answers = []
    while len(answers) < count:
        said = json.loads(socket.recv(20))
        if said.get("type") in ("ack", "error"):
            answers.append(said)
    return answers
