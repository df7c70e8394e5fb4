"""The page for people with accounts: private talk, what becomes of messages, marks on all devices."""

import pytest
from harness.browser import Page, start_browser
from harness.waiting import holds_for, wait_until

CLUSTER_SECRET = "a secret of a cluster"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def browsers():
    started = [start_browser() for _ in range(2)]
    yield started
    for browser in started:
        browser.quit()


@pytest.fixture
def cluster(new_cluster):
    return new_cluster(pod_count=2, settings={"CLUSTER_SECRET": CLUSTER_SECRET}).start()


@pytest.fixture
def people(cluster, browsers):
    """alice and bob, each with an account, a browser and a pod of their own."""
    pages = []
    for browser, pod, name in zip(browsers, cluster.pods, ("Alice", "bob")):
        pages.append(Page(browser, pod.url).open().enter("Sign up", name, PASSWORD))
    yield pages
    for page in pages:
        assert not page.troubles()


def sign_out(page):
    page.click("[aria-label='Account']").click("dialog .button", "Sign out")
    page.element(".welcome [name=password]")


def direct(page, name):
    """Opens a direct conversation with somebody."""
    page.click("[aria-label='New message']").type("dialog [name=name]", name).click("dialog [type=submit]")
    wait_until(lambda: page.title == name, f"the conversation with {name} is open")
    return page


def test_two_people_talk_in_private(cluster, people):
    alice, bob = people
    direct(alice, "bob").send("Only for you, bob.")
    wait_until(lambda: bob.badge("Alice") == "1", "bob sees that somebody wrote")
    bob.open_room("Alice")
    bob.wait_for("Only for you, bob.").send("Thanks!")
    alice.wait_for("Only for you, bob.", "Thanks!")
    for service in cluster.services:
        assert service.messages() == []


def test_an_edit_a_reaction_and_a_deletion_are_seen_at_once(people):
    alice, bob = people
    alice.send("First verison").wait_for("First verison")
    bob.wait_for("First verison").act("First verison", "React with 👍")
    wait_until(lambda: alice.texts(".reaction:not(.reaction-add)") == ["👍1"], "alice sees the reaction")
    alice.act("First verison", "Edit")
    alice.type(".editor textarea", "First version").click(".editor .primary")
    for page in people:
        page.wait_for("First version (edited)")
    # Nobody edits or deletes what somebody else wrote
    bob.browser.execute_script("arguments[0].focus()", bob.message("First version"))
    assert bob.elements(".toolbar [aria-label^='Reply']")
    assert not bob.elements(".toolbar [aria-label^='Edit'], .toolbar [aria-label='Delete']")
    alice.act("First version", "Delete").click("dialog .danger")
    for page in people:
        page.wait_for("This message was deleted.")
        assert page.elements(".reaction") == []


def test_a_reply_shows_what_it_answers_and_opens_as_a_thread(people):
    alice, bob = people
    alice.send("Who brings the cake?").wait_for("Who brings the cake?")
    bob.wait_for("Who brings the cake?").act("Who brings the cake?", "Reply")
    bob.send("I do")
    alice.wait_for("Who brings the cake?", "I do")
    wait_until(lambda: alice.texts(".quotation") == ["AliceWho brings the cake?"], "the quotation is there")
    alice.click(".thread-button")
    wait_until(lambda: alice.texts(".thread .message-text") == ["Who brings the cake?", "I do"],
               "the thread is open")


def test_what_one_has_read_is_read_on_all_devices(cluster, people):
    alice, bob = people
    direct(alice, "bob").send("one").send("two").wait_for("one", "two")
    wait_until(lambda: bob.badge("Alice") == "2", "two are unread")
    # What a page opens at first is the newest conversation
    alice.go_to("tea").send("elsewhere").wait_for("elsewhere")
    # bob's other device
    second = Page(alice.browser, cluster.pods[1].url)
    second.open().enter("Sign in", "bob", PASSWORD)
    wait_until(lambda: second.badge("Alice") == "2", "on both devices")
    second.open_room("Alice")
    second.wait_for("one", "two")
    for device in (second, bob):
        wait_until(lambda page=device: page.badge("Alice") == "", "all is read")


def test_a_private_room_is_there_for_its_members_only(cluster, people):
    alice, bob = people
    alice.click("[aria-label='New room']").type("dialog [name=title]", "Launch")
    alice.click("dialog [name=private]").click("dialog [type=submit]")
    wait_until(lambda: alice.title == "Launch", "the room is open")
    alice.send("a secret").wait_for("a secret")
    holds_for(lambda: "Launch" not in bob.text(".sidebar"), "bob does not know of it", 0.5)
    alice.click(".members-button").type(".invite input", "bob").click(".invite button")
    bob.open_room("Launch")
    bob.wait_for("a secret").send("thanks for the invitation")
    alice.wait_for("a secret", "thanks for the invitation")
    alice.click("[aria-label='Remove bob']").click("dialog .danger")
    wait_until(lambda: "Launch" not in bob.text(".sidebar"), "it is gone from bob's list")


def test_search_finds_what_one_may_read_and_shows_it_in_its_place(cluster, people):
    alice, bob = people
    direct(alice, "bob").send("the blue elephant")
    alice.go_to("tea").send("a blue teapot").wait_for("a blue teapot")
    bob.go_to("coffee").click("[aria-label='Search messages (/)']").type(".panel [type=search]", "blu")
    wait_until(lambda: len(bob.elements(".result")) == 2, "both are found while one types")
    bob.type(".panel [type=search]", "blue\n")
    wait_until(lambda: len(bob.elements(".result")) == 2, "both are found again")
    bob.click(".result")
    wait_until(lambda: bob.channel == "tea" and bob.message("a blue teapot"), "its room is open")


def test_people_are_shown_with_their_presence_and_with_what_they_type(people):
    alice, bob = people
    wait_until(lambda: alice.elements("[aria-label='Message bob, online']"), "bob is online")
    direct(alice, "bob")
    wait_until(lambda: bob.room("Alice"), "the conversation is there")
    bob.open_room("Alice")
    alice.element(".composer textarea").send_keys("I am thinking")
    wait_until(lambda: bob.text(".typing") == "Alice is typing…", "bob sees it")
    bob.browser.get("about:blank")
    gone = "[aria-label^='Message bob, last seen'], [aria-label='Message bob, offline']"
    wait_until(lambda: alice.elements(gone), "bob is gone")


def test_signing_out_everywhere_ends_the_other_devices_sessions(cluster, people):
    alice, bob = people
    second = Page(alice.browser, cluster.pods[1].url)
    second.open().enter("Sign in", "bob", PASSWORD)
    second.click("[aria-label='Account']")
    second.click("dialog .button", "Sign out everywhere")
    for device in (second, bob):
        device.element(".welcome [name=password]")
    assert "signed out" in bob.text(".notice")


def test_wrong_passwords_and_taken_names_are_refused_where_they_are_typed(people):
    alice, _ = people
    sign_out(alice)
    for tab, name, password, reason in (
            ("Sign in", "alice", "wrong password", "wrong"), ("Sign up", "ALICE", PASSWORD, "taken")):
        alice.choose_tab(tab).type("[name=name]", name).type("[name=password]", password)
        alice.click(".welcome [type=submit]")
        wait_until(lambda words=reason: words in alice.text(".form-trouble"), f"{tab} is refused")
    alice.choose_tab("Guest").type("[name=name]", "alice").click(".welcome [type=submit]")
    wait_until(lambda: "belongs to an account" in alice.text(".form-trouble"), "the name is somebody's")


def test_a_guest_changes_what_they_wrote(people):
    alice, bob = people
    sign_out(alice)
    alice.enter("Guest", "carol").send("frist").wait_for("frist").act("frist", "Edit")
    alice.type(".editor textarea", "first").click(".editor .primary")
    for page in people:
        page.wait_for("first (edited)")
    alice.act("first", "Delete").click("dialog .danger")
    bob.wait_for("This message was deleted.")
