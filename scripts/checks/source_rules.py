"""Shape of the files (lines, functions) and what must not stand in them. Prints `file:line: breach` lines."""

import re
import subprocess
import sys
from pathlib import Path

import swift_text

LINE_COLUMNS_MAX = 110
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70

CODE_SUFFIXES = {".swift", ".c", ".h", ".py", ".sh"}
# Their lines are data or prose: only the forbidden words are looked for.
TEXT_SUFFIXES = {".md", ".yaml", ".yml", ".json", ".txt", ".html", ".css", ".js"}

# Where the tests written in Python wait for a condition with a deadline; nowhere else may a test sleep.
SLEEP_ALLOWED = {"Tests/Integration/harness/waiting.py"}

# In every text, comments included. (Written so that they do not match themselves.)
FORBIDDEN_ANYWHERE = [
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"), "a note of unfinished work"),
    (re.compile(r"(?<![\w.~])/(?:work|root)/"), "a path of one machine"),
]
# In Swift code, comments and literals blanked.
FORBIDDEN_IN_SWIFT = [
    (re.compile(r"\btry!"), "try!"),
    (re.compile(r"\bas!\s"), "as!"),
]
FORBIDDEN_IN_SWIFT_TESTS = [
    (re.compile(r"\b(?:Task\.sleep|usleep|nanosleep|sleep)\s*\("), "a sleep (await the condition instead)"),
    (re.compile(r"\bThread\.sleep"), "a sleep (await the condition instead)"),
]
FORBIDDEN_IN_PYTHON_TESTS = [
    (re.compile(r"\bsleep\("), "a sleep (use harness.waiting instead)"),
]


def tracked_files():
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True).stdout
    paths = (Path(name.decode()) for name in listing.split(b"\0") if name)
    return sorted(path for path in paths if path.is_file() and not path.is_symlink())


def is_code(path, text):
    return path.suffix in CODE_SUFFIXES or (path.suffix == "" and text.startswith("#!"))


def breaches(path, text):
    """Yields (line, sentence) for one file."""
    lines = text.split("\n")
    yield from matches(lines, FORBIDDEN_ANYWHERE)
    if not is_code(path, text):
        return
    if len(lines) - 1 > FILE_LINES_MAX:
        yield FILE_LINES_MAX + 1, f"the file has {len(lines) - 1} lines; the limit is {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            yield number, f"the line has {len(line)} columns; the limit is {LINE_COLUMNS_MAX}"
    is_test = path.parts[0] == "Tests"
    if path.suffix == ".swift":
        yield from swift_breaches(text, is_test)
    elif path.suffix == ".py" and is_test and path.as_posix() not in SLEEP_ALLOWED:
        yield from matches(lines, FORBIDDEN_IN_PYTHON_TESTS)


def swift_breaches(text, is_test):
    code = swift_text.blanked(text)
    lines = code.split("\n")
    yield from matches(lines, FORBIDDEN_IN_SWIFT)
    if is_test:
        yield from matches(lines, FORBIDDEN_IN_SWIFT_TESTS)
    for first, count, declaration in swift_text.functions(code):
        if count > FUNCTION_LINES_MAX:
            yield first, f"{declaration} has {count} lines; the limit is {FUNCTION_LINES_MAX}"


def matches(lines, patterns):
    for number, line in enumerate(lines, 1):
        for pattern, name in patterns:
            if pattern.search(line):
                yield number, f"{name} stands here"


def main():
    count = 0
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if not is_code(path, text) and path.suffix not in TEXT_SUFFIXES:
            continue
        for line, sentence in breaches(path, text):
            print(f"{path}:{line}: {sentence}", file=sys.stderr)
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
