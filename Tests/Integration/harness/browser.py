"""A real browser, and what people do on the chat's page."""

import shutil
from contextlib import suppress

import pytest

try:
    from selenium import webdriver
    from selenium.common.exceptions import (
        ElementClickInterceptedException, ElementNotInteractableException, StaleElementReferenceException,
        WebDriverException)
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None

from .waiting import wait_until

WIDTH, HEIGHT = 1200, 800


def start_browser(width=WIDTH, height=HEIGHT):
    """Debian's Chromium without a window; whoever starts it quits it."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if webdriver is None or not chromium or not driver:
        pytest.skip("Chromium, its driver or selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    # As root there is no sandbox, and a container's /dev/shm is small. The rest: with a mouse, as at a desk.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     f"--window-size={width},{height}", "--blink-settings=primaryHoverType=2,"
                     "availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Page:
    """One person's page. Every look at it waits until what is looked for is there."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url

    # Entering

    def open(self, path=""):
        self.browser.get(self.url + path if path else self.url)
        return self

    def enter(self, tab, name, password=None):
        """By one of the tabs of the first page (where there is only one, it has no name)."""
        self.element("[name=name]")
        if self.elements("[role=tab]"):
            self.choose_tab(tab)
        self.type("[name=name]", name)
        if password is not None:
            self.type("[name=password]", password)
        self.click(".welcome button[type=submit]")
        self.element(".composer textarea")
        self.wait_until_live()
        return self

    def choose_tab(self, title):
        return self.click("[role=tab]", title)

    def wait_until_live(self):
        wait_until(lambda: self.connection == "live", "the page is connected")
        return self

    def busy_seconds(self, body):
        """What `body` returns, and how much of a processor's time the page's own thread spent meanwhile: that
        does not depend on what else the machine has to do."""
        self.browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        before = self._task_seconds()
        result = body()
        return result, self._task_seconds() - before

    def _task_seconds(self):
        metrics = self.browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    @property
    def connection(self):
        return self.element(".connection").get_attribute("data-state")

    # Rooms

    def go_to(self, channel):
        self.browser.execute_script("location.hash = '#/' + encodeURIComponent(arguments[0])", channel)
        wait_until(lambda: self.shown_channel == channel, f"the page shows {channel}")
        return self

    @property
    def channel(self):
        return self.browser.execute_script("return decodeURIComponent(location.hash.slice(2)).split('/')[0]")

    @property
    def shown_channel(self):
        """The one that the list marks as open."""
        return self.browser.execute_script(
            "return document.querySelector('a.room[aria-current=page]')?.dataset.channel ?? null")

    @property
    def title(self):
        return self.text(".room-heading h1")

    def room(self, title):
        """The row of the list that leads to a conversation."""
        def find():
            return next(row for row in self.elements("a.room")
                        if row.find_element(By.CSS_SELECTOR, ".room-title").text == title)

        return wait_until(lambda: _found(find), f"{title} is in the list")

    def open_room(self, title):
        """Presses a conversation's row."""
        wait_until(lambda: _is_done(lambda: self.room(title).click()), f"{title} can be pressed")
        wait_until(lambda: self.title == title, f"{title} is open")
        return self

    def badge(self, title):
        """What stands at a conversation's end: `2`, `@1`, or nothing."""
        self.room(title)
        return self.browser.execute_script(
            "const row = [...document.querySelectorAll('a.room')].find((one) =>"
            " one.querySelector('.room-title').textContent === arguments[0]);"
            "return row?.querySelector('.badge')?.textContent ?? ''", title)

    # Messages

    def send(self, text):
        field = self.element(".composer textarea")
        # A driver types no character outside of the basic plane, and not into what is hidden yet.
        wait_until(field.is_displayed, "the composer is there")
        self.browser.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", field, text)
        field.send_keys(Keys.ENTER)
        return self

    @property
    def messages(self):
        """The texts that are shown, own ones that are still under way too."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('.timeline .message-text')].map((one) => one.textContent)")

    @property
    def confirmed(self):
        """The texts that the log has given back."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('.timeline article[data-offset] .message-text')]"
            ".map((one) => one.textContent)")

    def wait_for(self, *texts):
        """These are the newest messages, in this order, and confirmed."""
        wanted = list(texts)
        wait_until(lambda: self.confirmed[-len(wanted):] == wanted, f"{wanted} is shown last")
        return self

    def message(self, text):
        def find():
            return next(one for one in self.elements(".timeline article[data-offset]")
                        if text in one.find_element(By.CSS_SELECTOR, ".message-text").text)

        return wait_until(lambda: _found(find), f"{text!r} is shown")

    def act(self, text, label):
        """Presses a button of a message's toolbar, by the beginning of its name."""
        def pressed():
            message = self.message(text)

            def press():
                self.browser.execute_script("arguments[0].focus()", message)
                button = message.find_element(By.CSS_SELECTOR, f".toolbar [aria-label^='{label}']")
                self.browser.execute_script("arguments[0].click()", button)

            return _is_done(press)

        wait_until(pressed, f"{label} of {text!r} can be pressed")
        return self

    # Elements

    def elements(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def element(self, selector):
        return wait_until(lambda: next(iter(self.elements(selector)), None), f"{selector} is there")

    def click(self, selector, text=None):
        """Presses the first such element, or the one that says `text`."""
        def pressed():
            found = (one for one in self.elements(selector) if text is None or one.text == text)
            return _is_done(lambda: next(found).click())

        wait_until(pressed, f"{selector} can be pressed")
        return self

    def type(self, selector, text):
        def typed():
            field = self.element(selector)
            return _is_done(lambda: (field.clear(), field.send_keys(text)))

        wait_until(typed, f"{selector} can be typed into")
        return self

    def text(self, selector):
        """Of the first such element, as it is shown; read at once, because elements are replaced."""
        self.element(selector)
        return self.browser.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)

    def press(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)
        return self

    def troubles(self):
        """What scripts threw and the policy refused; answers with an error status are no trouble."""
        return [entry["message"] for entry in self.browser.get_log("browser")
                if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
                and "WebSocket connection" not in entry["message"]]


def _found(find):
    """None while the list is being drawn anew."""
    with suppress(StopIteration, WebDriverException):
        return find()
    return None


def _is_done(act):
    """False when there was nothing to act on: it is not there, is being drawn anew, or under something."""
    with suppress(StopIteration, StaleElementReferenceException, ElementNotInteractableException,
                  ElementClickInterceptedException):
        act()
        return True
    return False
