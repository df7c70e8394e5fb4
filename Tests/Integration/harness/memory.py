"""Another process' memory, for tests in which it changes by itself. Needs the right to trace the process."""

import os
import re

_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) rw\S* ")
_OVERLAP = 1 << 16
_CHUNK = 1 << 22


def places(pid, wanted):
    """The addresses at which these bytes stand in memory that the process may write."""
    found = set()
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            match = _MAPPING.match(line)
            if match:
                start, end = (int(part, 16) for part in match.groups())
                found.update(_places(memory, start, end, wanted))
    return sorted(found)


def _places(memory, start, end, wanted):
    for chunk in range(start, end, _CHUNK):
        count = min(_CHUNK + _OVERLAP, end - chunk)
        try:
            data = os.pread(memory.fileno(), count, chunk)
        except OSError:
            continue
        at = data.find(wanted)
        while at >= 0:
            yield chunk + at
            at = data.find(wanted, at + 1)


def poke(pid, address, data):
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        assert os.pwrite(memory.fileno(), data, address) == len(data)
