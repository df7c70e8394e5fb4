"""What docs/kubernetes.md names is there: values, metrics, objects, settings."""

import re

import yaml
from rendering.helm import ROOT

TEXT = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "Sources").rglob("*.swift"))


def test_its_values_are_the_charts(default_values):
    groups = "|".join(sorted(default_values))
    paths = set(re.findall(rf"\b((?:{groups})\.[A-Za-z]+(?:\.[A-Za-z]+)*)\b(?!\.example)", TEXT))
    paths = {path for path in paths if not path.endswith((".md", ".yaml"))}
    assert len(paths) > 12
    for path in paths:
        value = default_values
        for name in path.split("."):
            assert name in value, path
            value = value[name]


def test_its_metrics_are_the_services():
    names = set(re.findall(r"\bchat_[a-z_]+\b", TEXT))
    assert len(names) > 5
    # Some of the pods' counters are registered by the middle of their names.
    for name in names:
        middle = name.removeprefix("chat_pod_").removesuffix("_total")
        assert f'"{name}"' in SOURCES or f'"{middle}"' in SOURCES, name


def test_its_objects_are_the_charts(rendered):
    release = rendered("defaults")
    known = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in release.objects}
    known |= {"pvc/data-replication-log-0", "pod/restore"}
    kinds = "deployment|service|statefulset|secret|ingress|pvc|pod"
    found = set(re.findall(rf"(?<![\w/-])((?:{kinds})/[a-z0-9-]+)", TEXT))
    assert len(found) > 8
    assert found <= known


def test_its_pod_fits_the_log(rendered):
    """The pod that restores has the log's user, volume and directory."""
    pod = yaml.safe_load(re.search(r"<<'EOF'\n(.*?)\nEOF", TEXT, re.S).group(1))
    log = dict(rendered("defaults").pod_templates)["replication-log"]["spec"]
    context = pod["spec"]["securityContext"]
    assert context.items() <= log["securityContext"].items()
    one = pod["spec"]["containers"][0]
    assert one["volumeMounts"] == log["containers"][0]["volumeMounts"]
    assert one["args"][-1] == one["volumeMounts"][0]["mountPath"]


def test_its_alerts_are_the_charts(rendered):
    groups = rendered("everything").get("PrometheusRule", "chat-cluster")["spec"]["groups"]
    alerts = {rule["alert"] for rule in groups[0]["rules"]}
    assert set(re.findall(r"\bChatCluster\w+", TEXT)) == alerts
