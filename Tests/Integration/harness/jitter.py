"""Stops processes at random for a moment, as a busy machine does.

What a test takes for granted without waiting for it, and what a service takes for the order of things, fails
here instead of once in a thousand runs. With `JITTER_MILLISECONDS=250` each process of the tests stands still
for two fifths of its time, at most so long at once.
"""

import os
import random
import signal
import threading

from .waiting import pace

MOST_SECONDS = float(os.environ.get("JITTER_MILLISECONDS", "0")) / 1000
STOPPED_SHARE = 0.4


def disturb(process, is_left_alone):
    """Until it ends. `is_left_alone()`: the test itself has stopped it."""
    if MOST_SECONDS > 0:
        threading.Thread(target=_disturb, args=(process, is_left_alone), daemon=True).start()


def _disturb(process, is_left_alone):
    stopped_mean = MOST_SECONDS / 2
    running_mean = stopped_mean * (1 - STOPPED_SHARE) / STOPPED_SHARE
    while process.poll() is None:
        pace(random.expovariate(1 / running_mean))
        if is_left_alone():
            continue
        process.send_signal(signal.SIGSTOP)
        pace(random.uniform(0, MOST_SECONDS))
        if not is_left_alone():
            process.send_signal(signal.SIGCONT)
