"""Fixtures: everything a test starts is stopped when it ends, and shown when it failed."""

import os
import resource
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness.cluster import Cluster  # noqa: E402
from harness.process import BIN, Processes  # noqa: E402
from harness.proxy import RedisProxy  # noqa: E402
from harness.redis import RedisServer  # noqa: E402

BINARIES = ("replication-log", "chat-server", "chatctl")
# The title of a report's section.
SKIP_REASON = "why it was skipped"


def pytest_sessionstart(session):
    missing = [name for name in BINARIES if not (BIN / name).exists()]
    if missing:
        raise pytest.UsageError(f"{BIN} lacks {', '.join(missing)}: build first (make build), or set BIN_DIR")
    # Some tests hold thousands of connections, and a shell's soft limit is often 1,024.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows what a failed test's processes said. With REQUIRE_ALL=1 a skip is a failure."""
    report = (yield).get_result()
    if report.failed:
        report.sections.append(("processes", _outputs(item)))
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.sections.append((SKIP_REASON, reason))
        if os.environ.get("REQUIRE_ALL") == "1":
            report.outcome = "failed"
            report.longrepr = f"skipped although REQUIRE_ALL=1: {reason}"


def pytest_runtest_logreport(report):
    """A skip is loud. Called where the output is shown, in whichever process the test ran."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    for reason in (text for title, text in report.sections if title == SKIP_REASON):
        print(f"\nSKIP: {report.nodeid}: {reason}", file=sys.__stdout__, flush=True)


def _outputs(item):
    """Of the test's own processes and of those its module shares."""
    fixtures = getattr(item, "funcargs", {}).values()
    found = {id(one): one for one in (getattr(fixture, "processes", fixture) for fixture in fixtures)
             if isinstance(one, Processes)}
    return "\n".join(one.outputs() for one in found.values())


@pytest.fixture
def processes():
    started = Processes()
    yield started
    started.stop()
    started.assert_unharmed()


@pytest.fixture
def new_cluster(processes, tmp_path):
    """Makes clusters; they are not started yet."""
    def make(**options):
        count = len(processes.started)
        return Cluster(processes, tmp_path / f"cluster-{count}", **options)

    return make


@pytest.fixture
def cluster(new_cluster):
    """Redis, one replication-log and three pods, ready."""
    return new_cluster().start()


@pytest.fixture
def small_cluster(new_cluster):
    """Redis, one replication-log and one pod, ready."""
    return new_cluster(pod_count=1).start()


@pytest.fixture
def new_proxy(processes):
    def make(redis):
        proxy = RedisProxy(redis.port)
        processes.on_stop(proxy.close)
        return proxy

    return make


@pytest.fixture(scope="module")
def new_shared_cluster(tmp_path_factory):
    """Makes and starts a cluster, of one pod unless said otherwise, that the tests of a module share."""
    started = Processes()

    def make(**options):
        directory = tmp_path_factory.mktemp("shared")
        return Cluster(started, directory, **{"pod_count": 1, **options}).start()

    yield make
    started.stop()
    started.assert_unharmed()


@pytest.fixture
def redis(processes, tmp_path):
    return processes.add(RedisServer(tmp_path / "redis")).start()
