"""Private rooms, direct conversations and roles: who is let in, and that nobody else notices anything."""

import pytest

from harness.people import NOBODY, SETTINGS, register
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def town(new_shared_cluster):
    cluster = new_shared_cluster(pod_count=3, settings=SETTINGS)
    cluster.people = {name: register(cluster.pods[0], name) for name in ("ann", "bob", "cid", "dora", "eve")}
    cluster.wait_until_equal()
    return cluster


@pytest.fixture
def people(town):
    return [town.people[name] for name in ("ann", "bob", "cid", "dora", "eve")]


def make_room(town, owner, *members, **fields):
    room = owner.does(
        town.pods[0], "POST", "/rooms",
        {"title": "a room", "members": [member.name for member in members], **fields})
    town.wait_until_equal()
    return room["channel"]


def roles(pod, person, channel):
    room = person.does(pod, "GET", f"/rooms/{channel}")
    return {member["name"]: member["role"] for member in room["members"]}


def _attempts(room, offset):
    """Every way to touch a room over HTTP."""
    message = f"/messages/{room}/{offset}"
    return [
        ("GET", f"/messages/{room}", None), ("GET", f"/messages/{room}?last=1", None), ("GET", message, None),
        ("GET", f"/messages/{room}?after={offset}&wait=1s", None), ("GET", f"/rooms/{room}", None),
        ("POST", f"/messages/{room}", {"message_text": "x"}),
        ("POST", f"/messages/{room}", {"message_text": "x", "reply_to": offset}),
        ("PATCH", message, {"message_text": "x"}), ("DELETE", message, None),
        ("PUT", f"{message}/reactions/x", None), ("DELETE", f"{message}/reactions/x", None),
        ("PUT", f"/reads/{room}", {"offset": offset}), ("PATCH", f"/rooms/{room}", {"title": "x"}),
        ("PUT", f"/rooms/{room}/members/eve", {"role": "owner"}),
        ("DELETE", f"/rooms/{room}/members/bob", None),
        ("GET", f"/events?channels={room}", None), ("GET", f"/ws?channels={room}", None)]


def test_a_private_room_is_not_there_for_others(town, people):
    ann, bob, _, _, eve = people
    room = make_room(town, ann, bob)
    offset = bob.says(town.pods[1], room, "between us, @ann and @eve")
    town.wait_until_equal()
    before = town.log.state()["offset"]
    for pod in town.pods:
        for method, path, body in _attempts(room, offset):
            # The same answers as for a room that never was.
            there = eve.ask(pod, method, path, body)
            nowhere = eve.ask(pod, method, path.replace(room, "@room-0000000000000000"), body)
            assert (there.status, there.body) == (404, nowhere.body), (method, path, there, nowhere)
            guest = NOBODY.ask(pod, method, path, body)
            assert guest.status in (401, 404) and b"between us" not in guest.body, (method, path, guest)
        assert eve.conversation(pod, room) is NOBODY.conversation(pod, room) is None
        for person in (eve, NOBODY, ann):
            # What is asked of all channels is of all public ones.
            assert room not in [message["channel"] for message in person.does(pod, "GET", "/messages")]
    for path in (f"/messages/{room}", f"/messages/%40{room[1:]}", f"/messages/{room}?last=1"):
        for person in (eve, ann, NOBODY):
            assert person.refused(town.log, "GET", path) == 404
    assert room.encode() not in NOBODY.ask(town.log, "GET", "/messages").body
    # Nor by the offset, under the name of a public channel.
    for person in (eve, ann):
        for method, body in [("GET", None), ("PATCH", {"message_text": "x"}), ("DELETE", None)]:
            assert person.refused(town.pods[0], method, f"/messages/square/{offset}", body) == 404
        assert person.refused(
            town.pods[0], "POST", "/messages/square", {"message_text": "x", "reply_to": offset}) == 404
    assert town.log.state()["offset"] == before


def test_no_stream_of_a_stranger_carries_a_private_room(town, people):
    ann, bob, _, _, eve = people
    room = make_room(town, ann, bob)
    position = f"{town.log.state()['epoch']}:0"
    ann.says(town.pods[0], room, "not yours")
    with eve.socket(town.pods[1], f"?channels=*,@me&after={position}") as socket, \
            eve.events(town.pods[2], f"?after={position}") as events, \
            ann.socket(town.pods[1], f"?channels=*,@me&after={position}") as own:
        socket.say(type="subscribe", channels=[room], after=position)
        assert socket.control("error")["problem"]["status"] == 404
        for command in (
                {"type": "send", "channel": room, "message_text": "x"},
                {"type": "read", "channel": room, "offset": 1}):
            socket.say(**command)
            assert socket.control("error")["problem"]["status"] == 404
        ann.says(town.pods[0], room, "not yours either")
        last = ann.says(town.pods[0], "square", "the end")
        seen = socket.lines_through(last)
        while not seen or seen[-1]["offset"] < last:
            seen.append(events.next()[2])
        event = None
        while event is None or event["offset"] < last:
            event = events.next()[2]
            seen.append(event)
        assert not any(line["channel"] == room for line in seen)
        texts = [line.get("message_text") for line in own.lines_through(last) if line["channel"] == room]
        assert texts == [None, "not yours", "not yours either"]


def test_members_are_invited_get_roles_and_are_removed(town, people):
    ann, bob, cid, dora, eve = people
    room = make_room(town, ann, bob)
    one, two, three = town.pods

    def member(actor, name, role=None, status=200, method="PUT"):
        body = {"role": role} if role else ({} if method == "PUT" else None)
        answer = actor.ask(one, method, f"/rooms/{room}/members/{name}", body)
        assert answer.status == status, (actor.name, name, role, answer)

    # A member may do none of it.
    member(bob, "cid", "member", 403)
    member(bob, "ann", status=403, method="DELETE")
    member(ann, "bob", "moderator")
    # A moderator invites and removes members, not moderators and owners.
    member(bob, "CID", "member")
    member(bob, "dora", "moderator", 403)
    member(bob, "cid", "moderator", 403)
    member(bob, "ann", status=403, method="DELETE")
    member(ann, "dora", "owner")
    member(bob, "dora", status=403, method="DELETE")
    member(ann, "nobody-of-that-name", "member", 404)
    member(ann, "eve", "king", 400)
    member(ann, "eve", status=404, method="DELETE")
    town.wait_until_equal()
    for pod in town.pods:
        assert roles(pod, cid, room) == {"ann": "owner", "dora": "owner", "bob": "moderator", "cid": "member"}
    assert cid.refused(two, "PATCH", f"/rooms/{room}", {"title": "mine"}) == 403
    assert bob.does(two, "PATCH", f"/rooms/{room}", {"title": "ours", "topic": "tea"})["topic"] == "tea"
    member(bob, "cid", status=200, method="DELETE")
    member(dora, "ann", status=200, method="DELETE")
    town.wait_until_equal()
    assert cid.refused(three, "GET", f"/messages/{room}") == 404
    assert roles(three, bob, room) == {"dora": "owner", "bob": "moderator"}
    assert dora.does(three, "GET", f"/rooms/{room}")["title"] == "ours"
    assert eve.refused(three, "GET", f"/rooms/{room}") == 404


def test_the_last_owner_stays_until_another_is_named(town, people):
    ann, bob, _, _, _ = people
    room = make_room(town, ann, bob)
    pod = town.pods[0]
    assert ann.refused(pod, "DELETE", f"/rooms/{room}/members/ann") == 409
    assert ann.refused(pod, "PUT", f"/rooms/{room}/members/ann", {"role": "member"}) == 409
    ann.does(pod, "PUT", f"/rooms/{room}/members/bob", {"role": "owner"})
    ann.does(pod, "DELETE", f"/rooms/{room}/members/ann")
    town.wait_until_equal()
    assert ann.refused(pod, "GET", f"/rooms/{room}") == 404
    assert bob.refused(pod, "PUT", f"/rooms/{room}/members/bob", {"role": "member"}) == 409
    # Alone, one may go.
    bob.does(pod, "DELETE", f"/rooms/{room}/members/bob")
    town.wait_until_equal()
    assert bob.refused(pod, "GET", f"/messages/{room}") == 404


def test_a_direct_conversation_is_one_whoever_opens_it(town, people):
    _, _, cid, dora, eve = people
    one, two, three = town.pods
    opened = cid.ask(one, "POST", "/direct", {"name": "DORA"})
    assert opened.status == 201
    room = opened.json["channel"]
    assert room.startswith("@") and len(room) == 33 and opened.json["type"] == "direct"
    town.wait_until_equal()
    for person, pod, name in [(cid, two, "dora"), (dora, three, "Cid"), (dora, one, "cid")]:
        again = person.ask(pod, "POST", "/direct", {"name": name})
        assert (again.status, again.json["channel"]) == (200, room)
    dora.says(three, room, "hello")
    town.wait_until_equal()
    assert [message["message_text"] for message in cid.reads(two, room)] == ["hello"]
    assert cid.conversation(one, room)["title"] == "dora"
    assert dora.conversation(one, room)["title"] == "cid"
    for path in (f"/messages/{room}", f"/rooms/{room}"):
        assert eve.refused(two, "GET", path) == 404
    # It stays as it is.
    assert cid.refused(one, "PUT", f"/rooms/{room}/members/eve", {"role": "member"}) == 403
    assert cid.refused(one, "DELETE", f"/rooms/{room}/members/cid") == 403
    assert cid.refused(one, "PATCH", f"/rooms/{room}", {"title": "x"}) == 403
    assert cid.refused(one, "POST", "/direct", {"name": "cid"}) == 409
    assert cid.refused(one, "POST", "/direct", {"name": "nobody-of-that-name"}) == 404
    assert NOBODY.refused(one, "POST", "/direct", {"name": "cid"}) == 401


def test_behind_their_removal_a_stream_is_silent_and_nothing_can_be_read(town, people):
    ann, bob, _, _, _ = people
    room = make_room(town, ann, bob)
    with bob.socket(town.pods[1]) as mine, bob.socket(town.pods[1], f"?channels={room},square") as named, \
            bob.events(town.pods[2], f"?channels={room},square") as events:
        first = ann.says(town.pods[0], room, "you are here")
        removal = ann.does(town.pods[0], "DELETE", f"/rooms/{room}/members/bob")["offset"]
        ann.says(town.pods[0], room, "you are not")
        last = ann.says(town.pods[0], "square", "the end")
        seen = [mine.lines_through(last), named.lines_through(last), []]
        while not seen[2] or seen[2][-1]["offset"] < last:
            seen[2].append(events.next()[2])
        for lines in seen:
            assert [line["offset"] for line in lines if line["channel"] == room] == [first, removal]
        # Nor can it be had again.
        named.say(type="subscribe", channels=[room], after=f"{town.log.state()['epoch']}:0")
        assert named.control("error")["problem"]["status"] == 404
    town.wait_until_equal()
    for pod in town.pods:
        for method, path, body in _attempts(room, first):
            assert bob.refused(pod, method, path, body) == 404, (method, path)
        assert bob.conversation(pod, room) is None


def test_a_long_poll_of_who_is_removed_gets_nothing(town, people):
    ann, bob, _, _, _ = people
    room = make_room(town, ann, bob)
    pod = town.pods[0]
    with pod.raw() as poll:
        poll.send((f"GET /messages/{room}?after=0&wait=20s HTTP/1.1\r\nHost: a\r\n"
                   f"Authorization: Bearer {bob.token}\r\n\r\n").encode())
        # The same connection's answers come in order: this pod has the read before it gets what follows.
        bob.reads(pod, room)
        ann.does(pod, "DELETE", f"/rooms/{room}/members/bob")
        ann.says(pod, room, "not for bob")
        answer = poll.answer()
        assert answer.status == 404 and b"not for bob" not in answer.body


@pytest.mark.parametrize("kind", ["socket", "events"])
def test_own_rooms_are_followed_from_the_line_that_lets_one_in(town, people, kind):
    ann, bob, cid, _, _ = people
    with cid.socket(town.pods[1], "?channels=@me,square") as socket, \
            cid.events(town.pods[2], "?channels=@me,square") as events:
        made = make_room(town, ann, cid)
        other = make_room(town, ann, bob)
        ann.says(town.pods[0], other, "before cid came")
        joined = ann.does(town.pods[0], "PUT", f"/rooms/{other}/members/cid", {"role": "member"})["offset"]
        town.wait_until_equal()
        said = [ann.says(town.pods[0], made, "in the first"), ann.says(town.pods[0], other, "in the second")]
        last = ann.says(town.pods[0], "square", "the end")
        if kind == "socket":
            lines = socket.lines_through(last)
        else:
            lines = []
            while not lines or lines[-1]["offset"] < last:
                lines.append(events.next()[2])
        first = [line["offset"] for line in lines if line["channel"] == made]
        assert len(first) == 2 and first[1] == said[0]
        assert [line["offset"] for line in lines if line["channel"] == other] == [joined, said[1]]
        assert [line["offset"] for line in lines] == sorted({line["offset"] for line in lines})


def test_a_public_room_is_everybodys_and_its_moderators_look_after_it(town, people):
    ann, bob, _, _, eve = people
    assert ann.refused(town.pods[0], "POST", "/rooms", {"title": "x", "channel": "@mine"}) == 400
    assert ann.refused(town.pods[0], "POST", "/rooms", {"title": "x", "channel": "$mine"}) in (400, 404)
    assert ann.refused(town.pods[0], "POST", "/rooms", {"title": "", "channel": "tea"}) == 400
    channel = make_room(town, ann, bob, channel="tea", topic="leaves")
    assert channel == "tea"
    assert ann.refused(town.pods[1], "POST", "/rooms", {"title": "again", "channel": "tea"}) == 409
    eve.says(town.pods[1], "crowded", "hello")
    town.wait_until_equal()
    assert ann.refused(town.pods[1], "POST", "/rooms", {"title": "late", "channel": "crowded"}) == 409
    room = NOBODY.does(town.pods[1], "GET", "/rooms/tea")
    assert (room["type"], room["title"], room["topic"]) == ("public", "a room", "leaves")
    offset = NOBODY.says(town.pods[2], "tea", "spam", author="guest")
    assert bob.refused(town.pods[2], "DELETE", f"/messages/tea/{offset}") == 403
    ann.does(town.pods[2], "DELETE", f"/messages/tea/{offset}")
    town.wait_until_equal()
    for service in town.services:
        shown = service.messages("tea")[-1]
        assert shown["deleted"] is True and "message_text" not in shown


def test_rooms_roles_and_access_outlive_restarts(new_cluster):
    cluster = new_cluster(pod_count=2, settings=SETTINGS).start()
    pod = cluster.pods[0]
    ann, bob, eve = (register(pod, name) for name in ("ann", "bob", "eve"))
    room = ann.does(pod, "POST", "/rooms", {"title": "kept", "members": ["bob"]})["channel"]
    ann.says(pod, room, "kept too")
    for service in cluster.services:
        service.restart()
    cluster.wait_until_equal()
    for pod in cluster.pods:
        assert roles(pod, bob, room) == {"ann": "owner", "bob": "member"}
        assert [message["message_text"] for message in bob.reads(pod, room)] == ["kept too"]
        assert eve.refused(pod, "GET", f"/messages/{room}") == 404


def test_the_room_of_a_deleted_owner_has_another_one(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS).start()
    pod = cluster.pods[0]
    ann, bob, cid = (register(pod, name) for name in ("ann", "bob", "cid"))
    room = ann.does(pod, "POST", "/rooms", {"title": "left", "members": ["bob", "cid"]})["channel"]
    ann.does(pod, "PUT", f"/rooms/{room}/members/cid", {"role": "moderator"})
    NOBODY.does(pod, "DELETE", "/accounts/ann", {"password": "correct horse battery"})
    wait_until(lambda: roles(pod, bob, room)["cid"] == "owner", "the moderator owns the room")
    assert cid.does(pod, "DELETE", f"/rooms/{room}/members/bob")["offset"]


def test_a_pod_that_keeps_little_reads_private_rooms_from_the_log(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS, pod_settings={"HISTORY_BYTES": "64KiB"}).start()
    pod = cluster.pods[0]
    ann, eve = register(pod, "ann"), register(pod, "eve")
    room = ann.does(pod, "POST", "/rooms", {"title": "old"})["channel"]
    offsets = [ann.says(pod, room, f"message {number}") for number in range(3)]
    for _ in range(8):
        cluster.log.append([{"channel": "other", "message_text": "x" * 2_000} for _ in range(40)])
    cluster.wait_until_equal()
    wait_until(lambda: pod.state()["first"] > offsets[-1], "the pod has dropped the room's messages")
    texts = [f"message {number}" for number in range(3)]
    assert ann.does(pod, "GET", f"/messages/{room}/{offsets[0]}")["message_text"] == texts[0]
    assert [message["message_text"] for message in ann.reads(pod, room)] == texts
    assert [message["message_text"] for message in ann.reads(pod, room, "?last=2")] == texts[1:]
    assert eve.refused(pod, "GET", f"/messages/{room}") == 404
    with ann.socket(pod, f"?channels={room}&after={cluster.log.state()['epoch']}:0") as socket:
        lines = [line for line in socket.lines_through(offsets[-1]) if "kind" not in line]
        assert [line["message_text"] for line in lines] == texts
    # The way to the log is the cluster's own.
    path = f"/log/messages/{room}"
    assert eve.refused(cluster.log, "GET", path) == ann.refused(cluster.log, "GET", path) == 401
    assert ann.refused(pod, "GET", path) in (401, 404)
    assert cluster.log.get(path).status == 200
    for channel in ("$accounts", "other"):
        assert cluster.log.get(f"/log/messages/{channel}").status == 404
