"""The services do what the chart says of them: run with its settings, probed as it probes, read by its
dashboard, tried by its test."""

import json
import re
import subprocess

import pytest
from harness.client import Client
from harness.cluster import Service
from harness.process import BIN, clean_environment
from harness.waiting import wait_until
from rendering.helm import CHART
from rendering.services import PASSWORD, ChartRedis, container_of, environment, start_service

WORKLOADS = {"chat-server": "chat-server-deployment", "replication-log": "replication-log"}
each_service = pytest.mark.parametrize("kind", WORKLOADS)


class Running:
    """Redis, the log and a pod, from the release of the default values."""

    def __init__(self, processes, release, directory):
        self.redis = processes.add(ChartRedis(release, directory)).start()
        url = f"redis://chat-cluster:{PASSWORD}@127.0.0.1:{self.redis.port}"
        log = start_service(
            processes, release, "replication-log", "replication-log", REDIS_URL=url,
            DATA_DIR=directory / "data")
        pod = start_service(
            processes, release, "chat-server", "chat-server-deployment", REDIS_URL=url,
            REPLICATION_LOG_URL=log.url, DRAIN_WINDOW="100ms")
        self.services = {"replication-log": log, "chat-server": pod}


@pytest.fixture(scope="module")
def running(processes, rendered, tmp_path_factory):
    return Running(processes, rendered("defaults"), tmp_path_factory.mktemp("running"))


def help_of(kind):
    done = subprocess.run(
        [BIN / kind, "--help"], env=clean_environment(), stdout=subprocess.PIPE, check=True, timeout=20)
    return done.stdout.decode()


@each_service
@pytest.mark.parametrize(
    "case", ["defaults", "everything", "without-redis", "external-redis", "identity-provider"])
def test_every_variable_is_a_setting(rendered, kind, case):
    known = set(re.findall(r"[A-Z][A-Z_]+", help_of(kind)))
    names = {one["name"] for one in container_of(rendered(case), WORKLOADS[kind])["env"]}
    # REDIS_PASSWORD becomes a part of REDIS_URL.
    assert names - {"REDIS_PASSWORD"} <= known


@each_service
def test_the_settings_are_taken_as_they_are(rendered, processes, tmp_path, kind):
    """Of the case in which every value differs from its default; a refused one would end the process."""
    local = {"REDIS_URL": "", "CLUSTER_SECRET": "0123456789abcdef", "DATA_DIR": tmp_path, "HOST": "127.0.0.1",
             "REPLICATION_LOG_URL": "http://127.0.0.1:9",
             "JWT_SECRET": "the provider's own secret, long enough"}
    variables = container_of(rendered("everything"), WORKLOADS[kind])["env"]
    settings = {one["name"]: one["value"] for one in variables if "value" in one}
    done = subprocess.Popen(
        [BIN / kind, "--port", "0"], env=clean_environment({**settings, **local}), stderr=subprocess.PIPE)
    line = b""
    try:
        for line in done.stderr:
            if b"listening" in line:
                break
    finally:
        done.kill()
        done.communicate()
    assert b"listening" in line, line


@each_service
def test_the_port_is_the_services_default(rendered, kind):
    found = re.search(r"PORT\b.*?(\d{4})", help_of(kind), re.S)
    port = container_of(rendered("defaults"), WORKLOADS[kind])["ports"][0]
    assert port == {"name": "http", "containerPort": int(found.group(1))}


@each_service
@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_what_is_answered(running, rendered, kind, probe):
    request = container_of(rendered("defaults"), WORKLOADS[kind])[probe]["httpGet"]
    assert request["port"] == "http"
    # A kubelet has no token.
    with Client(running.services[kind].port) as client:
        assert client.get(request["path"]).status == 200


def test_readiness_and_liveness_differ_while_the_log_is_away(processes, rendered):
    release = rendered("defaults")
    pod = start_service_unready(processes, release)
    probes = container_of(release, "chat-server-deployment")
    with Client(pod.port) as client:
        wait_until(lambda: client.get(probes["livenessProbe"]["httpGet"]["path"]).status == 200, "it lives")
        assert client.get(probes["readinessProbe"]["httpGet"]["path"]).status == 503


def start_service_unready(processes, release):
    settings = {**environment(release, "chat-server-deployment"), "REDIS_URL": "",
                "REPLICATION_LOG_URL": "http://127.0.0.1:9"}
    return processes.add(Service("chat-server", "without-log", settings)).spawn()


def test_a_strangers_publish_becomes_a_message(running):
    with running.redis.connect() as stranger:
        wait_until(lambda: stranger.command("PUBLISH", "default-channel", "Hello!"), "the log listens")
    for service in running.services.values():
        wait_until(
            lambda: [one["message_text"] for one in service.messages("default-channel")] == ["Hello!"],
            f"{service.name} shows it")


def test_lines_travel_over_redis(running):
    pod = running.services["chat-server"]
    wait_until(lambda: pod.state()["source"] == "redis", "the pod follows Redis")


def test_the_ingress_paths_are_answered_as_they_are(running, rendered):
    rules = rendered("defaults").get("Ingress", "chat-cluster-ingress")["spec"]["rules"]
    for path in rules[0]["http"]["paths"]:
        kind = path["backend"]["service"]["name"].removesuffix("-service")
        url = path["path"] + ("/messages" if path["path"] == "/chat-server" else "")
        with Client(running.services[kind].port) as client:
            assert client.get(url).status == 200, url


def test_helms_own_test_sends_and_reads(running, rendered):
    args = container_of(rendered("defaults"), "chat-cluster-test")["args"]
    pod = running.services["chat-server"]
    local = [pod.url if word == "http://chat-server-service:8000" else word for word in args]
    done = subprocess.run(
        [BIN / "chatctl", *local], env=clean_environment(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=30)
    assert done.returncode == 0, done.stdout
    assert b"sent and read at" in done.stdout
    assert pod.messages("helm-test")[-1]["author"] == "chatctl"


def test_helms_own_test_fails_where_nobody_answers(rendered):
    args = container_of(rendered("defaults"), "chat-cluster-test")["args"]
    done = subprocess.run(
        [BIN / "chatctl", *args[:-1], "http://127.0.0.1:9"], env=clean_environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    assert done.returncode == 1, done.stdout


def dashboard():
    return json.loads((CHART / "dashboards" / "chat-cluster.json").read_text(encoding="utf-8"))


def check_metrics(running, expressions):
    """Every metric is one of the service that its `job` names, or of any where there is none."""
    exist = {kind: {re.split(r"[{ ]", name)[0] for name in service.metrics()}
             for kind, service in running.services.items()}
    for expression in expressions:
        found = re.findall(r"\b((?:chat|process)_\w+)\{([^}]*)\}", expression)
        assert found, expression
        for name, labels in found:
            job = re.search(r'job="([^"]+)"', labels)
            kinds = [job.group(1)] if job else list(exist)
            assert any(name in exist[kind] for kind in kinds), expression


def test_the_dashboard_asks_for_metrics_that_exist(running):
    expressions = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    assert len(expressions) > 20
    check_metrics(running, expressions)


def test_the_alerts_ask_for_metrics_that_exist(running, rendered):
    groups = rendered("everything").get("PrometheusRule", "chat-cluster")["spec"]["groups"]
    check_metrics(running, [rule["expr"] for rule in groups[0]["rules"]])


def test_the_dashboards_panels_do_not_overlap():
    panels = dashboard()["panels"]
    cells = [(x, y) for panel in panels for place in [panel["gridPos"]]
             for x in range(place["x"], place["x"] + place["w"])
             for y in range(place["y"], place["y"] + place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
