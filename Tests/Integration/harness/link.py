"""A line to a service that can be cut without a word, as a network partition cuts it, or made slow."""

import selectors
import socket
import threading
import time

POLL_SECONDS = 0.02


class Link:
    """Forwards TCP connections to a port of this machine. Close it at the end.

    While it `is_cut`, all connections stay open and nothing comes through in either direction, new ones are
    accepted and lead nowhere; what was sent meanwhile arrives when it is whole again, as TCP has it.
    `delay_seconds`: that every piece takes on its way.
    """

    def __init__(self, port, delay_seconds=0.0):
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._target = port
        self._delay_seconds = delay_seconds
        self._is_closed = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_cut(self):
        return not self._is_whole.is_set()

    @is_cut.setter
    def is_cut(self, is_cut):
        if is_cut:
            self._is_whole.clear()
        else:
            self._is_whole.set()

    def close(self):
        self._is_closed = True
        self._is_whole.set()
        # A closed listener goes on listening for as long as a thread waits in accept: wake that up first.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=(client,), daemon=True).start()

    def _run(self, client):
        self._is_whole.wait()
        try:
            with client, socket.create_connection(("127.0.0.1", self._target), timeout=5) as server:
                self._forward({client: server, server: client})
        except OSError:
            """One of the two is gone; closing tells the other."""

    def _forward(self, other):
        """Until one of the two closes."""
        selector = selectors.DefaultSelector()
        for end in other:
            selector.register(end, selectors.EVENT_READ)
        pieces = []
        while not self._is_closed:
            self._is_whole.wait()
            for key, _ in selector.select(POLL_SECONDS):
                data = key.fileobj.recv(1 << 16)
                if not data:
                    return
                pieces.append((time.monotonic() + self._delay_seconds, other[key.fileobj], data))
            while pieces and pieces[0][0] <= time.monotonic():
                _, end, data = pieces.pop(0)
                end.sendall(data)
