"""Clients of the live streams: an independent WebSocket library, and event streams read by the book."""

import json
import socket

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .client import RawConnection

SUBPROTOCOL = "chat-cluster.v1"
RECEIVE_SECONDS = 20


class Socket:
    """A client of `/ws`. Lines and control objects are kept apart."""

    def __init__(self, pod, query="", receive_bytes=None, **options):
        plain = None
        if receive_bytes is not None:
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            plain.connect(("127.0.0.1", pod.port))
        self.connection = connect(
            f"ws://127.0.0.1:{pod.port}/ws{query}", subprotocols=[SUBPROTOCOL], sock=plain, proxy=None,
            compression=None, max_size=None, close_timeout=2, **options)
        self.lines = []
        self.controls = []
        self.hello = self.control("hello")

    def receive(self):
        """The next object; raises ConnectionClosed."""
        received = json.loads(self.connection.recv(timeout=RECEIVE_SECONDS))
        (self.lines if "offset" in received and "type" not in received else self.controls).append(received)
        return received

    def line(self):
        return self._until(lambda received: "type" not in received)

    def control(self, kind):
        return self._until(lambda received: received.get("type") == kind)

    def lines_through(self, offset):
        """Reads until the line at `offset` has come; returns all so far."""
        while not self.lines or self.lines[-1]["offset"] < offset:
            self.receive()
        return self.lines

    def say(self, **command):
        self.connection.send(json.dumps(command, ensure_ascii=False))

    def settle(self):
        """What was said before has been done."""
        self.say(type="ping")
        self.control("pong")

    def wait_for_close(self):
        """(code, reason) of the close frame."""
        try:
            while True:
                self.receive()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the connection broke without a close frame"
            return closed.rcvd.code, closed.rcvd.reason

    def close(self):
        self.connection.close()

    def _until(self, is_wanted):
        while True:
            received = self.receive()
            if is_wanted(received):
                return received

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Events:
    """A client of `/events`, or of another stream: yields (id, event, data), keeps the last id and retry."""

    def __init__(self, pod, query="", last_event_id=None, token=None, path="/events"):
        self.connection = RawConnection(pod.port)
        header = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
        header += f"Authorization: Bearer {token}\r\n" if token else ""
        # HTTP/1.0: the body is not chunked.
        self.connection.send(f"GET {path}{query} HTTP/1.0\r\n{header}\r\n".encode())
        self.status = int(self._line().split()[1])
        self.fields = {}
        while line := self._line():
            name, _, value = line.partition(":")
            self.fields[name.lower()] = value.strip()
        self.last_id = last_event_id
        self.retry = None

    def _line(self):
        raw = self.connection.read_line()
        if not raw:
            raise EOFError
        return raw.decode().rstrip("\r\n")

    def next(self):
        """The next event; raises EOFError at the stream's end."""
        event, data = "message", []
        while True:
            line = self._line()
            if not line:
                if data:
                    return self.last_id, event, json.loads("\n".join(data))
                event = "message"
                continue
            name, _, value = line.partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "event":
                event = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                self.retry = int(value)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
