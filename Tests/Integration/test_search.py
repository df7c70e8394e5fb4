"""Search: what one may read, as it is now, newest first, on every pod, whatever is typed."""

import shutil
from urllib.parse import quote

import pytest

from harness.client import Client
from harness.waiting import wait_until

SETTINGS = {"CLUSTER_SECRET": "a secret of the test"}
PASSWORD = "correct horse battery"


@pytest.fixture
def cluster(new_cluster):
    return new_cluster(pod_count=2, settings=SETTINGS).start()


@pytest.fixture
def small_cluster_with_secret(new_cluster):
    return new_cluster(pod_count=1, settings=SETTINGS).start()


def ask(pod, text, query="", token=None):
    """Asks until the index has taken in everything."""
    with Client(pod.port, token=token) as client:
        def answer():
            found = client.get(f"/search?q={quote(text, safe='')}{query}")
            assert found.status == 200, found
            return None if "indexed_through" in found.json else found.json

        return wait_until(answer, "everything can be searched")


def texts(pod, text, query="", token=None):
    return [message["message_text"] for message in ask(pod, text, query, token)["messages"]]


def register(pod, name):
    answer = pod.post("/accounts", {"name": name, "password": PASSWORD})
    assert answer.status == 201, answer
    return answer.json["token"]


def test_every_pod_finds_messages_by_all_their_words_newest_first(cluster):
    for text in ("A blue teapot", "Le café bleu", "the BLUE elephant", "नमस्ते दुनिया", "<b>blue</b> teabag"):
        cluster.pods[0].send(text, "tea")
    cluster.pods[1].send("blue sky", "coffee")
    cluster.wait_until_equal()
    for pod in cluster.pods:
        assert texts(pod, "blue") == [
            "blue sky", "<b>blue</b> teabag", "the BLUE elephant", "A blue teapot"]
        assert texts(pod, "blue tea") == ["<b>blue</b> teabag", "A blue teapot"]
        assert texts(pod, "CAFE") == ["Le café bleu"]
        assert texts(pod, "नमस्ते") == ["नमस्ते दुनिया"]
        assert texts(pod, "blue", "&channel=coffee") == ["blue sky"]
        assert texts(pod, "blue", "&channel=nowhere") == []
        shown = ask(pod, "elephant")["messages"]
        assert shown == [one for one in pod.messages("tea") if "elephant" in one["message_text"]]


def test_pages_go_on_until_there_is_nothing_more(small_cluster):
    pod = small_cluster.pods[0]
    for number in range(7):
        pod.send(f"word {number}")
    small_cluster.wait_until_equal()
    pages, before = [], ""
    while True:
        page = ask(pod, "word", f"&limit=3{before}")
        pages.append([message["message_text"] for message in page["messages"]])
        if "before" not in page:
            break
        before = f"&before={page['before']}"
    assert pages == [["word 6", "word 5", "word 4"], ["word 3", "word 2", "word 1"], ["word 0"]]


def test_a_search_has_what_was_applied_before_it_taken_in_first(small_cluster):
    pod = small_cluster.pods[0]
    for number in range(10):
        pod.send(f"fresh{number}")
        small_cluster.wait_until_equal()
        found = pod.get(f"/search?q=fresh{number}").json
        assert [one["message_text"] for one in found["messages"]] == [f"fresh{number}"]
        assert "indexed_through" not in found


def test_private_rooms_are_searched_by_their_members_only(cluster):
    pod = cluster.pods[0]
    alice, bob, eve = (register(pod, name) for name in ("alice", "bob", "eve"))
    with Client(pod.port, token=alice) as client:
        room = client.post("/rooms", {"title": "Launch", "members": ["bob"]}).json["channel"]
        for number in range(30):
            sent = client.post(f"/messages/{quote(room)}", {"message_text": f"secret {number}"})
            assert sent.status == 201, sent
    pod.send("no secret", "tea")
    cluster.wait_until_equal()
    for server in cluster.pods:
        for token in (None, eve):
            assert ask(server, "secret", "&limit=1", token) == {"messages": server.messages("tea")}
            with Client(server.port, token=token) as client:
                assert client.get(f"/search?q=secret&channel={quote(room)}").status == 404
        for token in (alice, bob):
            assert len(texts(server, "secret", "&limit=100", token)) == 31
            assert len(texts(server, "secret", f"&limit=100&channel={quote(room)}", token)) == 30
    with Client(pod.port, token=alice) as client:
        assert client.request("DELETE", f"/rooms/{quote(room)}/members/bob").status == 200
    cluster.wait_until_equal()
    for server in cluster.pods:
        assert texts(server, "secret", token=bob) == ["no secret"]


def test_edited_messages_match_what_they_say_now_and_deleted_ones_nothing(cluster):
    pod = cluster.pods[0]
    token = register(pod, "alice")
    with Client(pod.port, token=token) as client:
        offsets = [
            client.post("/messages/tea", {"message_text": f"former {n}"}).json["offset"] for n in range(3)]
        for text in ("once changed", "twice changed"):
            edit = {"message_text": text}
            assert client.request("PATCH", f"/messages/tea/{offsets[0]}", edit).status == 200
        assert client.request("DELETE", f"/messages/tea/{offsets[1]}").status == 200

    def check():
        cluster.wait_until_equal()
        for server in cluster.pods:
            assert texts(server, "former") == ["former 2"]
            assert texts(server, "once") == []
            found = ask(server, "twice changed")["messages"]
            assert [one["offset"] for one in found] == [offsets[0]] and "edited" in found[0]

    check()
    cluster.pods[1].restart()
    check()


HOSTILE = ['"', '"a" OR "b"', "word*", "text:word", "NEAR(word)", "a AND", "NOT", "^word", "-word", "(((",
           "'; DROP TABLE texts; --", "\0", "%", "*", "❤️", "\u0301", "\"" * 256, "a " * 128, "\U0010ffff"]


@pytest.fixture(scope="module")
def hostile_pod(new_shared_cluster):
    cluster = new_shared_cluster()
    cluster.pods[0].send("plain text")
    cluster.wait_until_equal()
    return cluster.pods[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_more_than_words(hostile_pod, text):
    assert texts(hostile_pod, text) == []
    assert texts(hostile_pod, "plain") == ["plain text"]


@pytest.mark.parametrize("query, field", [
    ("", "q"), ("?q=", "q"), (f"?q={'a' * 257}", "q"), ("?q=a&q=b", "q"), ("?q=a&limit=0", "limit"),
    ("?q=a&limit=101", "limit"), ("?q=a&limit=x", "limit"), ("?q=a&before=0", "before"),
    ("?q=a&before=-1", "before"), ("?q=a&channel=", "channel"), ("?q=a&channel=a%2Fb", "channel")])
def test_an_error_names_its_field(hostile_pod, query, field):
    answer = hostile_pod.get(f"/search{query}")
    assert answer.status == 400 and answer.problem()["field"] == field


@pytest.mark.parametrize("channel", ["$accounts", "@room-0000000000000000"])
def test_a_channel_that_is_not_for_the_reader_is_not_there(hostile_pod, channel):
    assert hostile_pod.get(f"/search?q=a&channel={quote(channel)}").status == 404


def test_with_a_bounded_memory_what_it_holds_is_found(new_cluster):
    cluster = new_cluster(pod_count=1, pod_settings={"HISTORY_BYTES": "65536"}).start()
    pod = cluster.pods[0]
    results = cluster.log.append(
        [{"channel": "tea", "message_text": f"word {'x' * 200} {n}"} for n in range(2000)])
    assert len(results) == 2000
    cluster.wait_until_equal()
    first = pod.state()["first"]
    assert 1 < first < 2000
    found = ask(pod, "word", "&limit=100")["messages"]
    assert [one["offset"] for one in found] == list(range(2000, 1900, -1))
    assert ask(pod, "word", f"&before={first}") == {"messages": []}


def test_a_page_that_gives_up_says_nothing_of_what_one_may_not_read(small_cluster_with_secret):
    cluster = small_cluster_with_secret
    pod = cluster.pods[0]
    pod.send("hidden in the open", "tea")
    token = register(pod, "alice")
    with Client(pod.port, token=token) as client:
        room = client.post("/rooms", {"title": "Launch"}).json["channel"]
    results = cluster.log.append([{"channel": room, "message_text": "hidden"} for _ in range(5_100)])
    assert "offset" in results[-1], results[-1]
    cluster.wait_until_equal()
    first = ask(pod, "hidden")
    assert first["messages"] == [] and first["before"] % 4096 == 0
    second = ask(pod, "hidden", f"&before={first['before']}")
    assert [one["message_text"] for one in second["messages"]] == ["hidden in the open"]
    assert "before" not in second


def test_a_pod_whose_log_became_another_one_finds_only_what_that_one_says(small_cluster):
    pod, log = small_cluster.pods[0], small_cluster.log
    pod.send("a former teapot", "tea")
    small_cluster.wait_until_equal()
    assert texts(pod, "teapot") == ["a former teapot"]
    log.kill()
    shutil.rmtree(log.data_directory)
    log.start()
    log.send("another teapot", "tea")
    small_cluster.wait_until_equal()
    assert texts(pod, "teapot") == ["another teapot"]
    assert texts(pod, "former") == []
