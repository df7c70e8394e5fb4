"""Fixtures: the chart rendered for each set of values, and the services run as the chart says."""

import os
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).resolve().parent
# The harness of the integration tests starts the services.
sys.path[:0] = [str(HERE), str(HERE.parent / "Integration")]

from harness.process import Processes  # noqa: E402
from rendering.helm import CHART, Helm, clean_copy  # noqa: E402

VALUES = HERE / "values"
CASES = sorted(path.stem for path in VALUES.glob("*.yaml"))


def pytest_sessionstart(session):
    # The Helm library reads the environment that the process was started with. In memory: the stand-in server
    # need not understand how Helm stores its releases.
    if os.environ.get("HELM_DRIVER") != "memory":
        raise pytest.UsageError("set HELM_DRIVER=memory, as `make chart-test` does")


def values_of(case):
    return yaml.safe_load((VALUES / f"{case}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def chart(tmp_path_factory):
    """A clean copy of the chart."""
    return clean_copy(tmp_path_factory.mktemp("chart"))


@pytest.fixture
def new_helm(chart):
    """Makes clusters with nothing in them."""
    made = []

    def make(chart=chart):
        made.append(Helm(chart))
        return made[-1]

    yield make
    for helm in made:
        helm.close()


@pytest.fixture
def helm(new_helm):
    return new_helm()


@pytest.fixture(scope="session")
def rendered(chart):
    """Renders a case once: rendered("defaults")."""
    releases = {}

    def render(case):
        if case not in releases:
            helm = Helm(chart)
            try:
                releases[case] = helm.install(values_of(case))
            finally:
                helm.close()
        return releases[case]

    return render


@pytest.fixture(scope="session")
def default_values():
    return yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def processes():
    started = Processes()
    yield started
    started.stop()
