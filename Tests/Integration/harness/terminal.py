"""A program on a pseudo-terminal, and the screen that what it writes draws (by pyte)."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

import pyte

from .process import BIN, clean_environment
from .waiting import wait_until

COLUMNS, ROWS = 100, 30


class Terminal:
    """`chatctl` with words, on a terminal of its own."""

    def __init__(self, *words, settings=None, kind="xterm-256color"):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.written = b""
        self._lock = threading.Lock()
        self.descriptor, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.mode_before = termios.tcgetattr(other)
        self._other = other
        environment = clean_environment({**(settings or {}), "TERM": kind})
        self.process = subprocess.Popen(
            [str(part) for part in (BIN / "chatctl", *words)], env=environment, stdin=other, stdout=other,
            stderr=other, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while True:
            try:
                chunk = os.read(self.descriptor, 65536)
            except OSError:
                return
            if not chunk:
                return
            with self._lock:
                self.written += chunk
                self.stream.feed(chunk)

    @property
    def rows(self):
        with self._lock:
            return [row.rstrip() for row in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.rows)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def enter(self, text):
        """Writes a line and sends it."""
        self.type(text + "\r")

    def sees(self, *texts, seconds=20):
        """Waits until all of it is on the screen."""
        def shows():
            seen = self.text
            assert all(text in seen for text in texts), f"no {texts} in:\n{seen}"
            return True

        wait_until(shows, f"the terminal shows {texts}", seconds)
        return self

    def sees_no(self, text, seconds=20):
        wait_until(lambda: text not in self.text, f"the terminal shows no {text!r}", seconds)
        return self

    def resize(self, columns, rows):
        with self._lock:
            self.screen.resize(rows, columns)
        fcntl.ioctl(self._other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def is_stopped(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "T"

    def gives_the_screen_back(self):
        wait_until(lambda: self.written.rstrip().endswith(b"\x1b[?1049l"), "the screen is given back", 5)

    @property
    def mode(self):
        return termios.tcgetattr(self._other)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait(self, seconds=15):
        """The exit code."""
        return self.process.wait(seconds)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._other)
        os.close(self.descriptor)
