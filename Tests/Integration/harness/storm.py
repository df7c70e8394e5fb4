"""Writers that do what good clients do: one id per write, the same id again until it is acknowledged."""

import itertools
import os
import threading
from dataclasses import dataclass

from .cluster import CONNECTION_ERRORS
from .waiting import pace, wait_until

IS_LONG = os.environ.get("STORM") == "long"
SECONDS = 60.0 if IS_LONG else 3.0
RETRY_SECONDS = 0.05
# Statuses after which the same write may be sent again.
RETRIED_STATUSES = {503, 504, 507}


@dataclass(frozen=True)
class Acknowledged:
    writer: str
    id: str
    offset: int
    epoch: str
    status: int


class Storm:
    """`writers` threads that write until they are stopped, each in turn through `targets`.

    A writer sends its next write only when the last one is acknowledged, so its offsets ascend.
    """

    def __init__(self, targets, writers=6, channel="storm", text_bytes=100):
        self.acknowledged = []
        self.failures = []
        self.retry_count = 0
        self._targets = targets
        self._channel = channel
        self._text_bytes = text_bytes
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._guard, args=(f"writer-{number}", number), daemon=True)
            for number in range(writers)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self, seconds=60):
        """Every write that was begun is acknowledged first; returns all that were."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), f"{thread.name} still waits for an acknowledgement"
        assert not self.failures, self.failures
        return self.acknowledged

    def wait_for(self, count, seconds=60):
        """Until so many writes more are acknowledged."""
        wanted = len(self.acknowledged) + count
        wait_until(
            lambda: len(self.acknowledged) >= wanted or self.failures, f"{count} more writes", seconds)
        assert not self.failures, self.failures
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self._stopped.set()

    def _guard(self, writer, number):
        try:
            self._write_all(writer, number)
        except Exception as error:
            self.failures.append(f"{writer}: {error!r}")

    def _write_all(self, writer, number):
        first = number % len(self._targets)
        targets = itertools.cycle(self._targets[first:] + self._targets[:first])
        client = next(targets).client()
        for count in itertools.count():
            if self._stopped.is_set():
                break
            body = {"author": writer, "id": f"{writer}-{count}", "message_text": self._text(writer, count)}
            answer = None
            while answer is None:
                answer = self._attempt(client, body)
                if answer is None:
                    self.retry_count += 1
                    client.close()
                    pace(RETRY_SECONDS)
                    client = next(targets).client()
            result = answer.json
            self.acknowledged.append(
                Acknowledged(writer, body["id"], result["offset"], result["epoch"], answer.status))
        client.close()

    def _attempt(self, client, body):
        """The answer of success; None when the write must be sent again."""
        try:
            answer = client.post(f"/messages/{self._channel}", body)
        except CONNECTION_ERRORS:
            return None
        if answer.status in (200, 201):
            return answer
        assert answer.status in RETRIED_STATUSES, answer
        return None

    def _text(self, writer, count):
        return f"{writer} says {count} ".ljust(self._text_bytes, "~")
