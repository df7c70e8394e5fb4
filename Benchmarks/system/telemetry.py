"""What a sample of the telemetry costs the log: processor time a second, with nobody listening and with one.

    python Benchmarks/system/telemetry.py

The replicas are reports that are sent once; they are silent after three seconds and stay known.
"""

import http.client
import json
import os
import socket
import threading
import time
from pathlib import Path

from processes import fresh_directory, start_log, state

COUNTS = (0, 3, 100, 1000)
SECONDS = 10


def report(connection, epoch, number):
    body = {"replica_id": f"pod-{number}", "incarnation": f"{number:016x}", "sequence": 1, "epoch": epoch,
            "offset": 0, "digest": "0" * 16, "following": "log", "ready": True}
    connection.request("POST", "/replicas", json.dumps(body))
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status


def cpu_milliseconds(pid):
    """Of all threads, in nanoseconds of the scheduler: a tick would be too coarse."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def per_second(log):
    before, start = cpu_milliseconds(log.pid), time.monotonic()
    time.sleep(SECONDS)
    return (cpu_milliseconds(log.pid) - before) / (time.monotonic() - start)


class Listener(threading.Thread):
    """Reads the stream until it is closed."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.request("GET", "/telemetry/events")
        self.socket = self.connection.sock
        self.stream = self.connection.getresponse()
        self.start()

    def run(self):
        try:
            while self.stream.readline():
                pass
        except (OSError, http.client.HTTPException):
            pass  # Closed.

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()


def main():
    with start_log(fresh_directory("telemetry"), REPLICA_WINDOW="1h") as log:
        epoch = state(log.port)["epoch"]
        connection = http.client.HTTPConnection("127.0.0.1", log.port)
        known = 0
        print("replicas  nobody listens  one listens  (ms of processor time a second)")
        for count in COUNTS:
            while known < count:
                report(connection, epoch, known)
                known += 1
            quiet = per_second(log)
            listener = Listener(log.port)
            print(f"{count:8}  {quiet:14.2f}  {per_second(log):11.2f}", flush=True)
            listener.close()
        print(f"resident: {log.resident_bytes() / 1e6:.1f} MB; {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
