"""The real Helm, working on the stand-in API server: what it installs is what it renders."""

import asyncio
import shutil
from pathlib import Path

import helm_sdkpy
import yaml

from .api_server import StandInServer

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "helm" / "chat-cluster"
NAMESPACE = "chat"
RELEASE = "chat-cluster"

Refused = helm_sdkpy.HelmError


class Release:
    """One revision: its objects, hooks and notes."""

    def __init__(self, found):
        self.revision = found["version"]
        self.notes = found["info"]["notes"]
        self.manifest = found["manifest"]
        self.hook_manifests = [hook["manifest"] for hook in found.get("hooks") or []]

    @property
    def text(self):
        """All of it, as golden files hold it."""
        hooks = "".join(f"\n---\n# Hook\n{manifest}" for manifest in self.hook_manifests)
        notes = "".join(f"# {line}".rstrip() + "\n" for line in self.notes.splitlines())
        return f"{self.manifest.strip()}\n{hooks}\n---\n# Notes\n{notes}"

    @property
    def objects(self):
        texts = [self.manifest, *self.hook_manifests]
        return [value for text in texts for value in yaml.safe_load_all(text) if value]

    def get(self, kind, name):
        found = [one for one in self.objects if one["kind"] == kind and one["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} objects are a {kind} {name}"
        return found[0]

    def names(self, kind):
        return sorted(one["metadata"]["name"] for one in self.objects if one["kind"] == kind)

    @property
    def pod_templates(self):
        """(name of what makes the pods, their template), helm's own test pod included."""
        for value in self.objects:
            if value["kind"] == "Pod":
                yield value["metadata"]["name"], value
            elif "template" in value.get("spec", {}):
                yield value["metadata"]["name"], value["spec"]["template"]


class Helm:
    """One cluster of its own; close it in the end."""

    def __init__(self, chart=CHART):
        self.chart = str(chart)
        self.cluster = StandInServer()
        self.configuration = helm_sdkpy.Configuration(
            namespace=NAMESPACE, kubeconfig=self.cluster.kubeconfig)

    def install(self, values=None, release=RELEASE):
        action = helm_sdkpy.Install(self.configuration)
        return Release(asyncio.run(action.run(release, self.chart, values=values or None, wait=False)))

    def upgrade(self, values=None, release=RELEASE):
        action = helm_sdkpy.Upgrade(self.configuration)
        return Release(asyncio.run(action.run(release, self.chart, values=values or None, wait=False)))

    def lint(self):
        return asyncio.run(helm_sdkpy.Lint(self.configuration).run(self.chart))

    def package(self, directory):
        action = helm_sdkpy.Package(self.configuration)
        return Path(asyncio.run(action.run(self.chart, str(directory))))

    def close(self):
        self.cluster.close()


def clean_copy(directory):
    """The chart without what a developer's own publishing left in it."""
    ignored = shutil.ignore_patterns("published-images.yaml")
    return Path(shutil.copytree(CHART, directory / "chat-cluster", ignore=ignored))
