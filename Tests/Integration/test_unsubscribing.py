"""What a client has unsubscribed from stays away, whatever happens to the room."""

from urllib.parse import quote

import pytest

from harness.people import SETTINGS, register, signed_in


@pytest.fixture(scope="module")
def pod(new_shared_cluster):
    return new_shared_cluster(settings=SETTINGS).pods[0]


def test_a_room_that_was_unsubscribed_from_is_not_followed_again_by_itself(pod):
    alice, bob = register(pod, "alice"), register(pod, "bob")
    room, other = (
        alice.does(pod, "POST", "/rooms", {"title": title, "members": ["bob"]})["channel"]
        for title in ("one", "two"))
    path = f"/rooms/{quote(room)}"
    with bob.socket(pod, "?channels=@me") as socket:
        socket.say(type="unsubscribe", channels=[room])
        alice.does(pod, "PATCH", path, {"title": "another"})
        alice.says(pod, room, "not for bob's socket")
        socket.lines_through(alice.says(pod, other, "for it"))
        assert {line["channel"] for line in socket.lines} == {other}
        # Who is removed and invited again follows it as any new room.
        assert alice.ask(pod, "DELETE", f"{path}/members/bob").status == 200
        alice.does(pod, "PUT", f"{path}/members/bob", {})
        socket.lines_through(alice.says(pod, room, "for it again"))
        assert socket.lines[-1]["channel"] == room
    with bob.socket(pod, "?channels=@me") as socket:
        socket.say(type="unsubscribe", channels=[room])
        socket.say(type="subscribe", channels=["@me"])
        socket.control("live")
        socket.lines_through(alice.says(pod, room, "and when it subscribes anew"))
        assert socket.lines[-1]["channel"] == room


def test_who_is_removed_and_invited_again_while_their_pod_is_behind_follows_the_room(
        new_cluster, redis, new_proxy):
    # Given a socket on a pod that hears of nothing but its own writes
    proxy = new_proxy(redis)
    cluster = new_cluster(pod_count=1, redis=False, redis_url=redis.url, settings=SETTINGS)
    cluster.pods.append(cluster.new_pod(REDIS_URL=proxy.url))
    cluster.start().wait_until_live()
    pod, behind = cluster.pods
    alice, bob = register(pod, "alice"), register(pod, "bob")
    room, other = (
        alice.does(pod, "POST", "/rooms", {"title": title, "members": ["bob"]})["channel"]
        for title in ("one", "two"))
    cluster.wait_until_equal()
    proxy.drop = lambda topic, _: True
    with bob.socket(behind, "?channels=@me") as socket:
        socket.say(type="unsubscribe", channels=[room])
        socket.say(type="ping")
        socket.control("pong")
        # When all that happened comes at once
        assert alice.ask(pod, "DELETE", f"/rooms/{quote(room)}/members/bob").status == 200
        again = alice.does(pod, "PUT", f"/rooms/{quote(room)}/members/bob", {})
        said = alice.says(pod, room, "for it again")
        socket.lines_through(alice.says(behind, other, "what tells the pod how far the log is"))
        # Then it is followed from the invitation on
        offsets = [line["offset"] for line in socket.lines if line["channel"] == room]
        assert len(offsets) == 2 and offsets[1] == said


def test_the_streams_of_an_account_end_when_its_socket_speaks_for_another(pod):
    erin, mallory = register(pod, "erin"), register(pod, "mallory")
    room = erin.does(pod, "POST", "/rooms", {"title": "Own"})["channel"]
    with erin.socket(pod, "?channels=@me") as socket:
        erin.says(pod, room, "before")
        socket.line()
        socket.say(type="auth", token=erin.token)
        socket.control("signed_in")
        socket.lines_through(erin.says(pod, room, "the same account goes on"))
        socket.say(type="auth", token=mallory.token)
        socket.control("signed_in")
        erin.does(pod, "DELETE", "/sessions")
        count = len(socket.lines)
        room_of_hers = mallory.does(pod, "POST", "/rooms", {"title": "Hers"})["channel"]
        socket.say(type="subscribe", channels=["@me"])
        erin = signed_in(pod, "erin")
        erin.says(pod, room, "not for this socket")
        socket.lines_through(mallory.says(pod, room_of_hers, "for it"))
        assert {line["channel"] for line in socket.lines[count:]} == {room_of_hers}
