"""Requests to a documented operation, each with the status that it must have."""

from dataclasses import dataclass, field
from urllib.parse import quote

LOG, POD = "/replication-log", "/chat-server"


@dataclass(frozen=True)
class Case:
    """A request, in one of the worlds of the test, and the status it must have.

    What stands for something of the world, `{epoch}` or `{room}`, is replaced when it is asked.
    """

    service: str
    method: str
    path: str
    status: int
    channel: str = "tea"
    offset: str = "{message}"
    emoji: str = "👍"
    name: str = "alice"
    key: str = "color"
    query: str = ""
    body: object = None
    accept: str = ""
    secret: bool = True
    # Whose token is shown instead of the cluster's secret.
    token: str = ""
    world: str = "usual"
    headers: dict = field(default_factory=dict, hash=False)

    @property
    def template(self):
        return self.service + self.path

    @property
    def target(self):
        target = self.template
        for part in ("channel", "offset", "emoji", "name", "key"):
            target = target.replace("{%s}" % part, quote(getattr(self, part), safe="@{}"))
        return target + self.query

    def __str__(self):
        who = self.token or ("" if self.secret else "nobody")
        text = f"{self.method} {self.template}{self.query} {self.status} {self.world} {who}"
        return text.replace("/", "_")


def both(*args, **options):
    return [Case(service, *args, **options) for service in (LOG, POD)]
