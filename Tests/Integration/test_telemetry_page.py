"""The telemetry page in a real browser: on a real cluster, and with a hundred replicas of a stand-in."""

import csv
import io
import struct

import pytest
from harness.browser import Page, start_browser
from harness.telemetry import StandIn, StandInServer
from harness.waiting import wait_until

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def browser():
    started = start_browser(1440, 1000)
    yield started
    started.quit()


@pytest.fixture
def downloads(browser, tmp_path):
    browser.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path / "downloads")})
    return tmp_path / "downloads"


class TelemetryPage(Page):
    """What one sees, and what one presses."""

    @property
    def verdict(self):
        return self.text("#verdict-text")

    @property
    def connection(self):
        return self.element("#connection").get_attribute("data-state")

    @property
    def head(self):
        return self.text("#head-value")

    def wait_for_verdict(self, *parts, seconds=30):
        wait_until(lambda: all(part in self.verdict for part in parts), f"the page says {parts}", seconds)
        return self

    def rows(self):
        """[[cell, …]] of the table, as it is shown."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('#replicas tbody tr')].map((row) =>"
            " [...row.children].slice(0, -1).map((cell) => cell.innerText.trim()))")

    def row(self, name):
        return next((row for row in self.rows() if row[0] == name), None)

    def sort_by(self, title):
        button = next(one for one in self.elements("#replicas .sort") if one.text == title)
        self.browser.execute_script("arguments[0].click()", button)
        # It is drawn with the next frame.
        self.browser.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done()))")
        return self

    def saved(self, folder, kind):
        """The bytes of the one file of this kind."""
        def find():
            files = list(folder.glob(f"telemetry-*.{kind}"))
            return files[0].read_bytes() if files and files[0].stat().st_size else None

        return wait_until(find, f"a {kind} file is saved", 20)


@pytest.fixture
def show(browser):
    """Opens the page somewhere; at the end no script has failed and no rule was broken."""
    pages = []

    def open_page(url):
        page = TelemetryPage(browser, url).open()
        pages.append(page)
        wait_until(lambda: page.connection == "live", "samples come", 20)
        return page

    yield open_page
    for page in pages:
        assert not page.troubles()
    browser.get("about:blank")


@pytest.fixture
def stand_in(processes):
    """Serves the page with samples of as many replicas as wanted."""
    def make(count, **options):
        server = StandInServer(StandIn(count, **options), interval=0.2)
        processes.on_stop(server.close)
        return server

    return make


def test_it_starts_by_itself_and_follows_the_cluster(cluster, show):
    page = show(cluster.log.url + "/telemetry").wait_for_verdict("All 3 replicas are ready.")
    for _ in range(5):
        cluster.pods[0].send("hello")
    wait_until(lambda: page.head == "5", "the head is shown", 10)
    assert [row[:2] for row in page.rows()] == [[pod.name, "ready"] for pod in cluster.pods]
    assert len(page.elements("#tree .node")) == 3
    assert "pod-" in page.element("#tree .node").get_attribute("aria-label")
    for canvas in page.elements("canvas"):
        assert canvas.get_attribute("aria-label") not in ("", "No samples yet")


def test_a_killed_pod_shows_and_a_restarted_one_too(cluster, show):
    page = show(cluster.pods[0].url + "/chat-server/telemetry").wait_for_verdict("All 3 replicas are ready.")
    victim = cluster.pods[2]
    victim.kill()
    page.wait_for_verdict("2 of 3 replicas are ready", f"1 silent ({victim.name})")
    assert page.element("#verdict").get_attribute("data-level") == "bad"
    assert page.row(victim.name)[1] == "silent"
    assert "silent" in page.element(f"#tree [data-id='{victim.name}']").get_attribute("aria-label")
    victim.start()
    page.wait_for_verdict("All 3 replicas are ready.")


def test_it_says_that_the_log_is_away_and_goes_on_by_itself(cluster, show):
    page = show(cluster.pods[0].url + "/telemetry").wait_for_verdict("All 3 replicas are ready.")
    cluster.log.kill()
    wait_until(lambda: page.connection == "away", "the page says so", 15)
    assert page.text("#connection-text") == "The log is away; waiting for it"
    cluster.log.start()
    wait_until(lambda: page.connection == "live", "samples come again", 15)
    page.wait_for_verdict("All 3 replicas are ready.")


def test_paused_it_stands_still_and_then_goes_on_where_things_are(cluster, show):
    page = show(cluster.log.url + "/telemetry").wait_for_verdict("All 3 replicas are ready.")
    cluster.pods[0].send("before")
    wait_until(lambda: page.head == "1", "the head is shown", 10)
    page.click("#pause")
    wait_until(lambda: page.connection == "paused", "it says so", 5)
    cluster.pods[0].send("meanwhile")
    samples = page.browser.execute_async_script(
        "const done = arguments[0], source = new EventSource('telemetry/events'); let count = 0;"
        "source.addEventListener('sample', () => { if (++count === 3) { source.close(); done(count); } })")
    assert samples == 3 and page.head == "1" and page.text("#connection-text").startswith("Paused at ")
    # And by the keyboard it goes on
    page.browser.execute_script("document.activeElement.blur()")
    page.press("p")
    wait_until(lambda: page.head == "2", "what came meanwhile is there", 5)
    assert page.element("#pause").get_attribute("aria-pressed") == "false"


def test_the_window_can_be_taken_along_as_a_table(cluster, show, downloads):
    page = show(cluster.log.url + "/telemetry").wait_for_verdict("All 3 replicas are ready.")
    cluster.pods[0].send("hello")
    wait_until(lambda: page.head == "1", "the head is shown", 10)
    page.click("#csv")
    rows = list(csv.DictReader(io.StringIO(page.saved(downloads, "csv").decode())))
    assert rows[-1]["offset"] == "1" and rows[0]["time"] < rows[-1]["time"]
    for pod in cluster.pods:
        assert rows[-1][f"lag {pod.name}"] == "0"


def test_the_picture_shows_what_the_page_shows(stand_in, show, downloads):
    page = show(stand_in(30, is_tree=True).url)
    page.click("#png")
    picture = page.saved(downloads, "png")
    assert picture.startswith(PNG_SIGNATURE)
    width, height = struct.unpack(">II", picture[16:24])
    area = page.element(".panels").size
    assert width > area["width"] > 1000 and height > area["height"] > 500
    # An empty one of this size would be a few kilobytes
    assert len(picture) > 60_000


def test_a_hundred_replicas_can_be_sorted_filtered_and_chosen(stand_in, show):
    page = show(stand_in(100, is_tree=True).url)
    wait_until(lambda: len(page.rows()) == 100, "all are in the table", 10)
    assert [row[1] for row in page.rows()[:5]] == ["silent"] * 3 + ["catching up"] * 2
    page.sort_by("Replica")
    assert [row[0] for row in page.rows()[:3]] == ["pod-1", "pod-2", "pod-3"]
    page.sort_by("Replica")
    assert page.rows()[0][0] == "pod-100"
    assert page.element("#replicas th[aria-sort=descending]").text.startswith("Replica")
    page.type("#filter", "silent")
    wait_until(lambda: len(page.rows()) == 3, "only those are left", 5)
    page.click("#replicas tbody tr .choose")
    wait_until(lambda: page.elements("#tree .is-chosen") and len(page.elements("#tree .is-chosen")) == 1,
               "it alone is marked in the tree", 5)
    assert page.element(".choose[aria-pressed=true]").is_displayed()


def test_the_tree_is_walked_with_the_keyboard(stand_in, show):
    page = show(stand_in(30).url)
    wait_until(lambda: len(page.elements("#tree .node")) == 30, "all are in the tree", 10)
    stops = page.elements("#tree [tabindex='0']")
    assert len(stops) == 1, "one stop for the tabulator key"
    page.browser.execute_script("arguments[0].focus()", stops[0])
    first = focused(page)
    page.press("\ue014")
    second = focused(page)
    assert first and second and first != second
    page.press("\ue007")
    wait_until(lambda: page.elements(".choose[aria-pressed=true]"), "it is chosen", 5)
    assert page.text(".choose[aria-pressed=true]").strip() == second


def focused(page):
    return page.browser.execute_script("return document.activeElement.dataset.id")


def test_it_reconnects_when_the_service_comes_back(stand_in, show):
    server = stand_in(3)
    page = show(server.url)
    server.silence()
    wait_until(lambda: page.connection == "lost", "the page says so", 15)
    assert page.text("#connection-text") == "No connection; trying again"
    server.speak()
    wait_until(lambda: page.connection == "live", "samples come again", 15)


RIGHT_EDGES = """
const shown = [...document.querySelectorAll('canvas, #tree, button, h2')];
return [document.documentElement.scrollWidth,
  ...shown.filter((one) => !one.closest('.scroll')).map((one) => one.getBoundingClientRect().right)];
"""


@pytest.mark.parametrize("width", [360, 800, 1440])
@pytest.mark.parametrize("count", [3, 100])
def test_nothing_is_wider_than_the_screen(stand_in, show, width, count):
    page = show(stand_in(count, is_tree=True).url)
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    try:
        wait_until(lambda: page.browser.execute_script("return innerWidth") == width, "it is as wide", 5)
        wait_until(lambda: max(page.browser.execute_script(RIGHT_EDGES)) <= width, "everything fits", 5)
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_texts_can_be_read_in_both_schemes(stand_in, show, scheme):
    page = show(stand_in(3).url)
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    found = page.browser.execute_script(CONTRASTS)
    assert len(found) > 20
    assert not [one for one in found if one["ratio"] < 4.5]


# The ratio (WCAG 2.2, 1.4.3) of every text's colour to what is behind it.
CONTRASTS = """
const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
  .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
  .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
const over = (top, under) => {
  const opacity = top[3] ?? 1;
  return top.slice(0, 3).map((one, index) => one * opacity + under[index] * (1 - opacity));
};
const ground = (element) => element === null ? [255, 255, 255]
  : over(parse(getComputedStyle(element).backgroundColor), ground(element.parentElement));
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [];
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  const isUnseen = element.closest('svg, script, noscript, .visually-hidden, .skip') !== null;
  if (isUnseen || !texts.currentNode.data.trim()) continue;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(ground(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  found.push({ text: texts.currentNode.data.trim(), ratio });
}
return found;
"""
