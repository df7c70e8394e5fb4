"""`GET /telemetry/events` of both services: a window, a sample each second, and what happens meanwhile."""

import datetime
import json

import pytest
from harness.openapi import Description, check
from harness.streams import Events
from harness.waiting import wait_until

PATH = "/telemetry/events"
LISTENERS_MAX = 64
DESCRIPTION = Description()


def listen(service):
    return Events(service, path=PATH)


def next_sample(stream):
    while True:
        _, event, data = stream.next()
        if event == "sample":
            return data


def next_of(stream, kind):
    """Passes over what else comes."""
    while True:
        _, event, data = stream.next()
        if event == kind:
            return data


@pytest.mark.parametrize("service", ["log", "pod"])
def test_first_comes_what_is_kept_then_a_sample_each_second(small_cluster, service):
    asked = small_cluster.log if service == "log" else small_cluster.pods[0]
    small_cluster.pods[0].send("hello")
    with listen(asked) as stream:
        assert (stream.status, stream.fields["content-type"]) == (200, "text/event-stream")
        _, event, window = stream.next()
        assert event == "window"
        check(DESCRIPTION.schema("TelemetryWindow"), window)
        samples = [next_sample(stream) for _ in range(3)]
    for sample in samples:
        check(DESCRIPTION.schema("TelemetrySample"), sample)
        assert sample["epoch"] == small_cluster.log.state()["epoch"]
    times = [sample["time"] for sample in samples]
    assert times == sorted(set(times)) and all(time <= times[0] for time in window["time"])


def test_a_window_has_as_many_values_in_each_column_and_grows(small_cluster):
    def window():
        with listen(small_cluster.log) as stream:
            return stream.next()[2]

    def is_grown():
        found = window()
        lengths = {len(found[name]) for name in ("time", "offset", "rate", "bytes_rate", "visible_p50_ms")}
        lengths |= {len(replica[name]) for replica in found["replicas"] for name in ("lag", "lag_ms")}
        assert len(lengths) == 1
        return lengths.pop() >= 3

    wait_until(is_grown, "three samples are kept", 20)


def test_samples_tell_how_fast_the_log_grows(small_cluster):
    with listen(small_cluster.log) as stream:
        before = next_sample(stream)
        bytes_before = len(small_cluster.log.log_bytes())
        small_cluster.log.append([{"channel": "tea", "message_text": "x" * 100}] * 500)
        grown = len(small_cluster.log.log_bytes()) - bytes_before
        while (sample := next_sample(stream))["offset"] == before["offset"]:
            assert sample["rate"] == 0
            before = sample
        # The batch is one sample's alone; that is taken about every second, and its rate is that of its time.
        assert sample["offset"] == before["offset"] + 500
        seconds = (moment(sample) - moment(before)).total_seconds()
        assert 0.9 * 500 <= sample["rate"] * seconds <= 1.1 * 500
        assert 0.9 * grown <= sample["bytes_rate"] * seconds <= 1.1 * grown
        assert next_sample(stream)["rate"] == 0


def moment(sample):
    return datetime.datetime.fromisoformat(sample["time"])


def test_a_sample_has_the_replicas_as_they_are(cluster):
    def has_all():
        sample = next_sample(stream)
        return sample if len(sample["replicas"]) == 3 else None

    with listen(cluster.pods[0]) as stream:
        sample = wait_until(has_all, "all pods have reported", 20)
        assert [one["id"] for one in sample["replicas"]] == [pod.name for pod in cluster.pods]
        assert {one["state"] for one in sample["replicas"]} == {"ready"}
        assert sample["lag"] == {"mean": 0, "deviation": 0, "max": 0}
        listed = json.loads(cluster.log.get("/replicas").body)["replicas"]
        assert [sorted(one) for one in listed] == [sorted(one) for one in sample["replicas"]]


def test_a_pod_says_that_its_log_is_away_and_goes_on_by_itself(small_cluster):
    pod = small_cluster.pods[0]
    with listen(pod) as stream:
        first = next_sample(stream)
        small_cluster.log.kill()
        for _ in range(3):
            assert next_of(stream, "away") == {}
        small_cluster.log.start()
        assert next_of(stream, "window")["epoch"] == first["epoch"]
        assert next_sample(stream)["time"] > first["time"]


def test_a_pod_says_so_too_when_its_log_is_frozen(small_cluster):
    with listen(small_cluster.pods[0]) as stream:
        next_sample(stream)
        small_cluster.log.pause()
        next_of(stream, "away")
        small_cluster.log.resume()
        next_of(stream, "window")


def test_who_comes_later_to_a_pod_gets_the_window_while_the_others_go_on(small_cluster):
    pod = small_cluster.pods[0]
    with listen(pod) as first:
        next_sample(first)
        with listen(pod) as second:
            assert second.next()[1] == "window"
            next_sample(second)
            _, event, _ = first.next()
            assert event == "sample", "only who comes gets a window"
        # However many listen to the pod, the log has one that listens
        streams = [listen(pod) for _ in range(5)]
        for stream in streams:
            next_sample(stream)
        wait_until(lambda: small_cluster.log.metric("chat_http_telemetry_listeners") == 1, "one is left", 10)
        for stream in streams:
            stream.close()
    wait_until(lambda: small_cluster.log.metric("chat_http_telemetry_listeners") == 0, "none is left", 10)


def test_only_so_many_may_listen(small_cluster):
    for service in (small_cluster.log, small_cluster.pods[0]):
        streams = [listen(service) for _ in range(LISTENERS_MAX)]
        assert {stream.status for stream in streams} == {200}
        refused = listen(service)
        assert refused.status == 503 and "retry-after" in refused.fields
        for stream in [refused, *streams]:
            stream.close()
        wait_until(lambda: reopened(service), "there is room again", 10)


def reopened(service):
    with listen(service) as stream:
        return stream.status == 200


def test_a_stream_ends_when_its_service_does(small_cluster):
    pod = small_cluster.pods[0]
    with listen(pod) as of_pod, listen(small_cluster.log) as of_log:
        next_sample(of_pod)
        next_sample(of_log)
        for service, stream in ((pod, of_pod), (small_cluster.log, of_log)):
            assert service.terminate() == 0
            with pytest.raises(EOFError):
                while True:
                    stream.next()
