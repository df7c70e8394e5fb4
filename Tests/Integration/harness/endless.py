"""A Redis that begins a message to whoever subscribes by a pattern, and never ends it."""

import socketserver
import threading

from .redis import encode

MESSAGE_BYTES = 1 << 40
CHUNK = b"x" * (256 << 10)


class EndlessRedis:
    def __init__(self):
        # Of each subscriber, how much was taken of its message before it closed the connection.
        self.taken_bytes = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.redis = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while arguments := self._command():
            name = arguments[0].upper()
            if name == b"PUBLISH":
                self.wfile.write(b":1\r\n")
            elif name in (b"SUBSCRIBE", b"PSUBSCRIBE"):
                self.wfile.write(encode(name.lower(), arguments[1], "1"))
            else:
                self.wfile.write(b"+OK\r\n")
            if name == b"PSUBSCRIBE":
                return self._flood(arguments[1])

    def _command(self):
        count = self.rfile.readline()[1:]
        return [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _ in range(int(count or 0))]

    def _flood(self, pattern):
        taken = 0
        try:
            self.wfile.write(encode("pmessage", pattern, "tea").replace(b"*3", b"*4", 1))
            self.wfile.write(b"$%d\r\n" % MESSAGE_BYTES)
            while True:
                taken += self.connection.send(CHUNK)
        except OSError:
            self.server.redis.taken_bytes.append(taken)
