"""What the log knows of its pods: their own reports, over Redis or by HTTP."""

import json
import subprocess

import pytest
from harness.process import BIN
from harness.waiting import holds_for, wait_until

REPORTS_TOPIC = "chat-cluster:replicas"
SECRET = "correct horse battery staple"
# Sooner than a pod that says nothing counts as silent.
AT_ONCE_SECONDS = 2


def replicas(log):
    """{id: what the log says of it}."""
    answer = log.get("/replicas")
    assert answer.status == 200, answer
    found = answer.json["replicas"]
    assert [one["id"] for one in found] == sorted(one["id"] for one in found)
    return {one["id"]: one for one in found}


def wait_until_all_are(log, pods, state="ready", **members):
    def all_are():
        found = replicas(log)
        assert set(found) == {pod.name for pod in pods}, found
        assert all(one["state"] == state for one in found.values()), found
        assert all(one[name] == value for one in found.values() for name, value in members.items()), found
        return found

    return wait_until(all_are, f"all pods are {state}")


def report(**members):
    """As a pod would send it."""
    return {
        "replica_id": "stranger", "incarnation": "00000000000000aa", "sequence": 1, "offset": 0,
        "digest": "0" * 16, "following": "log", "ready": True, **members}


def test_the_log_knows_its_pods_where_they_are_and_where_from(cluster):
    for number in range(20):
        cluster.pods[number % 3].send(f"message {number}")
    found = wait_until_all_are(cluster.log, cluster.pods, upstream="redis", tier=1, lag=0, offset=20)
    head = cluster.log.state()
    for one in found.values():
        assert (one["epoch"], one["digest"]) == (head["epoch"], head["digest"])
        assert one["lag_ms"] == 0 and 0 <= one["last_heard_ms"] < 3000
    assert cluster.log.metric("chat_log_replicas") == 3
    assert cluster.log.metrics()['chat_log_replica_lag_entries{replica="pod-2"}'] == 0
    assert all(pod.metric('reports_total{way="redis"}') > 0 for pod in cluster.pods)


def test_a_pod_that_ends_properly_is_gone_at_once_and_a_killed_one_is_silent(new_cluster):
    cluster = new_cluster(log_settings={"REPLICA_WINDOW": "6s"}).start()
    wait_until_all_are(cluster.log, cluster.pods)
    leaver, victim, survivor = cluster.pods
    leaver.terminate()
    wait_until(lambda: leaver.name not in replicas(cluster.log), "the leaver is gone", AT_ONCE_SECONDS)
    victim.kill()
    wait_until(lambda: replicas(cluster.log)[victim.name]["state"] == "silent", "the killed is silent", 10)
    wait_until(lambda: set(replicas(cluster.log)) == {survivor.name}, "it is forgotten", 15)
    assert not any(f'"{victim.name}"' in name for name in cluster.log.metrics())


def test_a_restarted_pod_is_another_incarnation_whose_former_reports_count_no_more(small_cluster):
    log, pod = small_cluster.log, small_cluster.pods[0]
    pod.send("one")
    before = wait_until_all_are(log, [pod], offset=1)[pod.name]
    pod.restart()
    after = wait_until(
        lambda: (one := replicas(log)[pod.name])["incarnation"] != before["incarnation"] and one,
        "it reports")
    late = report(
        replica_id=pod.name, incarnation=before["incarnation"], sequence=10**6, offset=1,
        epoch=before["epoch"], ready=False)
    assert log.post("/replicas", late).status == 200
    assert replicas(log)[pod.name]["incarnation"] == after["incarnation"]
    assert log.metric("chat_log_refused_reports_total") == 1
    log.wait_until_says("an incarnation that is over")


def test_without_redis_pods_report_by_http(new_cluster):
    cluster = new_cluster(redis=False).start()
    cluster.pods[0].send("one")
    wait_until_all_are(cluster.log, cluster.pods, upstream="log", offset=1, tier=1)
    assert all(pod.metric('reports_total{way="http"}') > 0 for pod in cluster.pods)
    assert all(pod.metric('reports_total{way="redis"}') == 0 for pod in cluster.pods)


def test_pods_report_by_http_while_redis_is_away(small_cluster):
    wait_until_all_are(small_cluster.log, small_cluster.pods, upstream="redis")
    small_cluster.redis.kill()
    pod = small_cluster.pods[0]
    wait_until(lambda: pod.metric('reports_total{way="http"}') > 3, "it reports by HTTP", 15)
    wait_until_all_are(small_cluster.log, small_cluster.pods, upstream="log")
    small_cluster.redis.start()
    wait_until_all_are(small_cluster.log, small_cluster.pods, upstream="redis")


def test_a_log_cut_off_from_redis_still_hears_of_its_pods(new_cluster, redis, new_proxy):
    """The pods reach Redis, but what they say there does not reach the log."""
    proxy = new_proxy(redis)
    cluster = new_cluster(
        pod_count=2, redis=False, redis_url=redis.url, log_redis_url=proxy.url).start()
    wait_until_all_are(cluster.log, cluster.pods, upstream="redis")
    proxy.refuse()
    wait_until_all_are(cluster.log, cluster.pods, upstream="log")
    proxy.allow()
    wait_until_all_are(cluster.log, cluster.pods, upstream="redis")


def test_reports_are_authenticated(new_cluster):
    cluster = new_cluster(pod_count=1, settings={"CLUSTER_SECRET": SECRET}).start()
    wait_until_all_are(cluster.log, cluster.pods)
    wait_until(lambda: cluster.redis.subscriber_count(REPORTS_TOPIC) == 1, "the log listens to reports")
    assert cluster.redis.publish(REPORTS_TOPIC, json.dumps(report())) == 1
    wait_until(lambda: cluster.log.metric("chat_log_refused_reports_total") == 1, "the forgery is refused")
    with cluster.log.client(token=None) as stranger:
        assert stranger.post("/replicas", report()).status == 401
        assert stranger.get("/replicas").status == 200
    assert set(replicas(cluster.log)) == {cluster.pods[0].name}


def test_a_report_that_is_published_again_later_counts_for_nothing(new_cluster):
    """With its mac: of a pod that was killed and forgotten, and to a log that was restarted."""
    cluster = new_cluster(
        pod_count=2, settings={"CLUSTER_SECRET": SECRET}, log_settings={"REPLICA_WINDOW": "5s"}).start()
    wait_until_all_are(cluster.log, cluster.pods, upstream="redis")
    victim, survivor = cluster.pods
    recorded = reports_of(cluster.redis, victim.name, 2)
    victim.kill()
    wait_until(lambda: set(replicas(cluster.log)) == {survivor.name}, "it is forgotten", 15)
    publish_again(cluster, recorded)
    cluster.log.restart()
    wait_until_all_are(cluster.log, [survivor], upstream="redis")
    publish_again(cluster, recorded)


def publish_again(cluster, recorded):
    """The log hears of them, and takes none."""
    before = cluster.log.metric("chat_log_refused_reports_total")
    for payload in recorded:
        assert cluster.redis.publish(REPORTS_TOPIC, payload) == 1
    wait_until(
        lambda: cluster.log.metric("chat_log_refused_reports_total") >= before + len(recorded),
        "it counts them")
    assert len(replicas(cluster.log)) == 1


def reports_of(redis, name, count):
    """The next reports over Redis of one pod, as they are."""
    found = []
    with redis.connect() as connection:
        connection.send("SUBSCRIBE", REPORTS_TOPIC)
        connection.read()
        while len(found) < count:
            payload = connection.read()[2]
            if json.loads(payload)["replica_id"] == name:
                found.append(payload)
    return found


@pytest.mark.parametrize("change, field", [
    ({"replica_id": "a b"}, "replica_id"), ({"replica_id": "log"}, "replica_id"),
    ({"incarnation": "1"}, "incarnation"), ({"sequence": -1}, "sequence"), ({"ready": 1}, "ready"),
    ({"following": ""}, "replica_id"), ({"address": "http://pod"}, "address"),
    ({"address": "javascript:alert(1)"}, "address"), ({"simulated_delay": "\u202e1ms"}, "simulated_delay")])
def test_a_report_that_is_none_is_refused(small_cluster, change, field):
    answer = small_cluster.log.post("/replicas", report(**change))
    assert answer.status == 400 and answer.problem()["field"] == field
    assert small_cluster.log.post("/replicas?x=1", report()).status == 400


def test_a_report_of_what_is_not_durable_counts_for_nothing(small_cluster):
    log = small_cluster.log
    answer = log.post("/replicas", report(epoch=log.state()["epoch"], offset=1))
    assert answer.status == 200 and answer.json == {"epoch": log.state()["epoch"], "offset": 0}
    assert "stranger" not in replicas(log)


def test_the_command_line_shows_what_the_log_knows(cluster):
    cluster.pods[0].send("one")
    wait_until_all_are(cluster.log, cluster.pods, offset=1)
    shown = subprocess.run(
        [BIN / "chatctl", "status", cluster.log.url], capture_output=True, text=True, timeout=20,
        check=True).stdout
    for pod in cluster.pods:
        assert any(line.split()[:4] == [pod.name, "ready", "1", "0"] for line in shown.splitlines()), shown


def test_a_paused_pod_lags_behind_and_catches_up(cluster):
    wait_until_all_are(cluster.log, cluster.pods)
    slow = cluster.pods[1]
    slow.pause()
    try:
        for number in range(50):
            cluster.pods[0].send(f"message {number}")
        wait_until(lambda: replicas(cluster.log)[slow.name]["state"] == "silent", "the pod is silent", 10)
        holds_for(lambda: replicas(cluster.log)[slow.name]["offset"] == 0, "nothing is made up", 0.5)
    finally:
        slow.resume()
    wait_until_all_are(cluster.log, cluster.pods, offset=50, lag=0)
