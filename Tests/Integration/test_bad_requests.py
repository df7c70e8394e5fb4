"""Every kind of bad request has its clear answer and changes nothing."""

import json

import pytest

from harness.client import Client
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def running(new_shared_cluster):
    """A log and a pod that all tests of this file share: nothing here may change anything."""
    cluster = new_shared_cluster()
    cluster.log.send("the only line", "default-channel", id="taken", author="alice")
    cluster.wait_until_equal()
    return cluster


@pytest.fixture(autouse=True)
def unchanged(running):
    yield
    state = running.log.state()
    assert state["offset"] == 1, "a bad request was written"
    assert all(service.is_running for service in running.services)


def both(running):
    return running.services


def message(**fields):
    return {"message_text": "x", **fields}


BAD_MESSAGES = {
    "no JSON": (b"{", None),
    "no object": (b"[]", None),
    "empty": (b"", None),
    "two objects": (b'{"message_text":"x"}{"message_text":"y"}', None),
    "not UTF-8": (b'{"message_text":"\xff"}', None),
    "a lone surrogate": (b'{"message_text":"\\ud800"}', None),
    "a raw control character": (b'{"message_text":"a\nb"}', None),
    "an unknown key": (message(colour="red"), "colour"),
    "a duplicate key": (b'{"message_text":"x","message_text":"y"}', "message_text"),
    "no text": ({"author": "alice"}, "message_text"),
    "an empty text": (message(message_text=""), "message_text"),
    "a text of the wrong type": (message(message_text=7), "message_text"),
    "a null text": (message(message_text=None), "message_text"),
    "an empty author": (message(author=""), "author"),
    "a long author": (message(author="a" * 65), "author"),
    "an author with a control character": (message(author="a\u0007"), "author"),
    "an empty id": (message(id=""), "id"),
    "a long id": (message(id="i" * 65), "id"),
    "an id with a space": (message(id="a b"), "id"),
    "an id of the wrong type": (message(id=1), "id"),
    "deep nesting": (b'{"message_text":' + b"[" * 100 + b"]" * 100 + b"}", None),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_a_bad_message_is_400_and_names_the_field(running, name):
    body, field = BAD_MESSAGES[name]
    for service in both(running):
        answer = service.post("/messages/general", body)
        assert answer.status == 400, (service.name, answer)
        problem = answer.problem()
        if field:
            assert problem["field"] == field
            assert field in problem["detail"]


@pytest.mark.parametrize("text", ["x" * 65_537, "€" * 21_846], ids=["in ASCII", "beyond ASCII"])
def test_a_text_beyond_the_limit_is_413(running, text):
    for service in both(running):
        answer = service.post("/messages/general", message(message_text=text))
        assert answer.status == 413
        problem = answer.problem()
        assert problem["field"] == "message_text" and "65536" in problem["detail"].replace(",", "")


def test_a_body_beyond_the_limit_is_413(running):
    for service in both(running):
        answer = service.post("/messages/general", b"x" * (600 << 10))
        assert answer.status == 413
        answer.problem()
    with running.log.raw() as raw:
        raw.send(b"POST /append HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (9 << 20))
        assert raw.answer().status == 413


@pytest.mark.parametrize("channel, status", [
    ("%24secret", 404), ("$secret", 404), ("%40alice", 404), ("a%2Fb", 400), ("a%00b", 400), ("%ff", 400),
    ("x" * 129, 400), ("%zz", 400), ("a%0Ab", 400)])
def test_bad_channels_are_refused(running, channel, status):
    for service in both(running):
        for answer in (service.post(f"/messages/{channel}", message()), service.get(f"/messages/{channel}")):
            assert answer.status == status
            answer.problem()


@pytest.mark.parametrize("query", [
    "limit=0", "limit=10001", "limit=x", "limit=-1", "last=0", "last=1e3", "after=-1", "after=x", "before=",
    "after=18446744073709551616", "at_least=7", "at_least=xyz:1", "timeout=soon", "timeout=61s"])
def test_bad_query_values_are_400_and_name_the_parameter(running, query):
    for service in both(running):
        if query.startswith(("at_least", "timeout")) and service is running.log:
            continue
        answer = service.get(f"/messages?{query}")
        assert answer.status == 400, (service.name, query)
        problem = answer.problem()
        assert query.split("=")[0] in problem["detail"]


@pytest.mark.parametrize("query", ["after=x", "after=-1", "epoch=xyz", "after=1&digest=12"])
def test_bad_positions_are_400(running, query):
    for service in both(running):
        assert service.get(f"/log?{query}").status == 400
        assert service.get(f"/log/tail?{query}").status == 400


def test_positions_of_other_histories_are_409(running):
    epoch, digest = running.log.state()["epoch"], running.log.state()["digest"]
    other = "0123456789abcdef"
    for service in both(running):
        for path in ("/log", "/log/tail"):
            for query in (f"epoch={other}", "after=2", f"after=1&epoch={epoch}&digest={other}", "after=999"):
                answer = service.get(f"{path}?{query}")
                assert answer.status == 409, (service.name, path, query)
                answer.problem()
        assert service.get(f"/log?after=1&epoch={epoch}&digest={digest}").status == 200


def test_unknown_query_parameters_are_ignored_on_reads_and_400_on_writes(running):
    for service in both(running):
        assert service.get("/messages?colour=red").status == 200
        answer = service.post("/messages/general?colour=red", message())
        assert answer.status == 400
        assert "colour" in answer.problem()["detail"]


def test_unknown_paths_are_404(running):
    for service in both(running):
        for path in ("/nothing", "/messages/a/b", "/logs", "/chat-servers"):
            answer = service.get(path)
            assert answer.status == 404, (service.name, path)
            answer.problem()


def test_other_methods_are_405_with_allow(running):
    for service in both(running):
        for method, path, allowed in [
            ("DELETE", "/messages/general", "POST"), ("PUT", "/messages", "GET"), ("POST", "/state", "GET"),
            ("POST", "/log", "GET"), ("PATCH", "/healthz", "GET"), ("POST", "/log/tail", "GET"),
        ]:
            answer = service.client().request(method, path, b"")
            assert answer.status == 405, (service.name, method, path)
            assert allowed in answer.headers["allow"]
            answer.problem()


def test_a_stream_has_no_head(running):
    for service in both(running):
        answer = service.client().request("HEAD", "/log/tail")
        assert (answer.status, answer.headers["allow"], answer.body) == (405, "GET", b"")


def test_unknown_channels_are_empty(running):
    for service in both(running):
        assert service.get("/messages/nobody-was-here").json == []


def test_a_repeated_id_with_another_text_is_409(running):
    for service in both(running):
        answer = service.post("/messages/default-channel", message(id="taken", author="alice"))
        assert answer.status == 409
        answer.problem()


BAD_DRAFTS = {
    "no channel": {"message_text": "x"},
    "a reserved word": {"channel": "c", "message_text": "x", "offset": 7},
    "text and data": {"channel": "c", "message_text": "x", "kind": "k", "data": 1},
    "data without kind": {"channel": "c", "data": 1},
    "kind without data": {"channel": "c", "kind": "k"},
    "nothing": {"channel": "c"},
    "a bad expectation": {"channel": "c", "message_text": "x", "expect": {"k": -1}},
    "an expectation of the wrong type": {"channel": "c", "message_text": "x", "expect": [1]},
    "an empty key": {"channel": "c", "message_text": "x", "key": ""},
    "a channel with a slash": {"channel": "a/b", "message_text": "x"},
    "a long text": {"channel": "c", "message_text": "x" * 65_537},
}


@pytest.mark.parametrize("name", BAD_DRAFTS)
def test_a_bad_draft_in_a_batch_is_refused_for_itself(running, name):
    result = running.log.append([BAD_DRAFTS[name]])[0]
    assert result["error"]["status"] == (413 if name == "a long text" else 400)
    assert result["error"]["detail"]


def test_a_batch_keeps_its_order_around_bad_drafts(running):
    good = {"channel": "default-channel", "message_text": "the only line", "id": "taken", "author": "alice"}
    results = running.log.append([{"channel": ""}, good, {"nope": 1}])
    assert "error" in results[0] and results[1]["offset"] == 1 and "error" in results[2]


AMBIGUOUS = {
    "two lengths": b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a signed length": b"Content-Length: +3\r\n\r\nabc",
    "a list of lengths": b"Content-Length: 3, 3\r\n\r\nabc",
    "length and coding": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"Content-Length : 3\r\n\r\nabc",
    "a folded line": b"X-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
    "a bare newline": b"X-A: 1\nContent-Length: 0\r\n\r\n",
    "a NUL": b"X-A: \x00\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_ambiguous_request_is_400_and_the_connection_is_closed(running, name):
    for service in both(running):
        with service.raw() as raw:
            raw.send(b"POST /messages/general HTTP/1.1\r\nHost: a\r\n" + AMBIGUOUS[name])
            answer = raw.answer()
            assert answer.status == 400, (service.name, answer)
            answer.problem()
            assert raw.receive_to_end() == b"", "closed, and nothing further answered"


@pytest.mark.parametrize("request_head, status", [
    (b"GET /state HTTP/1.1\r\n\r\n", 400), (b"GET /state HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    (b"GET /state\r\n\r\n", 400), (b"NONSENSE\r\n\r\n", 400),
    (b"GET /st ate HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    (b"GET /state HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 17_000 + b"\r\n\r\n", 431),
    (b"POST /messages/c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
])
def test_a_malformed_head_has_its_status(running, request_head, status):
    for service in both(running):
        with service.raw() as raw:
            raw.send(request_head)
            answer = raw.answer()
            assert answer.status == status or (status == 400 and answer.status == 505), (service.name, answer)
            answer.problem()
            raw.receive_to_end()


def test_a_smuggled_second_request_is_not_answered(running):
    head = b"POST /messages/general HTTP/1.1\r\nHost: a\r\n"
    hidden = head + b"Content-Length: 20\r\n\r\n" + b'{"message_text":"x"}'
    for service in both(running):
        with service.raw() as raw:
            raw.send(head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden)
            assert raw.receive_to_end().count(b"HTTP/1.1 ") == 1


def test_http_1_0_is_answered_and_closed(running):
    for service in both(running):
        with service.raw() as raw:
            raw.send(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b" 200 " in raw.receive_to_end().split(b"\r\n")[0]


def test_pipelined_requests_are_answered_in_order(running):
    for service in both(running):
        with service.raw() as raw:
            raw.send(b"".join(
                b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % path for path in (b"healthz", b"nothing", b"state")))
            assert [raw.answer().status for _ in range(3)] == [200, 404, 200]


def test_expect_continue_is_answered_before_the_body(running):
    for service in both(running):
        with service.raw() as raw:
            raw.send(b"POST /messages/general HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n")
            raw.send(b"Expect: 100-continue\r\n\r\n")
            assert raw.receive_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
            raw.send(b"{}")
            assert raw.answer().status == 400


def test_slow_heads_are_408(running):
    for service in both(running):
        with service.raw(timeout=40) as raw:
            raw.send(b"GET /state HTTP/1.1\r\nHost:")
            data = raw.receive_to_end()
            assert b" 408 " in data.split(b"\r\n")[0]
    wait_until(lambda: Client(running.log.port).get("/healthz").status == 200, "the log lives on")


def test_every_problem_says_what_to_do(running):
    answer = running.log.post("/messages/general", message(colour="red"))
    problem = answer.problem()
    assert json.dumps(problem) and problem["type"].startswith("/problems/")
