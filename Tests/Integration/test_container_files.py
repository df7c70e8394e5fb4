"""Dockerfile, compose.yaml and the front's configuration: sound by themselves, in step with each other."""

import getpass
import json
import re
import shutil
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml
from websockets.sync.client import connect

from harness.client import Client, RawConnection
from harness.process import BIN, ROOT, ChildProcess, free_port, run_to_end
from harness.waiting import wait_until

SERVICES = ["replication-log", "chat-server"]
CLUSTER_SECRET = "a secret of a cluster"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def stages():
    """The Dockerfile's lines by stage."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    found = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)[1:]
    return {name: (base, body) for base, name, body in zip(found[::3], found[1::3], found[2::3])}


def test_the_dockerfile_has_no_findings():
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not installed (PyPI has it for x86_64 only)")
    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()


def test_the_builder_gets_the_libraries_before_the_sources(stages):
    """So that a changed source does not install packages anew."""
    _, builder = stages["builder"]
    steps = [builder.index(step) for step in ("apt-get install", "COPY Package.swift", "COPY Sources",
                                              "swift build -c release --static-swift-stdlib", "strip ")]
    assert steps == sorted(steps)


def test_the_builder_has_the_packages_that_setup_installs_for_building(stages):
    setup = (ROOT / "scripts" / "setup").read_text()
    wanted = re.search(r"BUILD_PACKAGES=\(([^)]+)\)", setup).group(1).split()
    installed = re.search(r"apt-get install [^&]*", stages["builder"][1]).group(0).split()
    assert "libjs-chart.js" in wanted and set(wanted) <= set(installed)


@pytest.mark.parametrize("image", [*SERVICES, "chatctl"])
def test_an_image_has_one_executable_as_its_first_process(stages, image):
    base, body = stages[image]
    assert base == "runtime"
    assert re.findall(r"COPY --from=builder /out/(\S+) /usr/local/bin/", body) == [image]
    assert f'ENTRYPOINT ["{image}"]' in body
    assert f'org.opencontainers.image.title="{image}"' in body
    assert "USER 10001:10001" in stages["runtime"][1] and "STOPSIGNAL SIGTERM" in stages["runtime"][1]


@pytest.mark.parametrize("service", SERVICES)
def test_health_is_asked_of_the_executable_and_the_port_is_its_default(stages, service):
    _, body = stages[service]
    assert f'CMD ["{service}", "--health"]' in body
    _, out, _ = run_to_end([BIN / service, "--help"])
    port = re.search(r"PORT, --port  \(default: (\d+)\)", out).group(1)
    assert f"EXPOSE {port}" in body and "\n  --health\n" in out


def test_the_context_holds_what_the_builder_copies_and_little_else(stages):
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"COPY ((?:\w|\.)+) \S+$", stages["builder"][1], flags=re.MULTILINE)
    assert "*" in ignored and copied == ["Package.swift", "Sources", "web", "Tests"]
    assert all(f"!{name}" in ignored for name in copied)


def test_nothing_in_compose_stands_in_the_way_of_scaling(compose):
    server = compose["services"]["chat-server"]
    assert not {"ports", "container_name", "hostname", "deploy"} & set(server)
    published = {name for name, service in compose["services"].items() if "ports" in service}
    assert published == {"front"}


def test_every_service_of_compose_is_confined(compose):
    for name, service in compose["services"].items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert compose["services"]["secret"]["network_mode"] == "none"
    assert compose["networks"]["inside"]["internal"]


def test_compose_starts_what_is_needed_first_and_waits_until_it_is_healthy(compose):
    order = {name: service.get("depends_on", {}) for name, service in compose["services"].items()}
    assert order["replication-log"]["secret"]["condition"] == "service_completed_successfully"
    for name, needed in (("replication-log", "redis"), ("chat-server", "replication-log"),
                         ("front", "chat-server")):
        assert order[name][needed]["condition"] == "service_healthy"
        assert compose["services"][needed]["healthcheck"]["test"][0] == "CMD"
    assert compose["services"]["chat-server"]["healthcheck"]["test"][1:] == ["chat-server", "--ready"]


def test_composes_settings_are_ones_that_the_services_know(compose):
    for service in SERVICES:
        _, out, _ = run_to_end([BIN / service, "--help"])
        for name in compose["services"][service]["environment"]:
            assert f"\n  {name}, --" in out, f"{service} has no {name}"


def test_composes_servers_believe_the_front_about_addresses(compose):
    """They are reached through it alone, and it says its own view of the client, whatever the client says."""
    server = compose["services"]["chat-server"]
    assert "ports" not in server and server["networks"] == ["inside"]
    trusted = [ip_network(text) for text in server["environment"]["TRUSTED_PROXIES"].split(",")]
    # Of Docker's default pools, and of its IPv6 networks.
    for address in ("172.17.0.2", "172.31.255.254", "192.168.96.3", "10.0.1.2", "fd12::2"):
        assert any(ip_address(address) in network for network in trusted), address
    assert not any(ip_address("203.0.113.7") in network for network in trusted)
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in (ROOT / "deploy" / "nginx.conf").read_text()


def test_composes_secret_is_made_once(compose, tmp_path):
    # The script of the service, with its folder in another place and without the right to give files away
    [script] = compose["services"]["secret"]["command"]
    script = script.replace("/secret", str(tmp_path)).replace("chown 10001:10001", "true").replace("$$", "$")
    # When it runs at two starts
    secrets = []
    for _ in range(2):
        subprocess.run(["sh", "-euc", script], check=True)
        assert [path.name for path in tmp_path.iterdir()] == ["cluster-secret"]
        secrets.append((tmp_path / "cluster-secret").read_text())
    # Then the first one's secret stays, for its owner alone
    assert re.fullmatch("[0-9a-f]{64}", secrets[0]) and secrets[0] == secrets[1]
    assert (tmp_path / "cluster-secret").stat().st_mode & 0o777 == 0o400


@pytest.fixture(scope="module")
def front(new_shared_cluster, tmp_path_factory):
    """nginx with the configuration of compose.yaml, its names and port replaced by local ones."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin"):
        pytest.skip("nginx is not installed")
    cluster = new_shared_cluster(settings={"CLUSTER_SECRET": CLUSTER_SECRET})
    directory, port = tmp_path_factory.mktemp("front"), free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in (("http://$chat_server:8000", cluster.pods[0].url), ("/tmp/", f"{directory}/"),
                     ("http://$replication_log:8100", cluster.log.url), ("listen 8080", f"listen {port}")):
        assert old in text
        text = text.replace(old, new)
    (directory / "nginx.conf").write_text(text)
    nginx = cluster.processes.add(ChildProcess(
        "nginx", ["/usr/sbin/nginx", "-c", directory / "nginx.conf", "-g",
                  f"daemon off; user {getpass.getuser()};"])).spawn()
    client = Client(port, token=CLUSTER_SECRET)
    wait_until(lambda: client.get("/chat-server/readyz").status == 200, "nginx answers")
    yield client
    assert nginx.terminate() == 0


def test_the_front_lets_sockets_and_event_streams_through(front):
    url = f"ws://127.0.0.1:{front.port}/chat-server/ws"
    with RawConnection(front.port) as stream, connect(url) as socket:
        stream.send(b"GET /chat-server/events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert stream.receive_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert json.loads(socket.recv(10))["type"] == "hello"
        answer = front.post("/chat-server/messages/live", {"message_text": "at once"})
        assert answer.status == 201
        # One event alone, and nothing behind it that could push it out of a buffer.
        assert b'"message_text":"at once"' in stream.receive_until(b"at once\"")
        wait_until(lambda: "at once" in socket.recv(10), "the line comes")


def test_the_front_leads_to_the_servers_and_to_the_logs_public_part(front):
    answer = front.post("/chat-server/messages/tea", {"message_text": "hello"})
    assert answer.status == 201
    position = f"{answer.json['epoch']}:{answer.json['offset']}"
    for path in (f"/chat-server/messages/tea?at_least={position}", "/replication-log/messages/tea"):
        assert [message["message_text"] for message in front.get(path).json] == ["hello"]
    assert front.get("/replication-log/messages").status == 200
    assert front.get("/replication-log/state").json["service"] == "replication-log"
    assert front.get("/").headers["location"].startswith("/chat-server/")


def test_the_front_shows_the_telemetry_of_both_services(front):
    for service in ("chat-server", "replication-log"):
        assert b"<title>Telemetry</title>" in front.get(f"/{service}/telemetry").body
        assert front.get(f"/{service}/web/telemetry/app.js").status == 200
        with RawConnection(front.port) as stream:
            stream.send(f"GET /{service}/telemetry/events HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            stream.receive_until(b"event: sample")


def test_the_front_keeps_the_logs_other_paths_to_itself_even_with_the_secret(front):
    assert front.post("/replication-log/messages/tea", {"message_text": "no"}).status == 403
    for path in ("/replication-log/log", "/replication-log/append", "/replication-log/log/tail", "/messages",
                 "/replication-log/messages/../log", "/replication-log/metrics"):
        assert front.get(path).status in (400, 404), path


def test_the_front_passes_a_live_stream_on_as_it_comes(front):
    front.post("/chat-server/messages/live", {"message_text": "first"})
    with RawConnection(front.port) as tail:
        tail.send(b"GET /chat-server/log/tail?after=0 HTTP/1.1\r\nHost: a\r\n"
                  + f"Authorization: Bearer {CLUSTER_SECRET}\r\n\r\n".encode())
        tail.receive_until(b'"message_text":"first"')
        front.post("/chat-server/messages/live", {"message_text": "second"})
        tail.receive_until(b'"message_text":"second"')


def test_a_body_that_is_too_large_is_refused_by_the_service_in_its_own_words(front):
    answer = front.post("/chat-server/messages/tea", b" " * (600 << 10))
    assert answer.status == 413 and answer.problem()["detail"]
