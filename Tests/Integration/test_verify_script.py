"""k8s/verify.sh against local processes: a stand-in for kubectl replaces pods as a Deployment would."""

import shutil
import subprocess

import pytest

from harness.process import ROOT
from harness.rollout import Deployment
from harness.standins import Reply, Standins

VERIFY = ROOT / "k8s" / "verify.sh"


class LocalKubernetes:
    """Answers what the script asks of kubectl with the processes of a deployment."""

    def __init__(self, deployment, directory):
        self.deployment = deployment
        self.cluster = deployment.cluster
        self.stop_pod = deployment.drain
        self.wipes_log = False
        self.standins = Standins(directory, {"kubectl": self._answer})

    def verify(self):
        return self.standins.run(VERIFY, environment={"BASE_URL": self.deployment.balancer.url})

    def _answer(self, arguments):
        verb, what = arguments[0], arguments[1]
        if verb == "exec":
            return self._redis_cli(arguments[arguments.index("redis-cli") + 1:])
        if verb == "port-forward":
            port = {pod.name: pod.port for pod in self.cluster.pods}[what.removeprefix("pod/")]
            return Reply(out=f"Forwarding from 127.0.0.1:{port} -> 8000\n", waits=True)
        if (verb, what) == ("get", "pods"):
            return Reply(out="".join(f"{pod.name} \n" for pod in self.cluster.pods) + "going 2026-11-20\n")
        if (verb, what) == ("rollout", "restart"):
            self.deployment.restart_all(self.stop_pod)
        if verb == "delete":
            self._delete(arguments[-1].rpartition("=")[2])
        return Reply()

    def _redis_cli(self, arguments):
        done = subprocess.run(["redis-cli", "-p", str(self.cluster.redis.port), *arguments],
                              capture_output=True, check=True)
        return Reply(out=done.stdout.decode())

    def _delete(self, component):
        process = {"replication-log": self.cluster.log, "message-broker": self.cluster.redis}[component]
        process.terminate()
        if process is self.cluster.log and self.wipes_log:
            shutil.rmtree(self.cluster.log.data_directory)
        process.start()


@pytest.fixture
def kubernetes(new_cluster, tmp_path):
    cluster = new_cluster(pod_count=2, pod_settings={"DRAIN_WINDOW": "1s"}).start()
    kubernetes = LocalKubernetes(Deployment(cluster), tmp_path / "kubernetes")
    yield kubernetes
    kubernetes.standins.close()


def test_a_cluster_that_keeps_its_promises_is_verified(kubernetes):
    code, out, error = kubernetes.verify()
    assert code == 0, out + error
    for seen in ("1. redis-cli PUBLISH is seen", "2. restarted the chat-servers", " 0 requests refused",
                 "2 chat-servers are where the log is: epoch ", "3. deleted the replication-log's pod",
                 "acknowledged messages are there, each once", "everything holds"):
        assert seen in out, out
    assert kubernetes.standins.left_running() == [], "no port is forwarded any more"


def test_a_rollout_that_breaks_requests_is_found(kubernetes):
    kubernetes.stop_pod = kubernetes.deployment.crash
    code, out, error = kubernetes.verify()
    assert code == 1 and "FAILED: requests were lost" in error, out + error


def test_a_log_that_loses_what_it_acknowledged_is_found(kubernetes):
    kubernetes.wipes_log = True
    code, out, error = kubernetes.verify()
    assert code == 1 and "acknowledged messages are lost" in error, out + error
