"""Edits, deletions, reactions and replies: every /messages of both services shows a message as it is now."""

import json

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
