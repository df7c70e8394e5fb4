"""`chatctl up`: a whole cluster from one command, and the five commands it invites to try."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness.client import Client
from harness.process import BIN, ChildProcess, clean_environment, run_to_end
from harness.waiting import wait_until


class Up(ChildProcess):
    """`chatctl up` in a directory of its own."""

    def __init__(self, directory, *options, **settings):
        super().__init__("chatctl up", [BIN / "chatctl", "up", *options], settings, cwd=directory)

    def start(self):
        self.spawn()
        wait_until(lambda: self._settled(), "everything is ready and said so", 60)
        return self

    @property
    def ports(self):
        return [int(port) for port in dict.fromkeys(re.findall(r"http://127\.0\.0\.1:(\d+)", self.text))]

    @property
    def redis_port(self):
        return int(re.search(r"redis-cli -p (\d+)", self.text).group(1))

    def _settled(self):
        assert self.is_running or not self.text, self.last_output()
        states = [self.state(port) for port in self.ports]
        return len(states) >= 4 and "redis-cli" in self.text

    @staticmethod
    def state(port):
        with Client(port) as client:
            assert client.get("/readyz").status == 200
            return client.get("/state").json

    def ports_of(self, service):
        return [port for port in self.ports if self.state(port)["service"] == service]


def listener(port):
    """The id of the process that listens on a port."""
    out = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], stdout=subprocess.PIPE, check=True).stdout
    found = re.search(rb"pid=(\d+)", out)
    return int(found.group(1)) if found else None


@contextmanager
def answering_401(asked):
    """A service that wants another token; notes which ones it was asked with."""
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.headers["authorization"])
            self.send_error(401)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def up(processes, tmp_path):
    started = processes.add(Up(tmp_path)).start()
    # Its children die with it, also when the test fails.
    processes.on_stop(lambda: started.is_running and started.terminate())
    return started


def shell(command):
    done = subprocess.run(
        command, shell=True, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=60)
    return done.returncode, done.stdout.decode()


def test_the_five_commands_work(up):
    log = up.ports_of("replication-log")[0]
    pods = up.ports_of("chat-server")
    assert len(pods) == 3
    code, out = shell(f'redis-cli -p {up.redis_port} PUBLISH default-channel "Hello everyone!"')
    assert code == 0 and int(out) >= 1
    for port in pods:
        wait_until(
            lambda: "Hello everyone!" in shell(f"curl -s http://127.0.0.1:{port}/messages")[1],
            f"the pod on {port} shows the message")
    _, out = shell(f"curl -s http://127.0.0.1:{log}/messages/default-channel")
    assert "Hello everyone!" in out
    code, out = shell(
        f"curl -s -X POST http://127.0.0.1:{pods[0]}/messages/default-channel "
        """-d '{"message_text":"Hello over HTTP!"}'""")
    assert code == 0 and '"offset":2' in out
    victim = listener(pods[1])
    shell(f"kill -9 {victim}")
    wait_until(lambda: listener(pods[1]) not in (victim, None), "the killed pod is started again", 30)
    wait_until(
        lambda: shell(f"curl -s http://127.0.0.1:{pods[1]}/messages")[1].count("message_text") == 2,
        "the messages are there again", 30)


def test_the_printed_commands_work_as_they_stand_from_the_first_moment_on(processes, tmp_path):
    # Given a Redis that takes its time to start
    slow = tmp_path / "bin" / "redis-server"
    slow.parent.mkdir()
    slow.write_text(f'#!/bin/sh\nsleep 1\nexec {shutil.which("redis-server")} "$@"\n')
    slow.chmod(0o755)
    # When nothing is waited for but the sentence that everything is ready
    up = processes.add(Up(tmp_path, PATH=f"{slow.parent}:{os.environ['PATH']}")).spawn()
    processes.on_stop(lambda: up.is_running and up.terminate())
    wait_until(lambda: "Ctrl-C stops everything" in up.text, "the commands are shown", 60)
    commands = re.search(r"Five commands[^\n]*\n((?:  .*\n)+)", up.text).group(1).splitlines()
    assert len(commands) == 5
    answers = [shell(command) for command in commands]
    assert all(code == 0 for code, _ in answers)
    assert answers[0][1] == "1\n", "the log hears what redis-cli publishes"
    assert "Hello over HTTP!" in answers[4][1] and "Hello everyone!" in answers[4][1]
    assert " warn " not in up.text.split("Everything is ready")[0], "a first start is quiet"


def test_a_port_that_is_taken_is_replaced_and_named(processes, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        up = processes.add(Up(tmp_path, "--servers", 1, "--port", port)).spawn()
        processes.on_stop(lambda: up.is_running and up.terminate())
        wait_until(lambda: "Ctrl-C stops everything" in up.text, "it is said that everything is ready", 60)
        said = re.search(rf"\(port {port} is taken, so chat-server-1 has (\d+)\)", up.text)
        assert Up.state(int(said.group(1)))["replica_id"] == "chat-server-1"


def test_a_second_cluster_in_the_same_directory_ends_and_says_why(up, tmp_path):
    code, out, error = run_to_end([BIN / "chatctl", "up"], cwd=tmp_path, seconds=20)
    assert code == 1
    assert "in use by process" in out and "replication-log cannot start" in error
    assert "starting it again" not in out


def test_a_setting_that_a_service_refuses_ends_it(tmp_path):
    code, out, error = run_to_end(
        [BIN / "chatctl", "up"], settings={"LOG_LEVEL": "loud"}, cwd=tmp_path, seconds=20)
    assert code == 1
    assert "LOG_LEVEL" in out and "refuses its settings" in error


def test_the_services_lines_have_a_prefix_each(up):
    wait_until(lambda: len(set(re.findall(r"^\s*(\S*chat-server\S*|\S*pod\S*)\s", up.text, re.M))) >= 3,
               "three prefixes")


def test_ctrl_c_stops_everything(up):
    ports = [*up.ports, up.redis_port]
    assert all(listener(port) for port in ports)
    up.signal(signal.SIGINT)
    up.wait_for_exit(20)
    wait_until(lambda: not any(listener(port) for port in ports), "nobody listens any more")


def test_the_other_subcommands_talk_to_it(up):
    pod = up.ports_of("chat-server")[0]
    url = f"http://127.0.0.1:{pod}"
    code, out, error = run_to_end([BIN / "chatctl", "send", "general", "from chatctl", "--url", url])
    assert code == 0, out + error
    code, out, error = run_to_end([BIN / "chatctl", "messages", "general", "--url", url])
    assert code == 0 and "from chatctl" in out, out + error
    urls = [f"http://127.0.0.1:{port}" for port in up.ports]
    code, out, error = run_to_end([BIN / "chatctl", "status", *urls])
    assert code == 0, out + error
    digests = set(re.findall(r"\b[0-9a-f]{16}\b", out))
    assert digests, out


# The last one leads here, too; but only who resolves it knows that.
@pytest.mark.parametrize("host, is_here", [("127.0.0.1", True), ("localhost", True), ("127.1", False)])
def test_the_secret_that_up_keeps_is_sent_to_this_machine_alone(tmp_path, host, is_here):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cluster-secret").write_text("0123456789abcdef\n")
    asked = []
    with answering_401(asked) as port:
        code, _, error = run_to_end(
            [BIN / "chatctl", "send", "general", "hello", "--url", f"http://{host}:{port}"], cwd=tmp_path)
    assert code == 1
    assert asked == ["Bearer 0123456789abcdef" if is_here else None]
    assert ("the secret of data/cluster-secret" in error) == is_here
