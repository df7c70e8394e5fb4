#!/usr/bin/env python3
"""Lets the Autobahn|Testsuite's fuzzing client (https://github.com/crossbario/autobahn-testsuite) loose on
the WebSocket layer, through the program ws-echo from BIN_DIR (default .build/debug).

    Tests/Conformance/compare_autobahn.py [--all] [--summary FILE]

No case of sections 1 to 7, 9 and 10 may fail (12 and 13 are about compression, which is not offered). Without
--all, or AUTOBAHN=all in the environment, the larger messages of section 9 are left out: they take the client
over a minute. --summary writes a table in Markdown. The client needs Python 2.7, in the folder
.venv-autobahn that scripts/setup makes where there is one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENT = ROOT / ".venv-autobahn" / "bin" / "wstest"
CLIENT_SECONDS_MAX = 900
AGENT = "ws-echo"

CASES = [f"{section}.*" for section in (1, 2, 3, 4, 5, 6, 7, 9, 10)]
# Of each kind of section 9 only the three smallest messages.
LARGE_CASES = [f"9.{kind}.{size}" for kind in range(1, 9) for size in range(4, 10)]

SECTIONS = {
    1: "Framing", 2: "Pings and pongs", 3: "Reserved bits", 4: "Opcodes", 5: "Fragmentation",
    6: "UTF-8 handling", 7: "Close handling", 9: "Limits and performance", 10: "Automatic fragmentation",
}

# NON-STRICT: permitted, but not what the suite expects. INFORMATIONAL: nothing is expected.
PASSES = {"OK", "NON-STRICT", "INFORMATIONAL"}


class Echo:
    """The program under test, on a free port."""

    def __init__(self):
        program = Path(os.environ.get("BIN_DIR", ROOT / ".build" / "debug")) / "ws-echo"
        self.process = subprocess.Popen([str(program)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(" ", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def run_client(port, folder, everything):
    """What the suite says about each case: {case: {"behavior", "behaviorClose", ...}}."""
    specification = Path(folder) / "specification.json"
    specification.write_text(json.dumps({
        "outdir": str(Path(folder) / "reports"),
        "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}/"}],
        "cases": CASES, "exclude-cases": [] if everything else LARGE_CASES, "exclude-agent-cases": {},
    }))
    with open(Path(folder) / "client.log", "w", encoding="utf-8") as log:
        subprocess.run(
            [str(CLIENT), "-m", "fuzzingclient", "-s", str(specification)], cwd=folder, check=True,
            stdout=log, stderr=subprocess.STDOUT, timeout=CLIENT_SECONDS_MAX)
    return json.loads((Path(folder) / "reports" / "index.json").read_text())[AGENT]


def in_order(cases):
    return sorted(cases, key=lambda case: [int(part) for part in case.split(".")])


def failures(results):
    for case in in_order(results):
        result = results[case]
        if not {result["behavior"], result["behaviorClose"]} <= PASSES:
            yield f"case {case}: {result['behavior']}, closing: {result['behaviorClose']}"


def missing_sections(results):
    return set(SECTIONS) - {int(case.split(".")[0]) for case in results}


def table(results):
    """One row a section: its cases, and how often the suite said what."""
    verdicts = ["OK", "NON-STRICT", "INFORMATIONAL"]
    lines = [f"| section | | cases | {' | '.join(verdicts)} | failed |", "|---|---|---|---|---|---|---|"]
    for section, name in SECTIONS.items():
        told = Counter(
            result["behavior"] for case, result in results.items() if int(case.split(".")[0]) == section)
        counts = [told[verdict] for verdict in verdicts]
        row = [section, name, sum(told.values()), *counts, sum(told.values()) - sum(counts)]
        lines.append(f"| {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Autobahn|Testsuite against ws-echo")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--summary", type=Path)
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if not CLIENT.exists():
        print("SKIP: the Autobahn|Testsuite needs Python 2.7, and scripts/setup found none with pip")
        return 0
    everything = arguments.all or os.environ.get("AUTOBAHN") == "all"
    with tempfile.TemporaryDirectory() as folder, Echo() as echo:
        results = run_client(echo.port, folder, everything)
    if arguments.summary:
        arguments.summary.write_text(table(results) + "\n", encoding="utf-8")
    problems = [*failures(results), *(f"section {one} did not run" for one in missing_sections(results))]
    print("\n".join(problems or [table(results)]))
    told = Counter(result["behavior"] for result in results.values())
    print(f"{len(results)} cases: " + ", ".join(f"{count} {verdict}" for verdict, count in told.items()))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
