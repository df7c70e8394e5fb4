"""The schema refuses what is misspelt or wrong, before anything is installed."""

import json

import pytest
from rendering.helm import CHART, Refused

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

REFUSED = [
    ({"chatServers": {}}, "chatServers"),
    ({"chatServer": {"replica": 3}}, "replica"),
    ({"chatServer": {"replicas": 0}}, "replicas"),
    ({"chatServer": {"replicas": "3"}}, "replicas"),
    ({"chatServer": {"historyBytes": "256Mi"}}, "historyBytes"),
    ({"chatServer": {"historyBytes": "-1"}}, "historyBytes"),
    ({"chatServer": {"historyBytes": "0"}}, "requests.memory"),
    ({"chatServer": {"historyBytes": 0, "resources": {"limits": {"memory": "9Gi"}}}}, "requests.memory"),
    ({"chatServer": {"drainSeconds": 3601}}, "drainSeconds"),
    ({"chatServer": {"extraEnv": {"HOST": "::"}}}, "extraEnv"),
    ({"chatServer": {"extraEnv": [{"name": "1X"}]}}, "extraEnv"),
    ({"chatServer": {"resources": {"limit": {}}}}, "limit"),
    ({"chatServer": {"resources": {"limits": {"memory": "1 GB"}}}}, "memory"),
    ({"chatServer": {"accounts": {"authentication": "closed"}}}, "authentication"),
    ({"chatServer": {"accounts": {"tokenLifetime": "a week"}}}, "tokenLifetime"),
    ({"chatServer": {"accounts": {"identityProvider": {"algorithm": "none"}}}}, "algorithm"),
    ({"chatServer": {"accounts": {"identityProvider": {"secret": "no secrets in values"}}}}, "secret"),
    ({"chatServer": {"accounts": {"identityProvider": {"issuer": "a"}}}}, "algorithm is empty"),
    ({"chatServer": {"accounts": {"identityProvider": {"algorithm": "HS256"}}}}, "existingSecret"),
    ({"chatServer": {"accounts": {"identityProvider": {"algorithm": "RS256"}}}}, "publicKeysConfigMap"),
    ({"chatServer": {"accounts": {"identityProvider": {
        "algorithm": "RS256", "publicKeysConfigMap": "a", "existingSecret": "b"}}}}, "not for RS256"),
    ({"chatServer": {"accounts": {"identityProvider": {
        "algorithm": "HS256", "publicKeysConfigMap": "a", "existingSecret": "b"}}}}, "not for HS256"),
    ({"chatServer": {"admission": {"connectionsMax": 0}}}, "connectionsMax"),
    ({"chatServer": {"admission": {"connectionsPerAddressMax": "20"}}}, "connectionsPerAddressMax"),
    ({"chatServer": {"admission": {"messagesPerSecond": -1}}}, "messagesPerSecond"),
    ({"chatServer": {"admission": {"trustedProxies": ["traefik"]}}}, "trustedProxies"),
    ({"chatServer": {"autoscaling": {"enabled": "yes"}}}, "enabled"),
    ({"chatServer": {"podDisruptionBudget": {"maxUnavailable": "110%"}}}, "maxUnavailable"),
    ({"chatServer": {"service": {"type": "External"}}}, "type"),
    ({"chatServer": {"tolerations": {"key": "a"}}}, "tolerations"),
    ({"replicationLog": {"replicas": 2}}, "replicas"),
    ({"replicationLog": {"durability": "fsync"}}, "durability"),
    ({"replicationLog": {"persistence": {"size": "10GB"}}}, "size"),
    ({"replicationLog": {"persistence": {"accessMode": "ReadWriteMany"}}}, "accessMode"),
    ({"redis": {"enabled": False}}, "enabled"),
    ({"redis": {"mode": "cluster"}}, "mode"),
    ({"redis": {"mode": "external"}}, "redis.external.url"),
    ({"redis": {"mode": "external", "external": {"url": "rediss://a"}}}, "url"),
    ({"redis": {"ingest": {"enabled": "no"}}}, "enabled"),
    ({"ingress": {"class": "nginx"}}, "class"),
    ({"ingress": {"tlsSecret": "a"}}, "ingress.host"),
    ({"ingress": {"replicationLogPaths": ["messages"]}}, "replicationLogPaths"),
    ({"networkPolicy": {"ingressController": []}}, "ingressController"),
    ({"monitoring": {"serviceMonitor": {"interval": "often"}}}, "interval"),
    ({"image": {"pullSecrets": ["a"]}}, "pullSecrets"),
    ({"image": {"tag": "a:b"}}, "tag"),
    ({"log": {"level": "verbose"}}, "level"),
    ({"secret": {"clusterSecret": "no secrets in values"}}, "clusterSecret"),
    ({"allowedOrigins": ["chat.example.com"]}, "allowedOrigins"),
    ({"clusterName": "a b"}, "clusterName"),
    ({"tests": {"channel": "$reserved"}}, "channel"),
]


@pytest.mark.parametrize("values, named", REFUSED, ids=[json.dumps(values) for values, _ in REFUSED])
def test_a_wrong_value_is_refused_by_name(helm, values, named):
    with pytest.raises(Refused) as failure:
        helm.install(values)
    assert named in str(failure.value)
    assert helm.cluster.objects("deployments") == {}


def resolved(schema):
    if "$ref" in schema:
        return SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


def objects(schema, path=""):
    """(path, schema) of all objects with named properties."""
    schema = resolved(schema)
    if "properties" in schema:
        yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from objects(part, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield from objects(schema["items"], f"{path}[]")


def test_no_object_takes_unknown_names():
    found = list(objects(SCHEMA))
    assert len(found) > 20
    for path, schema in found:
        assert schema.get("additionalProperties") is False, path


def test_the_reference_names_every_value(default_values):
    """values.yaml and the schema have the same names, all the way down."""
    def compare(values, schema, path):
        schema = resolved(schema)
        if not isinstance(values, dict) or "properties" not in schema or values == {}:
            return
        wanted = set(schema["properties"]) - ({"global"} if path == "" else set())
        if path.endswith(".resources"):
            wanted = set(values)
        assert set(values) == wanted, path or "the top"
        for name, value in values.items():
            compare(value, schema["properties"][name], f"{path}.{name}")

    compare(default_values, SCHEMA, "")
