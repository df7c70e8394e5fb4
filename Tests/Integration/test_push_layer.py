"""The WebSocket and event stream layer through ws-echo, with clients that know nothing of it: PyPI's
`websockets` and Python's own HTTP."""

import asyncio
import http.client
import os
import random
import re
import socket

import pytest
import websockets
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

from harness.process import BIN, ChildProcess
from harness.waiting import wait_until

IDLE_COUNT = 700
HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


class Echo(ChildProcess):
    """ws-echo on a free port."""

    def __init__(self):
        super().__init__("ws-echo", [BIN / "ws-echo"])

    def start(self):
        self.spawn()
        wait_until(lambda: "listening on" in self.text, "ws-echo listens")
        return self

    @property
    def port(self):
        return int(re.search(r"listening on (\d+)", self.text).group(1))

    def url(self, target="/ws"):
        return f"ws://127.0.0.1:{self.port}{target}"


@pytest.fixture
def echo(processes):
    return processes.add(Echo()).start()


@pytest.mark.parametrize("count", [0, 1, 125, 126, 65_535, 65_536, 1_000_000])
def test_messages_of_every_class_of_length_come_back(echo, count):
    with connect(echo.url(), max_size=None) as client:
        client.send("x" * count)
        assert client.recv(10) == "x" * count
        client.send(bytes(count))
        assert client.recv(10) == bytes(count)


def test_fragments_come_back_as_one_message(echo):
    with connect(echo.url()) as client:
        client.send(["Hé", "", "llo €", "𝄞"])
        assert client.recv(10) == "Héllo €𝄞"


def test_the_client_and_the_server_agree_on_a_protocol_and_on_no_compression(echo):
    with connect(echo.url(), subprotocols=["other", "chat-cluster.v1"], compression="deflate") as client:
        assert client.subprotocol == "chat-cluster.v1"
        assert client.protocol.extensions == []


def test_pings_are_answered_and_a_goodbye_too(echo):
    with connect(echo.url()) as client:
        assert client.ping("are you there").wait(10)
        client.close(4321, "so long")
        assert client.close_code == 4321


def test_a_message_that_is_too_big_is_refused_with_1009(echo):
    with connect(echo.url()) as client, pytest.raises(ConnectionClosedError) as closed:
        # The header says it: none of its payload need be sent.
        client.socket.sendall(b"\x82\xff" + (33 << 20).to_bytes(8, "big") + bytes(4))
        client.recv(10)
    assert closed.value.rcvd.code == 1009 and "the limit is 33554432" in closed.value.rcvd.reason


@pytest.mark.parametrize("fields, status", [
    ({"Origin": "https://evil.example"}, 403),
    ({"Sec-WebSocket-Version": "8"}, 426),
])
def test_a_handshake_that_is_refused_says_why(echo, fields, status):
    with pytest.raises(InvalidStatus) as refused:
        connect(echo.url(), additional_headers=fields)
    assert refused.value.response.status_code == status
    assert b"/problems/" in refused.value.response.body


def test_a_prepared_frame_that_is_sent_many_times_arrives_so_often(echo):
    with connect(echo.url("/ws?frames=500")) as client:
        client.send("same")
        assert [client.recv(10) for _ in range(500)] == ["same"] * 500


def test_many_clients_at_once_each_get_their_own_back_in_order(echo):
    seed = random.SystemRandom().randrange(1 << 32)

    async def talk(number):
        source = random.Random(seed + number)
        async with websockets.connect(echo.url()) as client:
            sent = [f"{number}:{index}:" + "y" * source.randrange(3_000) for index in range(30)]
            for text in sent:
                await client.send(text)
            assert [await client.recv() for _ in sent] == sent, f"seed {seed}"

    async def talk_all():
        await asyncio.wait_for(asyncio.gather(*(talk(number) for number in range(40))), 60)

    asyncio.run(talk_all())


def test_an_event_stream_is_what_the_standard_says(echo):
    client = http.client.HTTPConnection("127.0.0.1", echo.port, timeout=10)
    client.request("GET", "/events?count=3", headers={"Accept": "text/event-stream"})
    answer = client.getresponse()
    assert answer.status == 200 and answer.getheader("Content-Type") == "text/event-stream"
    blocks = answer.read().decode().split("\n\n")
    assert blocks[0] == "retry: 250"
    assert blocks[1:4] == [f"id: {number}\ndata: event {number}" for number in (1, 2, 3)]
    assert blocks[4:] == [": 1000 that was all", ""]
    client.close()


def test_the_program_ends_when_it_is_asked_to(echo):
    with connect(echo.url()):
        assert echo.terminate() == 0


@pytest.mark.skipif("SANITIZER" in os.environ, reason="sanitizers keep memory of their own")
@pytest.mark.parametrize("target, fields", [("/ws", HANDSHAKE), ("/events", "Accept: text/event-stream\r\n")])
def test_an_idle_connection_costs_at_most_1_kb_of_the_process(echo, target, fields):
    for opened in [open_idle(echo, target, fields) for _ in range(100)]:
        opened.close()
    before = resident_bytes(echo)
    idle = [open_idle(echo, target, fields) for _ in range(IDLE_COUNT)]
    cost = (resident_bytes(echo) - before) / IDLE_COUNT
    for opened in idle:
        opened.close()
    assert cost <= 1024


def open_idle(echo, target, fields):
    """A connection whose answer has come, and on which nothing is under way."""
    opened = socket.create_connection(("127.0.0.1", echo.port), timeout=10)
    opened.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += opened.recv(4096)
    return opened


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return 1024 * int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1))
