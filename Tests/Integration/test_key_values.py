"""Keys and counters: the same on every pod, exact whoever writes, and there after any restart."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from harness.at_once import at_once, statuses
from harness.client import Client
from harness.key_values import Keys, position
from harness.people import NOBODY, SETTINGS, register
from harness.process import BIN, run_to_end
from harness.waiting import wait_until

ROUNDS = 30
ADDITIONS = 100
OTHER_EPOCH = "0000000000000000"
LONGEST = "x" * (65_536 - 2)


@pytest.fixture(scope="module")
def trio(new_shared_cluster):
    """Three pods, each with a client of its own."""
    cluster = new_shared_cluster(pod_count=3)
    cluster.wait_until_live()
    cluster.keys = [Keys(pod) for pod in cluster.pods]
    return cluster


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def shown_everywhere(cluster):
    """All keys with their offsets, which all pods agree on."""
    cluster.wait_until_equal()
    found = [Keys(pod).all() for pod in cluster.pods]
    assert all(one == found[0] for one in found)
    return found[0]


# ---------------------------------------------------------------------------------------------- one key


def test_a_value_is_the_same_on_all_pods(trio):
    value = {"hue": [1, None, True, "ünï 👍 \"\\\n"], "empty": {}}
    written = trio.keys[0].put("config", value)
    assert written.status == 201
    for keys in trio.keys:
        answer = keys.get("config", position(written))
        assert answer.status == 200 and answer.json == value
        assert answer.headers["etag"] == written.headers["etag"] == f'"{written.json["offset"]}"'
        assert answer.headers["content-type"] == "application/json"
        epoch, offset = answer.headers["log-position"].split(":")
        assert epoch == written.json["epoch"] and int(offset) >= written.json["offset"]


def test_a_pod_shows_its_own_write_at_once(trio):
    keys = trio.keys[1]
    for number in range(50):
        answer = keys.put("own", number)
        assert answer.status == (200 if number else 201)
        assert keys.value("own") == number
    assert keys.delete("own").status == 200
    assert keys.get("own").status == 404


def test_a_deleted_key_is_gone_everywhere_and_can_be_made_again(trio):
    first, second, third = trio.keys
    first.put("gone", 1)
    trio.wait_until_equal()
    deleted = second.delete("gone")
    assert deleted.status == 200
    assert third.get("gone", position(deleted)).status == 404
    problem = third.delete("gone")
    assert problem.status == 404 and problem.problem()["field"] == "key"
    assert "gone" not in third.all()
    again = third.put("gone", 2, If_None_Match="*")
    assert again.status == 201
    assert first.value("gone", position(again)) == 2


def test_the_value_is_kept_as_sent_but_for_white_space(trio):
    keys = trio.keys[0]
    sent = b' { "b" : 1.50E+3,\r\n\t"a" : [ -0 , 12345678901234567890.0 ] , "t":"\\u00e9 \\/" } '
    assert keys.ask("PUT", "/kv/raw", sent).status == 201
    assert keys.get("raw").body == '{"b":1.50E+3,"a":[-0,12345678901234567890.0],"t":"é /"}'.encode()


def test_heads_have_no_body(trio):
    trio.keys[0].put("headed", [1, 2])
    answer = trio.keys[0].ask("HEAD", "/kv/headed")
    assert (answer.status, answer.body) == (200, b"") and answer.headers["etag"]


# --------------------------------------------------------------------------------------- compare and set


def test_of_three_pods_that_create_a_key_at_once_one_does(trio, threads):
    for number in range(ROUNDS):
        answers = at_once(threads, *[
            lambda keys=keys, at=at: keys.put(f"new-{number}", at, If_None_Match="*")
            for at, keys in enumerate(trio.keys)])
        assert statuses(answers) == [201, 409, 409], answers
        winner = next(at for at, answer in enumerate(answers) if answer.status == 201)
        assert trio.keys[0].value(f"new-{number}", position(answers[winner])) == winner


def test_of_three_pods_that_replace_a_value_at_once_one_does(trio, threads):
    tag = trio.keys[0].put("contested", "start").headers["etag"]
    for _ in range(ROUNDS):
        answers = at_once(threads, *[
            lambda keys=keys, at=at: keys.put("contested", at, If_Match=tag)
            for at, keys in enumerate(trio.keys)])
        assert statuses(answers) == [200, 409, 409], answers
        winner = next(at for at, answer in enumerate(answers) if answer.status == 200)
        newest = answers[winner].json["offset"]
        for answer in answers:
            if answer.status == 409:
                assert answer.problem()["current"] == {"kv:contested": newest}
        tag = f'"{newest}"'
        assert trio.keys[winner].value("contested") == winner


def test_of_a_deletion_and_a_replacement_at_once_one_happens(trio, threads):
    for _ in range(ROUNDS):
        tag = trio.keys[0].put("either", 1).headers["etag"]
        deletion, replacement = at_once(
            threads, lambda: trio.keys[1].delete("either", If_Match=tag),
            lambda: trio.keys[2].put("either", 2, If_Match=tag))
        assert statuses([deletion, replacement]) == [200, 409]
        done = deletion if deletion.status == 200 else replacement
        answer = trio.keys[0].get("either", position(done))
        assert answer.status == (404 if done is deletion else 200)


def test_a_count_by_compare_and_set_from_three_pods_is_exact(trio, threads):
    trio.keys[0].put("count", 0)
    trio.wait_until_equal()

    def count(keys):
        tries = 0
        for _ in range(ADDITIONS):
            while True:
                tries += 1
                found = keys.get("count")
                answer = keys.put("count", found.json + 1, If_Match=found.headers["etag"])
                if answer.status == 200:
                    break
                assert answer.status == 409, answer
        return tries

    tries = at_once(threads, *[lambda keys=keys: count(keys) for keys in trio.keys])
    print(f"{3 * ADDITIONS} increments took {tries} tries")
    trio.wait_until_equal()
    assert [keys.value("count") for keys in trio.keys] == [3 * ADDITIONS] * 3


def test_conditions_are_judged_as_documented(trio):
    keys = trio.keys[0]
    epoch = trio.log.state()["epoch"]
    assert keys.put("if", 1, If_Match="*").status == 409
    assert keys.put("if", 1, If_Match='"0"').status == 201
    tag = keys.put("if", 2, If_Match="*").headers["etag"]
    refused = keys.put("if", 3, If_None_Match="*")
    assert refused.status == 409 and refused.problem()["current"] == {"kv:if": int(tag.strip('"'))}
    assert keys.put("if", 3, If_Match=f'"{OTHER_EPOCH}:{tag[1:]}').status == 409
    answer = keys.put("if", 3, If_Match=f'"{epoch}:{tag[1:]}')
    assert answer.status == 200
    # A line that is not there, or that no pod knows of, is no key's newest.
    for offset in (answer.json["offset"] + 1, 2**53):
        refused = keys.put("if", 4, If_Match=f'"{offset}"')
        assert refused.problem()["current"] == {"kv:if": answer.json["offset"]}
    deleted = keys.delete("if", If_Match=f'"{answer.json["offset"]}"')
    assert deleted.status == 200
    assert keys.put("if", 5, If_Match=deleted.headers["etag"]).status == 201


def test_any_line_with_the_key_moves_it(trio):
    """So that what the log judges and what a pod shows are the same."""
    keys = trio.keys[0]
    tag = keys.put("moved", 1).headers["etag"]
    moved = trio.log.append([{"channel": "tea", "message_text": "hello", "key": "kv:moved"}])[0]
    found = trio.keys[1].get("moved", f"?at_least={moved['epoch']}:{moved['offset']}")
    assert found.json == 1 and found.headers["etag"] == f'"{moved["offset"]}"'
    assert keys.put("moved", 2, If_Match=tag).status == 409
    assert keys.put("moved", 2, If_Match=found.headers["etag"]).status == 200


# ---------------------------------------------------------------------------------------------- counters


def test_additions_from_three_pods_are_exact_and_each_is_told_its_own_sum(trio, threads):
    def add(keys):
        return [keys.add("hits", 1) for _ in range(ADDITIONS)]

    answers = list(itertools.chain(*at_once(threads, *[lambda keys=keys: add(keys) for keys in trio.keys])))
    assert {answer.status for answer in answers} == {201}
    assert sorted(answer.json["value"] for answer in answers) == list(range(1, 3 * ADDITIONS + 1))
    in_order = sorted(answers, key=lambda answer: answer.json["offset"])
    assert [answer.json["value"] for answer in in_order] == list(range(1, 3 * ADDITIONS + 1))
    wanted = {"name": "hits", "value": 3 * ADDITIONS, "offset": in_order[-1].json["offset"]}
    assert all(keys.counter("hits", position(in_order[-1])) == wanted for keys in trio.keys)


def test_an_addition_that_is_repeated_counts_once(trio):
    first, second, _ = trio.keys
    assert first.counter("retried") == {"name": "retried", "value": 0, "offset": 0}
    answer = first.add("retried", -7, id="once")
    assert answer.status == 201 and answer.json["value"] == -7 and answer.json["id"] == "once"
    assert first.add("retried", 100).json["value"] == 93
    again = second.add("retried", -7, id="once")
    assert again.status == 200 and again.json == answer.json
    assert second.add("retried", 8, id="once").status == 409
    assert second.counter("retried")["value"] == 93


def test_a_sum_stays_where_every_json_reader_is_exact(trio):
    most = 2**53 - 1
    keys = trio.keys[0]
    assert [keys.add("full", most).json["value"] for _ in range(2)] == [most, most]
    assert keys.add("full", -1).json["value"] == most - 1


def test_a_counter_and_a_key_of_one_name_are_two_things(trio):
    trio.keys[0].add("twice", 5)
    trio.keys[0].put("twice", "a value")
    assert trio.keys[0].counter("twice")["value"] == 5 and trio.keys[0].value("twice") == "a value"


# ------------------------------------------------------------------------------------------------ reading


def test_a_read_waits_for_the_position_it_asks_for(trio, threads):
    epoch, head = (trio.log.state()[name] for name in ("epoch", "offset"))
    for path in ("/kv/awaited", "/kv", "/counters/awaited"):
        late = trio.keys[0].ask("GET", f"{path}?at_least={epoch}:{head + 1000}&timeout=50ms")
        assert late.status == 504 and late.problem()["field"] == "at_least"
        assert trio.keys[0].ask("GET", f"{path}?at_least={OTHER_EPOCH}:1").status == 409
        assert trio.keys[0].ask("GET", f"{path}?at_least=1").status == 400
        assert trio.keys[0].ask("GET", f"{path}?timeout=2h").status == 400
    trio.wait_until_equal()
    head = trio.log.state()["offset"]
    reading = threads.submit(trio.keys[0].get, "awaited", f"?at_least={epoch}:{head + 1}")
    assert trio.keys[1].put("awaited", "at last").json["offset"] == head + 1
    assert reading.result().json == "at last"


def test_keys_are_listed_by_prefix_in_the_order_of_their_bytes(trio):
    names = ["page:b", "page:a", "page:é", "page:e\u0301", "page:Z", "page:a&b=c+d %", "page:👍", "pagf"]
    for name in names:
        trio.keys[0].put(name, {"name": name})
    head = trio.wait_until_equal()
    wanted = sorted((name for name in names if name.startswith("page:")), key=str.encode)
    for keys in trio.keys:
        items = keys.page("?prefix=page:").json
        assert [item["key"] for item in items] == wanted
        assert all(item["value"] == {"name": item["key"]} for item in items)
        assert all(item["offset"] <= head["offset"] and item["time"].endswith("Z") for item in items)
        for limit in (1, 2, 3, len(wanted), 1000):
            assert list(keys.all(f"?prefix=page:&limit={limit}")) == wanted
        behind = keys.page(f"?prefix=page:&after={quote(wanted[2])}").json
        assert [item["key"] for item in behind] == wanted[3:]
        assert keys.page(f"?prefix=page:&limit={len(wanted)}").headers.get("link") is None
        assert keys.page("?prefix=none").json == []


def test_a_page_of_large_values_ends_early_and_says_where_to_go_on(trio):
    for number in range(20):
        assert trio.keys[0].put(f"large-{number:02}", LONGEST).status == 201
    first = trio.keys[0].page("?prefix=large-")
    assert len(first.json) == 16 and "after=large-15" in first.headers["link"]
    assert len(trio.keys[0].all("?prefix=large-")) == 20


# --------------------------------------------------------------------------------------- what is refused

KEYS_REFUSED = {
    "/kv/": 400, "/kv/a%2Fb": 400, "/kv/a/b": 404, "/kv/%00": 400, "/kv/a%0Ab": 400, "/kv/%7F": 400,
    "/kv/%C2%85": 400, "/kv/%FF": 400, "/kv/%C3": 400, "/kv/%ED%A0%80": 400, "/kv/%": 400, "/kv/%2e%2E": 400,
    "/kv/" + "x" * 129: 400, "/kv/" + "%F0%9F%91%8D" * 33: 400,
}
VALUES_REFUSED = {
    b"": 400, b" \n": 400, b"nul": 400, b"1 2": 400, b"01": 400, b"NaN": 400, b"{'a':1}": 400, b"[1,]": 400,
    b'1},{"deleted":true': 400, b'1,"deleted":true': 400, b'{"a":1,"a":2}': 400, b'"\xff"': 400,
    b'[{"a":{"b":1,"\\u0062":2}}]': 400, b'"\\ud800"': 400, b'"\x00"': 400, b'"a\nb"': 400,
    b"\xef\xbb\xbf1": 400,
    b"[" * 64 + b"]" * 64: 400, b"[" * 100_000: 400, b'{"a":' * 64 + b"1" + b"}" * 64: 400,
    json.dumps(LONGEST + "x").encode(): 413, b"[" + b"1," * 40_000 + b"1]": 413,
    b" " * (512 * 1024) + b"1": 413,
}
CONDITIONS_REFUSED = [
    {"If-Match": text} for text in (
        "1", 'W/"1"', '"1", "2"', '"x"', '""', '"', '"-1"', '"01"', '"1" ,*', '"9007199254740993"', "",
        '"18446744073709551616"', '":1"')
] + [{"If-None-Match": text} for text in ('"1"', "", 'W/"1"', "*, *")]
CONDITIONS_REFUSED.append({"If-Match": "*", "If-None-Match": "*"})
ADDITIONS_REFUSED = [
    {}, {"add": "1"}, {"add": 1.0}, {"add": 2**53}, {"add": -(2**53)}, {"add": None}, {"add": 1, "x": 1},
    {"add": 1, "id": ""}, {"add": 1, "id": "a b"}, {"add": [1]}, []]


def test_what_is_no_key_is_refused_with_its_rule(trio):
    for path, status in KEYS_REFUSED.items():
        for method in ("GET", "PUT", "DELETE"):
            answer = trio.keys[0].ask(method, path, b"1" if method == "PUT" else None)
            assert answer.status == status and answer.problem(), (method, path, answer)
    for name in ("x" * 128, "👍" * 32, "a b\"\\'%?#&+", ".a", "...", "$kv", "@me", "kv:a"):
        assert trio.keys[0].put(name, name).status in (200, 201)
        assert trio.keys[0].value(name) == name


def test_what_is_no_value_is_refused_and_the_old_one_stays(trio):
    trio.keys[0].put("kept", "old")
    for body, status in VALUES_REFUSED.items():
        with Client(trio.pods[0].port) as client:
            answer = client.request("PUT", "/kv/kept", body)
        assert answer.status == status and answer.problem(), (body[:50], answer)
    assert trio.keys[0].value("kept") == "old"
    for value in (b"null", b"false", b"0", b'""', b"[]", b"{}", b"[" * 63 + b"]" * 63):
        assert trio.keys[0].ask("PUT", "/kv/kept", value).status == 200
        assert trio.keys[0].get("kept").body == value


def test_what_is_no_condition_is_refused_not_passed_over(trio):
    trio.keys[0].put("safe", "old")
    for headers in CONDITIONS_REFUSED:
        for method, body in (("PUT", b"1"), ("DELETE", None)):
            with Client(trio.pods[0].port) as client:
                answer = client.request(method, "/kv/safe", body, headers)
            assert answer.status == 400 and answer.problem()["field"] in headers, (headers, answer)
    assert trio.keys[0].value("safe") == "old"


def test_unknown_parameters_of_writes_are_refused_and_of_reads_passed_over(trio):
    for method, path, body in (("PUT", "/kv/q", b"1"), ("DELETE", "/kv/q", None),
                               ("POST", "/counters/q", b'{"add":1}')):
        for query in ("?x=1", "?at_least=1", "?author=ann"):
            assert trio.keys[0].ask(method, path + query, body).status == 400
    assert trio.keys[0].page("?x=1").status == 200 and trio.keys[0].counter("q", "?x=1")["value"] == 0
    for query in ("limit=0", "limit=1001", "limit=x", "limit="):
        assert trio.keys[0].ask("GET", f"/kv?{query}").status == 400


def test_what_is_no_addition_is_refused(trio):
    for body in ADDITIONS_REFUSED:
        answer = trio.keys[0].ask("POST", "/counters/none", body)
        assert answer.status == 400 and answer.problem(), (body, answer)
    assert trio.keys[0].counter("none")["value"] == 0


# ---------------------------------------------------------------------------------------- who may, and how


def test_the_channel_is_the_logs_alone_and_no_chat(trio):
    trio.keys[0].put("quiet", 1)
    for service in trio.services:
        assert service.get("/messages/$kv").status == 404
        assert service.post("/messages/$kv", {"message_text": "x"}).status == 404
        assert all(message["channel"] != "$kv" for message in service.messages())
    assert trio.pods[0].get("/events?channels=$kv").status == 404


def test_without_a_secret_the_log_takes_lines_of_keys_and_no_other_hidden_ones(trio):
    data = {"data": {"value": "by hand"}, "kind": "kv", "key": "kv:appended"}
    results = trio.log.append([{"channel": channel, **data} for channel in ("$kv", "$kvx", "@kv")])
    assert [result.get("error", {}).get("status") for result in results] == [None, 404, 404]
    written = results[0]
    assert trio.keys[2].value("appended", f"?at_least={written['epoch']}:{written['offset']}") == "by hand"


def test_a_publish_by_a_stranger_is_no_value(trio):
    def listens():
        trio.redis.publish("probe", "are you there")
        return trio.log.messages("probe")

    wait_until(listens, "the log hears plain channels")
    head = trio.log.state()["offset"]
    trio.redis.publish("$kv", '{"value":1}')
    trio.redis.publish("after", "a message")
    wait_until(lambda: trio.log.messages("after"), "the next message arrives")
    assert [line for line in trio.log.lines(after=head) if line.fields["channel"] == "$kv"] == []


def test_the_command_line_uses_keys_and_counters(trio):
    def run(*words):
        code, out, error = run_to_end([BIN / "chatctl", *words, "--url", trio.pods[0].url])
        return code, out.strip(), error

    offset = json.loads(run("kv", "put", "cli:x", '{"a": 1}', "--if-absent")[1])["offset"]
    assert run("kv", "get", "cli:x") == (0, '{"a":1}', "")
    code, _, error = run("kv", "put", "cli:x", "2", "--if-match", str(offset + 1))
    assert code == 1 and "kv:cli:x" in error
    for number in range(1005):
        trio.keys[0].put(f"many:{number:04}", number)
    lines = run("kv", "list", "many:")[1].splitlines()
    assert [json.loads(line)["key"] for line in lines] == [f"many:{number:04}" for number in range(1005)]
    assert json.loads(run("counter", "cli", "-5", "--id", "cli-once")[1])["value"] == -5
    assert json.loads(run("counter", "cli")[1])["value"] == -5
    assert run("kv", "delete", "cli:x", "--if-match", str(offset))[0] == 0
    assert run("kv", "get", "cli:x")[0] == 1 and run("kv", "list", "cli") == (0, "", "")
    for words in (("kv", "put", "a"), ("kv", "put", "a", "1", "--if-match", "x"), ("counter", "a", "1.5"),
                  ("kv", "delete", "a", "--if-match", "1", "--if-absent")):
        assert run(*words)[0] == 2


def test_where_sign_in_is_required_keys_want_a_token(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS, pod_settings={"AUTH": "required"}).start()
    pod = cluster.pods[0]
    ann = register(pod, "ann")
    requests = [("PUT", "/kv/k", {"a": 1}), ("GET", "/kv/k", None), ("GET", "/kv", None),
                ("POST", "/counters/c", {"add": 1}), ("GET", "/counters/c", None), ("DELETE", "/kv/k", None)]
    for method, path, body in requests:
        assert NOBODY.refused(pod, method, path, body) == 401
        ann.does(pod, method, path, body)
    written = [line.fields for line in cluster.log.lines() if line.fields["channel"] == "$kv"]
    assert [line["author"] for line in written] == ["ann"] * 3
    ann.does(pod, "DELETE", "/sessions")
    assert {ann.refused(pod, method, path, body) for method, path, body in requests} == {401}


# -------------------------------------------------------------------------------------------- outages


def test_a_pod_that_is_behind_tells_whether_a_key_is_new(new_cluster, redis, new_proxy):
    proxy = new_proxy(redis)
    cluster = new_cluster(pod_count=1, redis=False, redis_url=redis.url)
    cluster.pods.append(cluster.new_pod(REDIS_URL=proxy.url))
    cluster.start().wait_until_live()
    # The second one hears of nothing but its own writes.
    proxy.drop = lambda topic, _: True
    first, behind = (Keys(pod) for pod in cluster.pods)
    tag = first.put("k", 1).headers["etag"]
    assert behind.put("k", 2, If_Match=tag).status == 200
    cluster.wait_until_equal()
    assert first.delete("k").status == 200
    assert behind.put("k", 3).status == 201


def test_everything_is_there_after_restarts(new_cluster):
    cluster = new_cluster(pod_count=2).start()
    keys = Keys(cluster.pods[0])
    for number in range(200):
        keys.put(f"k{number:03}", {"n": number})
    for number in range(0, 200, 3):
        keys.delete(f"k{number:03}")
    keys.add("total", 41)
    before = shown_everywhere(cluster)
    assert len(before) == 133 and before["k001"]["value"] == {"n": 1}
    cluster.pods[1].restart()
    assert shown_everywhere(cluster) == before
    cluster.log.restart()
    for pod in cluster.pods:
        pod.restart()
    assert shown_everywhere(cluster) == before
    again = Keys(cluster.pods[1])
    # The log and the pods still know where each key is, the deleted ones too.
    assert again.put("k000", 1, If_Match=f'"{before["k001"]["offset"]}"').status == 409
    assert again.put("k000", 1, If_None_Match="*").status == 201
    assert again.put("k001", 1, If_Match=f'"{before["k001"]["offset"]}"').status == 200
    assert again.add("total", 1).json["value"] == 42


def test_pods_of_little_memory_know_all_keys(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    keys = Keys(cluster.pods[0])
    for number in range(100):
        keys.put(f"k{number}", "x" * 500)
        keys.add("total", number)
    cluster.log.append([{"channel": "tea", "message_text": f"{n}" * 100} for n in range(500)])
    cluster.wait_until_equal()
    bounded = cluster.new_pod(HISTORY_BYTES="16384").start()
    wait_until(lambda: bounded.state()["first"] > 200, "the pod has forgotten the lines of all keys")
    assert Keys(bounded).all() == keys.all() and len(keys.all()) == 100
    assert Keys(bounded).counter("total") == keys.counter("total")
    assert Keys(bounded).put("k7", 1, If_Match=keys.get("k7").headers["etag"]).status == 200
    assert bounded.metric("chat_pod_keys") == 100


def test_reads_go_on_while_the_log_is_away_and_writes_are_refused(new_cluster):
    cluster = new_cluster(pod_count=1).start()
    keys = Keys(cluster.pods[0])
    keys.put("k", 1)
    cluster.log.kill()
    wait_until(lambda: not cluster.pods[0].state()["log_reachable"], "the pod has noticed")
    assert keys.value("k") == 1
    for answer in (keys.put("k", 2), keys.delete("k"), keys.add("c", 1)):
        assert answer.status == 503 and answer.headers["retry-after"]
    cluster.log.start()
    wait_until(lambda: keys.put("k", 3).status == 200, "writes go on")
    assert keys.value("k") == 3
