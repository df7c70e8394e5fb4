"""The services as processes, with the settings, files and arguments that a rendered release gives them."""

import base64

from harness.cluster import Service
from harness.process import ChildProcess, free_port
from harness.redis import RedisConnection
from harness.waiting import wait_until

PASSWORD = "s3cretOfTheServices"


class ChartRedis(ChildProcess):
    """redis-server with the configuration file and arguments of a rendered release."""

    def __init__(self, release, directory):
        self.port = free_port()
        configuration = directory / "redis.conf"
        text = release.get("ConfigMap", "message-broker-config")["data"]["redis.conf"]
        configuration.write_text(text.replace("port 6379", f"port {self.port}"), encoding="utf-8")
        container = container_of(release, "message-broker-deployment")
        arguments = [word.replace("$(REDIS_PASSWORD)", PASSWORD) for word in container["args"]]
        super().__init__("redis", [container["command"][0], configuration, *arguments], cwd=directory)

    def connect(self, password=None):
        connection = RedisConnection(self.port)
        if password:
            connection.command("AUTH", "chat-cluster", password)
        return connection

    def start(self):
        self.spawn()
        wait_until(lambda: self.connect(PASSWORD).command("PING") == b"PONG", "Redis answers")
        return self


def container_of(release, name):
    return dict(release.pod_templates)[name]["spec"]["containers"][0]


def environment(release, name):
    """{variable: value} of a container, its Secrets resolved; what only a cluster knows is left out."""
    variables = {}
    for variable in container_of(release, name)["env"]:
        if "value" in variable:
            variables[variable["name"]] = variable["value"]
        elif "secretKeyRef" in variable["valueFrom"]:
            wanted = variable["valueFrom"]["secretKeyRef"]
            data = release.get("Secret", wanted["name"])["data"][wanted["key"]]
            variables[variable["name"]] = base64.b64decode(data).decode()
    return variables


def start_service(processes, release, kind, workload, **local):
    """A service with all the settings of its container but those that name places: these are `local`."""
    settings = {**environment(release, workload), **local}
    return processes.add(Service(kind, workload, settings)).start()
