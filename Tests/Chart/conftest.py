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


# Releases in memory: the stand-in server need not understand how Helm stores them.
HELM_ENVIRONMENT = {"HELM_DRIVER": "memory"}


def pytest_configure(config):
    """Starts pytest anew if need be: the Helm library reads the environment its process was started with."""
    if HELM_ENVIRONMENT.items() <= os.environ.items():
        return
    config.pluginmanager.getplugin("capturemanager").suspend_global_capture(in_=True)
    command = [sys.executable, "-m", "pytest", *config.invocation_params.args]
    os.execve(sys.executable, command, {**os.environ, **HELM_ENVIRONMENT})


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
