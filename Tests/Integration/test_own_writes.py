"""A pod shows the changes that it has confirmed, however late their lines come to it."""

from urllib.parse import quote

import pytest
from harness.key_values import Keys
from harness.people import SETTINGS, register

LINES_TOPIC = b"chat-cluster:log"
ROUNDS = 5


@pytest.fixture(params=["from a Redis that loses all", "without Redis"])
def pod(request, new_cluster, redis, new_proxy):
    """The first one is brought no line: it asks the log for each, some 20 ms after it has heard of it. The
    other one follows the log's tail, which brings lines a little before or after the answers."""
    proxy = new_proxy(redis)
    proxy.drop = lambda topic, _: topic == LINES_TOPIC
    has_redis = request.param != "without Redis"
    cluster = new_cluster(
        pod_count=0, redis=False, redis_url=redis.url if has_redis else "", settings=SETTINGS)
    cluster.pods = [cluster.new_pod(**({"REDIS_URL": proxy.url} if has_redis else {}))]
    cluster.start()
    cluster.wait_until_live()
    return cluster.pods[0]


def test_changes_are_seen_at_once_by_who_made_them(pod):
    alice = register(pod, "alice")
    offset = alice.says(pod, "tea", "first")
    path = f"/messages/tea/{offset}"
    like = f"{path}/reactions/{quote('👍')}"
    for number in range(ROUNDS):
        alice.does(pod, "PATCH", path, {"message_text": f"text {number}"})
        assert alice.does(pod, "GET", path)["message_text"] == f"text {number}"
        alice.does(pod, "PUT", like)
        assert alice.does(pod, "GET", path)["reactions"] == {"👍": ["alice"]}
        alice.does(pod, "DELETE", like)
        assert "reactions" not in alice.does(pod, "GET", path)
    alice.does(pod, "PUT", "/reads/tea", {"offset": offset})
    assert alice.conversation(pod, "tea")["read"] == offset
    alice.does(pod, "DELETE", path)
    assert alice.does(pod, "GET", path)["deleted"]


def test_rooms_accounts_and_keys_are_seen_at_once_by_who_changed_them(pod):
    alice, bob = register(pod, "alice"), register(pod, "bob")
    room = alice.does(pod, "POST", "/rooms", {"title": "one", "members": ["bob"]})["channel"]
    path = f"/rooms/{quote(room)}"
    assert bob.does(pod, "GET", path)["title"] == "one"
    alice.does(pod, "PATCH", path, {"title": "two"})
    assert bob.does(pod, "GET", path)["title"] == "two"
    alice.does(pod, "DELETE", f"{path}/members/bob")
    assert bob.refused(pod, "GET", path) == 404
    keys = Keys(pod)
    for number in range(ROUNDS):
        keys.put("own", number)
        assert keys.value("own") == number
        assert keys.add("sum", 1).json["value"] == number + 1
    assert keys.delete("own").status == 200 and keys.get("own").status == 404
    bob.does(pod, "DELETE", "/sessions")
    assert bob.refused(pod, "GET", "/sessions") == 401


def test_a_socket_is_told_of_a_change_when_it_can_be_seen(pod):
    alice = register(pod, "alice")
    offset = alice.says(pod, "tea", "first")
    with alice.socket(pod) as socket:
        for number in range(ROUNDS):
            socket.say(
                type="edit", channel="tea", offset=offset, message_text=f"text {number}", id=f"edit-{number}")
            assert socket.control("ack")["id"] == f"edit-{number}"
            assert alice.does(pod, "GET", f"/messages/tea/{offset}")["message_text"] == f"text {number}"


def test_a_message_is_found_by_who_asks_for_its_position(pod):
    for number in range(ROUNDS):
        sent = pod.send(f"text {number}", channel="tea")
        position = f"{sent['epoch']}:{sent['offset']}"
        with pod.client(token=None) as client:
            found = client.get(f"/messages/tea?last=1&at_least={position}").json
        assert found[0]["message_text"] == f"text {number}"
