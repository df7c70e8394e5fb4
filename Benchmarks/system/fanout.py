"""What it costs a pod to push a message to its clients, how soon they have it, and what an idle one costs."""

import contextlib
from dataclasses import dataclass

from processes import (
    fresh_directory, load, start_log, start_nchan, start_pod, start_redis, start_spreading_server)

PROTOCOLS = {"ws": "WebSockets", "sse": "event streams"}
# By the number of connections: bursts of so many messages, so many of them, so many bursts a second at most.
# The next one begins when the one before it is everywhere.
REGIMES = {
    100: ((1, 80, 50), (8, 10, 20), (32, 5, 10)),
    1_000: ((1, 30, 20), (8, 6, 10), (32, 4, 5)),
    5_000: ((1, 15, 10), (8, 4, 5), (32, 2, 2)),
}
# Without a subscriber: what it costs to take a message in.
ALONE = ((1, 60, 50), (8, 10, 20), (32, 5, 10))
IDLE_CONNECTIONS = 5_000
# Of a fresh process: it has read its code and made its buffers then.
WARM_UP_CONNECTIONS = 10
WARM_UP = ((1, 5, 50), (32, 1, 50))
# Every connection was sent something before its memory is measured a second time.
IDLE = ((32, 1, 1),)


@dataclass
class Server:
    """`publisher`: how it is published to, and at which port; see Benchmarks/load/publisher.c."""

    port: int
    path: str
    pid: int
    publisher: tuple

    def fan_out(self, protocol, connections, regimes):
        return load(
            "fanout", protocol, self.port, self.path, *self.publisher, self.pid, connections,
            *(":".join(map(str, regime)) for regime in regimes))


def pod_server(log, pod):
    """Messages reach it as in life: written to the log, which tells the pods over Redis."""
    return lambda protocol: Server(
        pod.port, ("/ws" if protocol == "ws" else "/events") + "?channels=fanout", pod.pid,
        ("append", log.port))


def nchan_server(nchan):
    return lambda _: Server(nchan.port, "/subscribe", nchan.worker, ("post", nchan.port))


def spreading_server(by_protocol):
    return lambda protocol: Server(
        by_protocol[protocol].port, "/", by_protocol[protocol].pid, ("lines", by_protocol[protocol].port))


def measure(results, rounds):
    with contextlib.ExitStack() as stack:
        bus = stack.enter_context(start_redis("redis-bus"))
        log = stack.enter_context(start_log(fresh_directory("fanout"), bus))
        pod = stack.enter_context(start_pod(1, log, bus))
        pod.wait_until_ready()
        nchan = stack.enter_context(start_nchan())
        spreading = {
            protocol: stack.enter_context(start_spreading_server(f"spread-{protocol}", protocol))
            for protocol in PROTOCOLS}
        servers = {
            "pod": pod_server(log, pod), "nchan": nchan_server(nchan), "bare": spreading_server(spreading)}
        alone = {name: [] for name in servers}
        for _ in range(rounds):
            for name, server in servers.items():
                alone[name].append(taking_in(server("ws")))
        add_alone(results, alone)
        for protocol in PROTOCOLS:
            for connections, regimes in REGIMES.items():
                runs = {name: [] for name in servers}
                for index in range(rounds):
                    for name, server in servers.items():
                        run = server(protocol).fan_out(protocol, connections, regimes)
                        runs[name].append(deliveries(run, connections, alone[name][index]))
                add(results, protocol, connections, runs)


def taking_in(server):
    """By the length of a burst: CPU seconds per message without a subscriber."""
    run = server.fan_out("ws", 0, ALONE)
    return {regime["burst"]: regime["cpu"] / regime["messages"] for regime in run["regimes"]}


def deliveries(run, connections, alone):
    """The same with subscribers: CPU seconds per delivery, and the latencies."""
    return {
        regime["burst"]: {
            "cpu": (regime["cpu"] / regime["messages"] - alone[regime["burst"]]) / connections,
            "p50": regime["p50"], "p99": regime["p99"]}
        for regime in run["regimes"]}


def burst_name(burst):
    return "paced" if burst == 1 else f"{burst} at once"


def add_alone(results, alone):
    for burst, _, _ in ALONE:
        values = {name: [run[burst] * 1e6 for run in runs] for name, runs in alone.items()}
        results.add(
            "a message taken in, for nobody", f"{burst_name(burst)}: CPU of the pod", "µs each",
            values["pod"], "nchan", values["nchan"])


def add(results, protocol, connections, runs):
    group = f"fan-out to {connections:,} {PROTOCOLS[protocol]}"
    for burst, _, _ in REGIMES[connections]:
        def values(name, figure, scale=1e6):
            return [run[burst][figure] * scale for run in runs[name]]
        kind = burst_name(burst)
        results.add(
            group, f"{kind}: CPU per delivery", "µs", values("pod", "cpu"), "bare loop",
            values("bare", "cpu"), "<= 1.1" if burst == 1 else "<= 1.2")
        results.add(
            group, f"{kind}: CPU per delivery of nchan", "µs", values("nchan", "cpu"), "bare loop",
            values("bare", "cpu"))
        for share in ("p50", "p99"):
            results.add(
                group, f"{kind}: from publishing until received, {share}", "ms", values("pod", share, 1e3),
                "nchan, which writes no disk", values("nchan", share, 1e3))


def measure_idle(results, _rounds):
    """Resident memory of fresh processes, with and without the connections, divided by their number. Once: it
    does not vary with the machine's moods."""
    for protocol, name in PROTOCOLS.items():
        with start_redis("redis-bus") as bus, start_log(fresh_directory("fanout"), bus) as log, \
                start_pod(1, log, bus) as pod, start_nchan() as nchan:
            pod.wait_until_ready()
            ours = idle_bytes(pod_server(log, pod)(protocol), protocol)
            theirs = idle_bytes(nchan_server(nchan)(protocol), protocol)
        for when, what in (("connected", "just opened"), ("after", "after 32 messages")):
            for kind, bytes_each, aim in (("pod", ours, "<= 1024"), ("nchan", theirs, "")):
                results.add(
                    f"memory of the process, {IDLE_CONNECTIONS:,} idle {name}", f"{kind}, {what}",
                    "bytes each", [bytes_each[when]], aim=aim)


def idle_bytes(server, protocol):
    server.fan_out(protocol, WARM_UP_CONNECTIONS, WARM_UP)
    run = server.fan_out(protocol, IDLE_CONNECTIONS, IDLE)
    return {
        when: (run[f"resident_{when}"] - run["resident_before"]) / IDLE_CONNECTIONS
        for when in ("connected", "after")}
