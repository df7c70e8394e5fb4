"""The layers: what a target's files import must be its dependencies in Package.swift, arrows only point down,
the pure targets stay pure and each C library has one importer. Prints `file:line: breach` lines."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import swift_text

# Come with the toolchain; every target that is not pure may import them.
TOOLCHAIN = {"Swift", "Glibc", "Musl", "Synchronization", "Testing", "Darwin", "ucrt"}
FOUNDATION = {"Foundation", "FoundationEssentials", "Dispatch"}

# No I/O, no clock, no randomness.
PURE_TARGETS = {"LogLine", "Replication", "Views", "TerminalChat", "ClusterTools"}
# Files of pure targets that may import the C library, for its memory functions alone.
PURE_EXCEPTIONS = {"Sources/LogLine/Memory.swift": {"Glibc", "Musl"}}
IMPURE = re.compile(
    r"\b(?:ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|Task\s*\{|print\s*\(|CommandLine)"
    r"|\.random\s*\(")

# They know the services' ports, never each other.
ADAPTERS = {"SegmentStore", "EtcdStore", "RedisBus", "LogClient", "SearchIndex"}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)", re.MULTILINE)


class Target:
    def __init__(self, description):
        self.name = description["name"]
        self.kind = description["type"]
        folder = "Tests" if self.kind == "test" else "Sources"
        self.path = Path(description.get("path") or f"{folder}/{self.name}")
        self.dependencies = {_dependency_name(one) for one in description["dependencies"]}

    @property
    def swift_files(self):
        return sorted(self.path.rglob("*.swift"))


def _dependency_name(dependency):
    return next(iter(dependency.values()))[0]


def imports(path):
    """Yields (line, module) for each import statement."""
    code = swift_text.blanked(path.read_text(encoding="utf-8"))
    for match in IMPORT.finditer(code):
        yield code.count("\n", 0, match.start(1)) + 1, match.group(1)


def order_breaches(targets):
    """Dependencies stand before their dependents in Package.swift; adapters do not depend on each other."""
    seen = set()
    for target in targets:
        for name in sorted(target.dependencies - seen):
            yield f"Package.swift:1: {target.name} depends on {name}, which does not stand before it"
        if target.name in ADAPTERS:
            for name in sorted(target.dependencies & ADAPTERS):
                yield f"Package.swift:1: the adapter {target.name} depends on the adapter {name}"
        seen.add(target.name)


def import_breaches(target):
    allowed = target.dependencies | TOOLCHAIN | {target.name}
    for path in target.swift_files:
        for line, module in imports(path):
            if target.name in PURE_TARGETS and module in TOOLCHAIN - {"Swift"}:
                if module not in PURE_EXCEPTIONS.get(path.as_posix(), set()):
                    yield f"{path}:{line}: the pure target {target.name} imports {module}"
            elif module not in allowed:
                yield f"{path}:{line}: {target.name} imports {module}, which is none of its dependencies"


def purity_breaches(target):
    if target.name not in PURE_TARGETS:
        return
    for path in target.swift_files:
        code = swift_text.blanked(path.read_text(encoding="utf-8"))
        for match in IMPURE.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            yield f"{path}:{line}: the pure target {target.name} uses {match.group().strip('( {')}"


def library_breaches(targets):
    """Each C library is a dependency of one Swift target (tests aside)."""
    swift = [target for target in targets if target.kind in ("regular", "executable") and target.swift_files]
    for library in targets:
        if library.kind != "system":
            continue
        importers = sorted(target.name for target in swift if library.name in target.dependencies)
        if len(importers) > 1:
            yield f"Package.swift:1: {library.name} has {len(importers)} importers: {', '.join(importers)}"


def dumped_package():
    # SwiftPM leaves a directory behind each time it reads the manifest.
    with tempfile.TemporaryDirectory(prefix="chat-cluster-") as directory:
        return subprocess.run(
            ["swift", "package", "dump-package"], check=True, capture_output=True,
            env={**os.environ, "TMPDIR": directory}).stdout


def main():
    targets = [Target(one) for one in json.loads(dumped_package())["targets"]]
    breaches = list(order_breaches(targets)) + list(library_breaches(targets))
    for target in targets:
        breaches += import_breaches(target)
        breaches += purity_breaches(target)
    for breach in breaches:
        print(breach, file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
