"""A real redis-server of the test's own, and a small client for it."""

import socket

from .process import ChildProcess, free_port
from .waiting import wait_until


class RedisServer(ChildProcess):
    """Keeps nothing on disk; always on the same port."""

    def __init__(self, directory, password=None):
        self.port = free_port()
        self.password = password
        directory.mkdir(parents=True, exist_ok=True)
        command = [
            "redis-server", "--port", self.port, "--bind", "127.0.0.1", "--dir", directory, "--save", "",
            "--appendonly", "no", "--daemonize", "no"]
        if password:
            command += ["--requirepass", password]
        super().__init__(f"redis-{self.port}", command)

    @property
    def url(self):
        account = f":{self.password}@" if self.password else ""
        return f"redis://{account}127.0.0.1:{self.port}"

    def start(self):
        self.spawn()
        wait_until(self._answers, f"{self.name} answers")
        return self

    def connect(self):
        connection = RedisConnection(self.port)
        if self.password:
            connection.command("AUTH", self.password)
        return connection

    def publish(self, channel, text):
        """Returns how many subscribers there were."""
        with self.connect() as connection:
            return connection.command("PUBLISH", channel, text)

    def subscriber_count(self, topic):
        with self.connect() as connection:
            return connection.command("PUBSUB", "NUMSUB", topic)[1]

    def _answers(self):
        with self.connect() as connection:
            return connection.command("PING") == b"PONG"


class RedisError(Exception):
    """An error reply."""


class RedisConnection:
    """Speaks RESP2 (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""

    def __init__(self, port, host="127.0.0.1", timeout=20):
        self._socket = socket.create_connection((host, port), timeout=timeout)
        self._stream = self._socket.makefile("rb")

    def command(self, *arguments):
        self.send(*arguments)
        return self.read()

    def send(self, *arguments):
        self._socket.sendall(encode(*arguments))

    def send_raw(self, data):
        self._socket.sendall(data)

    def read(self):
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._stream.read(int(rest) + 2)[:-2]
        assert kind == b"*", line
        return [self.read() for _ in range(int(rest))]

    def close(self):
        self._stream.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def encode(*arguments):
    """One command or one pushed array of bulk strings."""
    parts = [argument if isinstance(argument, bytes) else str(argument).encode() for argument in arguments]
    head = b"*%d\r\n" % len(parts)
    return head + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
