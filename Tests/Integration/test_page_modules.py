"""The unit tests of the page's modules (Tests/Integration/page), run by the browser that the page is for."""

import functools
import http.server
import re
import threading

import pytest
from harness.browser import start_browser
from harness.process import ROOT
from harness.waiting import wait_until

FOLDER = ROOT / "Tests" / "Integration" / "page"
TITLES = sorted(title for path in FOLDER.glob("*_tests.js")
                for title in re.findall(r'^test\("(.+)", ', path.read_text(encoding="utf-8"), re.MULTILINE))


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript"}

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def results():
    """{title: error or None} of all tests."""
    browser = start_browser()
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        browser.get(f"http://127.0.0.1:{server.server_port}/Tests/Integration/page/harness.html")
        found = wait_until(
            lambda: browser.execute_script("return window.results") or [], "the modules' tests have run")
        assert not [one for one in browser.get_log("browser") if one["level"] == "SEVERE"
                    and "favicon" not in one["message"]]
    finally:
        browser.quit()
        server.shutdown()
        server.server_close()
    return {one["title"]: one["error"] for one in found}


@pytest.mark.parametrize("title", TITLES)
def test_modules(results, title):
    assert title in results, "the test did not run"
    assert results[title] is None, results[title]


def test_every_test_that_ran_is_reported(results):
    assert sorted(results) == TITLES
