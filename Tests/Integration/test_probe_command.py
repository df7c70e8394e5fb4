"""`chatctl probe`: the whole way from a write to its reader, as `helm test` tries it."""

from harness.process import BIN, run_to_end


def probe(*words):
    """Exit code, and what was said."""
    code, out, error = run_to_end([BIN / "chatctl", "probe", *words])
    return code, out + error


def test_what_was_sent_is_read_back(cluster):
    epoch = cluster.log.state()["epoch"]
    for number, pod in enumerate(cluster.pods, 1):
        assert probe("a channel", "--url", pod.url) == (0, f"sent and read at {epoch}:{number}\n")
    cluster.wait_until_equal()
    assert len({line.id for line in cluster.log.lines()}) == 3


def test_a_log_that_is_away_fails_it(small_cluster):
    small_cluster.log.terminate()
    code, text = probe("tea", "--url", small_cluster.pods[0].url)
    assert code == 1 and text.startswith("chatctl probe: "), text


def test_a_channel_that_nobody_may_read_fails_it(small_cluster):
    code, text = probe("$reserved", "--url", small_cluster.pods[0].url)
    assert code == 1 and "there is no such channel" in text, text


def test_nobody_there_fails_it():
    code, _ = probe("tea", "--url", "http://127.0.0.1:9")
    assert code == 1


def test_it_wants_one_channel():
    code, text = probe()
    assert code == 2 and "a channel" in text
