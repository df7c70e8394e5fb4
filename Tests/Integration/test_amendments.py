"""Edits, deletions, reactions and replies: every /messages of both services shows a message as it is now."""

import json
from urllib.parse import quote

from harness.people import SETTINGS, register
from harness.waiting import wait_until

SECRET = {"CLUSTER_SECRET": "a secret of the test"}


def _keyed(kind, offset, **data):
    """The first change of a message."""
    key = f"message:{offset}"
    return {"channel": "tea", "kind": kind, "key": key, "expect": {key: 0}, "author": "alice",
            "data": {"offset": offset, **data}}


def _amend(log):
    """Writes six messages and amends four of them; returns the offset of the deleted one."""
    drafts = [
        {"channel": "tea", "message_text": f"text {n}", "author": "alice", "id": f"m{n}"}
        for n in range(1, 6)]
    drafts += [
        _keyed("edit", 2, message_text='new "text"'),
        {"channel": "tea", "kind": "reaction", "author": "bob",
         "data": {"offset": 3, "emoji": "👍", "on": True}},
        _keyed("delete", 4),
        {"channel": "tea", "message_text": "an answer", "author": "bob", "reply_to": 5},
        _keyed("edit", 4, message_text="back")]
    results = log.append(drafts)
    assert ["error" in result for result in results] == [False] * 9 + [True]
    assert results[9]["error"]["current"] == {"message:4": 8}
    return 4


def _check(service, deleted):
    shown = service.messages("tea")
    assert [message["offset"] for message in shown] == [1, 2, 3, 4, 5, 9]
    plain, edited, reacted, gone, answered, answer = shown
    assert list(plain) == ["offset", "time", "channel", "author", "id", "message_text", "crc"]
    assert (edited["message_text"], "crc" in edited) == ('new "text"', False)
    assert edited["edited"] >= edited["time"]
    assert (reacted["reactions"], reacted["message_text"]) == ({"👍": ["bob"]}, "text 3")
    assert list(gone) == ["offset", "time", "channel", "author", "id", "deleted"] and gone["deleted"] is True
    assert answered["replies"] == 1 and answer["reply_to"] == 5 and "crc" in answer
    assert service.messages() == shown
    assert service.messages("tea", "?before=5&limit=2") == [reacted, gone]
    lines = service.get("/messages/tea", Accept="application/x-ndjson").body
    assert [json.loads(line) for line in lines.splitlines()] == shown
    assert f"text {deleted}".encode() not in lines


def test_messages_are_shown_as_they_are_now_also_after_restarts(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SECRET).start()
    deleted = _amend(cluster.log)
    cluster.wait_until_equal()
    for service in cluster.services:
        _check(service, deleted)
    for service in cluster.services:
        service.restart()
        cluster.wait_until_equal()
        _check(service, deleted)
    # The log keeps what was written, for those who have the secret.
    assert b"text 4" in cluster.log.log_bytes()


def test_a_pod_that_keeps_little_shows_old_messages_as_they_are_now(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SECRET, pod_settings={"HISTORY_BYTES": "64KiB"}).start()
    deleted = _amend(cluster.log)
    for _ in range(8):
        cluster.log.append([{"channel": "other", "message_text": "x" * 2_000} for _ in range(40)])
    cluster.wait_until_equal()
    pod = cluster.pods[0]
    wait_until(lambda: pod.state()["first"] > 20, "the pod has dropped the first lines")
    shown = pod.messages("tea")
    assert shown == cluster.log.messages("tea")
    assert shown[1]["message_text"] == 'new "text"' and "message_text" not in shown[deleted - 1]


def test_an_old_message_is_not_denied_while_the_log_is_away(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS, pod_settings={"HISTORY_BYTES": "64KiB"}).start()
    pod = cluster.pods[0]
    alice, mallory = (register(pod, name) for name in ("alice", "mallory"))
    room = alice.does(pod, "POST", "/rooms", {"title": "Own"})["channel"]
    offset, hidden = alice.says(pod, "tea", "old"), alice.says(pod, room, "old, too")
    path = f"/messages/tea/{offset}"
    for _ in range(8):
        cluster.log.append([{"channel": "other", "message_text": "x" * 2_000} for _ in range(40)])
    cluster.wait_until_equal()
    newest = alice.says(pod, "tea", "new")
    assert pod.state()["first"] > hidden
    cluster.log.kill()
    wait_until(lambda: not pod.state()["log_reachable"], "the pod has noticed")
    for method, at, body in (
            ("GET", path, None), ("PATCH", path, {"message_text": "x"}), ("DELETE", path, None),
            ("PUT", f"{path}/reactions/x", None),
            ("POST", "/messages/tea", {"message_text": "x", "reply_to": offset})):
        answer = alice.ask(pod, method, at, body)
        assert answer.status == 503 and answer.headers["retry-after"], (method, answer)
        assert "cannot be read" in answer.problem()["detail"]
    with alice.socket(pod) as socket:
        socket.say(type="delete", channel="tea", offset=offset, id="d")
        assert socket.control("error")["problem"]["status"] == 503
    # What the pod knows it goes on saying: this is there, that never was, this is nobody else's to ask for.
    assert alice.does(pod, "GET", f"/messages/tea/{newest}")["message_text"] == "new"
    assert alice.refused(pod, "GET", f"/messages/tea/{newest + 1000}") == 404
    assert mallory.refused(pod, "GET", f"/messages/{quote(room)}/{hidden}") == 404
    cluster.log.start()
    wait_until(lambda: alice.ask(pod, "GET", path).status == 200, "old messages are read again")
