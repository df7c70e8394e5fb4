"""Bytes on disk that are not as they were written; repair, restore, and what pods make of it."""

import re
import shutil

import pytest

from harness.checks import assert_nothing_lost
from harness.lines import digest
from harness.process import BIN, run_to_end
from harness.waiting import wait_until


def chatctl(*arguments, **options):
    return run_to_end([BIN / "chatctl", *arguments], **options)


def filled(cluster, count=200):
    """Writes so many messages and returns the log's lines."""
    drafts = [{"channel": "c", "message_text": f"text {n}", "id": str(n)} for n in range(count)]
    cluster.log.append(drafts)
    cluster.wait_until_equal()
    return cluster.log.lines()


def flip(path, byte, bit=0x01):
    with open(path, "r+b") as file:
        file.seek(byte)
        value = file.read(1)[0]
        file.seek(byte)
        file.write(bytes([value ^ bit]))


def damaged(cluster, offset):
    """Stops the log and flips a bit in the middle of a line; returns the file and the line's bytes' range."""
    assert cluster.log.terminate() == 0
    path = cluster.log.segments()[0]
    start = 0
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if number == offset:
            flip(path, start + len(line) // 2)
            return path, range(start, start + len(line))
        start += len(line) + 1
    raise AssertionError(f"no line {offset}")


def names_damage(said, path, place, offset):
    """Whether a sentence names the file, a byte of the damaged line and its offset."""
    bytes_named = [int(number) for number in re.findall(r"byte (\d+)", said)]
    return path.name in said and any(byte in place for byte in bytes_named) and f"offset {offset}" in said


def snapshot(directory):
    return {
        path.relative_to(directory): path.read_bytes()
        for path in sorted(directory.rglob("*")) if path.is_file() and path.name != "lock"}


@pytest.mark.parametrize("tail", [
    b'{"offset":201,"time":"2026', b"\x00" * 4096, b"garbage\n" * 100,
    b'{"offset":201,"time":"2026-11-20T06:31:00.123Z","channel":"c","message_text":"x","crc":"00000000"}\n',
], ids=["half a line", "zeros", "garbage", "a line with a wrong crc"])
def test_a_torn_tail_is_cut_off_kept_aside_and_reported(small_cluster, tail):
    lines = filled(small_cluster)
    log = small_cluster.log
    log.kill()
    with open(log.segments()[-1], "ab") as file:
        file.write(tail)
    log.start()
    assert log.lines() == lines
    kept = [path.read_bytes() for path in (log.data_directory / "cut").iterdir()]
    assert tail in b"".join(kept), "the cut bytes are kept aside"
    wait_until(lambda: re.search(r"\bcut\b", log.text), "the cut is reported")
    log.send("goes on")
    small_cluster.pods[0].wait_until_ready()
    assert len(assert_nothing_lost(small_cluster, [])) == 201


def test_a_flipped_bit_keeps_the_log_from_starting_and_names_file_byte_and_offset(small_cluster):
    filled(small_cluster)
    path, place = damaged(small_cluster, 120)
    before = snapshot(small_cluster.log.data_directory)
    small_cluster.log.spawn()
    assert small_cluster.log.wait_for_exit() != 0
    said = small_cluster.log.text
    assert names_damage(said, path, place, 120), said
    assert "chatctl log check" in said
    assert snapshot(small_cluster.log.data_directory) == before, "nothing is changed"


@pytest.mark.parametrize("missing", ["synced", "epoch"])
def test_a_missing_file_keeps_the_log_from_starting(small_cluster, missing):
    filled(small_cluster)
    log = small_cluster.log
    assert log.terminate() == 0
    (log.data_directory / missing).unlink()
    before = snapshot(log.data_directory)
    log.spawn()
    assert log.wait_for_exit() != 0
    assert missing in log.last_output()
    assert snapshot(log.data_directory) == before


def test_log_check_tells_a_whole_log_from_a_damaged_one(small_cluster):
    filled(small_cluster)
    directory = small_cluster.log.data_directory
    assert small_cluster.log.terminate() == 0
    code, out, error = chatctl("log", "check", "--data-dir", directory)
    assert code == 0, out + error
    assert "200" in out
    small_cluster.log.start()
    path, place = damaged(small_cluster, 77)
    before = snapshot(directory)
    code, out, error = chatctl("log", "check", "--data-dir", directory)
    assert code == 1
    assert names_damage(out + error, path, place, 77), out + error
    assert snapshot(directory) == before


def test_repair_keeps_the_good_prefix_under_a_new_epoch_and_destroys_nothing(small_cluster):
    lines = filled(small_cluster)
    log, pod = small_cluster.log, small_cluster.pods[0]
    old_epoch = log.state()["epoch"]
    path, _ = damaged(small_cluster, 150)
    tail = path.read_bytes().split(b"\n", 149)[149]
    code, out, error = chatctl("log", "repair", "--data-dir", log.data_directory)
    assert code == 0, out + error
    assert any(tail in data for name, data in snapshot(log.data_directory).items() if name != path.name)
    log.start()
    state = log.state()
    assert state["offset"] == 149 and state["epoch"] != old_epoch
    assert log.lines() == lines[:149]
    wait_until(lambda: pod.state()["epoch"] == state["epoch"], "the pod takes the new history", 60)
    log.send("after the repair")
    assert len(assert_nothing_lost(small_cluster, [])) == 150
    superseded = pod.get(f"/log?epoch={old_epoch}")
    assert superseded.status == 200
    assert superseded.body == b"".join(line.raw + b"\n" for line in lines), "the old history stays readable"


def test_a_second_lost_volume_does_not_take_the_history_that_the_first_one_left(small_cluster):
    lines = filled(small_cluster)
    log, pod = small_cluster.log, small_cluster.pods[0]
    epochs = [log.state()["epoch"]]
    for number in (1, 2):
        log.kill()
        log.settings["DATA_DIR"] = small_cluster.directory / f"empty-{number}"
        log.start()
        epochs.append(log.state()["epoch"])
        log.send(f"written after loss {number}")
        small_cluster.wait_until_equal()
    assert pod.state()["superseded_epochs"] == epochs[:2]
    old = pod.get(f"/log?epoch={epochs[0]}")
    assert old.body == b"".join(line.raw + b"\n" for line in lines), "the longest one is still there"
    between = pod.get(f"/log?epoch={epochs[1]}")
    assert between.status == 200 and between.body.count(b"\n") == 1


def test_a_position_of_the_old_epoch_is_refused_after_a_repair(small_cluster):
    filled(small_cluster)
    old = small_cluster.log.state()["epoch"]
    damaged(small_cluster, 150)
    assert chatctl("log", "repair", "--data-dir", small_cluster.log.data_directory)[0] == 0
    small_cluster.log.start()
    answer = small_cluster.log.get(f"/log?after=10&epoch={old}")
    assert answer.status == 409
    answer.problem()


def test_a_wiped_volume_does_not_wipe_the_last_copies(cluster, tmp_path):
    lines = filled(cluster)
    log, pod = cluster.log, cluster.pods[0]
    old = log.state()
    log.kill()
    shutil.rmtree(log.data_directory)
    log.start()
    for one in cluster.pods:
        wait_until(lambda: one.state()["epoch"] != old["epoch"], f"{one.name} sees the new log", 60)
    log.send("too early")
    restored = tmp_path / "restored"
    code, out, error = chatctl(
        "log", "restore", "--from", pod.url, "--epoch", old["epoch"], "--data-dir", restored)
    assert code == 0, out + error
    log.kill()
    shutil.rmtree(log.data_directory)
    shutil.copytree(restored, log.data_directory)
    log.start()
    state = log.state()
    assert state["offset"] == 200 and state["digest"] == old["digest"] == digest(lines)
    assert state["epoch"] != old["epoch"]
    assert log.lines() == lines
    log.send("after the restore")
    assert len(assert_nothing_lost(cluster, [])) == 201


def test_restore_from_a_pod_while_the_log_is_dead(cluster, tmp_path):
    lines = filled(cluster)
    cluster.log.kill()
    restored = tmp_path / "restored"
    code, out, error = chatctl("log", "restore", "--from", cluster.pods[1].url, "--data-dir", restored)
    assert code == 0, out + error
    shutil.rmtree(cluster.log.data_directory)
    shutil.copytree(restored, cluster.log.data_directory)
    cluster.log.start()
    assert cluster.log.lines() == lines
    cluster.log.send("goes on")
    assert len(assert_nothing_lost(cluster, [])) == 201


def test_restore_refuses_a_directory_that_holds_a_log(cluster):
    filled(cluster)
    before = snapshot(cluster.log.data_directory)
    code, out, error = chatctl(
        "log", "restore", "--from", cluster.pods[0].url, "--data-dir", cluster.log.data_directory)
    assert code != 0 and (out + error)
    assert snapshot(cluster.log.data_directory).keys() == before.keys()


def test_an_older_backup_under_the_same_epoch_is_never_mixed_with_what_pods_remember(cluster, tmp_path):
    filled(cluster, 100)
    log = cluster.log
    assert log.terminate() == 0
    backup = tmp_path / "backup"
    shutil.copytree(log.data_directory, backup)
    log.start()
    for pod in cluster.pods:
        pod.wait_until_ready()
    for number in range(50):
        log.send(f"lost with the disk {number}")
    cluster.wait_until_equal()
    log.kill()
    shutil.rmtree(log.data_directory)
    shutil.copytree(backup, log.data_directory)
    log.start()
    for number in range(80):
        log.send(f"another history {number}")
    lines = assert_nothing_lost(cluster, [])
    assert len(lines) == 180
    assert not any("lost with the disk" in (line.text or "") for line in lines)


def test_small_segments_roll_and_are_recovered(new_cluster):
    cluster = new_cluster(pod_count=1, log_settings={"SEGMENT_BYTES": "16KiB"}).start()
    for number in range(100):
        cluster.log.append([{"channel": "c", "message_text": f"{number} " + "x" * 50}] * 10)
    assert len(cluster.log.segments()) > 5
    cluster.log.restart()
    cluster.pods[0].wait_until_ready()
    cluster.log.send("goes on")
    assert len(assert_nothing_lost(cluster, [])) == 1001
    offsets = [int(path.stem) for path in cluster.log.segments()]
    assert offsets[0] == 1 and all(len(path.stem) == 20 for path in cluster.log.segments())
    joined = b"".join(path.read_bytes() for path in cluster.log.segments())
    assert joined == cluster.log.log_bytes()


@pytest.mark.parametrize("durability", ["interval", "none"])
def test_a_crash_of_the_process_alone_loses_nothing_without_sync_either(new_cluster, durability):
    settings = {"DURABILITY": durability, "SYNC_INTERVAL": "50ms"}
    cluster = new_cluster(pod_count=1, log_settings=settings).start()
    epoch = cluster.log.state()["epoch"]
    lines = filled(cluster)
    cluster.log.restart()
    assert cluster.log.lines() == lines
    assert cluster.log.state()["epoch"] == epoch, "the machine has not been started anew"
    assert cluster.log.state()["durability"] == durability
