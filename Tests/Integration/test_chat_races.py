"""Three pods are asked at once for what only one may have: the log never holds a contradiction."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.at_once import at_once, statuses
from harness.people import NOBODY, PASSWORD, SETTINGS, new_address, register

ROUNDS = 30


@pytest.fixture(scope="module")
def town(new_shared_cluster):
    cluster = new_shared_cluster(pod_count=3, settings=SETTINGS)
    cluster.people = [register(cluster.pods[0], name) for name in ("ann", "bob", "cid", "dora")]
    cluster.wait_until_equal()
    return cluster


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def test_one_of_three_pods_registers_a_name(town, threads):
    for number in range(ROUNDS):
        def attempt(pod, name):
            body = {"name": name, "password": PASSWORD}
            return lambda: NOBODY.ask(pod, "POST", "/accounts", body, new_address())

        names = [f"Race-{number}", f"race-{number}", f"RACE-{number}"]
        answers = at_once(threads, *map(attempt, town.pods, names))
        assert statuses(answers) == [201, 409, 409], answers
    town.wait_until_equal()
    keys = [line.fields["key"] for line in town.log.lines() if line.fields.get("kind") == "account"]
    assert len(keys) == len(set(keys))
    assert len(NOBODY.does(town.pods[2], "GET", "/accounts?prefix=race-")) == ROUNDS


def test_no_message_stands_behind_its_authors_removal(town, threads):
    ann, bob = town.people[:2]
    refused = 0
    for number in range(ROUNDS):
        room = ann.does(town.pods[0], "POST", "/rooms", {"title": "race", "members": ["bob"]})["channel"]
        town.wait_until_equal()

        def post(pod):
            return lambda: bob.ask(pod, "POST", f"/messages/{room}", {"message_text": "still here"})

        removal, *posts = at_once(
            threads, lambda: ann.ask(town.pods[0], "DELETE", f"/rooms/{room}/members/bob"),
            post(town.pods[1]), post(town.pods[2]), post(town.pods[1]))
        assert removal.status == 200, removal
        assert set(statuses(posts)) <= {201, 404}, posts
        refused += statuses(posts).count(404)
        lines = [line.fields for line in town.log.lines() if line.fields["channel"] == room]
        behind = [line for line in lines if line["offset"] > removal.json["offset"]]
        assert behind == []
        posted = [line["offset"] for line in lines if "kind" not in line]
        assert sorted(answer.json["offset"] for answer in posts if answer.status == 201) == posted
    print(f"{refused} of {3 * ROUNDS} posts came too late")


def test_no_edit_stands_behind_the_deletion_of_its_message(town, threads):
    ann = town.people[0]
    for number in range(ROUNDS):
        offset = ann.says(town.pods[0], "edit-race", f"number {number}")
        town.wait_until_equal()
        path = f"/messages/edit-race/{offset}"

        def edit(pod, text):
            return lambda: ann.ask(pod, "PATCH", path, {"message_text": text})

        deletion, *edits = at_once(
            threads, lambda: ann.ask(town.pods[0], "DELETE", path), edit(town.pods[1], "one"),
            edit(town.pods[2], "two"), edit(town.pods[0], "three"))
        assert deletion.status == 200, deletion
        assert set(statuses(edits)) <= {200, 410}, edits
    town.wait_until_equal()
    last = {}
    for line in town.log.lines():
        if line.fields["channel"] == "edit-race" and "key" in line.fields:
            assert last.get(line.fields["key"]) != "delete", line
            last[line.fields["key"]] = line.fields["kind"]
    assert list(last.values()) == ["delete"] * ROUNDS
    for service in town.services:
        assert all(message["deleted"] for message in service.messages("edit-race"))


def test_a_message_is_deleted_once(town, threads):
    ann = town.people[0]
    for _ in range(ROUNDS):
        path = f"/messages/delete-race/{ann.says(town.pods[0], 'delete-race', 'once')}"
        town.wait_until_equal()
        answers = at_once(threads, *[lambda pod=pod: ann.ask(pod, "DELETE", path) for pod in town.pods])
        assert statuses(answers) == [200, 410, 410], answers


def test_a_room_keeps_an_owner_whoever_changes_roles_at_once(town, threads):
    ann, bob, cid, _ = town.people
    for _ in range(ROUNDS):
        room = ann.does(
            town.pods[0], "POST", "/rooms", {"title": "race", "members": ["bob", "cid"]})["channel"]
        ann.does(town.pods[0], "PUT", f"/rooms/{room}/members/bob", {"role": "owner"})
        town.wait_until_equal()

        # Each owner alone may do it, as long as the other one stays.
        answers = at_once(
            threads, lambda: ann.ask(town.pods[0], "DELETE", f"/rooms/{room}/members/ann"),
            lambda: bob.ask(town.pods[1], "PUT", f"/rooms/{room}/members/bob", {"role": "member"}),
            lambda: bob.ask(town.pods[2], "PUT", f"/rooms/{room}/members/cid", {"role": "moderator"}))
        # Who comes second is told so: the last owner stays, and who is none any more may not.
        assert set(statuses(answers)) <= {200, 403, 409}, answers
        town.wait_until_equal()
        shown = cid.does(town.pods[2], "GET", f"/rooms/{room}")
        assert "owner" in [member["role"] for member in shown["members"]], shown
        assert all(cid.does(pod, "GET", f"/rooms/{room}") == shown for pod in town.pods)


def test_two_who_open_a_direct_conversation_at_once_open_the_same(town, threads):
    people = [register(town.pods[0], f"pair-{number}") for number in range(8)]
    town.wait_until_equal()
    pairs = [(one, other) for one in people for other in people if one.name < other.name]
    for one, other in pairs:
        answers = at_once(
            threads, lambda: one.ask(town.pods[0], "POST", "/direct", {"name": other.name}),
            lambda: other.ask(town.pods[1], "POST", "/direct", {"name": one.name}),
            lambda: one.ask(town.pods[2], "POST", "/direct", {"name": other.name}))
        assert statuses(answers) == [200, 200, 201], answers
        assert len({answer.json["channel"] for answer in answers}) == 1
    made = [line.fields["channel"] for line in town.log.lines()
            if line.fields.get("data", {}).get("op") == "direct"]
    assert len(made) == len(set(made)) == len(pairs)


def test_who_signs_out_everywhere_writes_nothing_behind_it(town, threads):
    for number in range(ROUNDS // 3):
        person = register(town.pods[0], f"leaver-{number}")
        town.wait_until_equal()

        def post(pod):
            return lambda: person.ask(pod, "POST", "/messages/leaving", {"message_text": "x"})

        revoked, *posts = at_once(
            threads, lambda: person.ask(town.pods[0], "DELETE", "/sessions"), *map(post, town.pods))
        assert revoked.status == 200 and set(statuses(posts)) <= {201, 401}, posts
        late = [line for line in town.log.lines(after=revoked.json["offset"])
                if line.fields.get("author") == person.name]
        assert late == []
