"""What the documents state in numbers and names is what the programs do."""

import hashlib
import hmac
import re

import pytest

from harness.lines import crc32c, digest_after, parse
from harness.process import BIN, ROOT, run_to_end

FORMAT = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
EPOCH = "43d9529d48cdff83"
# The lines of the worked example whose whole text does not stand in the table.
EXAMPLE = [
    b'{"offset":1,"time":"2026-11-20T09:50:59.900Z","channel":"default-channel",'
    b'"message_text":"Hello everyone!"',
    b'{"offset":2,"time":"2026-11-20T09:51:00.142Z","channel":"default-channel","author":"me",'
    b'"id":"2l4u82a9u9n0y-1","message_text":"Hello over HTTP!"',
    b'{"offset":3,"time":"2026-11-20T09:51:00.176Z","channel":"tea","author":"alice","id":"c7f3",'
    b'"message_text":"Are you there?"',
]


def code_blocks(text, language=""):
    return re.findall(rf"^```{language}\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)


def test_the_golden_line_is_one_and_stands_in_the_readme_too():
    golden = code_blocks(FORMAT, "json")[0].encode()
    assert parse(golden).fields["message_text"] == "Hello everyone!"
    assert len(golden) == 154
    assert golden.decode() in README


def test_the_byte_table_has_the_golden_lines_places():
    golden = code_blocks(FORMAT, "json")[0]
    rows = re.findall(r'^\| (\d+) \| `([{,]"[a-z_]+":)', FORMAT.split("\n## ")[1], re.MULTILINE)
    assert len(rows) == 7
    assert [(golden.index(name), name) for _, name in rows] == [(int(place), name) for place, name in rows]


def test_the_worked_digests_are_right():
    rows = re.findall(r"^\| (\d) \|.*\| `([0-9a-f]{8})` \| `([0-9a-f]{16})` \|$", FORMAT, re.MULTILINE)
    digest = 0
    for (offset, crc, shown), line in zip(rows, EXAMPLE):
        assert f"{crc32c(line):08x}" == crc
        digest = digest_after(digest, int(crc, 16))
        assert f"{digest:016x}" == shown, offset
    assert len(rows) == len(EXAMPLE)


def test_the_documented_digest_function_is_the_one_that_the_tests_use():
    scope = {}
    exec(code_blocks(FORMAT, "python")[0], scope)
    assert scope["digest_after"](12345, 678) == digest_after(12345, 678)


def test_the_note_in_the_example_has_the_right_crc():
    note = next(block for block in code_blocks(FORMAT, "json") if block.startswith('{"sequence"')).encode()
    body, _, end = note.partition(b',"crc"')
    assert end == b':"%08x"}' % crc32c(body)


def test_the_example_of_a_mac_is_right():
    secret = re.search(r"with\s+the\s+secret\s+`([^`]+)`", FORMAT).group(1).encode()
    signed, shown = re.search(r"^\| `(\{[^`]*\})` \| `([0-9a-f]{64})` \|$", FORMAT, re.MULTILINE).groups()
    assert hmac.new(secret, signed.encode(), hashlib.sha256).hexdigest() == shown
    assert EPOCH in signed


@pytest.mark.parametrize("service", ["replication-log", "chat-server"])
def test_the_readme_names_every_setting(service):
    code, text, _ = run_to_end([BIN / service, "--help"])
    settings = re.findall(r"^  ([A-Z_]+), --", text, re.MULTILINE)
    tables = set(re.findall(r"`([A-Z_]+)`", "\n".join(
        line.split("|")[1] for line in README.splitlines() if line.startswith("| `"))))
    assert code == 0
    assert set(settings) <= tables


def test_the_readme_names_no_setting_that_is_not_there():
    helps = "".join(run_to_end([BIN / name, "--help"])[1] for name in ("replication-log", "chat-server"))
    settings = set(re.findall(r"^  ([A-Z_]+), --", helps, re.MULTILINE))
    tables = set(re.findall(r"`([A-Z_]{4,})`", "\n".join(
        line.split("|")[1] for line in README.splitlines() if line.startswith("| `"))))
    assert tables <= settings


def test_links_between_the_documents_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        text = document.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", text):
            found = (document.parent / target) if target else document
            assert found.exists(), f"{document.name}: {target}"
            assert not anchor or anchor[1:] in anchors(found), f"{document.name}: {target}{anchor}"


def anchors(document):
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_in_the_list():
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\]\((\d{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


def test_files_that_the_architecture_names_are_there():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    targets = "|".join(path.name for path in (ROOT / "Sources").iterdir())
    for name in set(re.findall(rf"`((?:{targets})/[A-Za-z/]+)", text)):
        path = ROOT / "Sources" / name
        assert path.is_dir() or path.with_suffix(".swift").exists(), name


def test_every_line_that_a_service_says_is_explained():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Za-z].*?) \| (info|warning|error) \|", operations, re.MULTILINE)
    explained = {(level, text.strip("… ")) for cell, level in rows for text in re.findall(r"`([^`]+)`", cell)}
    for source in (ROOT / "Sources").rglob("*.swift"):
        text = source.read_text(encoding="utf-8")
        for level, said in re.findall(r'^ *log\.(info|warning|error)\(\s*"([^"\\]+)', text, re.MULTILINE):
            assert any(said.startswith(start) and level == one for one, start in explained), said


def test_the_exit_codes_are_explained():
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    source = (ROOT / "Sources" / "EventLoop" / "ServiceProcess.swift").read_text(encoding="utf-8")
    codes = re.findall(r"^\s+case \w+ = (\d+)", source, re.MULTILINE)
    assert codes and re.findall(r"^\| (\d+) \|", operations, re.MULTILINE) == codes
