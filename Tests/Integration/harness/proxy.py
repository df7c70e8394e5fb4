"""A TCP proxy before Redis that understands what Redis pushes, so that chosen messages can be lost."""

import selectors
import socket
import threading


class RedisProxy:
    """Forwards everything, but for pushed messages that `drop` wants lost; `cut` closes what is open.

    `drop(topic, payload)` is called on the proxy's thread for each `message` and `pmessage` on its way to a
    subscriber; what it returns true for is counted in `dropped_count` and not passed on.
    """

    def __init__(self, redis_port):
        self._redis_port = redis_port
        self.drop = None
        self.dropped_count = 0
        self.is_refusing = False
        self._lock = threading.Lock()
        self._pairs = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def cut(self):
        """Closes all connections; new ones are accepted."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            pair.close()

    def refuse(self):
        """Closes all connections and every new one, until `allow`."""
        self.is_refusing = True
        self.cut()

    def allow(self):
        self.is_refusing = False

    def stall(self, is_stalled):
        """Forwards nothing in either direction while the connections stay open."""
        with self._lock:
            for pair in self._pairs:
                pair.is_stalled = is_stalled

    def close(self):
        # A closed listener goes on listening for as long as a thread waits in accept: wake that up first.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._redis_port), timeout=5)
            except OSError:
                client.close()
                continue
            if self.is_refusing:
                client.close()
                server.close()
                continue
            pair = _Pair(self, client, server)
            with self._lock:
                self._pairs.append(pair)
            threading.Thread(target=pair.run, daemon=True).start()

    def wants_lost(self, topic, payload):
        if self.drop is None or not self.drop(topic, payload):
            return False
        self.dropped_count += 1
        return True


class _Pair:
    """One connection through the proxy."""

    def __init__(self, proxy, client, server):
        self._proxy = proxy
        self._client = client
        self._server = server
        self._filter = PushFilter(proxy.wants_lost)
        self.is_stalled = False

    def run(self):
        selector = selectors.DefaultSelector()
        selector.register(self._client, selectors.EVENT_READ)
        selector.register(self._server, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in selector.select(0.05):
                    if not self.is_stalled and not self._forward(key.fileobj):
                        return
        except (OSError, ValueError):
            return
        finally:
            self.close()

    def close(self):
        for one in (self._client, self._server):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _forward(self, source):
        data = source.recv(1 << 16)
        if not data:
            return False
        if source is self._client:
            self._server.sendall(data)
        else:
            kept = self._filter.feed(data)
            if kept:
                self._client.sendall(kept)
        return True


class PushFilter:
    """Takes a stream of RESP2 replies in pieces and gives back its whole replies but the unwanted pushes."""

    def __init__(self, is_unwanted):
        self._is_unwanted = is_unwanted
        self._pending = b""

    def feed(self, data):
        self._pending += data
        kept = []
        at = 0
        while True:
            end = _reply_end(self._pending, at)
            if end is None:
                break
            reply = self._pending[at:end]
            push = _push(reply)
            if push is None or not self._is_unwanted(*push):
                kept.append(reply)
            at = end
        self._pending = self._pending[at:]
        return b"".join(kept)


def _reply_end(data, at):
    """Behind the reply that begins at `at`; None while it is incomplete."""
    line_end = data.find(b"\r\n", at)
    if line_end < 0:
        return None
    kind, rest, after = data[at : at + 1], data[at + 1 : line_end], line_end + 2
    if kind == b"$":
        end = after if rest == b"-1" else after + int(rest) + 2
        return end if end <= len(data) else None
    if kind == b"*":
        for _ in range(max(int(rest), 0)):
            after = _reply_end(data, after)
            if after is None:
                return None
    return after


def _push(reply):
    """(topic, payload) of a `message` or `pmessage`."""
    if not reply.startswith((b"*3\r\n$7\r\nmessage\r\n", b"*4\r\n$8\r\npmessage\r\n")):
        return None
    items = []
    at = reply.index(b"\r\n") + 2
    while at < len(reply):
        after = reply.index(b"\r\n", at) + 2
        length = int(reply[at + 1 : after - 2])
        items.append(reply[after : after + length])
        at = after + length + 2
    return items[-2], items[-1]
