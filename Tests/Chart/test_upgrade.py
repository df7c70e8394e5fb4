"""What an upgrade keeps, what it changes, and where images come from."""

import base64

import pytest
from rendering.helm import Helm, clean_copy


def secret(cluster):
    data = cluster.objects("secrets")["chat-cluster-secret"]["data"]
    return {name: base64.b64decode(value).decode() for name, value in data.items()}


def image(release):
    template = dict(release.pod_templates)["chat-server-deployment"]
    return template["spec"]["containers"][0]["image"]


def test_the_secrets_are_random_and_fit_where_they_go(new_helm):
    first, second = new_helm(), new_helm()
    for helm in (first, second):
        helm.install()
    found = [*secret(first.cluster).values(), *secret(second.cluster).values()]
    assert len(set(found)) == 4
    assert all(len(text) == 40 and text.isascii() and text.isalnum() for text in found)


def test_an_upgrade_keeps_the_secrets(helm):
    helm.install()
    before = secret(helm.cluster)
    upgraded = helm.upgrade({"chatServer": {"replicas": 5}})
    assert upgraded.revision == 2
    assert secret(helm.cluster) == before
    rendered = upgraded.get("Secret", "chat-cluster-secret")
    assert rendered["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    data = {name: base64.b64decode(value).decode() for name, value in rendered["data"].items()}
    assert data == before


def test_a_key_that_is_missing_is_added_and_the_other_one_kept(helm):
    helm.install()
    with helm.cluster.state.lock:
        path = next(path for path in helm.cluster.state.objects if path.endswith("chat-cluster-secret"))
        del helm.cluster.state.objects[path]["data"]["redis-password"]
    before = secret(helm.cluster)
    helm.upgrade()
    after = secret(helm.cluster)
    assert after["cluster-secret"] == before["cluster-secret"] and len(after["redis-password"]) == 40


def test_a_secret_of_ones_own_is_used_and_none_is_made(helm):
    release = helm.install({"secret": {"existingSecret": "ours"}})
    assert release.names("Secret") == []
    for name, template in release.pod_templates:
        for variable in template["spec"]["containers"][0].get("env", []):
            if variable["name"] in ("CLUSTER_SECRET", "REDIS_PASSWORD"):
                assert variable["valueFrom"]["secretKeyRef"]["name"] == "ours", name


def test_redis_is_restarted_when_its_rules_change_and_only_then(helm):
    def checksum(release):
        template = dict(release.pod_templates)["message-broker-deployment"]
        return template["metadata"]["annotations"]["checksum/config"]

    first = checksum(helm.install())
    assert checksum(helm.upgrade({"chatServer": {"replicas": 5}})) == first
    assert checksum(helm.upgrade({"redis": {"ingest": {"enabled": False}}})) != first


def test_selectors_and_claims_stay_when_everything_else_changes(helm):
    def immutable(release):
        log = release.get("StatefulSet", "replication-log")["spec"]
        return [log["selector"], log["serviceName"], log["volumeClaimTemplates"],
                release.get("Deployment", "chat-server-deployment")["spec"]["selector"]]

    first = immutable(helm.install())
    values = {"image": {"tag": "2.0.0"}, "clusterName": "other", "redis": {"mode": "none"}}
    assert immutable(helm.upgrade(values)) == first


@pytest.fixture
def published(tmp_path):
    """A checkout from which images were published."""
    chart = clean_copy(tmp_path)
    text = "image:\n  registry: mycluster-registry:8050\n  tag: 0a1b2c3-20261120\n"
    (chart / "published-images.yaml").write_text(text, encoding="utf-8")
    helm = Helm(chart)
    yield helm
    helm.close()


def test_published_images_are_taken_without_being_asked_for(published):
    assert image(published.install()) == "mycluster-registry:8050/chat-server:0a1b2c3-20261120"


def test_values_win_over_published_images(published):
    release = published.install({"image": {"registry": "example.com", "tag": "1.0.0"}})
    assert image(release) == "example.com/chat-server:1.0.0"
