"""Who may come, and how often: what the values say is what the chat-server is told, and nothing else."""

import pytest
from rendering.services import container_of

SETTINGS = {
    "AUTH", "TOKEN_LIFETIME", "JWT_ALGORITHM", "JWT_SECRET", "JWT_PUBLIC_KEYS_FILE", "JWT_ISSUER",
    "JWT_AUDIENCE", "JWT_NAME_CLAIM", "CONNECTIONS_MAX", "CONNECTIONS_PER_ADDRESS_MAX",
    "MESSAGES_PER_SECOND", "TRUSTED_PROXIES"}


def told(release):
    variables = container_of(release, "chat-server-deployment")["env"]
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in variables
            if one["name"] in SETTINGS}


def test_what_is_not_set_is_left_to_the_service(rendered):
    release = rendered("defaults")
    assert told(release) == {}
    assert "volumes" not in dict(release.pod_templates)["chat-server-deployment"]["spec"]


def test_what_is_set_is_told(rendered):
    assert told(rendered("everything")) == {
        "AUTH": "required", "TOKEN_LIFETIME": "12h", "JWT_ALGORITHM": "HS256",
        "JWT_SECRET": {"secretKeyRef": {"name": "our-provider", "key": "shared"}},
        "JWT_ISSUER": "https://login.example.com", "JWT_AUDIENCE": "chat", "JWT_NAME_CLAIM": "nickname",
        "CONNECTIONS_MAX": "1000000", "CONNECTIONS_PER_ADDRESS_MAX": "0", "MESSAGES_PER_SECOND": "25",
        "TRUSTED_PROXIES": "10.42.0.0/16,fd00::/8"}


def test_public_keys_are_a_file_of_a_config_map(rendered):
    release = rendered("identity-provider")
    path = told(release)["JWT_PUBLIC_KEYS_FILE"]
    mount = container_of(release, "chat-server-deployment")["volumeMounts"][0]
    volume = dict(release.pod_templates)["chat-server-deployment"]["spec"]["volumes"][0]
    assert mount["name"] == volume["name"] and mount["readOnly"] is True
    assert volume["configMap"] == {"name": "our-keys"}
    assert path == f"{mount['mountPath']}/public-keys.pem"


@pytest.mark.parametrize("case, expected", [
    ("k3d", {}),
    ("everything", {"proxy-body-size": "8m", "proxy-buffering": "off", "proxy-read-timeout": "7200",
                    "proxy-send-timeout": "3600"})])
def test_the_ingress_lets_streams_through(rendered, case, expected):
    """traefik does by itself; nginx is told, and the values go before."""
    annotations = rendered(case).get("Ingress", "chat-cluster-ingress")["metadata"].get("annotations", {})
    assert annotations == {f"nginx.ingress.kubernetes.io/{name}": value for name, value in expected.items()}
