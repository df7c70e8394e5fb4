"""Bytes for HTTP request parsers: valid, mutated and hostile, from a seed."""

import random

METHODS = [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"BREW", b"get", b"CONNECT"]
TARGETS = [
    b"/", b"/messages", b"/messages/default-channel?last=5", b"/a%20b/%C3%A4?x=%2B+y&z", b"//a/", b"*",
    b"http://host:8000/a?b", b"https://[::1]/", b"http://host", b"host:443", b"/a/../b", b"/%2e%2e/", b"/%zz",
    b"/a?b=%ff", b"/a?b=%", b"/a#b", b"/{a}|b^`\"<>\\", b"/" + b"a" * 300, b"/?" + b"&".join([b"q"] * 120),
]
VERSIONS = [b"HTTP/1.1"] * 20 + [b"HTTP/1.0"] * 3 + [
    b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.10", b"http/1.1", b"HTTP/1,1", b"HTTP/11"]
HOSTS = [b"a", b"chat.example.org:8000", b"[::1]:80", b"", b"127.0.0.1"]
ODD_HOSTS = [
    b"a b", b"a/b", b"u@a", b"a:99999", b"[::1", b"a,b", b"a\\b", b"\xc3\xa4", b"%41", b"%4", b"a:", b"a;b",
]
FIELDS = [
    b"Accept: */*", b"User-Agent: curl/7.88.1", b"Cookie: a=b; c=d", b"X-Empty:", b"X-Spaces:  \t a b \t ",
    b"X-Text: \xc3\xa4\xff", b"Connection: keep-alive", b"Connection: close", b"Connection: Upgrade, x",
    b"Upgrade: websocket", b"Expect: 100-continue", b"TE: trailers", b"Content-Type: application/json",
]
ODD_FIELDS = [
    b"X : a", b" X: a", b"\tX: a", b"X", b": a", b"X: a\x00b", b"X: a\x01b", b"X: a\x7fb", b"X: a\rb",
    b"X: a\x0bb", b"X(: a", b"X\xc3: a", b"X: a\r\n b", b"X: a\nY: b", b"X: a\r\n\r\n b", b"Host: b",
    b"Content-Length: 3", b"Content-Length: 0", b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity", b"X;: a", b"X: " + b"a" * 900,
]
LENGTHS = [
    b"+%d", b"-%d", b" %d ", b"%d,%d", b"%d, %d", b"0x%d", b"%d.0", b"00%d", b"%d %d", b"%d;", b"",
    b"9" * 19, b"9" * 25, b"0" * 30,
]
CODINGS = [
    b"Chunked", b"chunked ", b"xchunked", b"chunked, chunked", b"gzip, chunked", b"chunked;a=b",
    b"identity", b"", b"\"chunked\"", b"\x0bchunked", b"chunked,",
]
CHUNK_LINES = [
    b"%x;a=b", b"%x;", b"%x ", b" %x", b"%x\t", b"0x%x", b"+%x", b"-%x", b"00000%x", b"0000000000000000%x",
    b"%x ;a", b"%x;a\rb", b"%x;a\x01b", b"%x;" + b"a" * 300, b"ffffffffffffffff%.0x", b"%x\n", b"%.0x",
    b"%X",
]
CHUNK_ENDS = [b"\r\n", b"\n", b"", b"\r", b"\r\n\r\n"]
TRAILERS = [
    b"", b"", b"", b"X-Sum: 1\r\n", b"X : 1\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"X: 1\n", b"X: \x01\r\n", b"X\r\n",
]
HOSTILE = [
    b"\r", b"\n", b"\r\n", b"\x00", b" ", b"\t", b":", b",", b"\x0b", b"\xff", b"0", b"chunked",
    b"\r\n\r\n", b"Content-Length: 1\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x80", b";", b"%",
    b"\x7f",
]


class Inputs:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def one(self):
        """A connection's bytes: one to three requests, often with something wrong."""
        count = self.random.choice([1, 1, 1, 2, 3])
        oddity = self.random.choice([0, 0, 0.05, 0.2])
        data = b"".join(self._request(oddity) for _ in range(count))
        if self._chance(0.05):
            data = self.random.choice([b"\r\n", b"\n", b"\r\n\r\n", b" "]) + data
        for _ in range(self.random.choice([0, 0, 0, 1, 1, 2])):
            data = self._mutated(data)
        return data

    def _chance(self, probability):
        return self.random.random() < probability

    def _request(self, oddity):
        pick = self.random.choice
        method = pick(METHODS) if self._chance(oddity) else pick(METHODS[:7])
        target = pick(TARGETS) if self._chance(oddity) else pick(TARGETS[:5])
        version = pick(VERSIONS) if self._chance(oddity) else pick(VERSIONS[:23])
        fields = []
        if not self._chance(oddity / 2):
            fields.append(b"Host: " + (pick(ODD_HOSTS) if self._chance(oddity) else pick(HOSTS)))
        fields += [pick(FIELDS) for _ in range(self.random.randrange(4))]
        framing, body = self._body(oddity)
        fields += framing
        if self._chance(oddity):
            fields.append(pick(ODD_FIELDS))
        if self._chance(oddity / 20):
            fields += [b"X: a"] * 120
        self.random.shuffle(fields)
        line = method + b" " + target + b" " + version
        return b"\r\n".join([line, *fields, b"", b""]) + body

    def _body(self, oddity):
        """Field lines and the body's bytes."""
        content = bytes(self.random.randrange(256) for _ in range(self.random.randrange(40)))
        kinds = ["none", "none", "length", "chunked", "both" if self._chance(oddity) else "none"]
        kind = self.random.choice(kinds)
        if kind == "none":
            return [], b""
        length = b"%d" % len(content)
        if self._chance(oddity):
            form = self.random.choice(LENGTHS)
            length = form.replace(b"%d", length)
        if kind == "length":
            return [b"Content-Length: " + length], content
        coding = self.random.choice(CODINGS) if self._chance(oddity) else b"chunked"
        fields = [b"Transfer-Encoding: " + coding]
        if kind == "both":
            fields.append(b"Content-Length: " + length)
        return fields, self._chunks(content, oddity)

    def _chunks(self, content, oddity):
        out = b""
        while content:
            size = self.random.randint(1, len(content))
            form = self.random.choice(CHUNK_LINES) if self._chance(oddity) else b"%x"
            end = self.random.choice(CHUNK_ENDS) if self._chance(oddity) else b"\r\n"
            out += form % size + b"\r\n" + content[:size] + end
            content = content[size:]
        trailer = self.random.choice(TRAILERS) if self._chance(oddity * 2) else b""
        return out + b"0\r\n" + trailer + b"\r\n"

    def _mutated(self, data):
        at = self.random.randrange(len(data) + 1)
        end = min(len(data), at + self.random.choice([1, 1, 1, 2, 8]))
        kind = self.random.randrange(5)
        if kind == 0:
            return data[:at] + self.random.choice(HOSTILE) + data[at:]
        if kind == 1:
            return data[:at] + data[end:]
        if kind == 2:
            return data[:at] + self.random.choice(HOSTILE) + data[end:]
        if kind == 3:
            return data[:at] + data[at:end] + data[at:]
        return data[:at] + bytes([self.random.randrange(256)]) + data[end:]
