"""`chatctl workload` and `chatctl bench`: what they write, measure, and leave behind."""

import csv
import json
import os
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from harness.process import BIN, ChildProcess, run_to_end
from harness.waiting import wait_until


# A second is promised; the machine may be busy.
INTERRUPTION_SECONDS = 3


@pytest.fixture
def confirming(cluster):
    """Pods that confirm writes of keys."""
    with cluster.pods[0].client() as client:
        if client.request("PUT", "/kv/probe?confirm=1", [1]).status != 201:
            pytest.skip("this version confirms no writes of keys")
    return cluster


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def random_walk(server, *options):
    return run_to_end([BIN / "chatctl", "workload", "random-walk", "--url", server.url, *options])


def children(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], stdout=subprocess.PIPE, check=False)
    return [int(word) for word in done.stdout.split()]


def assert_whole(directory, name, parts):
    """The JSON tells the same as the CSV, and every plot is XML with all its series."""
    rows = table(directory / f"{name}.csv")
    told = json.loads((directory / f"{name}.json").read_text())
    assert len(told["rows"]) == len(rows) and {"cores", "load_before", "version"} <= set(told["about"])
    for row, same in zip(rows, told["rows"], strict=True):
        assert {key: value or None for key, value in row.items()}.keys() == same.keys()
    for part in parts:
        root = ElementTree.parse(directory / f"{name}-{part}.svg").getroot()
        assert root.tag.endswith("svg") and len(root.findall(".//{*}polyline")) >= 1
    return rows


def test_a_random_walk_is_written_at_its_pace_and_ends_in_time(small_cluster):
    pod = small_cluster.pods[0]
    code, out, error = random_walk(pod, "--interval", "5ms", "--keys", 3, "--duration", "1s", "--seed", 7)
    assert code == 0, out + error
    written = int(re.search(r"^(\d+) written", out, re.M).group(1))
    assert 20 <= written <= 210, out
    small_cluster.wait_until_equal()
    assert small_cluster.log.state()["offset"] == written
    keys = pod.get("/kv?prefix=random-walk-").json
    assert [one["key"] for one in keys] == ["random-walk-1", "random-walk-2", "random-walk-3"]
    assert all(isinstance(one["value"], (int, float)) for one in keys)


def test_a_workload_that_writes_nothing_fails(small_cluster):
    code, out, error = random_walk(small_cluster.log, "--duration", "200ms")
    assert code == 1 and "failed" in error, out + error


def test_confirmed_writes_are_measured_on_a_cluster_that_is_there(confirming, tmp_path):
    urls = ",".join(pod.url for pod in confirming.pods)
    command = [BIN / "chatctl", "bench", "quorum", "--servers", urls, "--writes", 300, "--keys", 10,
               "--out", tmp_path]
    code, out, error = run_to_end(command)
    assert code == 0, out + error
    rows = assert_whole(tmp_path, "quorum", ["latency", "throughput"])
    assert [row["confirm"] for row in rows] == ["durable", "1", "2", "3"]
    for row in rows:
        assert row["success_percent"] == "100.00", row
        times = [float(row[name]) for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")]
        assert times[0] > 0 and times == sorted(times), row
        if row["confirm"] != "durable":
            assert int(row["confirmed_by_min"]) >= int(row["confirm"])
    assert len(confirming.pods[0].get("/kv?prefix=bench-").json) == 10


def test_what_cannot_be_confirmed_is_not_measured(small_cluster, tmp_path):
    results = tmp_path / "results"
    command = [BIN / "chatctl", "bench", "quorum", "--servers", small_cluster.log.url, "--out", results]
    code, out, error = run_to_end(command)
    assert code == 1 and "no write with confirm=durable succeeds" in error, out + error
    assert list(results.iterdir()) == []


def test_replicas_are_measured_with_a_cluster_of_its_own_that_is_gone_afterwards(processes, tmp_path):
    if " replicas --count" not in run_to_end([BIN / "chatctl", "--help"])[1]:
        pytest.skip("this version runs no replicas in one process")
    command = [BIN / "chatctl", "bench", "scaling", "--replicas", "1,10", "--fanout", 4, "--duration", "1s",
               "--out", tmp_path / "out"]
    bench = processes.add(ChildProcess("bench", command, {"TMPDIR": tmp_path})).spawn()
    seen = set()

    def is_over():
        seen.update(children(bench.pid))
        return not bench.is_running

    wait_until(is_over, "the measurement is over", 120)
    assert bench.wait_for_exit() == 0, bench.last_output()
    rows = assert_whole(tmp_path / "out", "scaling", ["lag", "visible", "cpu"])
    assert [(row["mode"], row["replicas"]) for row in rows] == [
        ("tail", "1"), ("tail", "10"), ("tree", "1"), ("tree", "10")]
    # A hundred are due by then; the last ones may be late on a busy machine.
    assert all(int(row["messages"]) >= 50 for row in rows)
    assert rows[1]["tiers"] == "1" and int(rows[3]["tiers"]) >= 2
    assert seen and not any(os.path.exists(f"/proc/{pid}") for pid in seen)
    assert list(tmp_path.glob("chat-cluster-*")) == []


def test_a_workload_ends_at_ctrl_c_also_when_its_server_stands_still(small_cluster, processes):
    pod = small_cluster.pods[0]
    command = [BIN / "chatctl", "workload", "random-walk", "--url", pod.url]
    workload = processes.add(ChildProcess("workload", command)).spawn()
    wait_until(lambda: pod.state()["offset"] > 10, "it writes")
    pod.pause()
    try:
        wait_until(lambda: re.search(r"[1-9]\d* left out", workload.text), "nothing is answered")
        workload.signal(signal.SIGINT)
        assert workload.wait_for_exit(INTERRUPTION_SECONDS) == 0
    finally:
        pod.resume()
    assert re.search(r"\d+ written, 64 without an answer yet", workload.text), workload.text


@pytest.mark.parametrize("child_count", [1, 7])
def test_ctrl_c_while_the_cluster_starts_is_quiet(processes, tmp_path, child_count):
    command = [BIN / "chatctl", "bench", "quorum", "--out", tmp_path / "out"]
    bench = processes.add(ChildProcess("bench", command, {"TMPDIR": tmp_path})).spawn()
    wait_until(lambda: len(children(bench.pid)) >= child_count, "it has begun", 60)
    bench.signal(signal.SIGINT)
    assert bench.wait_for_exit(30) == 1
    assert "interrupted" in bench.text and "MISUSE" not in bench.text, bench.text
    assert list(tmp_path.glob("chat-cluster-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_takes_everything_away(processes, tmp_path, number):
    command = [BIN / "chatctl", "bench", "quorum", "--writes", 10_000_000, "--out", tmp_path / "out"]
    bench = processes.add(ChildProcess("bench", command, {"TMPDIR": tmp_path})).spawn()
    wait_until(lambda: len(children(bench.pid)) == 7, "Redis, a log and five pods run", 60)
    started = children(bench.pid)
    os.kill(started[-1], signal.SIGSTOP)
    bench.signal(number)
    assert bench.wait_for_exit(INTERRUPTION_SECONDS) == 1
    assert not any(os.path.exists(f"/proc/{pid}") for pid in started)
    assert list(tmp_path.glob("chat-cluster-*")) == []
