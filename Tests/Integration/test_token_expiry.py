"""A stream ends when the token that it was opened with does."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from harness.people import SETTINGS, Person, register

PROVIDER_SECRET = "what the identity provider signs with"
LIFETIME_SECONDS = 3


def token(name, seconds):
    """The identity provider's token for somebody, good for so long."""
    parts = b".".join(encoded(json.dumps(part).encode()) for part in (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": name, "preferred_username": name, "exp": int(time.time()) + seconds}))
    mac = hmac.new(PROVIDER_SECRET.encode(), parts, hashlib.sha256).digest()
    return (parts + b"." + encoded(mac)).decode()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.fixture(scope="module")
def pod(new_shared_cluster):
    cluster = new_shared_cluster(settings=SETTINGS, pod_settings={
        "JWT_ALGORITHM": "HS256", "JWT_SECRET": PROVIDER_SECRET})
    register(cluster.pods[0], "alice")
    return cluster.pods[0]


def test_a_socket_is_closed_with_4001_when_its_token_ends(pod):
    lasting = Person("alice", token("alice", 600)).socket(pod)
    with Person("alice", token("alice", LIFETIME_SECONDS)).socket(pod) as socket:
        code, reason = socket.wait_for_close()
    assert (code, reason) == (4001, "the token has ended")
    # Others go on.
    lasting.say(type="ping")
    lasting.control("pong")
    lasting.close()


def test_a_socket_that_shows_its_token_later_is_closed_when_that_ends(pod):
    with Person().socket(pod, "?channels=*") as socket:
        socket.say(type="auth", token=token("alice", LIFETIME_SECONDS))
        assert socket.wait_for_close()[0] == 4001


def test_an_event_stream_ends_with_its_token(pod):
    with Person("alice", token("alice", LIFETIME_SECONDS)).events(pod, "?channels=tea") as events:
        with pytest.raises(EOFError):
            events.next()
