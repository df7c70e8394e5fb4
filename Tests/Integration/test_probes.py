"""What a container asks of its process: `--health`, `--ready`, a secret in a file, signals to process 1."""

import os
import shutil
import signal
import subprocess

import pytest

from harness.cluster import ChatServer, ReplicationLog
from harness.process import BIN, ChildProcess, clean_environment, free_port, run_to_end
from harness.waiting import wait_until

SERVICES = ["replication-log", "chat-server"]
SECRET = "a secret of many bytes"


def probe(service, flag, **settings):
    """Runs the service's own executable with the service's own settings."""
    return run_to_end([*service.command, flag], settings={**service.settings, **settings}, seconds=10)


def test_a_service_that_answers_is_healthy_and_says_nothing(small_cluster):
    for service in small_cluster.services:
        assert probe(service, "--health") == (0, "", "")
        assert probe(service, "--ready") == (0, "", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1"])
def test_a_service_is_probed_where_it_listens(processes, tmp_path, host):
    log = processes.add(ReplicationLog(tmp_path / "data", "", settings={"HOST": host})).spawn()
    wait_until(lambda: probe(log, "--health")[0] == 0, "the log is healthy")


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("flag", ["--health", "--ready"])
def test_where_nobody_answers_the_probe_says_why_and_exits_with_1(service, flag):
    port = free_port()
    code, out, error = run_to_end([BIN / service, flag, "--port", port], seconds=10)
    assert code == 1 and not out
    assert str(port) in error and "refused" in error.lower() and error.count("\n") == 1


def test_a_service_that_is_stuck_fails_its_probe_in_time(small_cluster):
    log = small_cluster.log
    log.pause()
    code, _, error = probe(log, "--health")
    log.resume()
    assert code == 1 and "2" in error and "within" in error


def test_a_pod_without_its_log_is_healthy_and_not_ready(processes):
    pod = processes.add(ChatServer("pod", f"http://127.0.0.1:{free_port()}", "")).spawn()
    wait_until(lambda: probe(pod, "--health")[0] == 0, "the pod is healthy")
    # What it has to say changes when it has tried.
    wait_until(lambda: "cannot read from its log" in pod.get("/readyz").problem()["detail"], "it has tried")
    code, _, error = probe(pod, "--ready")
    assert code == 1 and "/readyz: " in error and pod.get("/readyz").problem()["detail"] in error


@pytest.mark.parametrize("service", SERVICES)
def test_a_probe_needs_settings_that_the_service_could_run_with(service):
    code, _, error = run_to_end([BIN / service, "--health"], settings={"PORT": "0"})
    assert code == 2 and "PORT" in error
    code, _, error = run_to_end([BIN / service, "--health"], settings={"LOG_LEVEL": "loud"})
    assert code == 2 and "LOG_LEVEL" in error


@pytest.mark.parametrize("service", SERVICES)
def test_help_describes_the_probes(service):
    _, out, _ = run_to_end([BIN / service, "--help"])
    assert "\n  --health\n" in out and "\n  --ready\n" in out


def test_a_secret_in_a_file_counts_when_there_is_none_in_the_environment(processes, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    log = processes.add(ReplicationLog(
        tmp_path / "data", "", settings={"CLUSTER_SECRET": "", "CLUSTER_SECRET_FILE": file})).start()
    assert log.get("/log").status == 401
    log.token = SECRET
    assert log.get("/log").status == 200


@pytest.mark.parametrize("text", [None, "short\n", "\n" + SECRET])
def test_a_secret_file_that_holds_none_is_refused_and_never_shown(tmp_path, text):
    file = tmp_path / "secret"
    if text is not None:
        file.write_text(text)
    code, _, error = run_to_end([BIN / "replication-log"], settings={"CLUSTER_SECRET_FILE": file})
    assert code == 2 and "CLUSTER_SECRET_FILE" in error and str(file) in error
    assert "short" not in error and SECRET not in error


# Of x86-64, and of all newer architectures.
OPENAT_NUMBERS = ("257", "56")


class FirstProcess(ChildProcess):
    """A service as process 1 of a process namespace of its own, as in a container."""

    def __init__(self, service, settings):
        command = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", BIN / service]
        super().__init__(f"{service} as process 1", command, settings)

    @property
    def inner_pid(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        assert children, "it has not been started yet"
        return int(children[0])

    def is_opening(self, path):
        """It waits for openat to return, as that of a pipe does until the other end is opened."""
        with open(f"/proc/{self.inner_pid}/syscall", encoding="ascii") as file:
            number, *arguments = file.read().split()
        if number not in OPENAT_NUMBERS:
            return False
        with open(f"/proc/{self.inner_pid}/mem", "rb", buffering=0) as memory:
            named = os.pread(memory.fileno(), 4096, int(arguments[1], 16))
        return named.partition(b"\0")[0] == os.fsencode(path)


@pytest.fixture
def namespaces():
    """Skips where this user may not make any."""
    unshare = ["unshare", "--map-root-user", "--pid", "--fork", "true"]
    if not shutil.which("unshare") or subprocess.run(unshare, capture_output=True).returncode:
        pytest.skip("process namespaces cannot be made here (unshare)")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("service", SERVICES)
def test_process_1_of_a_container_ends_when_it_is_told_to(processes, tmp_path, namespaces, service, number):
    settings = {"PORT": free_port(), "REDIS_URL": "", "DATA_DIR": tmp_path / "data", "DRAIN_WINDOW": "100ms"}
    process = processes.add(FirstProcess(service, settings)).spawn()
    wait_until(lambda: "listening" in process.text, "the service listens")
    os.kill(process.inner_pid, number)
    assert process.wait_for_exit(10) == 0
    assert "stopped" in process.text


def test_process_1_ends_also_while_it_recovers_the_log(processes, tmp_path, namespaces):
    # Given a log whose recovery waits for somebody to write into a pipe
    data = tmp_path / "data"
    processes.add(ReplicationLog(data, "")).start().terminate()
    epoch = data / "epoch"
    epoch.unlink()
    os.mkfifo(epoch)
    settings = {"PORT": free_port(), "REDIS_URL": "", "DATA_DIR": data}
    process = processes.add(FirstProcess("replication-log", settings)).spawn()
    wait_until(lambda: process.is_opening(epoch), "recovery opens the epoch")
    # When it is told to stop
    os.kill(process.inner_pid, signal.SIGTERM)
    # Then it does
    assert process.wait_for_exit(10) == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_with_nothing_but_its_environment(processes, tmp_path, service):
    """No home, no PATH, a working directory that cannot be written."""
    port = free_port()
    settings = {"PORT": str(port), "REDIS_URL": "", "DATA_DIR": str(tmp_path / "data"), "DRAIN_WINDOW": "0"}
    child = subprocess.Popen([BIN / service], env=settings, cwd="/proc", stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        health = [BIN / service, "--health"]
        wait_until(
            lambda: subprocess.run(health, env=clean_environment(settings), capture_output=True)
            .returncode == 0, "the service is healthy")
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
    finally:
        child.kill()
