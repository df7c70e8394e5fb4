"""The tests' own tools find what they are there to find."""

import socket

import pytest

from harness.checks import assert_acknowledged_once
from harness.cluster import ReplicationLog
from harness.lines import crc32c, digest, digest_after, parse, parse_all
from harness.process import EndedWhileStarting, free_port
from harness.proxy import PushFilter
from harness.redis import RedisConnection, encode
from harness.storm import Acknowledged
from harness.waiting import Timeout, holds_for, wait_until


def line(offset, **fields):
    head = f'{{"offset":{offset},"time":"2026-11-20T06:31:00.123Z","channel":"c"'
    text = head + "".join(f',"{name}":"{value}"' for name, value in fields.items())
    return f'{text},"crc":"{crc32c(text.encode()):08x}"}}'.encode()


def test_the_checksum_is_crc32c():
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"\x00" * 32) == 0x8A9136AA


def test_a_changed_line_is_found():
    good = line(1, id="a", message_text="hello")
    assert parse(good).text == "hello"
    for changed in (good.replace(b"hello", b"hellp"), good[:-1], good + b" ", good.replace(b'"c"', b'"d"')):
        with pytest.raises(AssertionError):
            parse(changed)


def test_a_gap_a_repeat_and_a_torn_end_are_found():
    assert len(parse_all(line(1) + b"\n" + line(2) + b"\n")) == 2
    for data in (line(1) + b"\n" + line(3) + b"\n", line(1) + b"\n" + line(1) + b"\n", line(1)):
        with pytest.raises(AssertionError):
            parse_all(data)


def test_the_digest_depends_on_every_line_and_its_place():
    lines = [parse(line(number)) for number in (1, 2, 3)]
    assert digest([]) == "0" * 16
    assert len({digest(lines), digest(lines[:2]), digest(lines[::-1]), digest(lines[1:])}) == 4
    assert digest(lines[:1]) == f"{digest_after(0, lines[0].crc):016x}"


def test_lost_doubled_and_disordered_writes_are_found():
    lines = [parse(line(1, author="w", id="a")), parse(line(2, author="w", id="b"))]
    first, second = Acknowledged("w", "a", 1, "e", 201), Acknowledged("w", "b", 2, "e", 201)
    assert_acknowledged_once(lines, [first, second])
    doubled = [*lines, parse(line(3, author="w", id="a"))]
    for stored, acknowledged in [
        (lines[:1], [first, second]), (lines[::-1], [first, second]), (lines, [second, first]), (doubled, []),
    ]:
        with pytest.raises(AssertionError):
            assert_acknowledged_once(stored, acknowledged)


def test_the_proxys_filter_drops_what_is_unwanted_however_it_is_split():
    stream = b"+OK\r\n" + encode("subscribe", "t").replace(b"*2", b"*3") + b":1\r\n"
    stream += encode("message", "t", b"keep\r\n") + encode("message", "t", b"drop\x00")
    stream += encode("pmessage", "*", "u", "drop") + b"$-1\r\n:7\r\n" + encode("pmessage", "*", "u", "keep")
    wanted = stream.replace(encode("message", "t", b"drop\x00"), b"")
    wanted = wanted.replace(encode("pmessage", "*", "u", "drop"), b"")
    for step in range(1, len(stream) + 1):
        unwanted = PushFilter(lambda topic, payload: payload.startswith(b"drop"))
        pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
        assert b"".join(map(unwanted.feed, pieces)) == wanted


def test_a_real_redis_behind_the_proxy_loses_chosen_messages_alone(redis, new_proxy):
    proxy = new_proxy(redis)
    proxy.drop = lambda topic, payload: payload == b"2"
    with RedisConnection(proxy.port) as subscriber:
        subscriber.command("SUBSCRIBE", "t")
        for text in ("1", "2", "3"):
            assert redis.publish("t", text) == 1
        assert [subscriber.read()[2] for _ in range(2)] == [b"1", b"3"]
        assert proxy.dropped_count == 1
        proxy.cut()
        with pytest.raises(ConnectionError):
            subscriber.read()
    proxy.refuse()
    with pytest.raises(OSError), RedisConnection(proxy.port) as refused:
        refused.command("PING")


def test_a_free_port_is_kept_from_others_until_its_service_listens():
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError):
        other.bind(("127.0.0.1", port))
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)):
            socket.create_connection(("127.0.0.1", port)).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_a_service_that_ends_while_it_starts_is_not_waited_for(processes, tmp_path):
    log = processes.add(ReplicationLog(tmp_path / "data", "", settings={"LOG_LEVEL": "loud"}))
    with pytest.raises(EndedWhileStarting, match="LOG_LEVEL"):
        log.start()


def test_waiting_ends_at_the_condition_or_the_deadline():
    values = iter([False, ValueError("not yet"), 7])

    def condition():
        value = next(values)
        if isinstance(value, Exception):
            raise value
        return value

    assert wait_until(condition, "it is 7") == 7
    with pytest.raises(Timeout, match="until pigs fly"):
        wait_until(lambda: False, "pigs fly", 0.05)
    with pytest.raises(AssertionError):
        holds_for(lambda: False, "true", 0.05)
