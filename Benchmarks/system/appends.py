"""Durable appends: how many a second, and what one costs, with more and more concurrent writers."""

import re

from processes import (
    WORK, BenchmarkError, fresh_directory, load, output, start_least_server, start_log, start_nginx,
    start_redis, tool)

WRITERS = (1, 16, 64, 256)
TEXT_BYTES = 100
BATCH_DRAFTS = 100
LINE_BYTES = 230
ROUND_SECONDS = 2
REDIS_WARM_UP_OPERATIONS = 2_000

POST_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[{body}]]
"""


class Load:
    """wrk: a closed loop, each connection with one request under way."""

    def __init__(self, seconds):
        self.seconds = seconds

    def run(self, process, connections, path, script=None):
        """Requests a second, and the process's CPU seconds per request."""
        command = [tool("wrk"), "-t1", f"-c{connections}", f"-d{self.seconds}s"]
        if script:
            command += ["-s", script]
        before = process.cpu_seconds()
        text = output([*command, f"http://127.0.0.1:{process.port}{path}"])
        cpu = process.cpu_seconds() - before
        if "Non-2xx" in text or "Socket errors" in text:
            raise BenchmarkError(f"{process.name}: {text}")
        count = int(re.search(r"(\d+) requests in", text)[1])
        rate = float(re.search(r"Requests/sec:\s*([\d.]+)", text)[1])
        return rate, cpu / count


def write_script(name, body):
    path = WORK / name
    path.write_text(POST_SCRIPT.format(body=body))
    return path


def redis_appends(redis, clients, seconds, pipelined=1):
    """XADD by Redis' own benchmark: operations a second, and Redis' CPU seconds per operation."""

    def run(operations):
        before = redis.cpu_seconds()
        text = output([
            tool("redis-benchmark"), "-p", redis.port, "-c", clients, "-n", operations, "-P", pipelined,
            "--csv", "XADD", "messages", "*", "message_text", "x" * TEXT_BYTES])
        rate = float(text.strip().splitlines()[-1].split(",")[1].strip('"'))
        return rate, (redis.cpu_seconds() - before) / operations

    rate, _ = run(REDIS_WARM_UP_OPERATIONS * pipelined)
    return run(max(REDIS_WARM_UP_OPERATIONS, int(rate * seconds)))


def measure(results, rounds, seconds=ROUND_SECONDS):
    message = write_script("message.lua", '{"message_text":"%s"}' % ("x" * TEXT_BYTES))
    draft = '{"channel":"default-channel","author":"alice","message_text":"%s"}\n' % ("x" * TEXT_BYTES)
    batch = write_script("batch.lua", draft * BATCH_DRAFTS)
    wrk = Load(seconds)
    always = ("--appendonly", "yes", "--appendfsync", "always")
    with start_redis("redis-bus") as bus, start_redis("redis-always", *always) as redis, \
            start_log(fresh_directory("appends"), bus) as log, \
            start_least_server("least-synced", WORK / "least.bin") as synced, \
            start_least_server("least", "-") as unsynced:
        for writers in WRITERS:
            ours, theirs, disk, least, bare = [], [], [], [], []
            for _ in range(rounds):
                ours.append(wrk.run(log, writers, "/messages/default-channel", message))
                theirs.append(redis_appends(redis, writers, seconds))
                disk.append(sync_rate())
                least.append(wrk.run(synced, writers, "/messages/default-channel", message))
                bare.append(wrk.run(unsynced, writers, "/messages/default-channel", message))
            add_appends(results, writers, ours, theirs, disk)
            add_limits(results, writers, ours, least, bare)
        measure_batches(results, rounds, wrk, log, redis, batch)


def sync_rate():
    """Lines a second that the disk takes one at a time, each synced."""
    run = load("sync", WORK / "sync.bin", LINE_BYTES, 1)
    return run["count"] / run["seconds"]


def add_appends(results, writers, ours, theirs, disk):
    group = "durable appends, one message each"
    is_aim = writers == 64
    name = "1 writer" if writers == 1 else f"{writers} writers"
    results.add(
        group, f"{name} beside the bare disk", "/s", [rate for rate, _ in ours],
        "append and fdatasync, alone", disk)
    results.add(
        group, name, "/s", [rate for rate, _ in ours], "Redis XADD always",
        [rate for rate, _ in theirs], ">= 3" if is_aim else "")
    results.add(
        group, f"{name}, CPU of the log", "µs each", [cpu * 1e6 for _, cpu in ours],
        "CPU of Redis", [cpu * 1e6 for _, cpu in theirs])
    if is_aim:
        results.add(
            group, f"{name}, CPU of the log by itself", "µs each", [cpu * 1e6 for _, cpu in ours],
            aim="<= 10")


def add_limits(results, writers, ours, least, bare):
    """What no server could exceed, on this machine and with this generator of load."""
    group = "durable appends, one message each"
    name = "1 writer" if writers == 1 else f"{writers} writers"
    results.add(
        group, f"{name} beside the least server", "/s", [rate for rate, _ in ours],
        "receive, append, fdatasync, answer", [rate for rate, _ in least])
    results.add(
        group, f"{name}, CPU of the log beside it", "µs each", [cpu * 1e6 for _, cpu in ours],
        "CPU of the least server", [cpu * 1e6 for _, cpu in least])
    results.add(
        group, f"{name} beside no disk at all", "/s", [rate for rate, _ in ours], "receive, answer",
        [rate for rate, _ in bare])


def measure_batches(results, rounds, wrk, log, redis, script):
    """As pods write: one connection each, many drafts in a request."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(wrk.run(log, 3, "/append", script))
        theirs.append(redis_appends(redis, 3, wrk.seconds, pipelined=BATCH_DRAFTS))
    group = f"durable appends, batches of {BATCH_DRAFTS} (3 connections)"
    results.add(
        group, "messages", "/s", [rate * BATCH_DRAFTS for rate, _ in ours], "Redis XADD always, pipelined",
        [rate for rate, _ in theirs])
    results.add(
        group, "CPU of the log", "µs each", [cpu / BATCH_DRAFTS * 1e6 for _, cpu in ours], "CPU of Redis",
        [cpu * 1e6 for _, cpu in theirs])


def measure_connections(results, rounds, seconds=ROUND_SECONDS):
    """What a request costs when nothing is to be done."""
    wrk = Load(seconds)
    with start_log(fresh_directory("healthz")) as log, start_nginx(WORK) as nginx:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(wrk.run(log, 64, "/healthz"))
            theirs.append(wrk.run(nginx, 64, "/empty"))
        group = "the connection layer, 64 connections"
        results.add(
            group, "GET /healthz of the log", "/s", [rate for rate, _ in ours], "nginx, empty 204",
            [rate for rate, _ in theirs])
        results.add(
            group, "GET /healthz, CPU of the log", "µs each", [cpu * 1e6 for _, cpu in ours],
            "nginx, empty 204", [cpu * 1e6 for _, cpu in theirs])
