"""Tokens as the pods make them, and as an identity provider would."""

import base64
import hashlib
import hmac
import json
import time

from .people import SECRET

JWT_KEY = "a key that the identity provider shares"
# Of the pods that believe the provider.
PROVIDER = {"JWT_ALGORITHM": "HS256", "JWT_SECRET": JWT_KEY, "JWT_AUDIENCE": "chat"}


def make_token(name, generation, issued, lifetime, secret=SECRET):
    """See Sources/Crypto/Tokens/AccessTokens.swift."""
    key = _mac(_mac(b"", secret.encode()), b"chat-cluster access token 1\x01")
    said = b"\x01" + generation.to_bytes(8, "big") + issued.to_bytes(8, "big") + lifetime.to_bytes(4, "big")
    said += bytes([len(name)]) + name.encode() + b"\0"
    return base64.urlsafe_b64encode(said + _mac(key, said)).decode().rstrip("=")


def generation_of(token):
    """The offset of the account's line that a token is of."""
    return int.from_bytes(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[1:9], "big")


def jwt(key=JWT_KEY, algorithm="HS256", **claims):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    said = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part({'exp': int(time.time()) + 600, **claims})}"
    signature = base64.urlsafe_b64encode(_mac(key.encode(), said.encode())).decode().rstrip("=")
    return f"{said}.{signature}"


def _mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()
