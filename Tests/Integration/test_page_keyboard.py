"""The chat's page without a mouse."""

import pytest
from harness.browser import Keys, Page, start_browser
from harness.people import SETTINGS
from harness.waiting import wait_until

# From the composer back over the buttons beside it; more is a way that nobody goes.
STEPS_MAX = 3


@pytest.fixture
def page(new_cluster):
    cluster = new_cluster(pod_count=1, settings=SETTINGS).start()
    cluster.wait_until_live()
    browser = start_browser()
    opened = Page(browser, cluster.pods[0].url).open()
    yield opened
    assert not opened.troubles()
    browser.quit()


def focused(page, script):
    """What the script says of the element that has the focus."""
    return page.browser.execute_script(f"const it = document.activeElement; return {script}")


def enter_as_guest(page):
    page.element("[name=name]")
    page.press(Keys.SHIFT + Keys.TAB)
    assert focused(page, "it.role") == "tab"
    titles = [tab.text for tab in page.elements("[role=tab]")]
    for _ in titles:
        if focused(page, "it.textContent") == "Guest":
            break
        page.press(Keys.ARROW_RIGHT)
    assert focused(page, "it.textContent + it.ariaSelected") == "Guesttrue"
    page.press(Keys.TAB)
    page.press("kay", Keys.ENTER)
    page.element(".composer textarea")
    page.wait_until_live()
    wait_until(lambda: focused(page, "it.closest('.composer') !== null"), "the composer has the focus")


def to_conversation(page):
    """From the composer; returns in how many steps."""
    for steps in range(1, 30):
        page.press(Keys.SHIFT + Keys.TAB)
        if focused(page, "it.classList.contains('scroller')"):
            return steps
    raise AssertionError("the conversation cannot be reached")


def test_messages_are_reached_reacted_to_edited_and_deleted_by_keys(page):
    enter_as_guest(page)
    for text in ("one", "two", "three"):
        page.press(text, Keys.ENTER)
    page.wait_for("one", "two", "three")
    assert to_conversation(page) <= STEPS_MAX
    page.press(Keys.ARROW_UP)
    assert "three" in focused(page, "it.ariaLabel")
    page.press(Keys.TAB)
    assert focused(page, "it.ariaLabel").startswith("React with")
    page.press(Keys.ENTER)
    wait_until(lambda: page.elements(".timeline .reaction[aria-pressed=true]"), "the reaction is shown")
    assert focused(page, "it.closest('article')?.ariaLabel").endswith("three")
    page.browser.execute_script("document.activeElement.closest('article').focus()")
    page.press(Keys.ARROW_UP)
    assert "two" in focused(page, "it.ariaLabel")
    page.press("e")
    wait_until(lambda: focused(page, "it.tagName") == "TEXTAREA", "the editor has the focus")
    # The keys of a text field are the field's.
    page.press(Keys.HOME, "not ", Keys.END, "!", Keys.ENTER)
    page.wait_for("one", "not two! (edited)", "three")
    # However many messages had the focus, or the pointer, the way back is as short.
    assert to_conversation(page) <= STEPS_MAX
    page.press(Keys.ARROW_UP)
    page.press(Keys.DELETE)
    wait_until(lambda: focused(page, "it.closest('dialog') !== null"), "it is asked whether that is meant")
    page.press(Keys.ENTER)
    page.wait_for("one", "not two! (edited)", "This message was deleted.")
    assert focused(page, "it.tagName") == "ARTICLE"
