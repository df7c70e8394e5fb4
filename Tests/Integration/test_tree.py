"""FOLLOW=tree: pods feed pods; whom a pod is fed by is the log's decision."""

import http.server
import json
import threading

import pytest
from harness.checks import assert_nothing_lost
from harness.client import Client
from harness.link import Link
from harness.process import BIN, ChildProcess
from harness.storm import Storm
from harness.waiting import holds_for, wait_until

FANOUT = 2
# A pod that hears nothing leaves after 3 s and is then given another feeder, at once.
REPARENTING_SECONDS = 10
# Sooner than a pod that says nothing counts as silent.
AT_ONCE_SECONDS = 2


def tree_of(new_cluster, pod_count, fanout=FANOUT, **options):
    """Every pod is ready and has a place in the tree."""
    cluster = new_cluster(
        pod_count=pod_count, log_settings={"FANOUT": fanout}, pod_settings={"FOLLOW": "tree"},
        **{"redis": False, **options}).start()
    wait_for_places(cluster)
    return cluster


def replicas(cluster):
    """{id: what /replicas says of it}."""
    answer = cluster.log.get("/replicas")
    assert answer.status == 200, answer
    return {one["id"]: one for one in answer.json["replicas"]}


def wait_for_places(cluster, seconds=REPARENTING_SECONDS * 2, pods=None):
    """Returns the tree when all pods are in it, healthy, within the fan-out; {pod: upstream}."""
    names = {pod.name for pod in (pods or cluster.pods)}

    def is_complete():
        found = {name: one for name, one in replicas(cluster).items() if name in names}
        assert set(found) == names and all(one["state"] == "ready" for one in found.values()), found
        assert all(one["tier"] is not None for one in found.values()), found
        edges = {name: one["upstream"] for name, one in found.items()}
        feeders = list(edges.values())
        fanout = cluster.log.settings["FANOUT"]
        assert all(feeders.count(feeder) <= fanout for feeder in set(feeders)), edges
        assert set(feeders) <= names | {"log"}, edges
        assert cluster.log.metric("chat_log_tree_waiting_replicas") == 0
        return edges

    return wait_until(is_complete, "every pod has a place in the tree", seconds)


def a_delegate(cluster, edges):
    """A pod that feeds others, and those that it feeds."""
    name = next(feeder for feeder in edges.values() if feeder != "log")
    pods = {pod.name: pod for pod in cluster.pods}
    return pods[name], [pods[child] for child, feeder in edges.items() if feeder == name]


def test_seven_pods_form_a_tree_of_three_tiers_that_has_everything(new_cluster):
    cluster = tree_of(new_cluster, 7)
    with Storm(cluster.pods) as storm:
        storm.wait_for(300)
    assert_nothing_lost(cluster, storm.acknowledged)
    found = replicas(cluster)
    assert sorted(one["tier"] for one in found.values()) == [1, 1, 2, 2, 2, 2, 3]
    assert cluster.log.state()["tails"] == FANOUT, "the log feeds no more than its fan-out"
    for pod in cluster.pods:
        state = pod.state()
        assert state["source"] == "tail"
        assert state["upstream"] == found[pod.name]["upstream"]


def test_a_pod_that_waits_for_a_place_says_so(new_cluster):
    """A pod that is not ready holds the log's only place."""
    cluster = new_cluster(pod_count=0, redis=False, log_settings={"FANOUT": 1}).start()
    holder = {
        "replica_id": "holder", "incarnation": "00000000000000aa", "sequence": 0, "offset": 0,
        "digest": "0" * 16, "following": "log", "ready": False, "wants_upstream": True}

    def hold():
        holder["sequence"] += 1
        assert cluster.log.post("/replicas", holder).json["upstream"] == {"id": "log", "tier": 1}

    hold()
    pod = cluster.new_pod(FOLLOW="tree").spawn()

    def says_so():
        hold()
        one = replicas(cluster)[pod.name]
        assert (one["upstream"], one["tier"], one["state"]) == (None, None, "catching-up"), one
        assert (pod.state()["upstream"], pod.state()["tier"]) == (None, None)
        return True

    wait_until(says_so, "it is known, and waits", 10)
    holder["leaving"] = True
    holder["sequence"] += 1
    cluster.log.post("/replicas", holder)
    pod.wait_until_ready()
    wait_until(lambda: replicas(cluster)[pod.name]["upstream"] == "log", "it has the place")


def test_pods_whose_addresses_lead_nowhere_read_from_the_log_itself(new_cluster):
    """ADVERTISED_URL is wrong on all: nobody can feed anybody, and all become ready and have everything."""
    cluster = new_cluster(
        pod_count=4, redis=False, log_settings={"FANOUT": 1},
        pod_settings={"FOLLOW": "tree", "ADVERTISED_URL": "http://127.0.0.1:1"}).start()
    with Storm(cluster.pods) as storm:
        storm.wait_for(50)
    assert_nothing_lost(cluster, storm.acknowledged)
    assert {pod.state()["upstream"] for pod in cluster.pods} == {"log"}
    assert sum("no pod that was named feeds this one" in pod.text for pod in cluster.pods) >= 3


def test_the_tree_works_beside_redis(new_cluster):
    cluster = tree_of(new_cluster, 4, redis=True)
    with Storm(cluster.pods) as storm:
        storm.wait_for(100)
    assert_nothing_lost(cluster, storm.acknowledged)
    assert cluster.redis.subscriber_count("chat-cluster:log") == 0


def test_pods_show_each_other_the_secret(new_cluster):
    cluster = tree_of(new_cluster, 3, fanout=1, settings={"CLUSTER_SECRET": "a secret of the test"})
    assert max(one["tier"] for one in replicas(cluster).values()) == 3
    with Storm(cluster.pods) as storm:
        storm.wait_for(50)
    assert_nothing_lost(cluster, storm.acknowledged)


def test_who_advertises_an_address_gets_neither_the_secret_nor_anything_of_use(new_cluster, processes):
    """The log names a stranger's address: it passes on what a real pod wants proven, and then the proof."""
    secret = "a secret of the test"
    cluster = new_cluster(
        pod_count=2, redis=False, settings={"CLUSTER_SECRET": secret},
        pod_settings={"FOLLOW": "tree"}).start()
    victim = cluster.pods[0]
    stranger = GoBetween(victim)
    processes.on_stop(stranger.close)
    misleading = MisleadingLog(cluster.log, stranger)
    processes.on_stop(misleading.close)
    misleading.names_foreign = True
    asker = cluster.new_pod(FOLLOW="tree", REPLICATION_LOG_URL=misleading.url).spawn()
    wait_until(lambda: len(stranger.passed_on) >= 2, "the stranger was asked again, with a proof", 20)
    assert not any(secret in str(headers) for headers, _ in stranger.passed_on)
    assert stranger.passed_on[1][0]["authorization"].startswith("Chat-Cluster nonce=")
    assert {status for _, status in stranger.passed_on} == {401}
    asker.kill()


class GoBetween:
    """Passes every request on to a pod and its answer back; `passed_on`: headers and status of each."""

    def __init__(self, pod):
        self.passed_on = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                with Client(pod.port, token=None) as client:
                    answer = client.get(self.path, Authorization=self.headers["Authorization"] or "none")
                fields = {name.lower(): value for name, value in self.headers.items()}
                outer.passed_on.append((fields, answer.status))
                self.send_response(answer.status)
                if "www-authenticate" in answer.headers:
                    self.send_header("WWW-Authenticate", answer.headers["www-authenticate"])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def test_a_delegate_that_is_stopped_hands_its_children_over(new_cluster):
    cluster = tree_of(new_cluster, 5)
    delegate, _ = a_delegate(cluster, wait_for_places(cluster))
    survivors = [pod for pod in cluster.pods if pod is not delegate]
    storm = Storm(survivors).start()
    storm.wait_for(50)
    assert delegate.terminate() == 0
    wait_until(lambda: delegate.name not in replicas(cluster), "it has said that it leaves", AT_ONCE_SECONDS)
    storm.wait_for(50)
    cluster.pods = survivors
    assert_nothing_lost(cluster, storm.stop())
    wait_for_places(cluster)


def test_a_delegate_that_is_killed_under_load_costs_nothing_but_its_place(new_cluster):
    cluster = tree_of(new_cluster, 7)
    delegate, children = a_delegate(cluster, wait_for_places(cluster))
    survivors = [pod for pod in cluster.pods if pod is not delegate]
    storm = Storm(survivors).start()
    storm.wait_for(100)
    delegate.kill()
    wait_until(
        lambda: all(pod.state()["upstream"] not in (None, delegate.name) for pod in children),
        "the children have another feeder", REPARENTING_SECONDS)
    storm.wait_for(100)
    cluster.pods = survivors
    assert_nothing_lost(cluster, storm.stop())
    wait_for_places(cluster)
    assert all(pod.metric("chat_pod_discards_total") == 0 for pod in survivors)


def test_a_killed_delegate_comes_back_as_one_of_many(new_cluster):
    cluster = tree_of(new_cluster, 5)
    delegate, _ = a_delegate(cluster, wait_for_places(cluster))
    delegate.restart()
    wait_for_places(cluster)
    cluster.log.send("to all")
    cluster.wait_until_equal()


def test_a_delegate_that_stands_still_is_left_within_seconds(new_cluster):
    cluster = tree_of(new_cluster, 7)
    delegate, children = a_delegate(cluster, wait_for_places(cluster))
    delegate.pause()
    try:
        cluster.log.send("while it stands still")
        wait_until(
            lambda: all(pod.state()["offset"] == 1 for pod in children), "the children have the line",
            REPARENTING_SECONDS)
        assert all(pod.state()["upstream"] != delegate.name for pod in children)
    finally:
        delegate.resume()
    wait_for_places(cluster)
    cluster.wait_until_equal()


def test_a_delegate_that_is_cut_off_from_the_log_alone_loses_its_children_and_comes_back(
        new_cluster, processes):
    """A partition: the delegate and its children go on talking to each other, and nothing is closed."""
    cluster = new_cluster(pod_count=0, redis=False, log_settings={"FANOUT": 1}).start()
    link = Link(cluster.log.port)
    processes.on_stop(link.close)
    delegate = cluster.new_pod(FOLLOW="tree", REPLICATION_LOG_URL=link.url).start()
    children = [cluster.new_pod(FOLLOW="tree").start() for _ in range(3)]
    cluster.pods = [delegate, *children]
    edges = wait_for_places(cluster)
    assert edges[delegate.name] == "log" and delegate.name in edges.values()
    cluster.log.send("before")
    cluster.wait_until_equal()
    link.is_cut = True
    with Storm([cluster.log, *children]) as storm:
        storm.wait_for(50)
        wait_until(
            lambda: all(pod.state()["upstream"] not in (None, delegate.name) for pod in children),
            "the children have left it", REPARENTING_SECONDS)
        wait_until(
            lambda: all(pod.state()["offset"] > 50 for pod in children), "they get lines",
            REPARENTING_SECONDS)
    assert delegate.state()["offset"] < 50 and delegate.messages("default-channel") is not None
    assert replicas(cluster)[delegate.name]["state"] == "silent"
    refused = delegate.post("/messages/tea", {"message_text": "cut off"})
    assert refused.status in (503, 504), refused
    link.is_cut = False
    cluster.wait_until_equal()
    assert_nothing_lost(cluster, storm.acknowledged)
    wait_for_places(cluster)
    assert all(pod.metric("chat_pod_discards_total") == 0 for pod in cluster.pods)


def test_a_log_that_is_restarted_adopts_the_tree_as_it_is(new_cluster):
    cluster = tree_of(new_cluster, 7)
    before = wait_for_places(cluster)
    storm = Storm(cluster.pods).start()
    storm.wait_for(50)
    cluster.log.restart()
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())
    after = wait_for_places(cluster)
    inner = {pod: feeder for pod, feeder in before.items() if feeder != "log"}
    assert {pod: after[pod] for pod in inner} == inner, "the edges between pods have outlived the log"


def test_a_bootstrap_comes_from_the_upstream_and_not_from_the_log(new_cluster):
    cluster = tree_of(new_cluster, 2)
    with Storm(cluster.pods) as storm:
        storm.wait_for(300)
    cluster.wait_until_equal()
    served = cluster.log.metric("chat_log_sent_bytes_total")
    late = cluster.new_pod().start()
    cluster.pods.append(late)
    cluster.wait_until_equal()
    edges = wait_for_places(cluster)
    assert edges[late.name] != "log", "both places at the log are taken"
    assert cluster.log.metric("chat_log_sent_bytes_total") == served
    assert late.log_bytes() == cluster.log.log_bytes()


def test_ready_means_caught_up_also_behind_a_slow_delegate(new_cluster):
    """A delegate that stands still has not got what is durable: its new child must not be ready with less."""
    cluster = tree_of(new_cluster, 1, fanout=1)
    first = cluster.pods[0]
    late = cluster.new_pod().spawn()
    wait_until(lambda: late.state()["upstream"] == first.name, "it is fed by the other", REPARENTING_SECONDS)
    late.wait_until_ready()
    late.kill()
    first.pause()
    try:
        head = cluster.log.send("not at the delegate")["offset"]
        late.spawn()
        holds_for(
            lambda: not answers_ready(late) or late.state()["offset"] >= head,
            "it is not ready with less than there is", 2)
    finally:
        first.resume()
    late.wait_until_ready()
    cluster.wait_until_equal()


def answers_ready(pod):
    try:
        return pod.is_ready
    except OSError:
        return False


def test_a_pod_never_discards_on_another_pods_word(new_cluster, processes):
    """A stand-in for the log names a pod of another history; the real log is asked, and confirms."""
    foreign = new_cluster(pod_count=1, redis=False, pod_settings={"FOLLOW": "tail"}).start()
    foreign.log.send("of another history")
    foreign.wait_until_equal()
    cluster = new_cluster(pod_count=0, redis=False).start()
    for number in range(3):
        cluster.log.send(f"ours {number}")
    misleading = MisleadingLog(cluster.log, foreign.pods[0])
    processes.on_stop(misleading.close)
    pod = cluster.new_pod(FOLLOW="tree", REPLICATION_LOG_URL=misleading.url)
    cluster.pods = [pod]
    pod.start()
    assert pod.messages() == cluster.log.messages()
    misleading.names_foreign = True
    wait_until(lambda: misleading.lost_count >= 2, "it says that it lost who it was told", 20)
    misleading.names_foreign = False
    cluster.log.send("after that")
    cluster.wait_until_equal()
    assert pod.metric("chat_pod_discards_total") == 0 and pod.state()["epoch"] == cluster.log.state()["epoch"]


@pytest.mark.parametrize("delay_seconds", [0, 0.3])
def test_a_pod_whose_heartbeats_come_from_itself_leaves_its_feeder(new_cluster, processes, delay_seconds):
    """A feeder tells an address that is not its own: the lines go in a circle, and nothing new comes."""
    cluster = new_cluster(pod_count=0, redis=False).start()
    pod = cluster.new_pod(FOLLOW="tree")
    link = Link(pod.port, delay_seconds)
    processes.on_stop(link.close)
    misleading = MisleadingLog(cluster.log, link)
    processes.on_stop(misleading.close)
    pod.settings["REPLICATION_LOG_URL"] = misleading.url
    cluster.pods = [pod.start()]
    cluster.log.send("before")
    cluster.wait_until_equal()
    misleading.names_foreign = True
    wait_until(lambda: misleading.lost_count > 0, "it says that it lost its feeder", REPARENTING_SECONDS)
    misleading.names_foreign = False
    cluster.log.send("after")
    cluster.wait_until_equal()
    assert pod.metric("chat_pod_discards_total") == 0


class MisleadingLog:
    """Passes requests on to the log, but answers reports itself and, when told to, names a foreign pod."""

    def __init__(self, log, foreign):
        self.names_foreign = False
        self.lost_count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                upstream = {"id": "log"}
                if outer.names_foreign:
                    upstream = {"id": "foreign", "address": foreign.url}
                    outer.lost_count += report.get("lost") == "foreign"
                state = log.state()
                body = json.dumps({"epoch": state["epoch"], "offset": state["offset"], "upstream": upstream})
                self.answer(200, {"Content-Type": "application/json"}, body.encode())

            def do_GET(self):
                with log.raw(timeout=None) as source:
                    field = self.headers["Authorization"]
                    authorization = f"Authorization: {field}\r\n" if field else ""
                    fields = f"Host: a\r\n{authorization}Connection: close\r\n"
                    head = f"GET {self.path} HTTP/1.1\r\n{fields}\r\n"
                    source.send(head.encode())
                    while chunk := source.receive():
                        self.connection.sendall(chunk)
                self.close_connection = True

            def answer(self, status, fields, body):
                self.send_response(status)
                for name, value in {**fields, "Content-Length": len(body)}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def test_a_pod_whose_name_another_one_bore_for_a_while_gets_lines_and_counts_again(new_cluster):
    cluster = new_cluster(
        pod_count=1, redis=False, pod_settings={"FOLLOW": "tree"}, log_settings={"REPLICA_WINDOW": "5s"})
    pod = cluster.start().pods[0]
    wait_until(lambda: pod.name in replicas(cluster), "it is known")
    mistaken = cluster.new_pod(REPLICA_ID=pod.name).start()
    wait_until(lambda: replicas(cluster)[pod.name]["address"] == mistaken.url, "the other is known")
    mistaken.terminate()
    cluster.log.send("to who is left")
    cluster.wait_until_equal(REPARENTING_SECONDS)
    wait_until(lambda: pod.name in replicas(cluster), "it is known again", 20)
    assert cluster.log.post("/messages/tea?confirm=1", {"message_text": "confirmed"}).status == 201


def test_many_replicas_in_one_process_are_as_many_pods_to_the_log(new_cluster, processes):
    cluster = new_cluster(pod_count=0, redis=False, log_settings={"FANOUT": 3}).start()
    group = processes.add(ChildProcess("replicas", [
        BIN / "chatctl", "replicas", "--count", 20, "--log", cluster.log.url, "--follow", "tree"]))
    group.spawn()
    wait_until(lambda: "all 20 are ready" in group.text, "they are ready", 30)
    cluster.log.send("to all of them")

    def all_have_it():
        found = replicas(cluster)
        assert len(found) == 20 and all(one["offset"] == 1 for one in found.values()), found
        assert {one["tier"] for one in found.values()} == {1, 2, 3}
        return True

    wait_until(all_have_it, "they have the line", 20)
    digest = cluster.log.state()["digest"]
    assert all(one["digest"] == digest for one in replicas(cluster).values())
    for line in group.text.splitlines()[:20]:
        name, url = line.split()
        with Client(int(url.rpartition(":")[2])) as client:
            assert client.get("/state").json["replica_id"] == name
    assert group.terminate() == 0
    assert "MISUSE" not in group.text


def test_many_replicas_find_the_secret_where_a_local_cluster_keeps_it(new_cluster, processes, tmp_path):
    secret = "a secret of the test"
    cluster = new_cluster(pod_count=0, redis=False, settings={"CLUSTER_SECRET": secret}).start()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cluster-secret").write_text(secret + "\n")
    group = processes.add(ChildProcess("replicas", [
        BIN / "chatctl", "replicas", "--count", 2, "--log", cluster.log.url, "--follow", "tree"],
        cwd=tmp_path))
    group.spawn()
    wait_until(lambda: "all 2 are ready" in group.text, "they are ready", 30)


def test_a_hundred_pods_have_everything_after_a_tenth_of_them_died(new_cluster):
    cluster = tree_of(new_cluster, 100, fanout=8)
    assert max(one["tier"] for one in replicas(cluster).values()) >= 3
    edges = wait_for_places(cluster)
    delegates = [pod for pod in cluster.pods if pod.name in edges.values()]
    storm = Storm(cluster.pods[-3:]).start()
    storm.wait_for(50)
    dead = [pod for pod in (delegates + cluster.pods[:10])[:10] if pod not in cluster.pods[-3:]]
    for pod in dead:
        pod.kill()
    cluster.pods = [pod for pod in cluster.pods if pod not in dead]
    storm.wait_for(50)
    assert_nothing_lost(cluster, storm.stop())
    wait_for_places(cluster, seconds=30)
