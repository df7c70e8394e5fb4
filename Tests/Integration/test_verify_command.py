"""`chatctl verify`: members that hold the same history, and such that do not."""

import os
import re
import threading

import pytest

from harness.imposter import Imposter, changed
from harness.memory import places, poke
from harness.process import BIN, free_port, run_to_end
from harness.waiting import pace


def verify(log, servers, *options):
    """Exit code and everything said."""
    urls = ",".join(getattr(one, "url", one) for one in servers)
    command = [BIN / "chatctl", "verify", "--log", getattr(log, "url", log), "--servers", urls, *options]
    code, out, error = run_to_end(command, seconds=60)
    return code, out + error


def filled(cluster, count=600):
    drafts = [{"channel": "c", "message_text": f"text number {n}", "id": str(n)} for n in range(count)]
    cluster.log.append(drafts)
    cluster.wait_until_equal()
    return [line.raw for line in cluster.log.lines()]


@pytest.fixture
def imposter_of(processes):
    """Makes imposters, which end with the test."""
    def make(*arguments, **options):
        imposter = Imposter(*arguments, **options)
        processes.on_stop(imposter.stop)
        return imposter

    return make


def test_members_that_are_equal_are_said_to_be(cluster):
    filled(cluster)
    code, said = verify(cluster.log, cluster.pods, "--lines")
    assert code == 0, said
    head = cluster.log.state()
    assert said.count(head["digest"]) == 4 and "all equal" in said
    assert said.count("every line is whole") == 4


def test_an_empty_log_is_equal_to_empty_servers(cluster):
    code, said = verify(cluster.log, cluster.pods, "--lines")
    assert code == 0, said


def test_members_are_compared_while_lines_are_written(cluster):
    filled(cluster)
    ends = threading.Event()

    def write():
        number = 0
        with cluster.pods[0].client() as client:
            while not ends.is_set():
                number += 1
                client.post("/messages/c", {"message_text": f"meanwhile {number}"})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            code, said = verify(cluster.log, cluster.pods, "--lines")
            assert code == 0, said
            pace(0.05)
    finally:
        ends.set()
        writer.join()
    assert cluster.log.state()["offset"] > 600


@pytest.mark.parametrize("changed_offset", [1, 256, 257, 600])
def test_the_first_line_that_differs_is_found_and_shown_from_both(small_cluster, imposter_of, changed_offset):
    lines = filled(small_cluster)
    old, new = f"text number {changed_offset - 1}".encode(), b"another text"
    theirs = [*lines]
    theirs[changed_offset - 1] = changed(lines[changed_offset - 1], old, new)
    imposter = imposter_of(small_cluster.log.state()["epoch"], theirs)
    # When
    code, said = verify(small_cluster.log, [small_cluster.pods[0], imposter])
    # Then
    assert code == 1
    assert f"{small_cluster.pods[0].url}: equal" in said
    assert f"{imposter.url}: DIFFERS: first at offset {changed_offset}\n" in said, said
    assert lines[changed_offset - 1].decode() in said and theirs[changed_offset - 1].decode() in said
    asked = [query for command, _, query in imposter.asked if command == "HEAD"]
    assert len(asked) <= 4, "halving needs few questions"


def test_every_line_can_be_read_too_which_finds_what_only_looks_right(small_cluster, imposter_of):
    lines = filled(small_cluster)
    theirs = [*lines]
    theirs[41] = changed(lines[41], b"text number 41", b"another text")
    imposter = imposter_of(small_cluster.log.state()["epoch"], theirs)
    imposter.digest = lambda offset: small_cluster.log.state()["digest"] if offset == 600 else "?"
    assert verify(small_cluster.log, [imposter])[0] == 0
    code, said = verify(small_cluster.log, [imposter], "--lines")
    assert code == 1 and "first at offset 42\n" in said, said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write another process' memory")
def test_a_line_that_has_changed_in_a_pods_memory_is_found(new_cluster):
    cluster = new_cluster(pod_count=2, settings={"SCRUB_INTERVAL": "0s"}).start()
    line = filled(cluster)[299]
    whole, broken = cluster.pods
    found = places(broken.pid, line)
    assert found
    for address in found:
        poke(broken.pid, address + line.index(b"text number"), b"T")
    code, said = verify(cluster.log, cluster.pods, "--lines")
    assert code == 1
    assert f"{whole.url}: equal" in said and f"{broken.url}: DIFFERS: first at offset 300\n" in said, said
    assert line.decode() in said and line.replace(b"text number", b"Text number").decode() in said
    assert "damaged" in said


def test_what_cannot_be_asked_is_not_called_equal(small_cluster, imposter_of):
    lines = filled(small_cluster)
    pod = small_cluster.pods[0]
    nobody = f"http://127.0.0.1:{free_port()}"
    code, said = verify(small_cluster.log, [pod, nobody])
    assert code == 2 and f"{nobody}: not compared" in said and f"{pod.url}: equal" in said, said
    code, said = verify(nobody, [pod])
    assert code == 2, said
    behind = imposter_of(small_cluster.log.state()["epoch"], lines[:100])
    code, said = verify(small_cluster.log, [behind], "--timeout", "300ms")
    assert code == 2 and "at offset 100, not at 600" in said, said


def test_an_answer_that_never_comes_to_an_end_of_line_is_given_up(small_cluster, imposter_of):
    endless = imposter_of("0123456789abcdef", [b"a" * 2**20 + b',"crc":"00000000"'])
    code, said = verify(endless, [small_cluster.pods[0]])
    assert code == 2 and "has a line of more than" in said, said


def test_a_server_of_another_log_differs(small_cluster, imposter_of):
    lines = filled(small_cluster)
    code, said = verify(small_cluster.log, [imposter_of("0123456789abcdef", lines)])
    assert code == 1 and "epoch 0123456789abcdef" in said, said


def test_a_line_that_is_damaged_on_the_logs_disk_is_named(small_cluster):
    filled(small_cluster)
    path = small_cluster.log.segments()[0]
    data = bytearray(path.read_bytes())
    data[data.index(b"text number 77")] = ord("T")
    path.write_bytes(data)
    code, said = verify(small_cluster.log, small_cluster.pods)
    assert code == 1 and "damaged at offset 78" in said, said


def put_keys(cluster, count):
    """So many keys, every tenth deleted again, and some written twice."""
    for number in range(count):
        pod = cluster.pods[number % len(cluster.pods)]
        with pod.client() as client:
            assert client.request("PUT", f"/kv/key-{number}", {"n": number, "é": [None, "x"]}).status == 201
            if number % 10 == 0:
                assert client.request("DELETE", f"/kv/key-{number}").status == 200
            if number % 7 == 0:
                assert client.request("PUT", f"/kv/key-{number}", {"again": True}).status in (200, 201)
    cluster.wait_until_equal()


def test_every_key_of_every_server_is_held_against_the_logs_lines(cluster):
    drafts = [{"channel": "$kv", "kind": "kv", "key": f"kv:key {n:04}", "data": {"value": n}}
              for n in range(1100)]
    cluster.log.append(drafts)
    put_keys(cluster, 30)
    keys = sum(1 for n in range(30) if n % 10 or n % 7 == 0)
    code, said = verify(cluster.log, cluster.pods)
    assert code == 0 and said.count(f", {1100 + keys} keys") == 3, said


def test_keys_are_compared_while_they_are_written(cluster):
    drafts = [{"channel": "$kv", "kind": "kv", "key": f"kv:key {n:04}", "data": {"value": n}}
              for n in range(2500)]
    cluster.log.append(drafts)
    ends = threading.Event()

    def write():
        number = 0
        with cluster.pods[0].client() as client:
            while not ends.is_set():
                number += 7
                client.request("PUT", f"/kv/key%20{number % 2500:04}", {"again": number})
                client.request("DELETE", f"/kv/key%20{number * 3 % 2500:04}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            code, said = verify(cluster.log, cluster.pods)
            assert code == 0, said
    finally:
        ends.set()
        writer.join()


@pytest.mark.parametrize("old, new", [
    (b'"value":{"n":3,', b'"value":{"n":4,'), (b'"key":"key-3"', b'"key":"key-33"'),
    (b'"offset":', b'"offset":9'),
])
def test_the_first_key_that_differs_is_shown_from_both(small_cluster, imposter_of, old, new):
    put_keys(small_cluster, 9)
    keys = small_cluster.pods[0].get("/kv").body
    lines = [line.raw for line in small_cluster.log.lines()]
    epoch = small_cluster.log.state()["epoch"]
    code, said = verify(small_cluster.log, [imposter_of(epoch, lines, keys)])
    assert code == 0 and "9 keys" in said, said
    code, said = verify(small_cluster.log, [imposter_of(epoch, lines, keys.replace(old, new, 1))])
    told = r"DIFFERS: its keys do, first at key key-\d+\n  log: .*\n  server: "
    assert code == 1 and re.search(told, said), said


@pytest.mark.parametrize("words", [["word"], ["--timeout", "soon"], ["--servers", "nowhere"], ["--depth"]])
def test_wrong_words_are_refused(words):
    code, _, error = run_to_end([BIN / "chatctl", "verify", *words])
    assert code == 2 and error.startswith("chatctl verify: "), error
