"""Accounts: registering, signing in and out on any pod, tokens, and what never leaves."""

import json
import time

import pytest

from harness.client import Client
from harness.people import (
    NOBODY, PASSWORD, SECRET, SETTINGS, Person, new_address, register, sign_in, signed_in)
from harness.streams import Socket
from harness.tokens import generation_of, make_token
from harness.waiting import wait_until

ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 20


@pytest.fixture(scope="module")
def town(new_shared_cluster):
    """Three pods whose accounts the tests share; each test registers names of its own."""
    return new_shared_cluster(pod_count=3, settings=SETTINGS)


def attempt_to_register(pod, name, password=PASSWORD):
    return NOBODY.ask(pod, "POST", "/accounts", {"name": name, "password": password}, new_address())


def is_signed_in(person, pod):
    return person.ask(pod, "GET", "/sessions").status == 200


def wait_until_signed_out(person, cluster):
    for pod in cluster.pods:
        wait_until(lambda: not is_signed_in(person, pod), f"{pod.name} refuses the old token")


# Registering


def test_who_registers_is_signed_in_on_every_pod(town):
    ann = register(town.pods[0], "Ann.1")
    for pod in town.pods:
        # A pod that has not heard of the account yet waits until it has.
        session = ann.does(pod, "GET", "/sessions")
        assert session["name"] == "Ann.1" and session["since"]
        assert "token" not in session


@pytest.mark.parametrize("name", ["", "x" * 33, "two words", "Zoë", "a/b", "@a", "$a", "a\u0000", "a,b", "*"])
def test_names_that_no_account_can_have_are_refused(town, name):
    answer = attempt_to_register(town.pods[0], name)
    assert answer.status == 400 and answer.problem()["field"] == "name"


@pytest.mark.parametrize("password, status", [
    ("7 bytes", 400), ("", 400), ("x" * 257, 400), (8, 400), (None, 400), ("8 bytes!", 201),
    ("ö" * 128, 201)])
def test_passwords_have_8_to_256_bytes(town, password, status):
    name = f"pass-{len(str(password).encode())}"
    answer = attempt_to_register(town.pods[0], name, password)
    assert answer.status == status
    if status != 201:
        assert answer.problem()["field"] == "password"


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"{}", b'{"name":"carl"}', b'{"name":"carl","password":"12345678","admin":true}',
    b'{"name":"carl","name":"carla","password":"12345678"}'])
def test_a_malformed_registration_is_refused(town, body):
    assert NOBODY.ask(town.pods[0], "POST", "/accounts", body, new_address()).status == 400
    assert not town.pods[0].get("/accounts/carl").status == 200


def test_a_name_is_taken_whatever_its_case(town):
    register(town.pods[0], "Bea")
    for name, pod in zip(("Bea", "bea", "BEA"), town.pods):
        answer = attempt_to_register(pod, name)
        assert answer.status == 409 and answer.problem()["detail"] == "the name is taken"


def test_the_name_of_an_account_is_nobody_elses(town):
    cid = register(town.pods[0], "Cid")
    town.wait_until_equal()
    for author in ("Cid", "cid", "CID"):
        assert NOBODY.refused(
            town.pods[1], "POST", "/messages/square", {"message_text": "me", "author": author}) == 401
    assert cid.refused(
        town.pods[1], "POST", "/messages/square", {"message_text": "me", "author": "somebody"}) == 400
    offset = cid.says(town.pods[1], "square", "me", author="CID")
    assert cid.does(town.pods[1], "GET", f"/messages/square/{offset}")["author"] == "Cid"


# Signing in


def test_one_signs_in_on_another_pod_in_any_case(town):
    register(town.pods[0], "Dora")
    town.wait_until_equal()
    dora = signed_in(town.pods[1], "dORA")
    assert dora.name == "Dora" and is_signed_in(dora, town.pods[2])


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(town):
    register(town.pods[0], "Emil")
    wrong = sign_in(town.pods[0], "Emil", "wrong horse battery")
    unknown = sign_in(town.pods[0], "nobody-of-that-name", "wrong horse battery")
    assert (wrong.status, unknown.status) == (401, 401)
    assert wrong.body == unknown.body
    assert wrong.headers["www-authenticate"].lower().startswith("bearer")


def test_an_account_is_not_tried_for_ever(town):
    register(town.pods[0], "Fritz")
    answers = [sign_in(town.pods[0], "fritz", "wrong horse") for _ in range(ATTEMPTS_PER_ACCOUNT + 1)]
    assert 401 in [answer.status for answer in answers]
    refused = answers[-1]
    assert refused.status == 429 and int(refused.headers["retry-after"]) >= 1
    refused.problem()
    # Not even with the right password, from wherever: else the answer would tell which one it is.
    assert sign_in(town.pods[0], "FRITZ").status == 429
    assert sign_in(town.pods[0], "nobody-either").status == 401


def test_an_address_does_not_try_for_ever(town):
    here = new_address()

    def attempt(number):
        body = {"name": f"nobody-{number}", "password": PASSWORD}
        return NOBODY.ask(town.pods[0], "POST", "/sessions", body, here).status

    statuses = [attempt(number) for number in range(ATTEMPTS_PER_ADDRESS + 5)]
    assert statuses[:ATTEMPTS_PER_ADDRESS] == [401] * ATTEMPTS_PER_ADDRESS and 429 in statuses
    assert sign_in(town.pods[0], "nobody-0").status == 401


# Signing out


def test_a_new_password_signs_out_everywhere(town):
    gus = register(town.pods[0], "Gus")
    town.wait_until_equal()
    sockets = [gus.socket(pod) for pod in town.pods]
    change = {"password": PASSWORD, "new_password": "another horse"}
    answer = NOBODY.ask(town.pods[1], "PUT", "/accounts/gus/password", change, new_address())
    assert answer.status == 200
    wait_until_signed_out(gus, town)
    assert [socket.wait_for_close()[0] for socket in sockets] == [4001] * 3
    assert all(is_signed_in(Person("Gus", answer.json["token"]), pod) for pod in town.pods)
    assert sign_in(town.pods[2], "Gus").status == 401
    assert sign_in(town.pods[2], "Gus", "another horse").status == 200


def test_a_password_is_changed_by_who_knows_it(town):
    register(town.pods[0], "Hal")
    for change, status in [
            ({"password": "wrong horse", "new_password": "another horse"}, 401),
            ({"password": PASSWORD, "new_password": "short"}, 400), ({"new_password": "another horse"}, 400)]:
        answer = NOBODY.ask(town.pods[0], "PUT", "/accounts/hal/password", change, new_address())
        assert answer.status == status
    assert sign_in(town.pods[0], "Hal").status == 200


def test_signing_out_everywhere_ends_tokens_and_streams_on_all_pods(town):
    ida = register(town.pods[0], "Ida")
    town.wait_until_equal()
    other = signed_in(town.pods[1], "Ida")
    stays = register(town.pods[0], "Ida-stays")
    town.wait_until_equal()
    sockets = [ida.socket(town.pods[0]), other.socket(town.pods[1])]
    with ida.events(town.pods[2], "?channels=*") as events, stays.socket(town.pods[2]) as kept:
        ida.does(town.pods[2], "DELETE", "/sessions")
        wait_until_signed_out(ida, town)
        wait_until_signed_out(other, town)
        assert [socket.wait_for_close()[0] for socket in sockets] == [4001] * 2
        with pytest.raises(EOFError):
            events.next()
        kept.say(type="ping")
        kept.control("pong")
    assert ida.refused(town.pods[0], "DELETE", "/sessions") == 401
    assert NOBODY.refused(town.pods[0], "DELETE", "/sessions") == 401
    assert is_signed_in(signed_in(town.pods[0], "Ida"), town.pods[1])


def test_the_pod_that_signed_somebody_out_takes_their_token_no_more(town):
    for number in range(20):
        person = register(town.pods[0], f"leaver-{number}")
        person.does(town.pods[0], "DELETE", "/sessions")
        assert person.refused(town.pods[0], "GET", "/sessions") == 401


def test_a_deleted_account_is_gone_but_its_name_stays_taken(town):
    jim = register(town.pods[0], "Jim")
    town.wait_until_equal()
    offset = jim.says(town.pods[0], "square", "so long")
    socket = jim.socket(town.pods[1])
    assert NOBODY.ask(
        town.pods[0], "DELETE", "/accounts/jim", {"password": "wrong horse"}, new_address()).status == 401
    assert is_signed_in(jim, town.pods[0])
    assert NOBODY.ask(
        town.pods[0], "DELETE", "/accounts/jim", {"password": PASSWORD}, new_address()).status == 200
    wait_until_signed_out(jim, town)
    assert socket.wait_for_close()[0] == 4001
    town.wait_until_equal()
    for pod in town.pods:
        assert sign_in(pod, "Jim").status == 401
        taken = attempt_to_register(pod, "JIM")
        assert taken.status == 409
        assert NOBODY.refused(pod, "POST", "/messages/square", {"message_text": "x", "author": "jim"}) == 401
        assert NOBODY.does(pod, "GET", "/accounts/jim")["deleted"] is True
        assert NOBODY.does(pod, "GET", f"/messages/square/{offset}")["message_text"] == "so long"


# The list


def test_accounts_are_listed_by_prefix_in_pages(town):
    names = [f"List-{letter}" for letter in "abcde"]
    for name in reversed(names):
        register(town.pods[0], name)
    town.wait_until_equal()

    def page(query):
        return [one["name"] for one in NOBODY.does(town.pods[1], "GET", f"/accounts?{query}")]

    assert page("prefix=list-") == page("prefix=LIST-") == names
    assert page("prefix=list-&limit=2") == names[:2]
    assert page("prefix=list-&limit=2&after=list-B") == names[2:4]
    assert page("prefix=list-&after=list-e") == page("prefix=list-x") == []
    assert set(names) <= set(page("limit=1000"))
    for query in ("limit=0", "limit=1001", "limit=x"):
        assert NOBODY.refused(town.pods[1], "GET", f"/accounts?{query}") == 400
    assert NOBODY.does(town.pods[1], "GET", "/accounts/LIST-A")["name"] == "List-a"
    assert NOBODY.refused(town.pods[1], "GET", "/accounts/list-z") == 404


# Tokens


def test_a_token_is_good_until_it_expires_and_not_when_it_was_tampered_with(town):
    kim = register(town.pods[0], "Kim")
    generation, now = generation_of(kim.token), int(time.time())
    assert is_signed_in(Person("Kim", make_token("Kim", generation, now, 60)), town.pods[1])
    bad = {
        "expired": make_token("Kim", generation, now - 61, 60),
        "of another secret": make_token("Kim", generation, now, 60, secret="another secret"),
        "of an older generation": make_token("Kim", generation - 1, now, 60),
        "of nobody": make_token("nobody", generation, now, 60),
        "cut": kim.token[:-1], "longer": kim.token + "A", "padded": kim.token + "=",
        "upper case": kim.token.upper(), "empty": "x", "not base 64": "!" * 60, "large": "A" * 5000}
    for index in range(0, len(kim.token), 7):
        other = "B" if kim.token[index] == "A" else "A"
        bad[f"changed at {index}"] = kim.token[:index] + other + kim.token[index + 1:]
    offset = town.log.state()["offset"]
    for what, token in bad.items():
        stranger = Person(what, token)
        for method, path, body in [
                ("GET", "/sessions", None), ("GET", "/messages", None), ("GET", "/conversations", None),
                ("GET", "/accounts", None), ("POST", "/messages/square", {"message_text": "x"}),
                ("GET", "/messages/square/1", None), ("GET", "/rooms/square", None), ("GET", "/events", None),
                ("GET", "/events?channels=square", None), ("GET", "/ws?channels=*", None),
                ("POST", "/rooms", {"title": "x"}), ("DELETE", "/sessions", None)]:
            assert stranger.refused(town.pods[1], method, path, body) == 401, (what, method, path)
    assert town.log.state()["offset"] == offset


def test_tokens_outlive_restarts_of_pods_and_log(new_cluster):
    cluster = new_cluster(pod_count=2, settings=SETTINGS).start()
    ann = register(cluster.pods[0], "Ann")
    cluster.log.restart()
    for pod in cluster.pods:
        pod.restart()
    cluster.wait_until_equal()
    for pod in cluster.pods:
        assert is_signed_in(ann, pod)
        assert sign_in(pod, "ann").status == 200
    ann.says(cluster.pods[1], "square", "still here")


# AUTH=required


def test_auth_required_serves_only_those_who_are_signed_in(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS, pod_settings={"AUTH": "required"}).start()
    pod = cluster.pods[0]
    ann = register(pod, "Ann")
    offset = ann.says(pod, "square", "hello")
    cluster.wait_until_equal()
    for method, path, body in [
            ("GET", "/messages", None), ("GET", "/messages/square", None),
            ("GET", f"/messages/square/{offset}", None), ("GET", "/messages/square?after=1&wait=1s", None),
            ("POST", "/messages/square", {"message_text": "x", "author": "guest"}),
            ("PATCH", f"/messages/square/{offset}", {"message_text": "x"}),
            ("DELETE", f"/messages/square/{offset}", None),
            ("PUT", f"/messages/square/{offset}/reactions/x", None), ("GET", "/conversations", None),
            ("GET", "/accounts", None), ("GET", "/accounts/ann", None), ("GET", "/rooms/square", None),
            ("POST", "/rooms", {"title": "x"}), ("POST", "/direct", {"name": "ann"}),
            ("PUT", "/reads/square", {"offset": offset}), ("GET", "/events", None)]:
        assert NOBODY.refused(pod, method, path, body) == 401, (method, path)
    assert ann.reads(pod, "square")[0]["message_text"] == "hello"
    assert ann.conversation(pod, "square")["unread"] == 0
    for path in ("/state", "/healthz", "/readyz", "/metrics"):
        assert NOBODY.ask(pod, "GET", path).status == 200


def test_with_auth_required_a_socket_gets_nothing_before_its_token(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS, pod_settings={"AUTH": "required"}).start()
    pod = cluster.pods[0]
    ann = register(pod, "Ann")
    with Socket(pod, "?channels=*") as socket:
        for command in (
                {"type": "send", "channel": "square", "message_text": "x"},
                {"type": "subscribe", "channels": ["*"]},
                {"type": "read", "channel": "square", "offset": 1},
                {"type": "auth", "token": ann.token + "x"}):
            socket.say(**command)
            assert socket.control("error")["problem"]["status"] == 401
        ann.says(pod, "square", "not for strangers")
        cluster.wait_until_equal()
        socket.say(type="auth", token=ann.token)
        assert socket.control("signed_in")["name"] == "Ann"
        assert socket.lines == []
        # It follows what its address asked for from now on, or what it asks for now.
        socket.say(type="subscribe", channels=["*"])
        socket.say(type="send", channel="square", message_text="now", id="now")
        assert socket.line()["message_text"] == "now"


# Without a secret


def test_without_a_secret_there_are_no_accounts_and_the_answer_says_why(small_cluster):
    pod = small_cluster.pods[0]
    credentials = {"name": "ann", "password": PASSWORD}
    for method, path, body in [
            ("POST", "/accounts", credentials), ("POST", "/sessions", credentials),
            ("DELETE", "/accounts/ann", {"password": PASSWORD}),
            ("PUT", "/accounts/ann/password", {"password": PASSWORD, "new_password": PASSWORD})]:
        answer = NOBODY.ask(pod, method, path, body)
        assert answer.status == 503, (path, answer)
        assert "CLUSTER_SECRET" in answer.problem()["detail"]
    for method, path, body in [
            ("POST", "/rooms", {"title": "x"}), ("POST", "/direct", {"name": "bob"}),
            ("PUT", "/reads/square", {"offset": 1})]:
        answer = NOBODY.ask(pod, method, path, body)
        assert answer.status in (401, 503), (path, answer)
    assert Person("ann", "A" * 80).refused(pod, "GET", "/sessions") == 401
    assert small_cluster.log.state()["offset"] == 0
    # Those without account talk and change their messages.
    offset = NOBODY.says(pod, "square", "hello", author="guest")
    NOBODY.does(pod, "PATCH", f"/messages/square/{offset}?author=guest", {"message_text": "hello!"})


# What never leaves


def _paths(room, offset):
    return [
        "/", "/messages", "/messages?last=100", "/messages/square", f"/messages/square/{offset}",
        "/messages/1", "/messages/square/1", "/messages/%24accounts", "/messages/$accounts",
        "/messages/$accounts/1", "/messages/$accounts?wait=1s&after=0", f"/messages/{room}",
        f"/messages/{room}/1", "/log", "/log?after=0", "/log/tail", "/state", "/healthz", "/readyz",
        "/metrics", "/accounts", "/accounts?prefix=a", "/accounts/ann", "/accounts/ann/password",
        "/sessions", f"/rooms/{room}", "/rooms/$accounts", "/rooms", "/conversations", "/search?q=argon2",
        "/append", "/reads/$accounts", "/events?channels=$accounts", "/events?channel=$accounts",
        "/ws?channels=$accounts", "/replicas", "/telemetry", "/openapi.yaml", "/direct",
        "/chat-server/accounts/ann", "/replication-log/messages/$accounts"]


def test_hashes_never_leave_through_a_public_endpoint(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS).start()
    pod = cluster.pods[0]
    ann, bob = register(pod, "ann"), register(pod, "bob")
    epoch = cluster.log.state()["epoch"]
    offset = ann.says(pod, "square", "hello @bob")
    room = ann.does(pod, "POST", "/rooms", {"title": "t", "members": ["bob"]})["channel"]
    NOBODY.ask(pod, "PUT", "/accounts/bob/password", {"password": PASSWORD, "new_password": PASSWORD + "2"})
    bob = signed_in(pod, "bob", PASSWORD + "2")
    # The hashes are there, for those who have the secret.
    assert pod.log_bytes().count(b"argon2") == cluster.log.log_bytes().count(b"argon2") == 3
    for service in cluster.services:
        for person in (NOBODY, ann, bob, Person("wrong", "wrong")):
            for path in _paths(room, offset):
                for method, body in [
                        ("GET", None), ("HEAD", None), ("POST", b'{"message_text":"x","author":"ann"}'),
                        ("PUT", b'{"offset":1}'), ("PATCH", b'{"message_text":"x"}'), ("DELETE", None)]:
                    if method == "DELETE" and (path == "/sessions" or path.endswith(str(offset))):
                        continue
                    answer = person.ask(service, method, path, body)
                    assert b"argon2" not in answer.body, (service.name, person.name, method, path)
                    if path.startswith("/log"):
                        assert answer.status in (401, 405), (service.name, person.name, method, path)
    for person in (NOBODY, ann):
        _assert_streams_are_clean(pod, person, epoch, room)
    assert not any("argon2" in service.text for service in cluster.services)


def _assert_streams_are_clean(pod, person, epoch, room):
    """Everything since the beginning, by all ways that streams have."""
    with person.events(pod, f"?after={epoch}:0") as events:
        last = person.says(pod, "square", "the last one")
        seen = []
        while not seen or seen[-1]["offset"] < last:
            seen.append(events.next()[2])
    with person.socket(pod, f"?channels=*{',@me' if person.token else ''}&after={epoch}:0") as socket:
        socket.say(type="subscribe", channels=["$accounts"], after=f"{epoch}:0")
        assert socket.control("error")["problem"]["status"] == 404
        seen += socket.lines_through(last)
    assert len(seen) > 2 and not any(line["channel"].startswith("$") for line in seen)
    assert person.token or not any(line["channel"] == room for line in seen)
    assert "argon2" not in json.dumps(seen)
    polled = person.ask(pod, "GET", "/messages/square?after=0&wait=1s")
    assert polled.status == 200 and b"argon2" not in polled.body


def test_the_log_wants_the_secret_whoever_asks(town):
    member = register(town.pods[0], "Log-reader")
    for service in (town.log, town.pods[0]):
        for path in ("/log", "/log/tail", "/log?after=0", "/chat-server/log", "/replication-log/log"):
            for token in (None, member.token, SECRET + "x"):
                with Client(service.port, token=token) as client:
                    assert client.get(path).status in (401, 404), (service.name, path)
        assert service.get("/log").status == 200
