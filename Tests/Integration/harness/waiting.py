"""The only place where a test waits: for a condition, with a deadline."""

import http.client
import time

DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.02
# What a condition may raise while it does not hold yet: also an answer that its service's end has cut short.
NOT_YET = (OSError, http.client.HTTPException, AssertionError, ValueError, KeyError)


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Returns the condition's first truthy value; its exceptions count as "not yet" until the deadline."""
    deadline = time.monotonic() + seconds
    trouble = None
    while True:
        try:
            value = condition()
            if value:
                return value
            trouble = None
        except NOT_YET as error:
            trouble = error
        if time.monotonic() >= deadline:
            reason = f" (last: {trouble!r})" if trouble else ""
            raise Timeout(f"waited {seconds:g} s in vain until {what}{reason}")
        time.sleep(POLL_SECONDS)


def holds_for(condition, what, seconds):
    """Fails as soon as the condition is false; for what must *not* happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"no longer true: {what}"
        time.sleep(POLL_SECONDS)


def pace(seconds):
    """Between the attempts of a client that was refused, or the steps of a load generator."""
    time.sleep(seconds)
