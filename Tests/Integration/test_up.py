"""`chatctl up`: a whole cluster from one command, and the five commands it invites to try."""

import re
import signal
import subprocess

import pytest

from harness.client import Client
from harness.process import BIN, ChildProcess, clean_environment, run_to_end
from harness.waiting import wait_until


class Up(ChildProcess):
    """`chatctl up` in a directory of its own."""

    def __init__(self, directory, servers=3):
        super().__init__("chatctl up", [BIN / "chatctl", "up", "--servers", servers], cwd=directory)

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


def test_it_prints_commands_that_can_be_pasted(up):
    for wanted in ("PUBLISH default-channel", "curl", "/messages", "kill"):
        assert wanted in up.text


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
    environment = {"PORT": pod}
    del environment["PORT"]
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
