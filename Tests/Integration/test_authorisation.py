"""CLUSTER_SECRET closes the log to everybody but the cluster."""

import pytest

from harness.checks import assert_nothing_lost
from harness.client import Client
from harness.cluster import ChatServer
from harness.storm import Storm
from harness.waiting import wait_until

SECRET = "correct horse battery staple"
OPEN = ["/messages", "/messages/general", "/messages?last=1", "/state", "/healthz", "/readyz", "/metrics"]
CLOSED_OF_THE_LOG = [
    ("GET", "/log"), ("GET", "/log/tail"), ("POST", "/append"), ("POST", "/messages/general")]
CLOSED_OF_A_POD = [("GET", "/log"), ("GET", "/log/tail")]
WRONG_TOKENS = [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper()]


@pytest.fixture(scope="module")
def closed(new_shared_cluster):
    return new_shared_cluster(settings={"CLUSTER_SECRET": SECRET})


@pytest.mark.parametrize("path", OPEN)
def test_some_paths_are_open(closed, path):
    for service in closed.services:
        with Client(service.port) as client:
            assert client.get(path).status == 200


@pytest.mark.parametrize("token", WRONG_TOKENS)
def test_everything_else_wants_the_secret(closed, token):
    wanted = [(closed.log, *one) for one in CLOSED_OF_THE_LOG]
    wanted += [(closed.pods[0], *one) for one in CLOSED_OF_A_POD]
    before = closed.log.state()["offset"]
    for service, method, path in wanted:
        with Client(service.port, token=token) as client:
            body = b'{"message_text":"x"}' if method == "POST" else None
            answer = client.request(method, path, body)
            assert answer.status == 401, (service.name, method, path)
            assert answer.headers["www-authenticate"].lower().startswith("bearer")
            answer.problem()
    assert closed.log.state()["offset"] == before


@pytest.mark.parametrize("header", ["Basic abc", SECRET, f"Bearer  {SECRET}x", f"Bearer{SECRET}", "Bearer"])
def test_a_malformed_authorization_is_no_authorization(closed, header):
    with Client(closed.log.port) as client:
        assert client.get("/log", Authorization=header).status == 401


def test_with_the_secret_the_cluster_works(closed):
    with Storm([closed.log, *closed.pods]) as storm:
        storm.wait_for(50)
    assert_nothing_lost(closed, storm.acknowledged)
    with Client(closed.pods[0].port) as client:
        assert client.post("/messages/general", {"message_text": "users need no secret"}).status == 201


def test_the_secret_is_never_shown(closed):
    for service in closed.services:
        assert SECRET not in service.text
        assert SECRET.encode() not in service.get("/metrics").body + service.get("/state").body


def test_reserved_and_private_channels_are_served_to_nobody(closed):
    for channel in ("$secrets", "@alice"):
        results = closed.log.append([{"channel": channel, "message_text": "hidden"}])
        for service in closed.services:
            name = channel.replace("$", "%24").replace("@", "%40")
            for path in (f"/messages/{name}", f"/messages/{channel}"):
                assert service.get(path).status == 404, (service.name, path)
            assert service.post(f"/messages/{name}", {"message_text": "x"}).status in (403, 404)
            assert not any(message["channel"] == channel for message in service.messages())
        assert "offset" in results[0] or "error" in results[0]


def test_without_the_secret_a_pod_does_not_get_ready_and_says_why(closed, processes):
    pod = processes.add(ChatServer("stranger", closed.log.url, closed.redis_url)).spawn()
    wait_until(lambda: pod.get("/readyz").status == 503, "the pod answers")
    pod.wait_until_says("401")
    answer = pod.get("/readyz")
    assert answer.status == 503 and "CLUSTER_SECRET" in answer.problem()["detail"]
