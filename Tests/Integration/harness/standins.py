"""Commands that a script finds on its PATH instead of the real ones: each call is answered by the test."""

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

# What scripts use of the system. Everything else is hidden from them, whatever this machine has.
SYSTEM_COMMANDS = (
    "awk", "basename", "bash", "cat", "cmp", "comm", "curl", "cut", "date", "dirname", "env", "git", "grep",
    "head", "mktemp", "mv", "rm", "sed", "seq", "sleep", "sort", "touch", "tr", "uniq", "wc", "xargs")

# Tells its arguments to the test, does as it is told. A command that waits ends with a signal.
_COMMAND = """#!{python}
import json, os, signal, socket, sys
with socket.create_connection(("127.0.0.1", {port})) as connection:
    connection.sendall(json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:]]).encode() + b"\\n")
    reply = json.loads(connection.makefile("rb").readline())
sys.stderr.write(reply["err"])
sys.stdout.write(reply["out"])
sys.stdout.flush()
while reply["waits"]:
    signal.pause()
sys.exit(reply["code"])
"""


class Reply:
    def __init__(self, code=0, out="", err="", waits=False):
        self.fields = {"code": code, "out": out, "err": err, "waits": waits}


class Standins:
    """`answers` maps a command's name to a function of its arguments that returns a Reply (None: success)."""

    def __init__(self, directory, answers):
        self.calls = []
        self.answers = answers
        self._bin = directory / "bin"
        self._bin.mkdir(parents=True)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.standins = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        for name in SYSTEM_COMMANDS:
            (self._bin / name).symlink_to(shutil.which(name))
        for name in answers:
            self._install(name)

    def called(self, name):
        """The arguments of every call of a command, in order."""
        return [arguments for called, arguments in self.calls if called == name]

    def run(self, script, *arguments, environment=None, seconds=120):
        """Runs a script that finds nothing else; returns (exit code, stdout, stderr)."""
        home = {"PATH": str(self._bin), "HOME": str(self._bin), "TMPDIR": str(self._bin)}
        done = subprocess.run(
            [str(script), *arguments], env={**home, **(environment or {})}, timeout=seconds,
            stdin=subprocess.DEVNULL, capture_output=True)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def left_running(self):
        """The command lines of stand-ins that outlived the scripts that started them."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # It has ended meanwhile.
            if any(word.startswith(f"{self._bin}/") for word in words):
                found.append(" ".join(words))
        return found

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, name, arguments):
        self.calls.append((name, arguments))
        return (self.answers[name](arguments) or Reply()).fields

    def _install(self, name):
        path = self._bin / name
        path.write_text(_COMMAND.format(python=sys.executable, port=self._server.server_address[1]))
        os.chmod(path, 0o755)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        name, arguments = json.loads(self.rfile.readline())
        try:
            reply = self.server.standins.answer(name, arguments)
        except Exception as error:
            reply = Reply(code=99, err=f"the stand-in of {name} failed: {error!r}\n").fields
        self.wfile.write(json.dumps(reply).encode() + b"\n")
