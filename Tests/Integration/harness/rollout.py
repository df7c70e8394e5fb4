"""A cluster behind a balancer, whose pods are replaced as a Deployment's: there is never one too few."""

import threading

from .balancer import Balancer
from .client import Client
from .cluster import CONNECTION_ERRORS
from .waiting import holds_for, pace

# How long a pod that was told to stop still gets connections: endpoints are removed behind its back.
ENDPOINT_LAG_SECONDS = 0.5
READ_PACE_SECONDS = 0.01


class Deployment:
    """The pods of a started cluster, and the address that leads to them."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.balancer = Balancer(cluster.log.port)
        cluster.processes.on_stop(self.balancer.close)
        for pod in cluster.pods:
            self.balancer.add(pod.port)

    def client(self, **options):
        """Of a browser or of curl: a connection for each request."""
        return OneRequestClient(self.balancer.port, **options)

    def restart_all(self, stop=None):
        """One after another: a new pod is ready before an old one is told to stop. Returns the new pods."""
        for old in list(self.cluster.pods):
            new = self.cluster.new_pod().start()
            self.cluster.pods.append(new)
            self.balancer.add(new.port)
            (stop or self.drain)(old)
            self.cluster.pods.remove(old)
        return self.cluster.pods

    def drain(self, pod):
        pod.signal(15)
        holds_for(lambda: pod.is_running, f"{pod.name} still serves", ENDPOINT_LAG_SECONDS)
        self.balancer.remove(pod.port)
        assert pod.wait_for_exit() == 0

    def crash(self, pod):
        """What a rollout must not do: whoever is sent there for a while gets no answer."""
        pod.pause()
        pace(ENDPOINT_LAG_SECONDS)
        pod.kill()
        self.balancer.remove(pod.port)


class OneRequestClient(Client):
    """Asks for the end of the connection with each request."""

    def request(self, method, path, body=None, headers=None):
        return super().request(method, path, body, {"Connection": "close", **(headers or {})})


class Readers:
    """Threads that read the newest acknowledged message through the deployment and must find it there."""

    def __init__(self, deployment, storm, count=2, channel="storm"):
        self.read_count = 0
        self.failures = []
        self._deployment = deployment
        self._storm = storm
        self._channel = channel
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)

    def _read(self):
        client = self._deployment.client()
        while not self._stopped.is_set():
            newest = self._storm.acknowledged[-1:]
            query = f"?at_least={newest[0].epoch}:{newest[0].offset}" if newest else ""
            try:
                answer = client.get(f"/messages/{self._channel}{query}")
                self._judge(answer, newest)
            except CONNECTION_ERRORS as error:
                self.failures.append(repr(error))
            pace(READ_PACE_SECONDS)

    def _judge(self, answer, newest):
        if answer.status != 200:
            self.failures.append(f"{answer.status} {answer.body[:200]!r}")
        elif newest and newest[0].id not in {message.get("id") for message in answer.json}:
            self.failures.append(f"{newest[0]} was acknowledged and is not shown")
        else:
            self.read_count += 1
