"""Whose tokens `chatctl` takes, and whose word makes it forget one."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.process import BIN, run_to_end

REFUSAL = {
    "type": "/problems/sign-in-required", "title": "no", "status": 401, "detail": "the token has ended",
    "remedy": "sign in"}


class Server:
    """Signs everybody in, and answers everything else with one 401."""

    def __init__(self, media_type, body):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                token = {"name": "gina", "token": "a.token", "expires": "2036-01-01T00:00:00.000Z"}
                self.reply(200, "application/json", json.dumps(token))

            def do_GET(self):
                self.reply(401, media_type, body)

            def reply(self, status, kind, text):
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def servers():
    started = []

    def start(media_type="application/problem+json", body=json.dumps(REFUSAL)):
        started.append(Server(media_type, body))
        return started[-1].url

    yield start
    for server in started:
        server.close()


@pytest.fixture
def chatctl(tmp_path):
    settings = {"XDG_CONFIG_HOME": str(tmp_path / "gina"), "CHAT_TOKEN": ""}

    def run(*words, stdin=b""):
        return run_to_end([BIN / "chatctl", *words], settings, stdin=stdin, cwd=tmp_path)

    return run


@pytest.fixture
def sign_in(chatctl, tmp_path):
    """Signs in; returns the file that keeps the token."""
    def sign(url):
        code, _, error = chatctl("login", "--server", url, "gina", stdin=b"a password\n")
        assert code == 0, error
        (kept,) = (tmp_path / "gina" / "chat-cluster").iterdir()
        return kept

    return sign


def is_refused(answer):
    code, _, error = answer
    return code == 1 and "signed out" in error


def test_a_token_is_forgotten_when_the_server_that_gave_it_says_it_is_void(servers, sign_in, chatctl):
    own = servers()
    kept = sign_in(own)
    assert is_refused(chatctl("chat", "--server", own))
    assert not kept.exists()


def test_a_token_is_kept_whatever_another_server_says_of_it(servers, sign_in, chatctl):
    own, other = servers(), servers()
    kept = sign_in(own)
    assert is_refused(chatctl("chat", "--server", f"{other},{own}"))
    assert kept.exists()


def test_a_token_is_kept_when_it_is_not_the_server_that_refuses_it(servers, sign_in, chatctl):
    own = servers("text/html", "<h1>The proxy wants a password of its own</h1>")
    kept = sign_in(own)
    assert is_refused(chatctl("chat", "--server", own))
    assert kept.exists()


def test_a_file_of_ones_own_with_a_token_that_others_may_read_is_refused(servers, chatctl, tmp_path):
    url, path = servers(), tmp_path / "token"
    path.write_text("a.token\n")
    for mode, word in ((0o644, "chmod 600"), (0o640, "chmod 600"), (0o600, "the token has ended")):
        os.chmod(path, mode)
        for verb in (("chat",), ("messages", "tea"), ("tail", "tea"), ("send", "tea", "x")):
            code, _, error = chatctl(*verb, "--server", url, "--token-file", str(path))
            if mode != 0o600:
                assert code == 1 and word in error and "a.token" not in error, (verb, error)
            elif verb[0] != "send":
                assert code == 1 and word in error, (verb, error)
    code, _, error = chatctl("chat", "--server", url, "--token-file", str(tmp_path / "nowhere"))
    assert code == 1 and "there is no" in error
