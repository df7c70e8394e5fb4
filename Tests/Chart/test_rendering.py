"""What the chart renders: valid, complete, and as the golden files say."""

import os
import re
import tarfile
from pathlib import Path

import kubernetes_validate
import pytest
from conftest import CASES
from rendering.helm import CHART, ROOT

KUBERNETES = "1.32"
GOLDEN = Path(__file__).parent / "golden"
# What the tests cannot know beforehand.
RANDOM = re.compile(r"^(  (?:cluster-secret|redis-password): ).*$", re.M)

each_case = pytest.mark.parametrize("case", CASES)


def test_helm_finds_nothing_to_complain_about(helm):
    found = helm.lint()
    assert not found["Errors"]
    # 1: it would like an icon.
    assert [message for message in found["Messages"] or [] if message["Severity"] > 1] == []


def test_the_package_holds_the_whole_chart(helm, chart, tmp_path):
    with tarfile.open(helm.package(tmp_path)) as opened:
        names = {name.removeprefix("chat-cluster/") for name in opened.getnames()}
    assert names == {path.relative_to(chart).as_posix() for path in chart.rglob("*") if path.is_file()}


def test_the_second_path_is_the_same_chart():
    assert (ROOT / "k8s" / "helm" / "chat-cluster").resolve() == CHART


@each_case
def test_every_object_is_one_of_kubernetes(rendered, case):
    for value in rendered(case).objects:
        if value["apiVersion"] == "monitoring.coreos.com/v1":
            check_of_operator(value)
        else:
            kubernetes_validate.validate(value, KUBERNETES, strict=True)


def check_of_operator(value):
    """By the Prometheus operator's reference; Kubernetes itself has no schema of its kinds."""
    if value["kind"] == "PrometheusRule":
        for group in value["spec"]["groups"]:
            assert set(group) == {"name", "rules"}
            for rule in group["rules"]:
                assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
                assert rule["labels"]["severity"] in ("critical", "warning")
                assert rule["annotations"]["summary"]
        return
    assert value["kind"] == "ServiceMonitor"
    assert set(value["spec"]) <= {"jobLabel", "selector", "endpoints", "namespaceSelector"}
    assert set(value["spec"]["selector"]) <= {"matchLabels", "matchExpressions"}
    for endpoint in value["spec"]["endpoints"]:
        assert set(endpoint) <= {"port", "path", "interval", "scrapeTimeout", "scheme"}


@each_case
def test_it_renders_as_before(rendered, case):
    """UPDATE_GOLDEN=1 writes the files anew; read the difference before it is committed."""
    text = RANDOM.sub(r"\1RANDOM", rendered(case).text)
    path = GOLDEN / f"{case}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name} differs: UPDATE_GOLDEN=1 if that is right"


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


@each_case
def test_an_object_stands_once(rendered, case):
    names = [(value["kind"], value["metadata"]["name"]) for value in rendered(case).objects]
    assert len(names) == len(set(names))


def test_names_do_not_depend_on_the_release(helm):
    release = helm.install(release="something-else")
    services = ["chat-server-service", "message-broker-service", "replication-log-service"]
    assert release.names("Service") == services
    assert "chat-server-deployment" in release.names("Deployment")


def test_the_version_is_the_services_own(rendered):
    source = (ROOT / "Sources" / "Operations" / "Version.swift").read_text(encoding="utf-8")
    version = re.search(r'current = "([^"]+)"', source).group(1)
    deployment = rendered("defaults").get("Deployment", "chat-server-deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == f"chat-server:{version}"
    assert deployment["metadata"]["labels"]["app.kubernetes.io/version"] == version


def test_every_template_is_rendered_by_some_case(rendered, chart):
    texts = "".join(rendered(case).text for case in CASES)
    sources = set(re.findall(r"# Source: chat-cluster/(\S+)", texts)) | {"templates/tests/round-trip.yaml"}
    templates = {path.relative_to(chart).as_posix() for path in (chart / "templates").rglob("*.yaml")}
    assert templates == sources
