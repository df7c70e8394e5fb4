"""What must hold after any disaster."""

from .lines import digest, parse_all


def assert_nothing_lost(cluster, acknowledged):
    """Every acknowledged write stands once and in order on the log and on all pods; digests are equal."""
    head = cluster.wait_until_equal()
    raw = cluster.log.log_bytes()
    lines = parse_all(raw)
    assert len(lines) == head["offset"]
    assert digest(lines) == head["digest"], "the digest is not the chain over the lines' crcs"
    assert_acknowledged_once(lines, acknowledged)
    for pod in cluster.pods:
        assert pod.log_bytes() == raw, f"{pod.name} has other bytes than the log"
        assert pod.messages() == cluster.log.messages(), f"{pod.name} has other messages than the log"
    return lines


def assert_acknowledged_once(lines, acknowledged):
    """Each stands at its offset; no id stands twice; each writer's offsets ascend."""
    last = {}
    for write in acknowledged:
        assert write.offset <= len(lines), f"{write} is missing: the log ends at {len(lines)}"
        assert lines[write.offset - 1].id == write.id, f"{write} is not {lines[write.offset - 1].raw!r}"
        assert write.offset > last.get(write.writer, 0), f"{write} came before an earlier one"
        last[write.writer] = write.offset
    named = [(line.fields["channel"], line.fields.get("author"), line.id) for line in lines if line.id]
    assert len(named) == len(set(named)), "an id stands twice"
