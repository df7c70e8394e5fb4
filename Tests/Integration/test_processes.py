"""Starting and stopping: settings, the data directory's lock, signals."""

import json
import re
import signal

import pytest

from harness.cluster import ReplicationLog
from harness.process import BIN, run_to_end
from harness.waiting import holds_for, wait_until

SERVICES = ["replication-log", "chat-server"]


@pytest.mark.parametrize("service", SERVICES)
def test_help_lists_every_setting_and_version_is_one_line(service):
    code, out, error = run_to_end([BIN / service, "--help"])
    assert code == 0 and not error
    for name in ("HOST", "PORT", "REDIS_URL", "CLUSTER_SECRET", "DRAIN_WINDOW"):
        assert name in out and "--" + name.lower().replace("_", "-") in out
    code, out, _ = run_to_end([BIN / service, "--version"])
    assert code == 0 and out.startswith(service) and out.count("\n") == 1


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("name, value", [
    ("PORT", "70000"), ("REDIS_URL", "redis://u:hunter2@"), ("CLUSTER_SECRET", "short"),
    ("LOG_LEVEL", "loud")])
def test_a_bad_value_names_the_setting_and_exits_with_2(service, name, value):
    code, out, error = run_to_end([BIN / service], settings={name: value})
    assert code == 2
    assert name in error and error.count("\n") == 1 and not out
    assert "hunter2" not in error


@pytest.mark.parametrize("service", SERVICES)
def test_a_host_that_does_not_resolve_is_a_bad_setting(service, tmp_path):
    settings = {"HOST": "nowhere.invalid", "PORT": 0, "REDIS_URL": ""}
    if service == "replication-log":
        settings["DATA_DIR"] = tmp_path / "data"
    code, _, error = run_to_end([BIN / service], settings=settings)
    assert code == 2
    assert "HOST" in error and "nowhere.invalid" in error


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_flag_exits_with_2_and_names_the_nearest(service):
    code, _, error = run_to_end([BIN / service, "--prot", "1"])
    assert code == 2 and "--port" in error


def test_port_0_takes_a_free_one_and_says_which(processes, tmp_path):
    log = processes.add(ReplicationLog(tmp_path / "data", "", settings={"PORT": 0})).spawn()
    found = wait_until(lambda: re.search(r"listening\b.*\bport=(\d+)", log.text), "the log says its port")
    log.port = int(found.group(1))
    assert log.port != 0
    log.wait_until_ready()


def test_a_taken_port_is_a_clear_error(processes, tmp_path):
    first = processes.add(ReplicationLog(tmp_path / "first", "")).start()
    second = processes.add(ReplicationLog(tmp_path / "second", "", settings={"PORT": first.port})).spawn()
    assert second.wait_for_exit() not in (0, None)
    second.wait_until_says(str(first.port), "in use")


def test_one_connection_too_many_for_the_descriptors_is_told_so(processes, tmp_path):
    log = processes.add(ReplicationLog(tmp_path / "data", "", descriptors=(64, 600))).start()
    assert log.metrics()["process_max_fds"] == 600, "the soft limit is raised to the hard one"
    log.wait_until_alone()
    # 256 are kept for what is no client's connection
    connections = [log.raw() for _ in range(600 - 256)]
    with log.raw() as surplus:
        answer = surplus.answer()
        assert answer.status == 503 and answer.headers["connection"] == "close"
        assert "344 connections" in answer.problem()["detail"]
    connections[0].send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert connections[0].answer().status == 200
    for connection in connections:
        connection.close()


def test_a_second_process_on_a_data_directory_is_refused(processes, tmp_path):
    first = processes.add(ReplicationLog(tmp_path / "data", "", name="first")).start()
    first.send("mine")
    second = processes.add(ReplicationLog(tmp_path / "data", "", name="second")).spawn()
    assert second.wait_for_exit() not in (0, None)
    assert str(tmp_path / "data") in second.text and str(first.pid) in second.text
    first.send("still mine")
    first.kill()
    third = processes.add(ReplicationLog(tmp_path / "data", "", name="third")).start()
    assert [line.text for line in third.lines()] == ["mine", "still mine"]


def test_a_data_directory_that_cannot_be_made_is_a_clear_error(processes, tmp_path):
    (tmp_path / "file").write_text("")
    log = processes.add(ReplicationLog(tmp_path / "file" / "data", "")).spawn()
    assert log.wait_for_exit() not in (0, None)
    assert str(tmp_path / "file") in log.text


def test_the_log_stops_promptly_at_sigterm_and_keeps_everything(small_cluster):
    for number in range(20):
        small_cluster.log.send(str(number))
    assert small_cluster.log.terminate(seconds=5) == 0
    small_cluster.log.start()
    assert [line.text for line in small_cluster.log.lines()] == [str(number) for number in range(20)]


def test_sigint_stops_a_service_too(small_cluster):
    for service in reversed(small_cluster.services):
        service.signal(signal.SIGINT)
        assert service.wait_for_exit(10) == 0


def test_a_draining_pod_turns_not_ready_goes_on_accepting_and_ends(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"DRAIN_WINDOW": "3s"}).start()
    pod = cluster.pods[0]
    idle = pod.client()
    assert idle.get("/healthz").status == 200
    pod.signal(signal.SIGTERM)
    wait_until(lambda: pod.get("/readyz").status == 503, "the pod is not ready", 2)
    answer = pod.post("/messages/general", {"message_text": "accepted while draining"})
    assert answer.status == 201
    assert answer.headers["connection"].lower() == "close"
    assert pod.wait_for_exit(10) == 0
    assert [line.text for line in cluster.log.lines()] == ["accepted while draining"]


def test_a_draining_pod_serves_whoever_has_connected_or_begun_a_request(new_cluster):
    pod = new_cluster(pod_count=1, pod_settings={"DRAIN_WINDOW": "4s"}).start().pods[0]
    silent, begun = [pod.raw() for _ in range(5)], [pod.raw() for _ in range(5)]
    for connection in begun:
        connection.send(b"GET /state HTTP/1.1\r\nHo")
    # While it drains, with some of its steps taken, requests come in on what is open
    pod.signal(signal.SIGTERM)
    wait_until(lambda: pod.get("/readyz").status == 503, "the pod drains", 2)
    holds_for(lambda: pod.is_running, "the pod still drains", 0.4)
    for connection in silent:
        connection.send(b"GET /state HTTP/1.1\r\nHost: a\r\n\r\n")
    for connection in begun:
        connection.send(b"st: a\r\n\r\n")
    for connection in silent + begun:
        answer = connection.answer()
        assert answer.status == 200 and answer.headers["connection"] == "close"
        connection.close()
    assert pod.wait_for_exit(10) == 0


def test_a_draining_pod_does_not_wait_for_those_who_only_connect(new_cluster):
    pod = new_cluster(pod_count=1, pod_settings={"DRAIN_WINDOW": "200ms"}).start().pods[0]
    silent = pod.raw()
    pod.signal(signal.SIGTERM)
    assert silent.receive_to_end() == b""
    assert pod.wait_for_exit(5) == 0
    silent.close()


def test_output_is_json_when_asked_for(new_cluster):
    cluster = new_cluster(pod_count=1, settings={"LOG_FORMAT": "json"}).start()
    for service in cluster.services:
        service.wait_until_says("listening")
        lines = [json.loads(line) for line in service.text.splitlines()]
        assert any("listening" in line["message"] and line["port"] == service.port for line in lines)
        assert all(line["service"] and line["level"] and line["time"] for line in lines)
