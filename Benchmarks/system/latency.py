"""How soon a message is everywhere."""

import contextlib

from processes import fresh_directory, load, start_log, start_pod, start_redis, state

PODS = 3
SAMPLES = 2_000
# Between two messages.
PAUSE_MICROSECONDS = 500
GROUP = "from a POST until the line is applied, 3 pods"


def measure(results, rounds, samples=SAMPLES):
    with contextlib.ExitStack() as stack:
        bus = stack.enter_context(start_redis("redis-bus"))
        log = stack.enter_context(start_log(fresh_directory("latency"), bus))
        pods = [stack.enter_context(start_pod(number, log, bus)) for number in range(1, PODS + 1)]
        for pod in pods:
            pod.wait_until_ready()
        writers = {"through a pod": pods[0], "to the log": log}
        runs = {name: [] for name in writers}
        for _ in range(rounds):
            for name, writer in writers.items():
                head = state(log.port)["offset"]
                ports = [pod.port for pod in pods]
                count = samples // rounds
                runs[name].append(
                    load("latency", writer.port, count, PAUSE_MICROSECONDS, head, *ports))
    for name, measured in runs.items():
        for share in ("p50", "p99"):
            slowest = [max(run[f"tail {pod}"][share] for pod in range(1, PODS + 1)) for run in measured]
            results.add(GROUP, f"{name}: on the slowest pod's live tail, {share}", "ms", scaled(slowest))
            answers = [run["answer"][share] for run in measured]
            results.add(GROUP, f"{name}: answered (durable), {share}", "ms", scaled(answers))


def scaled(seconds):
    return [value * 1e3 for value in seconds]
