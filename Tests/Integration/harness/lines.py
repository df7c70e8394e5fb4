"""The line as docs/format.md defines it, read by an implementation of its own."""

import json
import re
from dataclasses import dataclass


def _table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _table()
_LINE = re.compile(rb'\{"offset":(\d+),"time":"([^"]{24})","channel":".*,"crc":"([0-9a-f]{8})"\}')
_REDACTED = re.compile(rb'(.*),"redacted":"([0-9a-f]{8})","crc":"[0-9a-f]{8}"\}')
_MASK = (1 << 64) - 1


def crc32c(data):
    """CRC-32C (RFC 3720, appendix B.4), bit by bit from a table."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def digest_after(digest, crc):
    """The digest one line further on."""
    mixed = (digest * 0x9E3779B97F4A7C15 + crc + 1) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


@dataclass(frozen=True)
class Line:
    raw: bytes
    offset: int
    time: str
    crc: int
    fields: dict

    @property
    def id(self):
        return self.fields.get("id")

    @property
    def text(self):
        return self.fields.get("message_text")


def parse(raw):
    """Fails with the reason when the bytes are no line, or not as they were written."""
    match = _LINE.fullmatch(raw)
    assert match, f"not a line: {raw[:200]!r}"
    crc = int(match.group(3), 16)
    redacted = _REDACTED.fullmatch(raw)
    if redacted:
        content, checksum = redacted.group(1) + match.group(3), int(redacted.group(2), 16)
    else:
        content, checksum = raw[: raw.rindex(b',"crc"')], crc
    computed = crc32c(content)
    assert checksum == computed, f"crc {checksum:08x} instead of {computed:08x}: {raw[:200]!r}"
    fields = json.loads(raw)
    if "data" not in fields:
        canonical = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        assert canonical == raw, f"not canonical: {raw[:200]!r}"
    return Line(raw, fields["offset"], fields["time"], crc, fields)


def parse_all(data, after=0):
    """All lines of an NDJSON body; offsets are contiguous, times never go back."""
    assert data == b"" or data.endswith(b"\n"), "the last line has no newline"
    lines = [parse(raw) for raw in data.split(b"\n")[:-1]]
    time = ""
    for index, line in enumerate(lines):
        assert line.offset == after + index + 1, f"offset {line.offset} where {after + index + 1} was due"
        assert line.time >= time, f"the time of line {line.offset} goes back"
        time = line.time
    return lines


def digest(lines):
    """Of a history from its beginning, as 16 digits."""
    value = 0
    for line in lines:
        value = digest_after(value, line.crc)
    return f"{value:016x}"
