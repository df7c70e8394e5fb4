"""Confirmed writes beside plain durable ones, and what the feature costs who does not use it."""

import contextlib
import os
import time
from pathlib import Path

import processes
from appends import ROUND_SECONDS, TEXT_BYTES, Load, write_script
from processes import fresh_directory, start_log, start_pod, start_redis

WRITERS = 15
PODS = 5
# So long after its start a log grants no majority.
GATHER_SECONDS = 6
# Pairs of rounds for a difference that is to be small.
PAIRS_MIN = 5


def measure(results, rounds, seconds=ROUND_SECONDS):
    message = write_script("message.lua", '{"message_text":"%s"}' % ("x" * TEXT_BYTES))
    wrk = Load(seconds)
    path = "/messages/default-channel"
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(start_redis("redis-bus"))
        log = stack.enter_context(start_log(fresh_directory("quorum"), redis))
        pods = [stack.enter_context(start_pod(number, log, redis)) for number in range(PODS)]
        for pod in pods:
            pod.wait_until_ready()
        time.sleep(GATHER_SECONDS)
        figures = {confirm: [] for confirm in ("durable", "1", "majority", "all")}
        for _ in range(rounds):
            for confirm, rates in figures.items():
                rates.append(wrk.run(pods[0], WRITERS, f"{path}?confirm={confirm}&timeout=30s", message)[0])
    for confirm, rates in figures.items():
        if confirm != "durable":
            results.add(
                f"writes through one of {PODS} pods, {WRITERS} at a time", f"confirm={confirm}", "/s", rates,
                "durable alone", figures["durable"], ">= 0.5" if confirm == "majority" else "")


def measure_unused(results, rounds, seconds=ROUND_SECONDS):
    """Against the binaries of another build, in BASELINE_BIN_DIR: pairs of rounds, one after the other."""
    baseline = os.environ.get("BASELINE_BIN_DIR")
    if not baseline:
        return
    message = write_script("message.lua", '{"message_text":"%s"}' % ("x" * TEXT_BYTES))
    wrk = Load(seconds)
    with start_redis("redis-bus") as bus:
        ours, theirs = [], []
        with start_log(fresh_directory("unused"), bus) as log, _start_other(baseline, bus) as other:
            for number in range(max(rounds, PAIRS_MIN)):
                pair = [(ours, log), (theirs, other)]
                for rates, process in pair if number % 2 else reversed(pair):
                    rates.append(wrk.run(process, 64, "/messages/default-channel", message))
    group = "durable appends that ask for no confirmation, 64 writers"
    results.add(group, "messages", "/s", [rate for rate, _ in ours], "the other build",
                [rate for rate, _ in theirs])
    results.add(group, "CPU of the log", "µs each", [cpu * 1e6 for _, cpu in ours], "the other build",
                [cpu * 1e6 for _, cpu in theirs])


def _start_other(directory, bus):
    own, processes.BINARIES = processes.BINARIES, Path(directory)
    try:
        # Both publish; each hears its own topics alone.
        return start_log(fresh_directory("unused-other"), bus, CLUSTER_NAME="other")
    finally:
        processes.BINARIES = own
