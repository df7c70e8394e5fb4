"""A server that holds a history of its own, answers for it consistently, and remembers what it was asked."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .lines import crc32c, digest_after


def changed(line, old, new):
    """The line with another text and the crc that belongs to it."""
    body = line[: line.rindex(b',"crc"')].replace(old, new)
    return body + b',"crc":"%08x"}' % crc32c(body)


class Imposter:
    """`lines`: without newlines. `keys`: what `/kv` answers; None: it has none."""

    def __init__(self, epoch, lines, keys=None):
        self.epoch = epoch
        self.lines = lines
        self.keys = keys
        self.asked = []
        self._digests = [0]
        for line in lines:
            crc = int(line[line.rindex(b'"crc":"') + 7:][:8], 16)
            self._digests.append(digest_after(self._digests[-1], crc))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def digest(self, offset):
        return f"{self._digests[offset]:016x}"

    def _answer(self, path, query):
        """Status and body."""
        if path == "/state":
            head = len(self.lines)
            return 200, json.dumps({
                "service": "chat-server", "replica_id": "imposter", "epoch": self.epoch, "offset": head,
                "head": head, "digest": self.digest(head)}).encode()
        if path == "/kv" and self.keys is not None:
            return 200, self.keys
        if path != "/log":
            return self._problem(404, "not-found")
        after = int(query["after"][0])
        if query.get("digest", [self.digest(after)])[0] != self.digest(after):
            return self._problem(409, "digest-conflict")
        return 200, b"".join(line + b"\n" for line in self.lines[after:])

    @staticmethod
    def _problem(status, name):
        problem = {"type": f"/problems/{name}", "title": name, "status": status, "detail": "d", "remedy": "r"}
        return status, json.dumps(problem).encode()

    def _handler(imposter):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                parts = urlsplit(self.path)
                query = parse_qs(parts.query)
                imposter.asked.append((self.command, parts.path, query))
                status, body = imposter._answer(parts.path, query)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Log-Position", f"{imposter.epoch}:{len(imposter.lines)}")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_):
                """Quiet."""

        return Handler
