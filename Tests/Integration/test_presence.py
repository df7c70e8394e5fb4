"""Who is there and who writes: told over Redis, never in the log."""

import json
import time

import pytest
from harness.client import Client
from harness.streams import Socket
from harness.waiting import holds_for, wait_until
from websockets.exceptions import ConnectionClosed

PASSWORD = "correct horse battery"
# A pod is given up after 15 s of silence; Redis is tried again within 5 s.
FADE_SECONDS = 25
TOPIC = b"chat-cluster:ephemeral"


@pytest.fixture
def accounts(new_cluster):
    """Three pods and the tokens of alice and bob."""
    cluster = new_cluster(settings={"CLUSTER_SECRET": "a secret of the test"}).start()
    cluster.wait_until_signalling()
    tokens = {}
    for name in ("alice", "bob"):
        answer = cluster.pods[0].post("/accounts", {"name": name, "password": PASSWORD})
        assert answer.status == 201
        tokens[name] = answer.json["token"]
    cluster.wait_until_equal()
    return cluster, tokens


def signed_in(pod, token, query="?channels=*"):
    socket = Socket(pod, query)
    socket.say(type="auth", token=token)
    socket.control("signed_in")
    assert isinstance(socket.control("presence")["people"], list)
    return socket


def states(pod, token=None):
    """What GET /presence shows: {name: state}."""
    with Client(pod.port, token=token) as client:
        answer = client.get("/presence")
    assert answer.status == 200
    return {one["name"]: one["state"] for one in answer.json}


def last_seen(pod, name):
    return next(one.get("last_seen") for one in pod.get("/presence").json if one["name"] == name)


def presence(socket, name):
    """The next state of `name` that the socket is told, and when they were last seen."""
    while True:
        said = socket.control("presence")
        for one in said.get("people", [said]):
            if one["name"] == name:
                return one["state"], one.get("last_seen")


def nothing_but_pong(socket, kind):
    """No object of `kind` has come on the socket, nor does until a ping is answered."""
    socket.controls.clear()
    socket.say(type="ping")
    socket.control("pong")
    return all(control["type"] != kind for control in socket.controls)


def test_typing_reaches_those_who_follow_the_channel_on_every_pod(cluster):
    cluster.wait_until_signalling()
    with (Socket(cluster.pods[0], "?channels=tea") as writer, Socket(cluster.pods[0]) as near,
          Socket(cluster.pods[1], "?channels=tea") as far,
          Socket(cluster.pods[2], "?channels=other") as other):
        for socket in (near, far, other):
            socket.control("live")
        writer.say(type="typing", channel="tea", author="Zoë")
        for socket in (near, far):
            assert socket.control("typing") == {"type": "typing", "channel": "tea", "name": "Zoë"}
        assert nothing_but_pong(other, "typing")
        assert nothing_but_pong(writer, "typing")
    assert cluster.log.state()["offset"] == 0


def test_typing_is_said_once_a_second_in_a_channel(cluster):
    with Socket(cluster.pods[0]) as writer, Socket(cluster.pods[0]) as reader:
        reader.control("live")
        began = time.monotonic()
        for _ in range(50):
            writer.say(type="typing", channel="tea", author="zoe")
        writer.say(type="typing", channel="other", author="zoe")
        while reader.control("typing")["channel"] != "other":
            pass
        seconds = time.monotonic() - began
        told = [one["channel"] for one in reader.controls if one["type"] == "typing"]
        assert 1 <= told.count("tea") <= 1 + seconds


def test_typing_in_private_reaches_the_members_other_devices_alone(accounts):
    cluster, tokens = accounts
    with Client(cluster.pods[0].port, token=tokens["alice"]) as client:
        channel = client.post("/direct", {"name": "bob"}).json["channel"]
    cluster.wait_until_equal()
    with (signed_in(cluster.pods[0], tokens["alice"]) as alice,
          signed_in(cluster.pods[1], tokens["alice"]) as device,
          signed_in(cluster.pods[2], tokens["bob"]) as bob, Socket(cluster.pods[1]) as stranger):
        for socket in (alice, device, bob):
            socket.say(type="subscribe", channels=[channel])
            socket.control("live")
        alice.say(type="typing", channel=channel)
        assert bob.control("typing")["name"] == "alice"
        bob.say(type="typing", channel=channel)
        assert device.control("typing")["name"] == "bob"
        assert not [one for one in device.controls if one.get("name") == "alice" and one["type"] == "typing"]
        stranger.say(type="typing", channel=channel, author="eve")
        assert stranger.control("error")["problem"]["status"] == 404
        stranger.say(type="typing", channel="tea", author="Alice")
        assert stranger.control("error")["problem"]["status"] == 401


def test_people_are_online_away_and_offline_on_every_pod(accounts):
    cluster, tokens = accounts
    with signed_in(cluster.pods[0], tokens["alice"]) as alice:
        with signed_in(cluster.pods[1], tokens["bob"]) as bob:
            assert presence(alice, "bob") == ("online", None)
            everybody = {"alice": "online", "bob": "online"}
            wait_until(lambda: states(cluster.pods[2]) == everybody, "both are seen")
            bob.say(type="presence", state="away")
            assert presence(alice, "bob") == ("away", None)
        state, when = presence(alice, "bob")
        assert state == "offline" and when == last_seen(cluster.pods[0], "bob")
        alice.say(type="presence", state="asleep")
        assert alice.control("error")["problem"]["status"] == 400
    wait_until(lambda: set(states(cluster.pods[2]).values()) == {"offline"}, "both are gone")


def test_somebody_is_online_while_any_of_their_devices_is(accounts):
    cluster, tokens = accounts
    with signed_in(cluster.pods[0], tokens["bob"]):
        with signed_in(cluster.pods[1], tokens["bob"]) as device:
            device.say(type="presence", state="away")
            device.say(type="ping")
            device.control("pong")
        wait_until(lambda: states(cluster.pods[2]) == {"bob": "online"}, "bob is seen")
        holds_for(lambda: states(cluster.pods[2]) == {"bob": "online"}, "bob is online", 1)


def test_one_without_account_sees_who_is_there_once_they_ask(accounts):
    cluster, tokens = accounts
    with Socket(cluster.pods[0]) as guest, Socket(cluster.pods[0]) as silent:
        guest.say(type="presence", state="online")
        assert guest.control("presence")["people"] == []
        with signed_in(cluster.pods[1], tokens["alice"]):
            assert presence(guest, "alice") == ("online", None)
        assert presence(guest, "alice")[0] == "offline"
        assert nothing_but_pong(silent, "presence")
    assert set(states(cluster.pods[1])) == {"alice"}


def test_the_people_of_a_killed_pod_go_offline(accounts):
    cluster, tokens = accounts
    with signed_in(cluster.pods[0], tokens["alice"]) as alice:
        bob = signed_in(cluster.pods[1], tokens["bob"])
        assert presence(alice, "bob")[0] == "online"
        cluster.pods[1].kill()
        with pytest.raises(ConnectionClosed):
            bob.line()
        state, when = presence(alice, "bob")
        assert state == "offline" and when
        assert states(cluster.pods[2])["alice"] == "online"


def test_without_redis_presence_fades_and_nothing_else_stops(accounts):
    cluster, tokens = accounts
    with (signed_in(cluster.pods[0], tokens["alice"]) as alice,
          signed_in(cluster.pods[1], tokens["bob"]) as bob):
        assert presence(alice, "bob")[0] == "online"
        everybody = {"alice": "online", "bob": "online"}
        for pod in cluster.pods:
            wait_until(lambda: states(pod) == everybody, "both are seen")
        cluster.redis.kill()
        # Each pod gives the others up for itself: all have done so before Redis is back.
        wait_until(
            lambda: [states(pod) for pod in cluster.pods] == [
                {"alice": "online", "bob": "offline"},
                {"alice": "offline", "bob": "online"},
                {"alice": "offline", "bob": "offline"}],
            "each pod sees only its own", FADE_SECONDS)
        alice.say(type="send", channel="tea", message_text="still here", id="one")
        assert bob.line()["message_text"] == "still here"
        cluster.redis.start()
        for pod in cluster.pods:
            wait_until(lambda: states(pod) == everybody, "both are back", FADE_SECONDS)
            assert pod.metrics()["chat_pod_present_people"] == 2


def test_forged_signals_are_refused_and_counted(accounts):
    cluster, _ = accounts
    forged = {"pod": "0" * 16, "type": "people", "sequence": 1, "online": ["alice"], "away": []}
    pod = cluster.pods[0]
    before = pod.metrics()["chat_pod_refused_payloads_total"]
    cluster.redis.publish(TOPIC, json.dumps(forged).encode())
    wait_until(lambda: pod.metrics()["chat_pod_refused_payloads_total"] == before + 1, "it is counted")
    assert states(pod) == {}


def test_only_the_signed_in_see_who_is_there_where_that_is_asked(new_cluster):
    cluster = new_cluster(
        pod_count=1, settings={"CLUSTER_SECRET": "a secret of the test"}, pod_settings={"AUTH": "required"})
    pod = cluster.start().pods[0]
    with Client(pod.port) as client:
        assert client.get("/presence").status == 401
        token = client.post("/accounts", {"name": "alice", "password": PASSWORD}).json["token"]
    with Socket(pod) as socket:
        for command in ({"type": "presence", "state": "online"}, {"type": "typing", "channel": "tea"}):
            socket.say(**command)
            assert socket.control("error")["problem"]["status"] == 401
    with Client(pod.port, token=token) as client:
        assert client.get("/presence").json == []
        assert client.get("/presence?x=1").status == 400
        assert client.request("DELETE", "/sessions").status == 200
        wait_until(lambda: client.get("/presence").status == 401, "the token is not good any more")


def test_a_pod_that_starts_learns_who_was_seen_last_when(accounts):
    cluster, tokens = accounts
    with signed_in(cluster.pods[1], tokens["bob"]):
        wait_until(lambda: states(cluster.pods[0]).get("bob") == "online", "bob is there")
    for pod in cluster.pods:
        wait_until(lambda: states(pod).get("bob") == "offline", f"bob has left for {pod.name}")
    # Each by its own clock.
    seen = {last_seen(pod, "bob") for pod in cluster.pods}
    for pod in cluster.pods[1:]:
        pod.restart()
        wait_until(lambda: states(pod).get("bob") == "offline", f"{pod.name} has heard of bob")
        assert last_seen(pod, "bob") in seen
    # The last one that has seen bob itself.
    cluster.pods[0].restart()
    wait_until(lambda: states(cluster.pods[0]).get("bob") == "offline", "it has heard of bob from the others")
    assert last_seen(cluster.pods[0], "bob") in seen
