"""The two services as processes, and a whole cluster of them."""

import http.client
import json
from urllib.parse import quote

from .client import Client, RawConnection
from .lines import parse_all
from .process import BIN, ChildProcess, EndedWhileStarting, free_port
from .redis import RedisServer
from .waiting import wait_until

SIGNALS_TOPIC = "chat-cluster:ephemeral"


class Service(ChildProcess):
    """One replication-log or chat-server; always on the same port."""

    def __init__(self, kind, name, settings, **options):
        self.port = free_port()
        self.token = settings.get("CLUSTER_SECRET")
        settings = {"HOST": "127.0.0.1", "PORT": self.port, "DRAIN_WINDOW": "300ms", **settings}
        super().__init__(name, [BIN / kind], settings, **options)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options):
        return Client(self.port, **{"token": self.token, **options})

    def raw(self, **options):
        return RawConnection(self.port, **options)

    def get(self, path, **headers):
        with self.client() as client:
            return client.get(path, **headers)

    def post(self, path, body, headers=None):
        with self.client() as client:
            return client.post(path, body, headers)

    def send(self, text, channel="default-channel", **fields):
        """Writes a message, which must succeed; returns the answer's object."""
        answer = self.post(f"/messages/{quote(channel, safe='')}", {"message_text": text, **fields})
        assert answer.status in (200, 201), answer
        return answer.json

    def state(self):
        answer = self.get("/state")
        assert answer.status == 200, answer
        return answer.json

    @property
    def is_ready(self):
        return self.get("/readyz").status == 200

    def wait_until_ready(self, seconds=60):
        def is_ready():
            if not self.is_running:
                self.wait_for_exit()
                raise EndedWhileStarting(self.last_output())
            return self.is_ready

        wait_until(is_ready, f"{self.name} is ready", seconds)
        return self

    def start(self):
        return self.spawn().wait_until_ready()

    def restart(self):
        """After a crash or a stop, with the same settings and data."""
        if self.is_running:
            self.kill()
        return self.start()

    def log_bytes(self, query=""):
        answer = self.get(f"/log{query}")
        assert answer.status == 200, answer
        return answer.body

    def lines(self, after=0):
        return parse_all(self.log_bytes(f"?after={after}"), after)

    def messages(self, channel=None, query=""):
        path = "/messages" if channel is None else f"/messages/{quote(channel, safe='')}"
        answer = self.get(path + query)
        assert answer.status == 200, answer
        return answer.json

    def metrics(self):
        """{'name{labels}': value}."""
        answer = self.get("/metrics")
        assert answer.status == 200, answer
        samples = [line.rsplit(" ", 1) for line in answer.body.decode().splitlines() if line[:1] not in "#"]
        return {name: float(value) for name, value in samples}

    def metric(self, part):
        """The sum of all samples whose name or labels contain `part`."""
        return sum(value for name, value in self.metrics().items() if part in name)

    def wait_until_alone(self):
        """Whoever has asked is noticed to be gone: no connection is open any more."""
        def is_alone():
            with self.raw() as last:
                last.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                # The service closes a connection whose other side has ended before that side can see it.
                last.end()
                return b"\nchat_http_connections 1\n" in last.receive_to_end()

        wait_until(is_alone, f"{self.name} has no connections")
        return self

    def open_tail(self, after, heartbeat=False, beat=False, **options):
        """A raw connection that has got the head of a live tail's answer."""
        connection = self.raw(**options)
        query = f"after={after}" + ("&heartbeat=1" if heartbeat else "") + ("&beat=1" if beat else "")
        token = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        connection.send(f"GET /log/tail?{query} HTTP/1.1\r\nHost: a\r\n{token}\r\n".encode())
        return connection


class ReplicationLog(Service):
    def __init__(self, data_directory, redis_url, name="replication-log", **options):
        settings = {"DATA_DIR": data_directory, "REDIS_URL": redis_url, **options.pop("settings", {})}
        super().__init__("replication-log", name, settings, **options)
        self.data_directory = data_directory

    def append(self, drafts):
        """One batch; returns a result for each draft."""
        body = "".join(json.dumps(draft, ensure_ascii=False) + "\n" for draft in drafts).encode()
        answer = self.post("/append", body, {"Content-Type": "application/x-ndjson"})
        assert answer.status == 200, answer
        return [json.loads(line) for line in answer.body.splitlines()]

    def segments(self):
        return sorted((self.data_directory / "segments").glob("*.ndjson"))


class ChatServer(Service):
    def __init__(self, name, log_url, redis_url, **options):
        settings = {
            "REPLICATION_LOG_URL": log_url, "REDIS_URL": redis_url, "REPLICA_ID": name,
            **options.pop("settings", {})}
        super().__init__("chat-server", name, settings, **options)


class Cluster:
    """Redis, one replication-log and pods, all with the same common settings."""

    def __init__(self, processes, directory, pod_count=3, redis=True, settings=None, log_settings=None,
                 pod_settings=None, redis_url=None, log_redis_url=None):
        self.processes = processes
        self.directory = directory
        self.settings = dict(settings or {})
        self.pod_settings = dict(pod_settings or {})
        self.redis = processes.add(RedisServer(directory / "redis")) if redis else None
        self.redis_url = redis_url or (self.redis.url if redis else "")
        self.log = processes.add(ReplicationLog(
            directory / "data", log_redis_url or self.redis_url,
            settings={**self.settings, **(log_settings or {})}))
        self.pods = [self.new_pod() for _ in range(pod_count)]

    def new_pod(self, **settings):
        """One more; not started yet."""
        pod = ChatServer(
            f"pod-{sum('pod' in process.name for process in self.processes.started)}", self.log.url,
            self.redis_url, settings={**self.settings, **self.pod_settings, **settings})
        return self.processes.add(pod)

    def start(self):
        if self.redis:
            self.redis.start()
        self.log.start()
        for pod in self.pods:
            pod.spawn()
        for pod in self.pods:
            pod.wait_until_ready()
        return self

    @property
    def services(self):
        return [self.log, *self.pods]

    def wait_until_live(self, seconds=30):
        """All pods take new lines from Redis (or, without one, from the log's tail)."""
        source = "redis" if self.redis_url else "tail"
        for pod in self.pods:
            wait_until(lambda: pod.state()["source"] == source, f"{pod.name} follows the {source}", seconds)

    def wait_until_signalling(self):
        """All pods tell each other, over Redis, what is in no log: who types and who is there."""
        wait_until(lambda: self.redis.subscriber_count(SIGNALS_TOPIC) == len(self.pods), "all pods listen")
        for pod in self.pods:
            wait_until(lambda: pod.metric("chat_redis_publishing") == 1, f"{pod.name} can publish")
        return self

    def wait_until_equal(self, seconds=60):
        """All pods are at the log's head with the log's digest; returns the log's state."""
        def are_equal():
            head = self.log.state()
            wanted = (head["epoch"], head["offset"], head["digest"])
            found = {pod.name: position(pod.state()) for pod in self.pods}
            assert all(one == wanted for one in found.values()), f"log {wanted}, pods {found}"
            return head

        return wait_until(are_equal, "all pods are where the log is", seconds)


def position(state):
    return state["epoch"], state["offset"], state["digest"]


# What a client sees of a service that goes away.
CONNECTION_ERRORS = (OSError, http.client.HTTPException)
