"""Erasing a message for good: `chatctl log redact`."""

import json
import signal

import pytest

from harness.lines import digest
from harness.people import SETTINGS, register
from harness.process import BIN, run_to_end
from harness.waiting import holds_for, wait_until

SECRET_TEXTS = ("Wort eins: Zitronenfalter", "Wort zwei: Zitronenfalter", "Wort drei: Zitronenfalter")
FIRST = {"message_text": SECRET_TEXTS[0], "author": "carol", "id": "first"}


def redact(offset, directory):
    return run_to_end([BIN / "chatctl", "log", "redact", offset, "--data-dir", directory])


def files_with(text, directory):
    return [
        path.name for path in directory.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.fixture
def written(new_cluster):
    """A log of several segments with a message at offset 1, an edit of it, and others; and who wrote it."""
    cluster = new_cluster(pod_count=2, settings=SETTINGS, log_settings={"SEGMENT_BYTES": "4096"}).start()
    pod = cluster.pods[0]
    alice = register(pod, "alice")
    offset = alice.says(pod, "tea", SECRET_TEXTS[0], id="first")
    for number in range(30):
        alice.says(pod, "tea", f"kept {number}")
    edit = alice.does(pod, "PATCH", f"/messages/tea/{offset}", {"message_text": SECRET_TEXTS[1]})
    alice.says(pod, "tea", "kept after it", reply_to=offset)
    cluster.wait_until_equal()
    return cluster, alice, offset, edit["offset"]


def test_a_redacted_message_is_gone_from_the_directory_and_everything_else_is_as_it_was(written):
    cluster, alice, offset, edit = written
    log, directory = cluster.log, cluster.log.data_directory
    before, lines = log.state(), log.lines()
    assert len(log.segments()) > 1
    assert log.terminate() == 0
    code, out, error = redact(offset, directory)
    assert code == 0, out + error
    assert f"{offset}, {edit}" in out and "chat-servers notice" in out
    assert files_with("Zitronenfalter", directory) == []
    code, out, error = run_to_end([BIN / "chatctl", "log", "check", "--data-dir", directory])
    assert (code, before["digest"] in out, "whole" in out) == (0, True, True), out + error
    log.start()
    after = log.state()
    assert [after[name] for name in ("epoch", "offset", "digest")] == [
        before[name] for name in ("epoch", "offset", "digest")]
    now = log.lines()
    assert digest(now) == before["digest"]
    assert [one.raw for one in now if one.offset not in (offset, edit)] == [
        one.raw for one in lines if one.offset not in (offset, edit)]
    pod = cluster.pods[1]
    pod.restart()
    cluster.wait_until_equal()
    for pod in (pod, cluster.new_pod().start()):
        shown = alice.reads(pod, "tea", "?limit=1")[0]
        assert shown == {**{name: lines[offset - 1].fields[name] for name in (
            "offset", "time", "channel", "author", "id")}, "redacted": True, "replies": 1}
        assert alice.does(pod, "GET", f"/messages/tea/{offset}") == shown
        found = wait_until(
            lambda: (lambda found: None if "indexed_through" in found else found)(
                alice.does(pod, "GET", "/search?q=Zitronenfalter")), "everything can be searched")
        assert found["messages"] == []
        assert alice.refused(pod, "PATCH", f"/messages/tea/{offset}", {"message_text": "again"}) == 410
        with alice.events(pod, f"?channels=tea&after={after['epoch']}:0") as events:
            first = events.next()[2]
            assert (first["offset"], first["redacted"], "message_text" in first) == (offset, True, False)
    assert log.get("/messages/tea?limit=1").json[0]["redacted"] is True


def test_a_retry_of_a_redacted_message_is_answered_with_its_offset(small_cluster):
    log, pod = small_cluster.log, small_cluster.pods[0]
    first = log.post("/messages/tea", FIRST)
    small_cluster.wait_until_equal()
    assert log.terminate() == 0
    assert redact(1, log.data_directory)[0] == 0
    log.start()
    for service in (log, pod):
        answer = service.post("/messages/tea", FIRST)
        assert (answer.status, answer.json) == (200, first.json)
    assert log.state()["offset"] == 1


@pytest.mark.parametrize("settings", [{}, {"FOLLOW": "tree"}], ids=["redis", "tree"])
def test_pods_that_run_on_notice_and_forget_the_text(new_cluster, settings):
    cluster = new_cluster(
        pod_count=2, settings=SETTINGS, pod_settings=settings, log_settings={"FANOUT": 1}).start()
    log = cluster.log
    log.post("/messages/tea", FIRST)
    log.send("kept", "tea")
    cluster.wait_until_equal()
    assert log.terminate() == 0
    assert redact(1, log.data_directory)[0] == 0
    log.start()
    wait_until(
        lambda: not any(SECRET_TEXTS[0].encode() in pod.get(path).body
                        for pod in cluster.pods for path in ("/log", "/messages")),
        "no pod has it any more", 90)
    cluster.wait_until_equal()
    for pod in cluster.pods:
        assert pod.messages("tea")[0]["redacted"] is True and len(pod.messages("tea")) == 2
        pod.wait_until_ready()
        assert pod.metric("chat_pod_discards_total") >= 1
    discards = [pod.metric("chat_pod_discards_total") for pod in cluster.pods]
    holds_for(
        lambda: discards == [pod.metric("chat_pod_discards_total") for pod in cluster.pods],
        "once is enough", 2)


def test_redacting_twice_changes_nothing_and_says_so(small_cluster):
    log = small_cluster.log
    log.post("/messages/tea", FIRST)
    assert log.terminate() == 0
    assert redact(1, log.data_directory)[0] == 0
    before = log.segments()[0].read_bytes()
    code, out, error = redact(1, log.data_directory)
    assert (code, "redacted before; nothing was changed" in out) == (0, True), out + error
    assert log.segments()[0].read_bytes() == before


def test_what_cannot_be_redacted_is_refused_with_the_reason(small_cluster):
    log = small_cluster.log
    log.append([{"channel": "c", "kind": "topic", "data": {"topic": "Zitronenfalter"}}])
    code, _, error = redact(1, log.data_directory)
    assert (code, "in use by process" in error) == (1, True), error
    assert log.terminate() == 0
    for offset, code, said in (
            (1, 1, "a line of kind 'topic', has no text that can be erased"), (2, 1, "the last is 1"),
            (0, 2, "is no offset"), ("x", 2, "is no offset")):
        found, out, error = redact(offset, log.data_directory)
        assert (found, said in error) == (code, True), out + error
    code, _, error = run_to_end([BIN / "chatctl", "log", "redact", "--data-dir", log.data_directory])
    assert (code, "an offset" in error) == (2, True), error
    code, _, error = redact(1, log.data_directory.parent / "nothing")
    assert (code, "there is no log" in error) == (1, True), error
    log.start()
    assert log.lines()[0].fields["data"] == {"topic": "Zitronenfalter"}


def test_a_redacted_log_is_restored_with_its_digest(small_cluster, tmp_path):
    log = small_cluster.log
    log.post("/messages/tea", FIRST)
    log.send("kept", "tea")
    assert log.terminate() == 0
    assert redact(1, log.data_directory)[0] == 0
    log.start()
    code, out, error = run_to_end([
        BIN / "chatctl", "log", "restore", "--from", log.url, "--data-dir", tmp_path / "new"])
    assert (code, log.state()["digest"] in out) == (0, True), out + error


def test_without_a_secret_nobody_on_redis_makes_pods_forget(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    pod = cluster.pods[0]
    pod.send("kept")
    cluster.wait_until_equal()
    state = cluster.log.state()
    refused = pod.metrics()["chat_pod_refused_payloads_total"]
    forged = {name: state[name] for name in ("epoch", "offset", "digest")} | {"redacted": 7}
    cluster.redis.publish(b"chat-cluster:head", json.dumps(forged).encode())
    cluster.redis.publish(b"chat-cluster:head", b"what is read after it")
    wait_until(
        lambda: pod.metrics()["chat_pod_refused_payloads_total"] == refused + 1, "the pod has read both")
    pod.signal(signal.SIGTERM)
    pod.wait_for_exit()
    assert "has erased texts" not in pod.text
