"""The scripts in k8s/ with stand-ins for docker, k3d, kubectl and helm."""

import re
import shutil
import subprocess

import pytest
import yaml

from harness.process import ROOT
from harness.standins import Reply, Standins

TOOLS = ("docker", "k3d", "kubectl", "helm")
SCRIPTS = ["create_cluster.sh", "publish_images.sh", "delete_cluster.sh", "verify.sh"]
IMAGES = ["replication-log", "chat-server", "chatctl"]


class Checkout:
    """A copy of what the scripts need, so that nothing of this checkout is touched."""

    def __init__(self, directory, tools=TOOLS):
        self.directory = directory
        self.cluster_exists = False
        self.failing = ()
        shutil.copytree(ROOT / "k8s", directory / "k8s", ignore=shutil.ignore_patterns("helm"))
        (directory / "helm" / "chat-cluster").mkdir(parents=True)
        self.published = directory / "helm" / "chat-cluster" / "published-images.yaml"
        self.standins = Standins(directory / "path", {name: self._answering(name) for name in tools})

    def run(self, script, **environment):
        return self.standins.run(self.directory / "k8s" / script, environment=environment)

    def succeed(self, script, **environment):
        """Returns what it printed."""
        code, out, error = self.run(script, **environment)
        assert code == 0, f"{script} ended with {code}: {out}{error}"
        return out

    def called(self, name, *start):
        return [call for call in self.standins.called(name) if tuple(call[: len(start)]) == start]

    def _answering(self, name):
        def answer(arguments):
            if (name, *arguments[:1]) in self.failing or (name, *arguments[:2]) in self.failing:
                return Reply(code=1, err="no\n")
            if (name, *arguments[:2]) == ("k3d", "cluster", "list"):
                return Reply(code=0 if self.cluster_exists else 1)
            if (name, *arguments[:2]) == ("k3d", "cluster", "create"):
                self.cluster_exists = True
            if (name, *arguments[:2]) == ("k3d", "cluster", "delete"):
                self.cluster_exists = False
            return Reply()

        return answer


@pytest.fixture
def new_checkout(tmp_path):
    made = []

    def make(tools=TOOLS):
        made.append(Checkout(tmp_path / f"checkout-{len(made)}", tools))
        return made[-1]

    yield make
    for checkout in made:
        checkout.standins.close()


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_missing_command_is_named_with_where_to_get_it(new_checkout, script):
    checkout = new_checkout(tools=())
    code, _, error = checkout.run(script)
    assert code == 1 and not checkout.standins.calls
    needed = {"create_cluster.sh": TOOLS, "publish_images.sh": ("docker",),
              "delete_cluster.sh": ("docker", "k3d"), "verify.sh": ("kubectl",)}[script]
    for tool in TOOLS:
        assert (f"\n  {tool}: get it from https://" in error) == (tool in needed)


@pytest.mark.parametrize("script", SCRIPTS[:3])
def test_a_daemon_that_does_not_answer_is_a_clear_error(new_checkout, script):
    checkout = new_checkout()
    checkout.failing = {("docker", "info")}
    code, _, error = checkout.run(script)
    assert code == 1 and "daemon" in error
    assert not checkout.called("k3d", "cluster", "create") and not checkout.called("docker", "build")


def test_a_cluster_is_made_with_agents_registry_and_ingress(new_checkout):
    checkout = new_checkout()
    out = checkout.succeed("create_cluster.sh")
    [call] = checkout.called("k3d", "cluster", "create")
    assert call[2] == "mycluster"
    options = dict(zip(call[3::1], call[4::1]))
    assert options["--agents"] == "2" and options["--port"] == "8081:80@loadbalancer"
    assert re.fullmatch(r"mycluster-registry:[\d.]+:8050", options["--registry-create"])
    assert checkout.called("kubectl", "wait")
    assert "k8s/publish_images.sh" in out


def test_making_a_cluster_twice_starts_the_first_one(new_checkout):
    checkout = new_checkout()
    checkout.succeed("create_cluster.sh")
    checkout.succeed("create_cluster.sh")
    assert len(checkout.called("k3d", "cluster", "create")) == 1
    assert checkout.called("k3d", "cluster", "start")[0][2] == "mycluster"


def published_tag(checkout, registry):
    image = yaml.safe_load(checkout.published.read_text())["image"]
    assert image["registry"] == registry
    return image["tag"]


def test_publishing_builds_and_pushes_all_images_and_tells_the_chart(new_checkout):
    checkout = new_checkout()
    checkout.cluster_exists = True
    out = checkout.succeed("publish_images.sh")
    tag = published_tag(checkout, "mycluster-registry:8050")
    assert re.fullmatch(r"unversioned-\d{14}", tag)
    builds = checkout.called("docker", "build")
    assert [build[build.index("--target") + 1] for build in builds] == IMAGES
    assert [build[build.index("--tag") + 1] for build in builds] == [
        f"localhost:8050/{image}:{tag}" for image in IMAGES]
    assert [push[1] for push in checkout.called("docker", "push")] == [
        f"localhost:8050/{image}:{tag}" for image in IMAGES]
    assert "helm upgrade --install chat-cluster ./helm/chat-cluster --values helm/chat-cluster/" in out


def test_the_tag_names_the_commit_and_whether_all_is_committed(new_checkout):
    checkout = new_checkout()
    checkout.cluster_exists = True
    git = ["git", "-C", checkout.directory, "-c", "user.name=a", "-c", "user.email=a@b.example"]
    (checkout.directory / ".gitignore").write_text("path\npublished-images.yaml\n")
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True).stdout.decode()
    checkout.succeed("publish_images.sh")
    assert re.fullmatch(commit[:12] + r"-\d{14}", published_tag(checkout, "mycluster-registry:8050"))
    assert f"REVISION={commit.strip()}" in checkout.called("docker", "build")[0]
    (checkout.directory / "k8s" / "load.sh").write_text("")
    checkout.succeed("publish_images.sh")
    assert re.fullmatch(commit[:12] + r"-dirty-\d{14}", published_tag(checkout, "mycluster-registry:8050"))


def test_images_can_go_to_another_registry_without_a_cluster(new_checkout):
    checkout = new_checkout(tools=("docker",))
    checkout.succeed("publish_images.sh", REGISTRY="registry.example.com/team")
    tag = published_tag(checkout, "registry.example.com/team")
    assert checkout.called("docker", "push")[0][1] == f"registry.example.com/team/replication-log:{tag}"


def test_without_a_cluster_there_is_nowhere_to_publish_to(new_checkout):
    checkout = new_checkout()
    code, _, error = checkout.run("publish_images.sh")
    assert code == 1 and "k8s/create_cluster.sh" in error
    assert not checkout.called("docker", "build")


@pytest.mark.parametrize("step", ["build", "push"])
def test_a_failed_publication_leaves_what_was_noted_before(new_checkout, step):
    checkout = new_checkout()
    checkout.cluster_exists = True
    checkout.published.write_text("before")
    checkout.failing = {("docker", step)}
    assert checkout.run("publish_images.sh")[0] != 0
    assert checkout.published.read_text() == "before"


def test_deleting_removes_the_cluster_and_the_note_and_may_be_repeated(new_checkout):
    checkout = new_checkout()
    checkout.cluster_exists = True
    checkout.published.write_text("image: {}")
    checkout.succeed("delete_cluster.sh")
    assert checkout.called("k3d", "cluster", "delete")[0][2] == "mycluster"
    assert not checkout.published.exists()
    assert "no cluster mycluster" in checkout.succeed("delete_cluster.sh")
    assert len(checkout.called("k3d", "cluster", "delete")) == 1


def test_verifying_without_the_chart_says_so(new_checkout):
    checkout = new_checkout()
    checkout.failing = {("kubectl", "get")}
    code, _, error = checkout.run("verify.sh")
    assert code == 1 and "not installed" in error


def test_shell_scripts_are_clean():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    others = [path for folder in ("scripts", ".ci") for path in sorted((ROOT / folder).iterdir())
              if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")]
    assert len(others) >= 3
    scripts = [*sorted((ROOT / "k8s").glob("*.sh")), *others]
    done = subprocess.run(["shellcheck", "--external-sources", *scripts], capture_output=True)
    assert done.returncode == 0, done.stdout.decode()
