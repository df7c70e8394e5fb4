"""What a message costs the log itself when pods feed pods: with more pods, a larger fan-out, and flat."""

import http.client
import json
import time
from pathlib import Path

from processes import (
    BINARIES, START_SECONDS_MAX, BenchmarkError, Process, fresh_directory, get, start_log, wait_until)

REPLICAS = 100
FANOUTS = (2, 4, 8, 16)
FANOUT = 8
REPLICA_COUNTS = (10, 30, 100)
# A rate that a hundred pods in one process keep up with on one core; each message is sent by itself.
MESSAGES_PER_SECOND = 250
ROUND_SECONDS = 4
DRAFT = '{"channel":"default-channel","author":"alice","message_text":"%s"}\n' % ("x" * 100)


class Replicas(Process):
    """Many pods in one process: their memory and CPU are shared, the log sees as many as there are."""

    def __init__(self, count, log, follow):
        self.count = count
        super().__init__(
            f"replicas-{follow}-{count}",
            [BINARIES / "chatctl", "replicas", "--count", count, "--log", f"http://127.0.0.1:{log.port}",
             "--follow", follow])

    def wait_until_ready(self, log, is_tree):
        wait_until(
            lambda: f"all {self.count} are ready" in self.log_path.read_text(errors="replace"),
            "the replicas becoming ready", self, START_SECONDS_MAX * 2)
        if is_tree:
            wait_until(lambda: is_settled(log, self.count), "the tree", self, START_SECONDS_MAX, step=0.1)
        return self


def replicas(log):
    status, body = get(log.port, "/replicas")
    if status != 200:
        raise BenchmarkError(f"GET /replicas answers {status}")
    return json.loads(body)["replicas"]


def is_settled(log, count):
    """All are ready, and every one has a way to the log."""
    found = replicas(log)
    return len(found) == count and all(one["state"] == "ready" and one["tier"] for one in found)


class PacedWriter:
    """Messages at a fixed rate, one after another, on one connection."""

    def __init__(self, log):
        self._connection = http.client.HTTPConnection("127.0.0.1", log.port, timeout=START_SECONDS_MAX)
        self._body = DRAFT.encode()

    def write(self, seconds):
        """Returns how many messages were written."""
        count = int(seconds * MESSAGES_PER_SECOND)
        start = time.monotonic()
        for number in range(count):
            self._connection.request("POST", "/append", self._body)
            answer = self._connection.getresponse()
            if answer.status != 200:
                raise BenchmarkError(f"POST /append answers {answer.status}: {answer.read()[:200]}")
            answer.read()
            time.sleep(max(0, start + (number + 1) / MESSAGES_PER_SECOND - time.monotonic()))
        return count

    def close(self):
        self._connection.close()


class Figures:
    """Of one cluster: µs of the log's CPU per message (without what it costs idle), ms per second idle, and
    the deepest tier."""

    def __init__(self):
        self.per_message, self.idle, self.tiers = [], [], 0


def run(count, follow, fanout, rounds):
    figures = Figures()
    # What syncing costs is the same for all, and larger than what is looked for.
    settings = {"FANOUT": str(fanout), "DURABILITY": "none"}
    with start_log(fresh_directory(f"tree-{follow}-{count}-{fanout}"), **settings) as log, \
            Replicas(count, log, follow) as group:
        group.wait_until_ready(log, is_tree=follow == "tree")
        writer = PacedWriter(log)
        for _ in range(rounds):
            idle = cpu_while(log, lambda: time.sleep(ROUND_SECONDS)) / ROUND_SECONDS
            start = time.monotonic()
            before = cpu_seconds(log)
            messages = writer.write(ROUND_SECONDS)
            busy = cpu_seconds(log) - before - idle * (time.monotonic() - start)
            figures.idle.append(idle * 1e3)
            figures.per_message.append(busy / messages * 1e6)
        writer.close()
        require_equal(log, count)
        figures.tiers = max(one["tier"] or 0 for one in replicas(log))
    return figures


def cpu_seconds(process):
    """Of all threads, in nanoseconds (/proc/PID/task/TID/schedstat): what is looked for is less than
    the clock ticks of /proc/PID/stat."""
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def cpu_while(process, action):
    before = cpu_seconds(process)
    action()
    return cpu_seconds(process) - before


def require_equal(log, count):
    """All have everything: nothing was measured that did not work."""
    def are_equal():
        state = json.loads(get(log.port, "/state")[1])
        found = replicas(log)
        return len(found) == count and all(one["digest"] == state["digest"] for one in found)

    wait_until(are_equal, "all replicas being where the log is", log, step=0.1)


def measure(results, rounds):
    for fanout in FANOUTS:
        add(results, f"a tree of {REPLICAS} replicas", f"FANOUT {fanout}",
            run(REPLICAS, "tree", fanout, rounds))
    for count in REPLICA_COUNTS:
        flat = run(count, "tail", FANOUT, rounds)
        tree = run(count, "tree", FANOUT, rounds)
        add(results, f"a tree with FANOUT {FANOUT}", f"{count} replicas", tree, flat)


def add(results, group, name, figures, flat=None):
    limit = {"limit_name": "all at the log's tail", "limit_rounds": flat.per_message} if flat else {}
    results.add(
        group, f"{name} ({figures.tiers} tiers), CPU of the log", "µs a message", figures.per_message,
        **limit)
    results.add(group, f"{name}, CPU of the log when idle", "ms/s", figures.idle)
