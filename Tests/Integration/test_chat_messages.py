"""What becomes of messages: edits, deletions, reactions, replies, read marks; on all pods, live and later."""

import json
from urllib.parse import quote

import pytest

from harness.people import NOBODY, SETTINGS, register
from harness.waiting import wait_until

THUMB = "👍"


@pytest.fixture(scope="module")
def town(new_shared_cluster):
    cluster = new_shared_cluster(pod_count=3, settings=SETTINGS)
    cluster.people = {name: register(cluster.pods[0], name) for name in ("Ann", "bob", "cid")}
    cluster.wait_until_equal()
    return cluster


@pytest.fixture
def people(town):
    return [town.people[name] for name in ("Ann", "bob", "cid")]


def shown(town, channel):
    """A public channel as every service shows it, which is the same."""
    town.wait_until_equal()
    found = [service.messages(channel) for service in town.services]
    assert all(messages == found[0] for messages in found)
    return found[0]


def reaction(channel, offset, emoji=THUMB):
    return f"/messages/{channel}/{offset}/reactions/{quote(emoji)}"


def test_who_wrote_a_message_edits_it_and_nobody_else(town, people):
    ann, bob, _ = people
    offset = ann.says(town.pods[0], "edits", "one")
    town.wait_until_equal()
    path, body = f"/messages/edits/{offset}", {"message_text": 'two "2"'}
    assert bob.refused(town.pods[1], "PATCH", path, body) == 403
    assert NOBODY.refused(town.pods[1], "PATCH", path, body) in (401, 403)
    assert NOBODY.refused(town.pods[1], "PATCH", f"{path}?author=guest", body) == 403
    assert NOBODY.refused(town.pods[1], "PATCH", f"{path}?author=ann", body) == 401
    assert ann.refused(town.pods[1], "PATCH", path, {"message_text": ""}) == 400
    assert ann.refused(town.pods[1], "PATCH", path, {"message_text": "x" * 65_537}) in (400, 413)
    assert ann.refused(town.pods[1], "PATCH", "/messages/edits/999999", body) == 404
    assert ann.refused(town.pods[1], "PATCH", f"/messages/other/{offset}", body) == 404
    assert ann.refused(town.pods[1], "PATCH", "/messages/edits/x", body) == 404
    edit = ann.does(town.pods[2], "PATCH", path, body)["offset"]
    (message,) = shown(town, "edits")
    assert (message["message_text"], "crc" in message) == ('two "2"', False)
    assert message["edited"] > message["time"]
    # An edit is no message, and nobody edits it.
    assert ann.refused(town.pods[0], "PATCH", f"/messages/edits/{edit}", body) == 404


def test_who_wrote_a_message_deletes_it_for_good(town, people):
    ann, bob, _ = people
    offset = ann.says(town.pods[0], "deletions", "regretted")
    seen(town, offset)
    bob.does(town.pods[1], "PUT", reaction("deletions", offset))
    path = f"/messages/deletions/{offset}"
    assert bob.refused(town.pods[1], "DELETE", path) == 403
    ann.does(town.pods[2], "DELETE", path)
    (message,) = shown(town, "deletions")
    assert message["deleted"] is True and message["author"] == "Ann"
    assert not {"message_text", "reactions", "crc"} & set(message)
    for pod in town.pods:
        assert ann.refused(pod, "PATCH", path, {"message_text": "back"}) == 410
        assert ann.refused(pod, "DELETE", path) == 410
        assert bob.refused(pod, "PUT", reaction("deletions", offset)) == 410
        assert bob.refused(
            pod, "POST", "/messages/deletions", {"message_text": "what?", "reply_to": offset}) == 410


def seen(town, offset):
    """All pods have the line."""
    wait_until(lambda: all(pod.state()["offset"] >= offset for pod in town.pods), f"all pods are at {offset}")
    return True


def test_guests_change_what_they_wrote_under_the_same_name(town):
    offset = NOBODY.says(town.pods[0], "guests", "one", author="guest")
    seen(town, offset)
    path = f"/messages/guests/{offset}"
    assert NOBODY.refused(town.pods[1], "PATCH", f"{path}?author=other", {"message_text": "x"}) == 403
    NOBODY.does(town.pods[1], "PATCH", f"{path}?author=guest", {"message_text": "two"})
    NOBODY.does(town.pods[2], "PUT", f"{reaction('guests', offset)}?author=other")
    (message,) = shown(town, "guests")
    assert (message["message_text"], message["reactions"]) == ("two", {THUMB: ["other"]})


def test_live_clients_get_every_change_and_later_ones_no_deleted_text(town, people):
    ann, bob, _ = people
    start = town.wait_until_equal()
    position = f"{start['epoch']}:{start['offset']}"
    with bob.socket(town.pods[1], "?channels=live") as socket, \
            bob.events(town.pods[2], "?channels=live") as events:
        kept = ann.says(town.pods[0], "live", "kept")
        gone = ann.says(town.pods[0], "live", "soon gone")
        edit = ann.does(
            town.pods[0], "PATCH", f"/messages/live/{gone}", {"message_text": "gone soon"})["offset"]
        react = ann.does(town.pods[0], "PUT", reaction("live", kept))["offset"]
        delete = ann.does(town.pods[0], "DELETE", f"/messages/live/{gone}")["offset"]
        lines = socket.lines_through(delete)
        assert [events.next()[2] for _ in lines] == lines
        assert [line["offset"] for line in lines] == [kept, gone, edit, react, delete]
        assert [line.get("kind") for line in lines] == [None, None, "edit", "reaction", "delete"]
        assert lines[2]["data"] == {"offset": gone, "message_text": "gone soon"}
        assert lines[3]["data"] == {"offset": kept, "emoji": THUMB, "on": True}
        assert lines[4]["data"] == {"offset": gone} and lines[4]["author"] == "Ann"
    town.wait_until_equal()
    with bob.socket(town.pods[1], f"?channels=live&after={position}") as socket, \
            bob.events(town.pods[2], f"?channels=live&after={position}") as events:
        later = socket.lines_through(delete)
        assert [events.next()[2] for _ in later] == later
    # The edit of what is gone has nothing to say any more.
    assert [line["offset"] for line in later] == [kept, gone, react, delete]
    assert later[1]["deleted"] is True
    # Neither what was written first nor what it was changed to.
    assert "soon gone" not in json.dumps(later) and "gone soon" not in json.dumps(later)


def test_reactions_are_everybodys_once(town, people):
    ann, bob, _ = people
    offset = ann.says(town.pods[0], "reactions", "look")
    seen(town, offset)
    ann.does(town.pods[0], "PUT", reaction("reactions", offset))
    bob.does(town.pods[1], "PUT", reaction("reactions", offset))
    bob.does(town.pods[1], "PUT", reaction("reactions", offset, "❤️"))
    town.wait_until_equal()
    head = town.log.state()["offset"]
    assert bob.does(town.pods[2], "PUT", reaction("reactions", offset)) == {"unchanged": True}
    assert bob.does(town.pods[2], "DELETE", reaction("reactions", offset, "🎉")) == {"unchanged": True}
    assert town.log.state()["offset"] == head
    assert shown(town, "reactions")[0]["reactions"] == {THUMB: ["Ann", "bob"], "❤️": ["bob"]}
    bob.does(town.pods[2], "DELETE", reaction("reactions", offset, "❤️"))
    assert shown(town, "reactions")[0]["reactions"] == {THUMB: ["Ann", "bob"]}
    for emoji in ("x" * 33, "a\nb"):
        assert bob.refused(town.pods[0], "PUT", reaction("reactions", offset, emoji)) in (400, 413)
    assert NOBODY.refused(town.pods[0], "PUT", reaction("reactions", offset)) in (400, 401)
    assert bob.refused(town.pods[0], "PUT", reaction("reactions", 999999)) == 404


def test_replies_name_a_message_of_the_same_channel(town, people):
    ann, bob, _ = people
    offset = ann.says(town.pods[0], "replies", "a question")
    elsewhere = ann.says(town.pods[0], "elsewhere", "another")
    seen(town, elsewhere)
    answer = bob.says(town.pods[1], "replies", "an answer", reply_to=offset)
    for target in (elsewhere, 999999, 1):
        assert bob.refused(
            town.pods[1], "POST", "/messages/replies", {"message_text": "x", "reply_to": target}) == 404
    for target in (0, -1, "1", 1.5, True):
        assert bob.refused(
            town.pods[1], "POST", "/messages/replies", {"message_text": "x", "reply_to": target}) == 400
    question, reply = shown(town, "replies")
    assert question["replies"] == 1 and reply["offset"] == answer and reply["reply_to"] == offset


def test_the_socket_does_all_of_it(town, people):
    ann, bob, _ = people
    with ann.socket(town.pods[0], "?channels=by-socket") as mine, \
            bob.socket(town.pods[1], "?channels=by-socket") as other:
        mine.say(type="send", channel="by-socket", message_text="one", id="s1")
        offset = mine.control("ack")["offset"]
        seen(town, offset)
        here = {"channel": "by-socket", "offset": offset}
        other.say(type="edit", message_text="x", id="e1", **here)
        refused = other.control("error")
        assert (refused["id"], refused["problem"]["status"]) == ("e1", 403)
        mine.say(type="edit", message_text="two", id="e2", **here)
        assert mine.control("ack")["id"] == "e2"
        other.say(type="react", emoji=THUMB, id="r1", **here)
        reacted = other.control("ack")["offset"]
        for socket in (mine, other):
            assert [line.get("kind") for line in socket.lines_through(reacted)] == [None, "edit", "reaction"]
        other.say(type="react", emoji=THUMB, id="r2", **here)
        assert other.control("ack") == {"type": "ack", "id": "r2", "unchanged": True}
        other.say(type="react", emoji=THUMB, on=False, id="r3", **here)
        other.control("ack")
        mine.say(type="delete", id="d1", **here)
        deleted = mine.control("ack")["offset"]
        other.lines_through(deleted)
        other.say(type="send", channel="by-socket", message_text="x", reply_to=offset, id="s2")
        assert other.control("error")["problem"]["status"] == 410
    assert shown(town, "by-socket")[0]["deleted"] is True


def counts(pod, person, channel):
    found = person.conversation(pod, channel)
    return found["unread"], found["mentions"], found["read"]


def test_unread_and_mentions_are_counted_on_all_pods(town, people):
    ann, bob, cid = people
    room = ann.does(town.pods[0], "POST", "/rooms", {"title": "marks", "members": ["bob"]})["channel"]
    first = ann.says(town.pods[0], room, "hello @bob, and @BOB")
    second = ann.says(town.pods[0], room, "mail bob@bob.example and @bobby")
    third = ann.says(town.pods[0], room, "and you, @bob.")
    town.wait_until_equal()
    for pod in town.pods:
        assert counts(pod, bob, room) == (3, 2, 0)
        # One's own are read.
        assert counts(pod, ann, room) == (0, 0, third)
        assert bob.conversation(pod, room)["last"]["offset"] == third
        # Somebody who is not there is not mentioned, nor is the room shown to them.
        assert cid.conversation(pod, room) is None
    bob.does(town.pods[1], "PUT", f"/reads/{room}", {"offset": first})
    town.wait_until_equal()
    assert [counts(pod, bob, room) for pod in town.pods] == [(2, 1, first)] * 3
    # A mark does not go back, and what is deleted is not unread.
    assert bob.does(town.pods[2], "PUT", f"/reads/{room}", {"offset": first - 1}) == {"unchanged": True}
    ann.does(town.pods[0], "DELETE", f"/messages/{room}/{second}")
    town.wait_until_equal()
    assert [counts(pod, bob, room) for pod in town.pods] == [(1, 1, first)] * 3
    ann.does(town.pods[0], "DELETE", f"/messages/{room}/{third}")
    town.wait_until_equal()
    assert [counts(pod, bob, room) for pod in town.pods] == [(0, 0, first)] * 3
    assert bob.refused(town.pods[0], "PUT", f"/reads/{room}", {"offset": "x"}) == 400
    assert cid.refused(town.pods[0], "PUT", f"/reads/{room}", {"offset": first}) == 404
    assert NOBODY.refused(town.pods[0], "PUT", "/reads/square", {"offset": first}) == 401


def test_a_read_mark_reaches_the_persons_other_devices_and_nobody_elses(town, people):
    ann, bob, _ = people
    offset = ann.says(town.pods[0], "devices", "read me")
    seen(town, offset)
    with bob.socket(town.pods[0]) as one, bob.socket(town.pods[2]) as other, \
            ann.socket(town.pods[1]) as stranger:
        one.say(type="read", channel="devices", offset=offset)
        assert other.control("read") == {"type": "read", "channel": "devices", "offset": offset}
        stranger.lines_through(ann.says(town.pods[0], "devices", "the end"))
        assert "read" not in [control["type"] for control in stranger.controls]
        assert not [line for line in other.lines if line["channel"].startswith("$")]
    wait_until(lambda: counts(town.pods[1], bob, "devices")[2] == offset, "the mark is everywhere")


def test_marks_counts_and_changes_outlive_restarts(new_cluster):
    cluster = new_cluster(pod_count=2, settings=SETTINGS).start()
    pod = cluster.pods[0]
    ann, bob = register(pod, "Ann"), register(pod, "bob")
    offsets = [ann.says(pod, "square", f"number {number} for @bob") for number in range(4)]
    bob.does(pod, "PUT", "/reads/square", {"offset": offsets[0]})
    bob.does(pod, "PUT", reaction("square", offsets[1]))
    ann.does(pod, "PATCH", f"/messages/square/{offsets[2]}", {"message_text": "changed for @bob"})
    ann.does(pod, "DELETE", f"/messages/square/{offsets[3]}")
    cluster.wait_until_equal()
    before = [service.messages("square") for service in cluster.services]
    for service in cluster.services:
        service.restart()
    cluster.wait_until_equal()
    assert [service.messages("square") for service in cluster.services] == before
    for pod in cluster.pods:
        assert counts(pod, bob, "square") == (2, 2, offsets[0])


def test_conversations_are_newest_first_and_say_where_the_stream_goes_on(town, people):
    ann, bob, _ = people
    direct = ann.does(town.pods[0], "POST", "/direct", {"name": "bob"})["channel"]
    for channel in ("older", direct, "newer"):
        ann.says(town.pods[0], channel, "hello")
    state = town.wait_until_equal()
    answer = bob.ask(town.pods[1], "GET", "/conversations")
    assert [one["channel"] for one in answer.json][:3] == ["newer", direct, "older"]
    assert [one["type"] for one in answer.json][:3] == ["public", "direct", "public"]
    assert answer.headers["log-position"] == f"{state['epoch']}:{state['offset']}"
    assert bob.ask(town.pods[1], "GET", f"/messages/{direct}").headers["log-position"] == \
        answer.headers["log-position"]
    # Somebody without account sees the public ones, all read.
    guests = NOBODY.does(town.pods[1], "GET", "/conversations")
    assert {one["type"] for one in guests} == {"public"} and {one["unread"] for one in guests} == {0}
