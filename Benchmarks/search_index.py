#!/usr/bin/env python3
"""What the index of texts costs by SQLite's own account: the table and batches of Sources/SearchIndex, filled
with made-up messages of which the words' frequencies follow Zipf's law.

    Benchmarks/search_index.py [messages]

Memory is what SQLite has allocated (sqlite3_memory_used), which leaves the interpreter out.
"""

import bisect
import ctypes.util
import itertools
import random
import sqlite3
import sys
import time

BATCH = 256
TABLE = """CREATE VIRTUAL TABLE texts USING fts5(text, content='', detail={detail}, columnsize=0,
    tokenize="unicode61 remove_diacritics 2 categories 'L* N* Mn Mc'")"""


def messages(count, words=12, vocabulary=30_000, seed=1):
    chance = random.Random(seed)
    names = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10)))
             for _ in range(vocabulary)]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, vocabulary + 1)))
    return [
        " ".join(names[bisect.bisect(weights, chance.random() * weights[-1])] for _ in range(words))
        for _ in range(count)], names


def measure(count, detail):
    sqlite = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
    sqlite.sqlite3_memory_used.restype = ctypes.c_int64
    texts, names = messages(count)
    before = sqlite.sqlite3_memory_used()
    database = sqlite3.connect(":memory:", isolation_level=None)
    database.execute(TABLE.format(detail=detail))
    start = time.thread_time()
    for first in range(0, count, BATCH):
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO texts(rowid, text) VALUES(?, ?)",
            enumerate(texts[first:first + BATCH], first + 1))
        database.execute("COMMIT")
    seconds = time.thread_time() - start
    used = sqlite.sqlite3_memory_used() - before
    print(f"detail={detail}: {count} messages of {sum(map(len, texts)) // count} bytes: "
          f"{used / count:.0f} bytes and {seconds / count * 1e6:.1f} µs each")
    for title, query in (("commonest word", f'"{names[0]}"'), ("rare word", f'"{names[-1]}"'),
                         ("two words", f'"{names[3]}" AND "{names[40]}"'), ("prefix of one letter", '"a"*')):
        start = time.perf_counter()
        found = database.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 500",
            (query, 1 << 53)).fetchall()
        print(f"    {title}: {(time.perf_counter() - start) * 1e3:.2f} ms for {len(found)} matches")


if __name__ == "__main__":
    for detail in ("none", "full"):
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, detail)
