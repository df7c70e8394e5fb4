"""Keys and counters as a client uses them."""

import json
from urllib.parse import quote

from .client import Client


class Keys:
    """Those of one pod, over one connection; statuses are values."""

    def __init__(self, pod, token=None):
        self.client = Client(pod.port, token=token or pod.token)

    def ask(self, method, path, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, path, body, named)

    def put(self, key, value, **headers):
        return self.ask("PUT", path_of(key), json.dumps(value).encode(), **headers)

    def get(self, key, query=""):
        return self.ask("GET", path_of(key) + query)

    def delete(self, key, **headers):
        return self.ask("DELETE", path_of(key), **headers)

    def value(self, key, query=""):
        answer = self.get(key, query)
        assert answer.status == 200, answer
        return answer.json

    def add(self, name, amount, **fields):
        return self.ask("POST", "/counters/" + quote(name, safe=""), {"add": amount, **fields})

    def counter(self, name, query=""):
        answer = self.ask("GET", "/counters/" + quote(name, safe="") + query)
        assert answer.status == 200, answer
        return answer.json

    def page(self, query=""):
        answer = self.ask("GET", "/kv" + query)
        assert answer.status == 200, answer
        return answer

    def all(self, query=""):
        """Every key with what the list says of it, page by page as the links lead."""
        found, answer = [], self.page(query)
        while True:
            found += answer.json
            link = answer.headers.get("link")
            if link is None:
                return {item["key"]: item for item in found}
            target, relation = link.split(">; ")
            assert relation == 'rel="next"' and target.startswith("<?"), link
            answer = self.page(target[1:])


def path_of(key):
    return "/kv/" + quote(key, safe="")


def position(answer):
    """Of a write: what a read that must not be behind it asks for."""
    return f"?at_least={answer.json['epoch']}:{answer.json['offset']}"
