"""A million lines: a pod's start, and everything read at once."""

import subprocess
import time

from processes import (
    WORK, BenchmarkError, fresh_directory, is_ready, load, metric, output, start_log, start_nginx, start_pod,
    start_redis, state, tool, wait_until)

LINES = 1_000_000
TEXT_BYTES = 60
# How often an answer is fetched in one round: CPU time is counted in hundredths of a second.
FETCHES = 8
SLOW_FETCHES = 2
GROUP = "everything at once"


def measure(results, rounds, lines=LINES):
    with start_log(fresh_directory("reads")) as log:
        filled = load("fill", log.port, lines, TEXT_BYTES)
        results.add(
            "a log of a million lines", "written in batches of 2,000, one at a time", "lines/s",
            [filled["count"] / filled["seconds"]])
        copy = WORK / "files" / "log.ndjson"
        fresh_directory("files")
        copy.write_bytes(fetch_log(log))
        measure_bootstrap(results, rounds, log, copy, lines)
        with start_pod(1, log) as pod, start_nginx(copy.parent) as nginx, \
                start_redis("redis-list", "--client-output-buffer-limit", "normal", "0", "0", "0") as redis:
            pod.wait_until_ready()
            answer_bytes = fill_list(redis, copy)
            measure_answers(results, rounds, log, pod, nginx, redis, answer_bytes)


def fetch_log(log):
    path = WORK / "fetched.ndjson"
    output([tool("curl"), "-sf", "-o", path, f"http://127.0.0.1:{log.port}/log"])
    return path.read_bytes()


def fill_list(redis, path):
    """The same lines as a Redis list; returns how many bytes LRANGE answers with."""
    lines = path.read_bytes().splitlines()
    commands = WORK / "list.resp"
    with open(commands, "wb") as file:
        for first in range(0, len(lines), 1000):
            part = [b"RPUSH", b"lines", *lines[first:first + 1000]]
            file.write(b"*%d\r\n" % len(part))
            file.writelines(b"$%d\r\n%b\r\n" % (len(word), word) for word in part)
    with open(commands, "rb") as file:
        import_list(redis, file)
    elements = sum(len(b"$%d\r\n" % len(line)) + len(line) + 2 for line in lines)
    return len(b"*%d\r\n" % len(lines)) + elements


def import_list(redis, file):
    subprocess.run(
        [tool("redis-cli"), "-p", str(redis.port), "--pipe"], stdin=file, stdout=subprocess.DEVNULL,
        check=True)


def measure_bootstrap(results, rounds, log, copy, lines):
    seconds, resident, indexed, cats, cpu = [], [], [], [], []
    size = copy.stat().st_size
    for _ in range(rounds):
        cats.append(load("cat", copy)["seconds"])
        before = log.cpu_seconds()
        start = time.monotonic()
        with start_pod(1, log) as pod:
            wait_until(lambda: is_ready(pod.port), "the pod becoming ready", pod, step=0.002)
            seconds.append(time.monotonic() - start)
            cpu.append(pod.cpu_seconds())
            if state(pod.port)["offset"] != lines:
                raise BenchmarkError("the pod is ready without all lines")
            resident.append((pod.resident_bytes() - size) / lines)
            indexed.append(metric(pod.port, "chat_pod_index_bytes") / lines)
    group = "a pod's start with a million lines"
    results.add(group, "from the start of the process until ready", "s", seconds, aim="<= 1")
    results.add(
        group, "lines received, checked and indexed", "MB/s", [size / taken / 1e6 for taken in seconds],
        "the same bytes through a socket", [size / taken / 1e6 for taken in cats])
    results.add(group, "CPU of the pod", "s", cpu)
    results.add(group, "length of a line", "bytes", [size / lines])
    results.add(group, "index", "bytes a line", indexed, aim="<= 24")
    results.add(group, "resident memory besides the lines", "bytes a line", resident)


def measure_answers(results, rounds, log, pod, nginx, redis, answer_bytes):
    subjects = {
        "GET /log of the log": (log, "/log", 0),
        "GET /log of a pod": (pod, "/log", 0),
        "GET /messages of a pod": (pod, "/messages", 0),
        "GET /messages of the log": (log, "/messages", 0),
        "nginx": (nginx, "/log.ndjson", 0),
        "Redis LRANGE": (redis, "LRANGE lines 0 -1", answer_bytes),
    }
    measured = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, (process, request, size) in subjects.items():
            before = process.cpu_seconds()
            run = load("drain", process.port, request, size, SLOW_FETCHES if size else FETCHES)
            cpu = process.cpu_seconds() - before
            measured[name].append((run["bytes"] / run["seconds"] / 1e6, cpu / run["bytes"] * 1e9))
    limits = measured["nginx"]
    aims = {
        "GET /log of the log": "<= 1.1", "GET /log of a pod": "<= 1.1", "GET /messages of a pod": "<= 3"}
    for name, runs in measured.items():
        if name == "nginx":
            continue
        results.add(
            GROUP, name, "MB/s", [rate for rate, _ in runs], "nginx, same file", [rate for rate, _ in limits])
        results.add(
            GROUP, f"{name}, CPU", "µs/KB", [cost for _, cost in runs], "nginx", [cost for _, cost in limits],
            aims.get(name, ""))
