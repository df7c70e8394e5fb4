"""`chatctl chat` on a real terminal, and tokens with what else `chatctl` talks with."""

import os
import select
import signal
import stat
import subprocess
import threading

import pytest
from websockets.sync.server import serve

from harness.people import PASSWORD, SETTINGS, register
from harness.process import BIN, ChildProcess, clean_environment, free_port, run_to_end
from harness.terminal import Terminal
from harness.waiting import wait_until


@pytest.fixture
def terminals():
    opened = []

    def start(*words, **options):
        opened.append(Terminal(*words, **options))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


@pytest.fixture(scope="module")
def shared(new_shared_cluster):
    """Two pods with accounts."""
    cluster = new_shared_cluster(pod_count=2, settings=SETTINGS)
    cluster.wait_until_live()
    return cluster


@pytest.fixture
def homes(tmp_path):
    """Each person's own configuration."""
    return lambda name: {"XDG_CONFIG_HOME": str(tmp_path / name), "CHAT_TOKEN": ""}


def chatctl(*words, settings=None, stdin=None, cwd=None):
    return run_to_end([BIN / "chatctl", *words], settings, stdin=stdin, cwd=cwd)


def sign_in(pod, name, settings, verb="register"):
    said = f"{PASSWORD}\n{PASSWORD}\n" if verb == "register" else f"{PASSWORD}\n"
    code, out, error = chatctl(verb, "--server", pod.url, name, settings=settings, stdin=said.encode())
    assert code == 0, error
    assert PASSWORD not in out + error
    return out


def test_two_people_talk_on_two_pods_and_go_on_when_one_is_killed(new_cluster, terminals, homes):
    cluster = new_cluster(pod_count=2, settings=SETTINGS).start()
    first, second = cluster.pods
    cluster.wait_until_signalling().wait_until_live()
    for name in ("alice", "bob"):
        sign_in(first, name, homes(name))
    cluster.wait_until_equal()
    both = f"{first.url},{second.url}"
    alice = terminals("chat", "--server", both, "--channel", "tea", settings=homes("alice"))
    bob_home = homes("bob")
    sign_in(second, "bob", bob_home, verb="login")
    bob = terminals("chat", "--server", second.url, "--channel", "tea", settings=bob_home)
    alice.sees("alice", f"live 127.0.0.1:{first.port}", "#tea")
    bob.sees("bob", f"live 127.0.0.1:{second.port}")

    alice.enter("Hello Bob")
    bob.sees("alice: Hello Bob")
    alice.sees("alice: Hello Bob").sees_no("(…)")
    bob.type("Hi")
    alice.sees("bob is typing…")
    bob.enter("!")
    alice.sees("bob: Hi!").sees_no("typing")
    alice.enter("/edit ^ Hello Robert")
    bob.sees("alice: Hello Robert (edited)").sees_no("Hello Bob")
    bob.enter("/react ^ 👍")
    alice.sees("👍")

    alice.enter("/dm bob")
    alice.sees("@bob")
    alice.enter("Between us")
    bob.sees("unread: @alice 1")
    bob.enter("/join @alice")
    bob.sees("alice: Between us").sees_no("unread")

    first.kill()
    alice.enter("Still here?")
    bob.sees("alice: Still here?")
    alice.sees(f"live 127.0.0.1:{second.port}", "alice: Still here?").sees_no("waiting")
    bob.enter("Yes.")
    alice.sees("bob: Yes.")
    assert alice.text.count("Still here?") == 1
    for terminal in (alice, bob):
        terminal.enter("/quit")
        assert terminal.wait() == 0
        assert terminal.mode == terminal.mode_before
        terminal.gives_the_screen_back()


def test_history_loads_and_hostile_text_stays_text(shared, terminals, homes):
    pod = shared.pods[0]
    mallory = register(pod, "mallory")
    for number in range(150):
        mallory.says(pod, "long", f"message {number}")
    mallory.says(pod, "long", "\x1b]0;owned\x07\x1b[2J\x9b31m\x1b[?1049l 日本語 done")
    terminal = terminals("chat", "--server", pod.url, "--channel", "long", "--as", "guest",
                         settings=homes("guest"))
    terminal.sees("message 149", "日本語 done", "\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{9b}31m", "guest")
    assert b"\x1b]" not in terminal.written and b"\x07" not in terminal.written
    assert terminal.screen.title == ""

    def is_at_the_first():
        terminal.type("\x1b[5~")
        return "mallory: message 0\n" in terminal.text

    wait_until(is_at_the_first, "the first message is seen", 20)
    terminal.sees("↓ more below")
    terminal.type("\x1b")
    terminal.sees("日本語 done").sees_no("more below")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV])
def test_the_terminal_is_as_it_was_whatever_ends_the_program(shared, terminals, homes, number):
    terminal = terminals("chat", "--server", shared.pods[0].url, "--channel", "tea", "--as", "guest",
                         settings=homes("guest"))
    terminal.sees("live")
    assert terminal.mode != terminal.mode_before
    terminal.signal(number)
    assert terminal.wait() == -number
    assert terminal.mode == terminal.mode_before
    terminal.gives_the_screen_back()


def test_it_follows_the_terminals_size_and_comes_back_from_the_shell(shared, terminals, homes):
    terminal = terminals("chat", "--server", shared.pods[0].url, "--channel", "tea", "--as", "guest",
                         settings=homes("guest"))
    terminal.sees("live")
    terminal.resize(60, 12)
    wait_until(lambda: terminal.rows[11] == ">" and "live" in terminal.rows[10], "it is drawn anew", 10)
    terminal.type("\x1a")
    wait_until(lambda: terminal.is_stopped, "the shell has the terminal", 10)
    assert terminal.mode == terminal.mode_before
    terminal.signal(signal.SIGCONT)
    wait_until(lambda: terminal.mode != terminal.mode_before, "the program has the terminal again", 10)
    terminal.enter("I am back")
    terminal.sees("guest: I am back", "live")


def test_a_password_is_not_shown_and_the_token_is_for_its_owner_alone(shared, terminals, homes, tmp_path):
    pod, home = shared.pods[0], homes("carol")
    terminal = terminals("register", "--server", pod.url, "carol", settings=home)
    terminal.sees("Password for carol:")
    terminal.enter(PASSWORD)
    terminal.sees("The same again:")
    terminal.enter(PASSWORD)
    assert terminal.wait() == 0
    terminal.sees("signed in")
    assert PASSWORD not in terminal.written.decode()
    assert terminal.mode == terminal.mode_before
    (kept,) = (tmp_path / "carol" / "chat-cluster").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    token = kept.read_text().split('"token":"')[1].split('"')[0]
    assert token not in terminal.written.decode()
    os.chmod(kept, 0o644)
    code, _, error = chatctl("send", "--server", pod.url, "tea", "x", settings=home)
    assert code == 1 and "may be read by others" in error and token not in error
    os.chmod(kept, 0o600)
    assert chatctl("logout", "--server", pod.url, settings=home)[0] == 0
    assert not kept.exists()


def test_a_wrong_password_is_refused_and_nothing_is_kept(shared, homes, tmp_path):
    pod = shared.pods[0]
    register(pod, "dora")
    code, out, error = chatctl(
        "login", "--server", pod.url, "dora", settings=homes("dora"), stdin=b"wrong one\n")
    assert code == 1 and "wrong one" not in out + error
    assert not (tmp_path / "dora").exists()
    code, _, error = chatctl(
        "register", "--server", pod.url, "dorothy", settings=homes("dora"),
        stdin=b"one two three\nanother\n")
    assert code == 1 and "differ" in error


def test_send_messages_and_tail_speak_with_a_token(shared, homes, processes, tmp_path):
    first, second = shared.pods
    erin = register(first, "erin")
    room = erin.does(first, "POST", "/rooms", {"title": "Own"})["channel"]
    token_file = tmp_path / "token"
    token_file.write_text(erin.token + "\n")
    token_file.chmod(0o600)
    tail = processes.add(ChildProcess(
        "tail", [BIN / "chatctl", "tail", "--server", second.url, "--token-file", token_file, room],
        homes("erin"), cwd=tmp_path)).spawn()
    # The tail begins with what comes: it is sent until one of it is there.
    def is_told():
        settings = {**homes("erin"), "CHAT_TOKEN": erin.token}
        code, _, error = chatctl(
            "send", "--server", first.url, room, "for me", settings=settings, cwd=tmp_path)
        assert code == 0, error
        return "erin: for me" in tail.text

    wait_until(is_told, "the tail shows what was sent", 20)
    code, out, error = chatctl(
        "messages", "--server", second.url, "--token-file", str(token_file), room, settings=homes("erin"),
        cwd=tmp_path)
    assert code == 0 and "erin: for me" in out, error
    code, _, error = chatctl(
        "send", "--server", first.url, "--as", "erin", "tea", "not me", settings=homes("x"), cwd=tmp_path)
    assert code == 1 and "erin is an account" in error
    code, _, error = chatctl(
        "send", "--server", first.url, "--as", "Free Name", "tea", "hello", settings=homes("x"), cwd=tmp_path)
    assert code == 0, error
    assert erin.token not in tail.text


def test_messages_shows_what_was_edited_answered_reacted_to_or_deleted(shared, homes, tmp_path):
    pod, _ = shared.pods
    person = register(pod, "amender")
    plain, edited, deleted, liked = (
        person.says(pod, "amended", text) for text in ("plain", "before", "secret", "liked"))
    person.does(pod, "PATCH", f"/messages/amended/{edited}", {"message_text": "after\x1b[2J"})
    person.does(pod, "DELETE", f"/messages/amended/{deleted}")
    person.does(pod, "PUT", f"/messages/amended/{liked}/reactions/%F0%9F%91%8D")
    person.says(pod, "amended", "answer", reply_to=plain)
    shared.wait_until_equal()
    words = ("messages", "--server", pod.url, "amended")
    code, out, error = chatctl(*words, settings=homes("nobody"), cwd=tmp_path)
    assert code == 0, error
    assert [line.partition("#amended ")[2] for line in out.splitlines()] == [
        "amender: plain", "amender: after\\u{1b}[2J (edited)", "amender: (deleted)", "amender: liked",
        "amender: answer"]
    code, out, error = chatctl(*words, "--json", settings=homes("nobody"), cwd=tmp_path)
    assert code == 0 and len(out.splitlines()) == 5, error


def test_a_token_that_is_good_no_more_ends_the_chat_and_is_forgotten(shared, homes, terminals, tmp_path):
    pod = shared.pods[0]
    sign_in(pod, "frank", homes("frank"))
    terminal = terminals("chat", "--server", pod.url, "--channel", "tea", settings=homes("frank"))
    terminal.sees("live")
    assert chatctl("logout", "--everywhere", "--server", pod.url, settings=homes("frank"))[0] == 0
    terminal.sees("Signed out", "signed out")
    kept = tmp_path / "frank" / "chat-cluster"
    wait_until(lambda: not list(kept.iterdir()), "the token is forgotten")


def test_in_a_pipe_lines_are_messages_and_what_is_said_is_lines(shared, homes, tmp_path):
    pod = shared.pods[0]
    pod.send("Already there", channel="pipe", author="gina")
    shared.wait_until_equal()
    done = subprocess.run(
        [BIN / "chatctl", "chat", "--server", pod.url, "--channel", "pipe", "--as", "hans"],
        input=b"first\nsecond\n/join other\nthird\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=clean_environment(homes("hans")), timeout=30, check=False)
    out = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert "gina: Already there" in out and "hans: second" in out
    shared.wait_until_equal()
    said = [(one["channel"], one["message_text"]) for one in pod.messages() if one.get("author") == "hans"]
    assert said == [("pipe", "first"), ("pipe", "second"), ("other", "third")]
    forged = {**homes("x"), "CHAT_TOKEN": "none"}
    code, _, error = chatctl("chat", "--server", pod.url, settings=forged, stdin=b"")
    assert code == 1 and "signed out" in error


def test_a_pipe_is_read_no_faster_than_its_lines_are_sent(homes):
    nobody = f"http://127.0.0.1:{free_port()}"
    with subprocess.Popen(
            [BIN / "chatctl", "chat", "--server", nobody, "--channel", "pipe", "--as", "hans"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=clean_environment(homes("hans"))) as chat:
        os.set_blocking(chat.stdin.fileno(), False)
        line, written = b"x" * 1023 + b"\n", 0
        # As long as it takes more within two seconds; an endless queue takes everything.
        while written < 4 << 20 and select.select([], [chat.stdin], [], 2)[1]:
            written += os.write(chat.stdin.fileno(), line)
        chat.kill()
    assert written < 1 << 20


def test_the_socket_agrees_with_an_independent_server(shared, homes, processes, tmp_path):
    offset = shared.pods[0].send("Läuft 日本", channel="tea", author="ida")["offset"]
    line = shared.log.log_bytes(f"?after={offset - 1}").decode().splitlines()[0]
    seen = {}

    def talk(socket):
        seen["path"], seen["protocol"] = socket.request.path, socket.subprotocol
        socket.send('{"type":"hello","position":"00000000000000aa:1","replica_id":"python"}')
        # In four frames, one of which ends within a character; pings come between them.
        data = line.encode()
        within = data.index("日".encode()) + 1
        cuts = [data[:7], data[7:within], data[within:-3], data[-3:]]
        socket.ping("among them")
        socket.protocol.send_text(cuts[0], fin=False)
        for piece in cuts[1:-1]:
            socket.protocol.send_continuation(piece, fin=False)
        socket.protocol.send_continuation(cuts[-1], fin=True)
        socket.socket.sendall(b"".join(socket.protocol.data_to_send()))
        seen["pong"] = socket.ping().wait(10)
        socket.close(4001, "that was all")

    with serve(talk, "127.0.0.1", 0, subprotocols=["chat-cluster.v1"], compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        code, out, error = chatctl(
            "tail", "--server", f"http://127.0.0.1:{port}", "tea", settings=homes("x"), cwd=tmp_path)
        server.shutdown()
    assert code == 1 and "signed out: that was all" in error
    assert "#tea ida: Läuft 日本" in out
    assert seen == {"path": "/ws?channel=tea", "protocol": "chat-cluster.v1", "pong": True}
