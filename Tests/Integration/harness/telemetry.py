"""A stand-in for the log's telemetry: the page from the folder, with samples of any number of replicas.

    python Tests/Integration/harness/telemetry.py --replicas 100 --tree --port 8400
"""

import argparse
import datetime
import http.server
import json
import math
import random
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CHART = Path("/usr/share/javascript/chart.js/chart.min.js")
EPOCH = "43d9529d48cdff83"
FANOUT = 8
WINDOW = 300
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
          "trusted-types 'none'")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
         ".svg": "image/svg+xml"}


class StandIn:
    """Samples of a cluster that is written to, one a second of its own time; the same for the same seed."""

    def __init__(self, count, is_tree=False, seed=1, troubled=True):
        self.random = random.Random(seed)
        self.troubled = troubled
        self.time = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=WINDOW)
        self.second = 0
        self.offset = 1_000_000
        self.replicas = [self._replica(index, is_tree) for index in range(count)]
        self.samples = [self.step() for _ in range(WINDOW)]

    @staticmethod
    def _replica(index, is_tree):
        parent = (index - FANOUT) // FANOUT if is_tree and index >= FANOUT else None
        root = "log" if is_tree else "redis"
        return {"id": f"pod-{index + 1}", "index": index, "parent": parent, "tier": 1,
                "upstream": root if parent is None else f"pod-{parent + 1}"}

    def step(self):
        self.second += 1
        self.time += datetime.timedelta(seconds=1)
        wave = 1 + 0.5 * math.sin(self.second / 23)
        burst = 3 if self.second % 97 > 85 else 1
        rate = max(0, round(1800 * wave * burst + self.random.gauss(0, 90)))
        self.offset += rate
        replicas = [self._report(one, rate, burst) for one in self.replicas]
        lags = [one["lag"] for one in replicas] or [0]
        mean = sum(lags) / len(lags)
        worst = max(replicas, key=lambda one: one["lag_ms"], default=None)
        p50 = 2.1 * burst + self.random.random() + math.log1p(len(replicas))
        return {
            "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "epoch": EPOCH,
            "offset": self.offset, "rate": rate, "bytes_rate": rate * 212,
            "lag": {"mean": round(mean, 3), "max": max(lags), "deviation": round(
                math.sqrt(sum((lag - mean) ** 2 for lag in lags) / len(lags)), 3)},
            "visible": {"p50_ms": round(p50, 3), "p99_ms": round(p50 * (3 + 2 * self.random.random()), 3),
                        "slowest": worst and worst["id"]},
            "replicas": sorted(replicas, key=lambda one: one["id"])}

    def _report(self, one, rate, burst):
        parent = self.replicas[one["parent"]] if one["parent"] is not None else None
        one["tier"] = parent["tier"] + 1 if parent else 1
        lag_ms = (parent["lag_ms"] if parent else 0) + abs(self.random.gauss(3, 4)) * burst
        state, heard = "ready", self.random.randrange(20, 990)
        if self.troubled and one["index"] % 23 == 2 and self.second % 150 > 90:
            lag_ms += (self.second % 150 - 90) * 31
            state = "lagging" if lag_ms > 400 else state
        if self.troubled and one["index"] % 41 == 16 and self.second > WINDOW - 20:
            state, heard = "silent", (self.second - WINDOW + 20) * 1000
            lag_ms = heard
        if self.troubled and one["index"] % 37 == 30 and self.second > WINDOW - 8:
            state, lag_ms = "catching-up", 900
        one["lag_ms"] = lag_ms
        lag = round(lag_ms * rate / 1000)
        return {"id": one["id"], "address": f"http://10.0.0.{one['index'] + 1}:8000", "tier": one["tier"],
                "upstream": one["upstream"], "offset": self.offset - lag, "lag": lag,
                "lag_ms": round(lag_ms, 1) if lag else 0, "last_heard_ms": heard, "state": state,
                "incarnation": f"{one['index']:016x}"}

    def window(self):
        kept = self.samples
        ids = sorted({one["id"] for sample in kept for one in sample["replicas"]})
        found = [{one["id"]: one for one in sample["replicas"]} for sample in kept]
        column = {name: [sample[name] for sample in kept]
                  for name in ("time", "offset", "rate", "bytes_rate")}
        visible = {f"visible_{name}": [sample["visible"][name] for sample in kept]
                   for name in ("p50_ms", "p99_ms")}
        return {"epoch": EPOCH, "interval_ms": 1000, **column, **visible, "replicas": [
            {"id": name, **{measure: [one[name][measure] if name in one else None for one in found]
                            for measure in ("lag", "lag_ms")}} for name in ids]}

    def next(self):
        self.samples = [*self.samples[1:], self.step()]
        return self.samples[-1]


class StandInServer:
    """Serves the page and a stand-in's samples. `silence()` ends the streams, until `speak()`."""

    def __init__(self, stand_in, port=0, interval=1.0):
        self.stand_in = stand_in
        self.interval = interval
        self.ticked = threading.Condition()
        self.is_silent = False
        self.tick = 0
        self._stopped = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server._answer(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_port}/telemetry"

    def silence(self):
        with self.ticked:
            self.is_silent = True
            self.ticked.notify_all()

    def speak(self):
        self.is_silent = False

    def close(self):
        self._stopped.set()
        self.http.shutdown()
        self.http.server_close()

    def _run(self):
        while not self._stopped.wait(self.interval):
            with self.ticked:
                self.stand_in.next()
                self.tick += 1
                self.ticked.notify_all()

    def _answer(self, request):
        path = request.path.split("?")[0].lstrip("/")
        if path == "telemetry/events":
            return self._stream(request)
        file = {"telemetry": ROOT / "web/telemetry/index.html", "web/chart.js/chart.min.js": CHART}.get(
            path, ROOT / path)
        if not path.startswith(("web/", "telemetry")) or not file.is_file():
            return request.send_error(404)
        content = file.read_bytes()
        request.send_response(200)
        for name, value in (("Content-Type", TYPES.get(file.suffix, "text/plain")),
                            ("Content-Length", str(len(content))), ("Content-Security-Policy", POLICY)):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)

    def _stream(self, request):
        if self.is_silent:
            return request.send_error(503)
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        request.close_connection = True
        try:
            with self.ticked:
                seen = self.tick
                events = [("window", self.stand_in.window()), ("sample", self.stand_in.samples[-1])]
            while not self.is_silent and not self._stopped.is_set():
                for name, content in events:
                    request.wfile.write(f"event: {name}\ndata: {json.dumps(content)}\n\n".encode())
                with self.ticked:
                    self.ticked.wait_for(lambda: self.tick > seen or self.is_silent, timeout=5)
                    seen, events = self.tick, [("sample", self.stand_in.samples[-1])]
        except OSError:
            pass  # The page is gone.


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--tree", action="store_true")
    parser.add_argument("--port", type=int, default=8400)
    given = parser.parse_args()
    server = StandInServer(StandIn(given.replicas, given.tree), given.port)
    print(server.url, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
