"""A small load balancer, as an ingress and its services are one: a path's prefix chooses among processes."""

import socket
import threading

HEAD_BYTES_MAX = 16_384
CONNECT_SECONDS = 2


class Balancer:
    """One connection goes to one process: of the log for its prefix, else of the servers, each in turn.

    A process that refuses the connection is skipped for the next one, as any proxy does it.
    """

    LOG_PREFIX = b"/replication-log/"

    def __init__(self, log_port):
        self._log_port = log_port
        self._server_ports = []
        self._lock = threading.Lock()
        self._turn = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def add(self, port):
        with self._lock:
            self._server_ports.append(port)

    def remove(self, port):
        with self._lock:
            self._server_ports.remove(port)

    def close(self):
        # A closed listener goes on listening for as long as a thread waits in accept: wake that up first.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                start = self._first_line(client)
                with self._connect(start) as server:
                    server.sendall(start)
                    answers = threading.Thread(target=_pour, args=(server, client), daemon=True)
                    answers.start()
                    _pour(client, server)
                    answers.join()
            except OSError:
                return

    def _first_line(self, client):
        data = b""
        while b"\n" not in data and len(data) < HEAD_BYTES_MAX:
            chunk = client.recv(HEAD_BYTES_MAX)
            if not chunk:
                raise OSError("closed before a request")
            data += chunk
        return data

    def _connect(self, start):
        trouble = OSError("no process behind the balancer")
        for port in self._candidates(start.split(b" ")[1]):
            try:
                server = socket.create_connection(("127.0.0.1", port), timeout=CONNECT_SECONDS)
                server.settimeout(None)
                return server
            except OSError as error:
                trouble = error
        raise trouble

    def _candidates(self, path):
        if path.startswith(self.LOG_PREFIX):
            return [self._log_port]
        with self._lock:
            self._turn += 1
            first = self._turn % max(len(self._server_ports), 1)
            return self._server_ports[first:] + self._server_ports[:first]


def _pour(source, sink):
    """Until the source's end, which is passed on."""
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
