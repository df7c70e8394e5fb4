"""What a client has unsubscribed from stays away, whatever happens to the room."""

from urllib.parse import quote

import pytest

from harness.people import SETTINGS, Person, register, signed_in
from harness.streams import Socket
from harness.waiting import wait_until

CHANNELS_MAX = 1_000
# Of each stream 160 bytes were kept once; the process as a whole varies by a megabyte.
STREAMS, BYTES_LEFT_MAX = 30_000, 80


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
        socket.settle()
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
        socket.settle()
        # When all that happened comes at once
        assert alice.ask(pod, "DELETE", f"/rooms/{quote(room)}/members/bob").status == 200
        alice.does(pod, "PUT", f"/rooms/{quote(room)}/members/bob", {})
        said = alice.says(pod, room, "for it again")
        socket.lines_through(alice.says(behind, other, "what tells the pod how far the log is"))
        # Then it is followed from the invitation on
        offsets = [line["offset"] for line in socket.lines if line["channel"] == room]
        assert len(offsets) == 2 and offsets[1] == said


def test_all_public_channels_or_all_private_rooms_are_unsubscribed_from_at_once(pod):
    carol = register(pod, "carol")
    rooms = [carol.does(pod, "POST", "/rooms", {"title": title})["channel"] for title in ("one", "two")]
    with carol.socket(pod, "?channels=*,@me") as socket:
        socket.say(type="subscribe", channels=["named-besides"])
        socket.say(type="unsubscribe", channels=["*"])
        socket.settle()
        for channel in ("any", "named-besides"):
            carol.says(pod, channel, "not for carol's socket any more")
        socket.lines_through(carol.says(pod, rooms[0], "the private rooms go on"))
        socket.say(type="unsubscribe", channels=["@me"])
        socket.say(type="subscribe", channels=["any"])
        socket.settle()
        later = carol.does(pod, "POST", "/rooms", {"title": "later"})["channel"]
        for channel in (*rooms, later):
            carol.says(pod, channel, "neither these, now, nor one that came later")
        socket.lines_through(carol.says(pod, "any", "what was asked for anew"))
        assert [line["channel"] for line in socket.lines if "message_text" in line] == [rooms[0], "any"]


def test_a_channel_that_comes_twice_is_delivered_once(pod):
    dora = register(pod, "dora")
    with dora.socket(pod, "?channels=twice") as socket:
        socket.control("live")
        socket.say(type="subscribe", channels=["*", "@me"])
        socket.control("live")
        sent = [dora.says(pod, "twice", "once"), dora.says(pod, "other", "and the others")]
        assert [line["offset"] for line in socket.lines_through(sent[-1])] == sent


def test_one_public_channel_is_left_out_of_all(pod):
    frank = register(pod, "frank")
    with frank.socket(pod, "?channels=*") as socket:
        socket.say(type="unsubscribe", channels=["noisy"])
        socket.settle()
        frank.says(pod, "noisy", "not for frank's socket")
        sent = [frank.says(pod, "quiet", "for it")]
        assert [line["offset"] for line in socket.lines_through(sent[-1])] == sent
        # Asked for anew it comes, and what was before, where that is wanted.
        socket.say(type="subscribe", channels=["*"])
        socket.control("live")
        sent += [frank.says(pod, "noisy", "for it again"), frank.says(pod, "quiet", "as before")]
        assert [line["offset"] for line in socket.lines_through(sent[-1])] == sent


def test_what_is_left_out_of_all_is_bounded(pod):
    names = [f"noisy-{number}" for number in range(CHANNELS_MAX)]
    with Person().socket(pod, "?channels=*") as socket:
        socket.say(type="unsubscribe", channels=names)
        socket.say(type="unsubscribe", channels=["one-more"])
        assert socket.control("error")["problem"]["field"] == "channels"
        socket.say(type="unsubscribe", channels=["*"])
        socket.say(type="unsubscribe", channels=["one-more"])
        socket.say(type="ping")
        socket.control("pong")
        assert [control["type"] for control in socket.controls].count("error") == 1


def test_streams_that_are_left_again_take_no_memory_though_nothing_is_read(small_cluster):
    pod = small_cluster.pods[0]
    for _ in range(10):
        small_cluster.log.append([{"channel": "big", "message_text": "x" * 20_000} for _ in range(40)])
    small_cluster.wait_until_equal()
    begin = f"{pod.state()['epoch']}:0"
    with Socket(pod, "?channels=", receive_bytes=4096) as socket:
        def come_and_go(times):
            for _ in range(times):
                socket.say(type="subscribe", channels=["big"], after=begin)
                socket.say(type="unsubscribe", channels=["big"])
            return pod.metrics()["process_resident_memory_bytes"]

        before = come_and_go(5_000)
        grown = come_and_go(STREAMS) - before
        assert grown < STREAMS * BYTES_LEFT_MAX, grown


def test_what_a_stream_leaves_out_it_leaves_out_of_the_past_too(pod):
    grace = register(pod, "grace")
    begin = grace.does(pod, "GET", "/state")
    sent = [grace.says(pod, channel, "x") for channel in ("one", "two", "one", "three", "one", "two")]
    wait_until(lambda: pod.state()["offset"] >= sent[-1], "the pod has all of them")
    position = f"{begin['epoch']}:{begin['offset']}"
    with grace.socket(pod, "?channels=one") as socket:
        socket.control("live")
        socket.say(type="subscribe", channels=["*"], after=position)
        assert [line["offset"] for line in socket.lines_through(sent[5])] == [sent[1], sent[3], sent[5]]


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
