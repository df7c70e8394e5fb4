"""What a service says on stderr never holds it up."""

import os

import pytest

from harness.cluster import ChatServer, ReplicationLog
from harness.waiting import wait_until

LOST = "chat_lost_diagnostic_lines_total"


class UnreadPipe:
    """A pipe that is read only when the test wants to."""

    def __init__(self):
        self._reading, self.writing = os.pipe()

    def fill(self):
        """As much as it takes. By a description of its own: O_NONBLOCK must not reach the service."""
        writing = os.open(f"/proc/self/fd/{self.writing}", os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            os.close(writing)

    def read(self):
        os.set_blocking(self._reading, False)
        text = b""
        try:
            while chunk := os.read(self._reading, 65536):
                text += chunk
        except BlockingIOError:
            pass
        return text.decode()

    def close(self):
        os.close(self._reading)
        os.close(self.writing)


@pytest.fixture
def unread_pipe(processes):
    pipe = UnreadPipe()
    processes.on_stop(pipe.close)
    return pipe


def says_nothing_and_goes_on(service, redis, pipe):
    pipe.fill()
    redis.kill()
    wait_until(lambda: service.metrics()[LOST] > 0, f"{service.name} loses a line")
    service.send("nobody reads what you say")
    pipe.read()
    redis.start()
    said = []
    wait_until(lambda: said.append(pipe.read()) or "connected to Redis" in said[-1], "it speaks again")
    first = "".join(said).splitlines()[0]
    # From that line on nothing was lost any more.
    assert f"lines were lost: stderr could not take them count={service.metrics()[LOST]:.0f}" in first


def test_a_full_stderr_does_not_stop_the_log(processes, tmp_path, redis, unread_pipe):
    log = processes.add(ReplicationLog(tmp_path / "data", redis.url, says_to=unread_pipe.writing)).start()
    says_nothing_and_goes_on(log, redis, unread_pipe)


def test_a_full_stderr_does_not_stop_a_pod(processes, tmp_path, redis, unread_pipe):
    log = processes.add(ReplicationLog(tmp_path / "data", redis.url)).start()
    pod = processes.add(ChatServer("pod", log.url, redis.url, says_to=unread_pipe.writing)).start()
    wait_until(lambda: pod.state()["source"] == "redis", "the pod follows Redis")
    says_nothing_and_goes_on(pod, redis, unread_pipe)
