"""What the objects promise: they fit together, and are as safe as they can be."""

import pytest
from conftest import CASES

each_case = pytest.mark.parametrize("case", CASES)


def selects(selector, labels):
    return selector.items() <= labels.items()


def pods(release):
    """Labels of each kind of pod."""
    return {name: template["metadata"]["labels"] for name, template in release.pod_templates}


def container(release, kind, name):
    return release.get(kind, name)["spec"]["template"]["spec"]["containers"][0]


def environment(one):
    return {variable["name"]: variable for variable in one["env"]}


def mebibytes(quantity):
    factors = {"Mi": 1, "Gi": 1024}
    return int(quantity[:-2]) * factors[quantity[-2:]]


@each_case
def test_every_selector_selects_one_kind_of_pod(rendered, case):
    release = rendered(case)
    for value in release.objects:
        if value["kind"] == "Service":
            selector = value["spec"]["selector"]
        elif value["kind"] == "PodDisruptionBudget":
            selector = value["spec"]["selector"]["matchLabels"]
        elif value["kind"] == "NetworkPolicy":
            selector = value["spec"]["podSelector"]["matchLabels"]
        else:
            continue
        found = [name for name, labels in pods(release).items() if selects(selector, labels)]
        assert len(found) == 1, (value["metadata"]["name"], found)


@each_case
def test_services_lead_to_ports_that_exist(rendered, case):
    release = rendered(case)
    for value in release.objects:
        if value["kind"] != "Service":
            continue
        templates = [template for _, template in release.pod_templates
                     if selects(value["spec"]["selector"], template["metadata"]["labels"])]
        ports = {port["name"]: port["containerPort"]
                 for port in templates[0]["spec"]["containers"][0]["ports"]}
        for port in value["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


@each_case
def test_every_pod_is_locked_down(rendered, case):
    for name, template in rendered(case).pod_templates:
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for one in spec["containers"]:
            context = one["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert one["resources"]["requests"]["memory"] and one["resources"]["limits"]["memory"], name


@each_case
def test_no_secret_stands_in_a_pod(rendered, case):
    for name, template in rendered(case).pod_templates:
        for one in template["spec"]["containers"]:
            for variable in one.get("env", []):
                if variable["name"] in ("CLUSTER_SECRET", "REDIS_PASSWORD"):
                    assert "value" not in variable, name


@each_case
def test_a_rollout_never_takes_a_ready_pod_away_first(rendered, case):
    spec = rendered(case).get("Deployment", "chat-server-deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = spec["template"]["spec"]
    one = pod["containers"][0]
    startup = one["startupProbe"]
    allowed = startup["periodSeconds"] * startup["failureThreshold"]
    assert spec["progressDeadlineSeconds"] > allowed
    # Window, then up to 10 s for answers that are under way.
    drain = int(environment(one)["DRAIN_WINDOW"]["value"].removesuffix("s"))
    pause = one.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert pod["terminationGracePeriodSeconds"] >= pause + drain + 10 + 1


@each_case
def test_two_never_write_to_one_volume(rendered, case):
    spec = rendered(case).get("StatefulSet", "replication-log")["spec"]
    assert spec["replicas"] == 1 and spec["podManagementPolicy"] == "OrderedReady"
    assert spec["volumeClaimTemplates"][0]["spec"]["accessModes"][0].startswith("ReadWriteOnce")
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    data = environment(spec["template"]["spec"]["containers"][0])["DATA_DIR"]["value"]
    assert data == spec["template"]["spec"]["containers"][0]["volumeMounts"][0]["mountPath"]


@pytest.mark.parametrize("history, request_, limit", [
    ("256MiB", 384, 896), ("1GiB", 1344, 2816), ("1048576", 65, 258), (2097152, 66, 261)])
def test_a_pods_memory_follows_from_its_history(helm, history, request_, limit):
    release = helm.install({"chatServer": {"historyBytes": history}})
    one = container(release, "Deployment", "chat-server-deployment")
    assert mebibytes(one["resources"]["requests"]["memory"]) == request_
    assert mebibytes(one["resources"]["limits"]["memory"]) == limit
    assert environment(one)["HISTORY_BYTES"]["value"] == str(history)


@pytest.mark.parametrize("size, ids, limit", [("10Gi", 1_000_000, 1534), ("1Ti", 20_000_000, 133754)])
def test_the_logs_memory_holds_the_index_of_a_full_volume(helm, size, ids, limit):
    values = {"replicationLog": {"persistence": {"size": size}, "idIndexEntries": ids}}
    one = container(helm.install(values), "StatefulSet", "replication-log")
    assert mebibytes(one["resources"]["limits"]["memory"]) == limit


def test_given_resources_are_laid_over_the_derived_ones(helm):
    values = {"chatServer": {"resources": {"limits": {"cpu": "2"}, "requests": {"memory": "1Gi"}}}}
    one = container(helm.install(values), "Deployment", "chat-server-deployment")
    assert one["resources"] == {
        "requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "896Mi"}}


def test_big_numbers_are_written_as_the_services_read_them(rendered):
    release = rendered("everything")
    pod = environment(container(release, "Deployment", "chat-server-deployment"))
    log = environment(container(release, "StatefulSet", "replication-log"))
    assert pod["SUPERSEDED_RETENTION"]["value"] == "2000000s"
    assert log["ID_INDEX_ENTRIES"]["value"] == "20000000"
    assert log["SEGMENT_BYTES"]["value"] == "268435456"


def peers(release, name):
    """Components that a policy lets in, and how many other peers."""
    rules = release.get("NetworkPolicy", name)["spec"]["ingress"]
    labels = [peer.get("podSelector", {}).get("matchLabels", {}) for rule in rules
              for peer in rule.get("from", [])]
    known = [one["app.kubernetes.io/component"] for one in labels if "app.kubernetes.io/component" in one]
    return sorted(known), len(labels) - len(known)


def test_only_those_who_must_reach_the_log_and_redis(rendered):
    release = rendered("defaults")
    assert peers(release, "replication-log-policy") == (["chat-server"], 1)
    assert peers(release, "message-broker-policy") == (["chat-server", "replication-log"], 0)
    assert release.get("NetworkPolicy", "message-broker-policy")["spec"]["egress"] == []
    everything = rendered("everything")
    assert peers(everything, "replication-log-policy") == (["chat-server"], 2)
    assert peers(everything, "message-broker-policy") == (["chat-server", "replication-log"], 1)


def test_of_the_log_the_ingress_routes_what_anybody_may_read(rendered):
    rules = rendered("defaults").get("Ingress", "chat-cluster-ingress")["spec"]["rules"]
    routed = [(path["path"], path["backend"]["service"]["name"]) for path in rules[0]["http"]["paths"]]
    log = sorted(path for path, service in routed if service == "replication-log-service")
    assert log == ["/replication-log/healthz", "/replication-log/messages", "/replication-log/state"]
    assert ("/chat-server", "chat-server-service") in routed
    assert all(path["pathType"] == "Prefix" for path in rules[0]["http"]["paths"])


@pytest.mark.parametrize("case, wanted", [
    ("defaults", "*"), ("external-redis", ""), ("external-redis-with-ingestion", "public-*"),
    ("without-redis", ""), ("bare", ""), ("everything", "public-*")])
def test_plain_publishes_count_where_strangers_are_kept_in_bounds(rendered, case, wanted):
    variables = environment(container(rendered(case), "StatefulSet", "replication-log"))
    assert variables["INGEST_CHANNELS"]["value"] == wanted


def test_autoscaling_alone_decides_how_many_pods_there_are(rendered):
    release = rendered("everything")
    assert "replicas" not in release.get("Deployment", "chat-server-deployment")["spec"]
    assert release.names("HorizontalPodAutoscaler") == ["chat-server-autoscaler"]
    assert rendered("defaults").names("HorizontalPodAutoscaler") == []


def test_openshift_may_choose_the_users(rendered):
    for _, template in rendered("bare").pod_templates:
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(template["spec"]["securityContext"])


def test_the_service_monitor_finds_both_services_and_not_redis(rendered):
    release = rendered("everything")
    selector = release.get("ServiceMonitor", "chat-cluster")["spec"]["selector"]
    wanted = selector["matchExpressions"][0]
    found = [value["metadata"]["name"] for value in release.objects if value["kind"] == "Service"
             and selects(selector["matchLabels"], value["metadata"]["labels"])
             and value["metadata"]["labels"][wanted["key"]] in wanted["values"]]
    assert sorted(found) == ["chat-server-service", "replication-log-service"]
