"""Bytes that change by themselves, in a pod's memory and in a sealed segment, are found while all runs."""

import os
import re

import pytest

from harness.memory import places, poke
from harness.waiting import wait_until

FOUND_SECONDS = 15


def filled(cluster, count=200):
    """Writes so many messages, some at a time, and returns the log's lines."""
    drafts = [{"channel": "c", "message_text": f"text number {n}", "id": str(n)} for n in range(count)]
    for start in range(0, count, 10):
        cluster.log.append(drafts[start:start + 10])
    cluster.wait_until_equal()
    return cluster.log.lines()


def damage(pod, line):
    """Changes a letter of the line's text wherever the pod has the line."""
    found = places(pod.pid, line.raw)
    assert found, "the line is in the pod's memory"
    for address in found:
        poke(pod.pid, address + line.raw.index(b"text number"), b"T")


@pytest.fixture
def scrubbed(new_cluster):
    """Pods and log that check everything within a second, in segments of 4 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may write another process' memory")
    return new_cluster(
        pod_count=2, settings={"SCRUB_INTERVAL": "1s"}, log_settings={"SEGMENT_BYTES": "4KiB"}).start()


def test_a_damaged_line_in_a_pods_memory_is_found_and_the_pod_begins_anew(scrubbed):
    lines = filled(scrubbed)
    whole, broken = scrubbed.pods
    # When
    damage(broken, lines[119])
    # Then
    wait_until(
        lambda: broken.metric("chat_pod_scrub_damaged_total") == 1, "the damage is found", FOUND_SECONDS)
    wait_until(lambda: broken.metric("chat_pod_discards_total") == 1, "the pod begins anew")
    broken.wait_until_ready()
    scrubbed.wait_until_equal()
    assert broken.log_bytes() == scrubbed.log.log_bytes() == whole.log_bytes()
    wait_until(
        lambda: re.search(r"error .*memory is damaged.* offset=120 ", broken.text), "the damage is told")
    assert broken.state()["superseded_epochs"] == [], "what is damaged is not kept"
    assert broken.metric("chat_pod_discards_total") == 1, "once"
    assert whole.metric("chat_pod_scrub_damaged_total") == 0 == whole.metric("chat_pod_discards_total")
    scrubbed.log.send("goes on")
    scrubbed.wait_until_equal()


def test_a_pod_whose_log_is_away_keeps_what_it_has_until_that_is_back(scrubbed):
    lines = filled(scrubbed)
    pod = scrubbed.pods[0]
    scrubbed.log.terminate()
    damage(pod, lines[9])
    wait_until(lambda: pod.metric("chat_pod_scrub_damaged_total") == 1, "the damage is found", FOUND_SECONDS)
    assert pod.state()["offset"] == 200 and pod.is_ready
    assert pod.metric("chat_pod_discards_total") == 0
    scrubbed.log.start()
    wait_until(lambda: pod.metric("chat_pod_discards_total") == 1, "the pod begins anew")
    pod.wait_until_ready()
    scrubbed.wait_until_equal()
    assert pod.log_bytes() == scrubbed.log.log_bytes()


def test_a_pod_checks_all_it_has_again_and_again(scrubbed):
    filled(scrubbed)
    pod = scrubbed.pods[0]
    wait_until(lambda: pod.metric("chat_pod_scrub_passes_total") >= 2, "two passes")
    assert pod.metric("chat_pod_scrub_checked_bytes_total") >= pod.metric("chat_pod_history_bytes")
    assert pod.metric("chat_pod_scrub_damaged_total") == 0


def test_a_changed_byte_in_a_sealed_segment_is_told_and_nothing_is_changed(scrubbed):
    filled(scrubbed)
    log = scrubbed.log
    path = log.segments()[2]
    first = int(path.stem)
    whole = path.read_bytes()
    rows = whole.split(b"\n")
    at = len(rows[0]) + 1 + rows[1].index(b"text number")
    place = range(len(rows[0]) + 1, len(rows[0]) + 1 + len(rows[1]))
    # When
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"T")
    damaged = path.read_bytes()
    # Then
    wait_until(lambda: log.metric("chat_log_scrub_damaged_total") == 1, "the damage is found", FOUND_SECONDS)
    [told] = log.state()["scrub"]["damaged"]
    assert told["file"] == path.name and told["offset"] == first + 1 and told["byte"] in place, told
    log.wait_until_says("sealed segment is damaged")
    said = next(line for line in log.text.splitlines() if "sealed segment is damaged" in line)
    assert str(path) in said and f"offset={first + 1}" in said and f"byte={told['byte']}" in said, said
    assert path.read_bytes() == damaged, "nothing is changed"
    passes = log.state()["scrub"]["passes"]
    wait_until(lambda: log.state()["scrub"]["passes"] >= passes + 2, "two more passes")
    assert log.metric("chat_log_scrub_damaged_total") == 1, "one place is counted once"
    log.send("goes on")
    scrubbed.wait_until_equal()
    # And when it is put right again
    path.write_bytes(whole)
    wait_until(lambda: log.state()["scrub"]["damaged"] == [], "it is forgotten")


def test_nothing_is_checked_where_that_is_not_wanted(new_cluster):
    cluster = new_cluster(pod_count=1, settings={"SCRUB_INTERVAL": "0s"}).start()
    filled(cluster)
    assert "scrub" not in cluster.log.state()
    assert cluster.pods[0].metric("chat_pod_scrub_passes_total") == 0
