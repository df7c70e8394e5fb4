#!/usr/bin/env python3
"""Holds the request parser against h11, an independent strict implementation (https://h11.readthedocs.io).

    Tests/Conformance/compare_h11.py [--seed N] [--count N]

Both read the same seeded inputs, valid, mutated and hostile. Where both accept a request they must have read
the same. Where only one refuses, the difference must be one of those listed here with its reason, and each
that is listed must show itself in the run. The parser runs in the program http-parse-probe, from BIN_DIR
(default .build/debug).
"""

import argparse
import json
import os
import re
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

from http_inputs import Inputs

try:
    import h11
except ImportError:
    print("SKIP: h11 is not installed (scripts/setup does it)")
    sys.exit(0)

ROOT = Path(__file__).resolve().parent.parent.parent
PROBE_SECONDS_MAX = 60
SHOWN_MAX = 10

# What h11 accepts and we refuse: name, what our refusal says, and why.
WE_REFUSE = [
    ("bare LF", r"bare LF",
     "RFC 9112 2.2 permits a lone LF as a line's end; who does not would see other lines"),
    ("folded line", r"folded header lines|'' is not a plain decimal number|Transfer-Encoding is empty",
     "RFC 9112 5.2 lets a server refuse obsolete folding; h11 unfolds it"),
    ("control character", r"control character|a bare CR stands in a chunk's line",
     "RFC 9110 5.5 calls them invalid; h11 lets all but NUL and white space pass"),
    ("repeated Content-Length", r"more than one Content-Length|'[\d, \t]+' is not a plain decimal number",
     "RFC 9112 6.3 permits equal repetitions; no sender of ours repeats it"),
    ("length and coding", r"exclude each other",
     "RFC 9112 6.1 lets a server refuse both together; it is how requests are smuggled"),
    ("coding in HTTP/1.0", r"HTTP/1.0 knows no Transfer-Encoding",
     "RFC 9112 6.1: the framing of such a message is to be taken as faulty"),
    ("version", r"is not spoken here", "h11 accepts every HTTP/x.y"),
    ("host", r"is not a host with an optional port", "RFC 9112 3.2 demands 400; h11 leaves the value alone"),
    ("target form", r"neither a path that begins with / nor an http URL|CONNECT asks for a proxy",
     "RFC 9112 3.2 knows four forms; h11 accepts any visible characters"),
    ("fragment", r"has a fragment", "RFC 9112 3.2: no form has one; h11 leaves the target alone"),
    ("percent", r"% without two hexadecimal digits", "RFC 3986 2.1; h11 leaves the target alone"),
    ("dot segment", r"\. or \.\. segment", "the path is never resolved here; h11 leaves the target alone"),
    ("query text", r"query is not UTF-8", "names and values are text; h11 leaves the target alone"),
    ("query items", r"the query has over", "a bound of ours"),
    ("long length", r"Content-Length has \d+ digits|the body has \d+ bytes or more|is over every limit",
     "bounds of ours; h11 leaves the size of bodies to its user"),
    ("field count", r"over 100 header fields", "a bound of ours"),
    ("method length", r"the method '.*' is not known here", "a bound of ours; RFC 9112 3 recommends 501"),
    ("space behind chunk size", r"size holds the byte 0x(20|9|d)\b",
     "RFC 9112 7.1 has none there; h11 tolerates spaces and tabs before the line's end"),
    ("chunk size digits", r"size has over 16 digits", "a bound of ours; that of h11 is 20"),
    ("chunk line", r"chunk's line has over", "a bound of ours; RFC 9112 7.1.1 asks for one"),
    ("framing in trailer", r"may not stand in a trailer", "RFC 9110 6.5.1 forbids senders to put it there"),
]
# What we accept and h11 refuses: name, what its refusal says, and why.
WE_ACCEPT = [
    ("leading empty line", r"no request line received", "RFC 9112 2.2: a server should skip at least one"),
]
# What h11 refuses while we still wait for the rest of a line: no request comes of either.
WE_WAIT = [
    ("first byte", r"illegal request line", "h11 looks at the first byte before its line has ended"),
    ("leading empty line", r"no request line received", "as above, with nothing behind it yet"),
]
# So that even a short run shows every difference.
SAMPLES = [
    b"G" * 40 + b" / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01", b"\r\n",
    b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 524289\r\n\r\n" + bytes(524_289),
]


def ours(inputs):
    """What http-parse-probe says about each input: (requests, state, detail)."""
    probe = Path(os.environ.get("BIN_DIR", ROOT / ".build" / "debug")) / "http-parse-probe"
    frames = b"".join(struct.pack(">I", len(data)) + data for data in inputs)
    answer = subprocess.run(
        [probe], input=frames, stdout=subprocess.PIPE, timeout=PROBE_SECONDS_MAX, check=True)
    lines = answer.stdout.splitlines()
    if len(lines) != len(inputs):
        sys.exit(f"{probe} answered {len(lines)} of {len(inputs)} inputs")
    return [_our_outcome(json.loads(line)) for line in lines]


def _our_outcome(outcome):
    requests = [
        (one["method"].encode(), bytes.fromhex(one["target"]), b"1.%d" % one["minor"],
         [(bytes.fromhex(name).lower(), bytes.fromhex(value)) for name, value in one["fields"]],
         bytes.fromhex(one["body"]))
        for one in outcome["requests"]]
    return requests, outcome["state"], outcome.get("detail", "")


def theirs(data):
    """What h11 says about an input, in the same form; `closed`: it reads nothing behind the last request."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    requests = []
    while True:
        try:
            request = _read_request(connection)
        except h11.RemoteProtocolError as error:
            return requests, "refused", str(error)
        if request is None:
            return requests, "waiting", ""
        requests.append(request)
        if not _answer(connection):
            return requests, "closed", ""


def _read_request(connection):
    head, body = None, b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            return None
        if isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return head.method, head.target, head.http_version, _fields(head), body


def _fields(head):
    return [(bytes(name), bytes(value)) for name, value in head.headers]


def _answer(connection):
    """True when another request may follow."""
    connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
        return False
    connection.start_next_cycle()
    return True


def difference(our_outcome, their_outcome):
    """(kind, text): `same`, a listed difference's name, or `unlisted` with a sentence."""
    our_requests, our_state, our_detail = our_outcome
    their_requests, their_state, their_detail = their_outcome
    for mine, other in zip(our_requests, their_requests):
        if mine != other and not _same_but_for_case(mine, other):
            return "unlisted", f"read differently: {mine} and {other}"
    if len(our_requests) > len(their_requests):
        if their_state == "closed":
            return "same", ""
        return _listed(WE_ACCEPT, "accepted", their_detail, f"we accept what h11 refuses: {their_detail}")
    if len(our_requests) < len(their_requests):
        if our_state != "refused":
            return "unlisted", f"we saw {len(our_requests)} requests, h11 {len(their_requests)}"
        return _listed(WE_REFUSE, "refused", our_detail, f"we refuse what h11 accepts: {our_detail}")
    if their_state == "refused" and our_state != "refused":
        return _listed(WE_WAIT, "waiting", their_detail, f"we wait where h11 refuses: {their_detail}")
    return "same", ""


def _same_but_for_case(mine, other):
    """h11 lowers the case of Transfer-Encoding's value."""
    lowered = [(name, value.lower() if name == b"transfer-encoding" else value) for name, value in mine[3]]
    return mine[:3] == other[:3] and lowered == other[3] and mine[4] == other[4]


def _listed(table, kind, detail, sentence):
    for name, pattern, _ in table:
        if re.search(pattern, detail):
            return f"{kind}: {name}", ""
    return "unlisted", sentence


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seed", type=int, default=9112)
    arguments.add_argument("--count", type=int, default=8000)
    options = arguments.parse_args()
    generator = Inputs(options.seed)
    inputs = SAMPLES + [generator.one() for _ in range(options.count)]
    counts, accepted, shown = Counter(), 0, 0
    for data, our_outcome in zip(inputs, ours(inputs)):
        kind, sentence = difference(our_outcome, theirs(data))
        counts[kind] += 1
        accepted += len(our_outcome[0])
        if kind == "unlisted" and (shown := shown + 1) <= SHOWN_MAX:
            print(f"{sentence}\n  input: {data!r}")
    return report(options, len(inputs), counts, accepted)


def report(options, total, counts, accepted):
    for kind, count in sorted(counts.items()):
        print(f"{count:6} {kind}")
    print(f"seed {options.seed}: {total} inputs, {accepted} requests accepted, {counts['unlisted']} unlisted")
    listed = [f"refused: {name}" for name, *_ in WE_REFUSE] + [f"accepted: {name}" for name, *_ in WE_ACCEPT]
    listed += [f"waiting: {name}" for name, *_ in WE_WAIT]
    stale = [name for name in listed if not counts[name]]
    if stale:
        print(f"listed, but did not show: {', '.join(stale)}")
    return 1 if counts["unlisted"] or stale else 0


if __name__ == "__main__":
    sys.exit(main())
