"""An HTTP client that hides nothing: statuses are values, connections are kept alive, one thread each."""

import http.client
import json
import select
import socket
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The body of an error: RFC 9457's members are there and agree with the status."""
        assert self.headers.get("content-type", "").startswith("application/problem+json"), self
        problem = self.json
        assert problem["status"] == self.status, self
        assert problem["type"] and problem["title"] and problem["detail"], self
        return problem


class Client:
    """To one server, over one connection that is opened again when it was closed."""

    def __init__(self, port, host="127.0.0.1", token=None, timeout=20):
        self.port = port
        self.host = host
        self.token = token
        self.timeout = timeout
        self._connection = None

    def request(self, method, path, body=None, headers=None):
        """Raises OSError or http.client.HTTPException when the connection fails; never repeats by itself."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False).encode()
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent.update(headers or {})
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            self._connection.request(method, path, body=body, headers=sent)
            response = self._connection.getresponse()
            answer = Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()},
                response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def get(self, path, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, headers=named)

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RawConnection:
    """A socket for requests that no client library would send."""

    def __init__(self, port, host="127.0.0.1", timeout=20, receive_bytes=None):
        self._socket = socket.socket()
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self._socket.settimeout(timeout)
        self._socket.connect((host, port))
        self._stream = self._socket.makefile("rb")

    def send(self, data):
        self._socket.sendall(data)

    def receive(self, count=65536):
        return self._stream.read1(count)

    def end(self):
        """Nothing more is sent; what comes can still be received."""
        self._socket.shutdown(socket.SHUT_WR)

    @property
    def has_something(self):
        """Bytes, or the end, can be received at once."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def receive_until(self, mark):
        data = b""
        while mark not in data:
            chunk = self.receive()
            assert chunk, f"closed before {mark!r}: {data[-500:]!r}"
            data += chunk
        return data

    def read_line(self):
        """With its end; empty at the stream's end."""
        return self._stream.readline()

    def receive_to_end(self):
        """Everything up to the close; a reset counts as one."""
        data = b""
        try:
            while chunk := self.receive():
                data += chunk
        except ConnectionResetError:
            pass
        return data

    def answer(self):
        """Reads one whole answer, and nothing of the next."""
        response = http.client.HTTPResponse(_Shared(self._stream))
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def close(self):
        self._stream.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class _Shared:
    """Stands for the socket before http.client, which would read ahead with a buffer of its own."""

    def __init__(self, stream):
        self._stream = stream

    def makefile(self, _):
        return self

    def close(self):
        """The connection stays open for the next answer."""

    def flush(self):
        """Nothing is written through it."""

    def __getattr__(self, name):
        return getattr(self._stream, name)
