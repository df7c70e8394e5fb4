"""People who talk: accounts, their tokens, and what they ask the services for."""

import itertools
from urllib.parse import quote

from .client import Client
from .streams import Events, Socket

SECRET = "a secret of the test"
# With the proxy trusted, each request may come from an address of its own: attempts are limited by address.
SETTINGS = {"CLUSTER_SECRET": SECRET, "TRUSTED_PROXIES": "127.0.0.1"}
PASSWORD = "correct horse battery"

_numbers = itertools.count(1)


def new_address():
    """The header of a client that no limit knows yet."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


class Person:
    """Somebody, with a token or without, on any pod."""

    def __init__(self, name=None, token=None):
        self.name = name
        self.token = token

    def ask(self, service, method, path, body=None, headers=None):
        with Client(service.port, token=self.token) as client:
            return client.request(method, path, body, headers)

    def does(self, service, method, path, body=None):
        """What must succeed; returns the answer's object."""
        answer = self.ask(service, method, path, body)
        assert answer.status in (200, 201), f"{self.name}: {method} {path}: {answer}"
        return answer.json

    def refused(self, service, method, path, body=None):
        """The status of what must not succeed; the body is a problem."""
        answer = self.ask(service, method, path, body)
        assert answer.status >= 400, f"{self.name}: {method} {path}: {answer}"
        answer.problem()
        return answer.status

    def says(self, pod, channel, text, **fields):
        """The message's offset."""
        path = f"/messages/{quote(channel, safe='@')}"
        sent = self.does(pod, "POST", path, {"message_text": text, **fields})
        return sent["offset"]

    def reads(self, pod, channel, query=""):
        return self.does(pod, "GET", f"/messages/{quote(channel, safe='@')}{query}")

    def conversation(self, pod, channel):
        """The person's own view of one conversation; None: it is not in their list."""
        found = [one for one in self.does(pod, "GET", "/conversations") if one["channel"] == channel]
        return found[0] if found else None

    def socket(self, pod, query="?channels=*,@me"):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return Socket(pod, query, additional_headers=headers)

    def events(self, pod, query="", **options):
        return Events(pod, query, token=self.token, **options)


NOBODY = Person("nobody")


def register(pod, name, password=PASSWORD):
    answer = NOBODY.ask(pod, "POST", "/accounts", {"name": name, "password": password}, new_address())
    assert answer.status == 201, answer
    return Person(answer.json["name"], answer.json["token"])


def sign_in(pod, name, password=PASSWORD):
    """The answer, whatever it is."""
    return NOBODY.ask(pod, "POST", "/sessions", {"name": name, "password": password}, new_address())


def signed_in(pod, name, password=PASSWORD):
    answer = sign_in(pod, name, password)
    assert answer.status == 200, answer
    return Person(answer.json["name"], answer.json["token"])
