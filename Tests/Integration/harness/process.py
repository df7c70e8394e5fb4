"""One child process: its output is kept, and it never outlives its test."""

import os
import re
import resource
import signal
import socket
import subprocess
import threading
from collections import deque
from pathlib import Path

from .jitter import disturb
from .waiting import DEADLINE_SECONDS, wait_until

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("BIN_DIR") or ROOT / ".build" / "debug").resolve()
OUTPUT_BYTES_SHOWN = 20_000

# What Swift's runtime and the sanitizers print before they end a process.
_HARM = re.compile(r"Fatal error|\w+Sanitizer: |: runtime error: |Crash:|\*\*\* .* \*\*\*")

# A directory that holds nothing of ours, such as the data of a cluster that somebody runs.
ELSEWHERE = "/"

# What a developer's shell may have set must not steer the tests.
_SETTINGS = {
    "HOST", "PORT", "REDIS_URL", "CLUSTER_NAME", "BASE_PATH", "LOG_LEVEL", "LOG_FORMAT", "CLUSTER_SECRET",
    "CLUSTER_SECRET_FILE", "ALLOWED_ORIGINS", "DRAIN_WINDOW", "DATA_DIR", "DURABILITY", "SYNC_INTERVAL",
    "SEGMENT_BYTES", "ID_INDEX_ENTRIES", "INGEST_CHANNELS", "ENGINE", "REPLICATION_LOG_URL", "REPLICA_ID",
    "HISTORY_BYTES", "WRITE_TIMEOUT", "SUPERSEDED_RETENTION", "SCRUB_INTERVAL",
    "AUTH", "TOKEN_LIFETIME", "JWT_ALGORITHM", "JWT_SECRET", "JWT_SECRET_FILE", "JWT_PUBLIC_KEYS_FILE",
    "JWT_ISSUER", "JWT_AUDIENCE", "JWT_NAME_CLAIM", "CONNECTIONS_MAX", "CONNECTIONS_PER_ADDRESS_MAX",
    "MESSAGES_PER_SECOND", "TRUSTED_PROXIES", "CHAT_TOKEN", "WRITE_QUORUM", "REPLICA_WINDOW",
    "SIMULATED_DELAY", "FOLLOW", "ADVERTISED_URL", "FANOUT",
}


def clean_environment(settings=None):
    """This process' without settings of ours, nor tokens that somebody has kept on this machine."""
    environment = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    environment["XDG_CONFIG_HOME"] = "/nonexistent"
    environment.update({name: str(value) for name, value in (settings or {}).items()})
    return environment


_given_ports = set()
# The newest are kept from others by a socket that is bound to them and does not listen: who sets
# SO_REUSEADDR, as all that is started here does, may listen beside it.
_held = deque(maxlen=400)


def free_port():
    """A port nobody listens on now and that was not given before, below the range of outgoing connections so
    that none of them takes it. Test processes side by side never get the same, nor does who asks the kernel
    for it while the service that it is for is not running."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest = int(file.read().split()[0])
    for _ in range(1000):
        port = 10_000 + int.from_bytes(os.urandom(4), "big") % max(lowest - 10_000, 1000)
        if port in _given_ports or port % workers != worker:
            continue
        holder = socket.socket()
        try:
            # Without SO_REUSEADDR, which would share the port with another holder.
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held.append(holder)
        _given_ports.add(port)
        return port
    raise AssertionError("found no free port")


class EndedWhileStarting(Exception):
    """There is nothing left to wait for."""


class ChildProcess:
    """A program that runs in the background; what it says is kept, or goes to the descriptor `says_to`."""

    def __init__(self, name, command, settings=None, cwd=ELSEWHERE, file_bytes_max=None, says_to=None,
                 descriptors=None):
        """`descriptors`: the soft and the hard limit of open files."""
        self.name = name
        self.command = [str(part) for part in command]
        self.settings = dict(settings or {})
        self.cwd = cwd
        self.file_bytes_max = file_bytes_max
        self.says_to = says_to
        self.descriptors = descriptors
        self.output = b""
        self._process = None
        self._reader = None
        self._is_paused = False

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def text(self):
        return self.output.decode(errors="replace")

    def spawn(self):
        assert not self.is_running, f"{self.name} runs already"
        self._process = subprocess.Popen(
            self.command, env=clean_environment(self.settings), cwd=self.cwd, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.says_to is None else self.says_to, stderr=subprocess.STDOUT,
            preexec_fn=self._limit_files)
        if self.says_to is None:
            self._reader = threading.Thread(target=self._collect, args=(self._process.stdout,), daemon=True)
            self._reader.start()
        self._is_paused = False
        disturb(self._process, lambda: self._is_paused)
        return self

    def kill(self):
        """As a crash: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def terminate(self, seconds=15):
        """Asks the process to stop and returns its exit code."""
        return self._end(signal.SIGTERM, seconds)

    def pause(self):
        self._is_paused = True
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        self._is_paused = False
        os.kill(self.pid, signal.SIGCONT)

    def signal(self, number):
        os.kill(self.pid, number)

    def wait_until_says(self, *texts, seconds=DEADLINE_SECONDS):
        """Until all of it was said, in whatever order: output arrives a moment after what it tells of."""
        def says():
            missing = [text for text in texts if text not in self.text]
            assert not missing, f"{missing} is not in:\n{self.text[-2000:]}"
            return True

        wait_until(says, f"{self.name} says {texts}", seconds)
        return self

    def wait_for_exit(self, seconds=15):
        """Returns the exit code."""
        wait_until(lambda: not self.is_running, f"{self.name} ends", seconds)
        if self._reader is not None:
            self._reader.join(5)
        return self._process.returncode

    def limit_files(self, count):
        """From now on no file of the process grows beyond so many bytes (None: as far as it will)."""
        most = resource.RLIM_INFINITY if count is None else count
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def last_output(self):
        tail = self.output[-OUTPUT_BYTES_SHOWN:].decode(errors="replace")
        return f"----- output of {self.name} ({' '.join(self.command)}) -----\n{tail}"

    def _end(self, number, seconds=15):
        if self.is_running:
            os.kill(self.pid, number)
            if number == signal.SIGKILL:
                self._process.wait()
        return self.wait_for_exit(seconds)

    def _collect(self, stream):
        for chunk in iter(lambda: stream.read1(65536), b""):
            self.output += chunk
        stream.close()

    def _limit_files(self):
        if self.file_bytes_max is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_bytes_max, resource.RLIM_INFINITY))
        if self.descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, self.descriptors)


class Processes:
    """All that a test started, so that all of it can be stopped and shown."""

    def __init__(self):
        self.started = []
        self._cleanups = []

    def add(self, process):
        self.started.append(process)
        return process

    def on_stop(self, cleanup):
        self._cleanups.append(cleanup)

    def stop(self):
        for cleanup in reversed(self._cleanups):
            cleanup()
        for process in reversed(self.started):
            if process.is_running:
                process.kill()

    def assert_unharmed(self):
        """No process trapped, and no sanitizer complained, whatever its test looked at."""
        for process in self.started:
            found = _HARM.search(process.text)
            assert not found, f"{process.name} said {found.group()!r}:\n{process.last_output()}"

    def outputs(self):
        return "\n".join(process.last_output() for process in self.started)


def run_to_end(command, settings=None, cwd=ELSEWHERE, seconds=60, stdin=None):
    """Runs a program to its end; returns (exit code, stdout, stderr) as texts."""
    done = subprocess.run(
        [str(part) for part in command], env=clean_environment(settings), cwd=cwd, timeout=seconds,
        input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
