"""Replacing pods and losing the log and Redis under load, as k8s/verify.sh tries it on Kubernetes."""

import pytest

from harness.checks import assert_nothing_lost
from harness.rollout import Deployment, Readers
from harness.storm import Storm

CLUSTER_SECRET = "a secret of a cluster"


@pytest.fixture
def deployment(new_cluster):
    """Three pods that drain for a second."""
    settings = {"CLUSTER_SECRET": CLUSTER_SECRET}
    return Deployment(new_cluster(settings=settings, pod_settings={"DRAIN_WINDOW": "1s"}).start())


def test_a_rollout_under_load_loses_no_request_and_no_message(deployment):
    # Given a message that a stranger published, and a steady load of writes and reads
    cluster = deployment.cluster
    cluster.wait_until_live()
    cluster.redis.publish("default-channel", "Hello everyone!")
    old = list(cluster.pods)
    with Storm([deployment], writers=4) as storm, Readers(deployment, storm) as readers:
        storm.wait_for(20)
        # When every pod is replaced
        new = deployment.restart_all()
        storm.wait_for(20)
    # Then no request was refused or broken
    assert storm.retry_count == 0, f"{storm.retry_count} writes had to be repeated"
    assert not readers.failures and readers.read_count > 20
    # And the new pods have every byte of the history, and its digest
    assert len(new) == len(old) and not {pod.name for pod in old} & {pod.name for pod in new}
    lines = assert_nothing_lost(cluster, storm.acknowledged)
    assert lines[0].text == "Hello everyone!"


def test_losing_the_log_and_then_redis_under_load_loses_no_acknowledged_message(deployment):
    cluster = deployment.cluster
    with Storm([deployment], writers=4) as storm:
        storm.wait_for(20)
        cluster.log.kill()
        cluster.log.start()
        storm.wait_for(20)
        cluster.redis.kill()
        storm.wait_for(20)
        cluster.redis.start()
        storm.wait_for(20)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_the_load_notices_a_rollout_that_breaks_connections(deployment):
    with Storm([deployment], writers=4) as storm, Readers(deployment, storm) as readers:
        storm.wait_for(20)
        deployment.restart_all(stop=deployment.crash)
        storm.wait_for(20)
    assert storm.retry_count + len(readers.failures) > 0
    assert_nothing_lost(deployment.cluster, storm.acknowledged)
