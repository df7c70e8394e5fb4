"""The pages as files of the services: what is served, under which addresses, with which rules."""

import re
from pathlib import Path

import pytest
from harness.process import ROOT

WEB = ROOT / "web"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FILES = sorted(path for path in WEB.rglob("*") if path.is_file())
TELEMETRY = WEB / "telemetry"
CHART = Path("/usr/share/javascript/chart.js/chart.min.js")
# The pages, each with the modules that are its own.
PAGES = {WEB / "index.html": sorted((WEB / "js").rglob("*.js")),
         TELEMETRY / "index.html": sorted(TELEMETRY.glob("*.js"))}


@pytest.fixture(scope="module")
def cluster(new_shared_cluster):
    return new_shared_cluster(settings={"BASE_PATH": "/team/chat"})


@pytest.fixture(scope="module")
def pod(cluster):
    return cluster.pods[0]


def address(path):
    """Relative to the service."""
    pages = {WEB / "index.html": "", TELEMETRY / "index.html": "telemetry"}
    return pages.get(path, path.relative_to(ROOT).as_posix())


def links(page):
    """The files that a page names, as they are in the repository."""
    found = re.findall(r'(?:src|href)="([^"#]+)"', page.read_text(encoding="utf-8"))
    return [CHART if link == "web/chart.js/chart.min.js" else ROOT / link for link in found]


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_file_is_served_as_it_is_under_every_prefix(pod, path):
    for prefix in ("/", "/chat-server/", "/team/chat/"):
        answer = pod.get(prefix + address(path))
        assert answer.status == 200
        assert answer.body == path.read_bytes()
        assert answer.headers["content-type"] == TYPES[path.suffix]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_the_browser_has_is_not_sent_again(pod):
    with pod.client() as client:
        first = client.get("/web/js/store.js")
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
        for held in (tag, f'"other", W/{tag}', "*"):
            answer = client.get("/web/js/store.js", If_None_Match=held)
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == tag and "content-length" not in answer.headers
        for held in ('"other"', tag.strip('"'), ""):
            assert client.get("/web/js/store.js", If_None_Match=held).status == 200


def test_two_files_have_two_tags(pod):
    tags = {pod.get(f"/{address(path)}").headers["etag"] for path in FILES}
    assert len(tags) == len(FILES)


def test_head_tells_what_get_would_send(pod):
    for path in FILES:
        answer = pod.client().request("HEAD", f"/{address(path)}")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["content-length"] == str(path.stat().st_size)


def test_a_prefix_without_its_slash_leads_to_the_page(pod):
    for path, there in (("/chat-server", "./chat-server/"), ("/team/chat", "./chat/")):
        answer = pod.get(path)
        assert (answer.status, answer.headers["location"]) == (308, there)


def test_the_telemetry_page_is_found_with_a_slash_behind_it(cluster):
    for service, prefix in ((cluster.log, "/replication-log"), (cluster.pods[0], "/chat-server")):
        for path in ("/telemetry/", f"{prefix}/telemetry/"):
            answer = service.get(path)
            assert (answer.status, answer.headers["location"]) == (308, "../telemetry")
            assert service.get(path[:-1]).status == 200


def test_nothing_beside_the_files_is_served(pod):
    for path in ("/web", "/web/", "/web/index.html", "/web/js/none.js", "/web//js/app.js", "//",
                 "/chat-server//"):
        assert pod.get(path).status == 404, path
    assert pod.post("/", b"").status == 405


@pytest.mark.parametrize("path", ["/", "/telemetry"])
def test_the_policy_lets_a_page_do_nothing_but_load_its_files_and_talk_with_its_server(pod, path):
    policy = dict(part.split(" ", 1) for part in pod.get(path).headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'" and policy["trusted-types"] == "'none'"
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert policy.pop(name) == "'none'"
    for name in ("script-src", "style-src", "img-src", "connect-src"):
        assert policy[name] == "'self'"


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_a_page_loads_nothing_from_elsewhere_and_holds_no_inline_script_or_style(page):
    text = page.read_text(encoding="utf-8")
    assert links(page) and all(path.is_file() for path in links(page))
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*\bsrc=)", text)
    loaded = {path for path in links(page) if path.suffix == ".js"} - {CHART}
    imported = {
        (path.parent / name).resolve() for path in loaded
        for name in re.findall(r'from "(\..+)"', path.read_text(encoding="utf-8"))}
    assert imported <= loaded, "each module is loaded at once, not when its importer has come"
    assert set(PAGES[page]) <= loaded


def test_the_log_serves_the_telemetry_page_and_no_chat(cluster):
    for prefix in ("/", "/replication-log/", "/team/chat/"):
        page = cluster.log.get(f"{prefix}telemetry")
        assert page.body == (TELEMETRY / "index.html").read_bytes()
        for path in links(TELEMETRY / "index.html"):
            served = "web/chart.js/chart.min.js" if path == CHART else address(path)
            assert cluster.log.get(prefix + served).body == path.read_bytes()
    for path in ("/", "/web/js/app.js", "/replication-log"):
        assert cluster.log.get(path).status == 404


def test_the_charts_library_is_debians_with_its_licence(pod):
    answer = pod.get("/web/chart.js/chart.min.js")
    assert answer.body == CHART.read_bytes() and b"Released under the MIT License" in answer.body[:300]


def test_no_script_makes_markup_of_text():
    for path in WEB.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        found = re.search(r"(?:inner|outer|insertAdjacent)HTML|document\.write|\beval\(|new Function", text)
        assert not found, f"{path.name}: {found}"
