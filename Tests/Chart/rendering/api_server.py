"""A stand-in for a Kubernetes API server: discovery, and objects that can be created, read, changed and
listed. Nothing runs; it is there so that the real Helm can install and upgrade, and templates can look
things up.
"""

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

VERSION = {"major": "1", "minor": "32", "gitVersion": "v1.32.0", "platform": "linux/amd64"}

# Group and version, with what it holds: kind and name in paths.
RESOURCES = {
    "v1": {"Namespace": "namespaces", "Pod": "pods", "Secret": "secrets", "ConfigMap": "configmaps",
           "Service": "services", "ServiceAccount": "serviceaccounts"},
    "apps/v1": {"Deployment": "deployments", "StatefulSet": "statefulsets"},
    "autoscaling/v2": {"HorizontalPodAutoscaler": "horizontalpodautoscalers"},
    "networking.k8s.io/v1": {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"},
    "policy/v1": {"PodDisruptionBudget": "poddisruptionbudgets"},
    "monitoring.coreos.com/v1": {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"},
}


class ClusterState:
    """The objects, by path. Guarded by `lock`."""

    def __init__(self):
        self.lock = threading.Lock()
        self.objects = {}
        self.revision = 0

    def put(self, path, value):
        self.revision += 1
        value.setdefault("metadata", {}).setdefault("uid", str(uuid.uuid4()))
        value["metadata"]["resourceVersion"] = str(self.revision)
        for name, text in value.pop("stringData", {}).items():
            value.setdefault("data", {})[name] = text
        self.objects[path] = value
        return value


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Else every answer waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def failure(self, status, reason):
        self.answer(status, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason,
                             "message": f"{self.path}: {reason}", "code": status})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    @property
    def state(self):
        return self.server.state

    def do_GET(self):
        url = urlsplit(self.path)
        found = discovery(url.path)
        if found is not None:
            return self.answer(200, found)
        with self.state.lock:
            value = self.state.objects.get(url.path)
            if value is not None:
                return self.answer(200, value)
            if is_collection(url.path):
                return self.answer(200, listing(self.state, url))
        return self.failure(404, "NotFound")

    def do_POST(self):
        value = self.body()
        path = f"{urlsplit(self.path).path}/{value['metadata']['name']}"
        with self.state.lock:
            if path in self.state.objects:
                return self.failure(409, "AlreadyExists")
            return self.answer(201, self.state.put(path, value))

    def do_PUT(self):
        with self.state.lock:
            return self.answer(200, self.state.put(urlsplit(self.path).path, self.body()))

    def do_PATCH(self):
        path, patch = urlsplit(self.path).path, self.body()
        with self.state.lock:
            if path not in self.state.objects:
                return self.failure(404, "NotFound")
            return self.answer(200, self.state.put(path, merged(self.state.objects[path], patch)))

    def do_DELETE(self):
        with self.state.lock:
            value = self.state.objects.pop(urlsplit(self.path).path, None)
        if value is None:
            return self.failure(404, "NotFound")
        return self.answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})


def discovery(path):
    """The answer to a question about the API itself; None for other paths."""
    if path == "/version":
        return VERSION
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1",
                "groups": [group(name) for name in RESOURCES if "/" in name]}
    name = path.removeprefix("/apis/").removeprefix("/api/")
    if name in RESOURCES:
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name,
                "resources": [resource(kind, plural) for kind, plural in RESOURCES[name].items()]}
    return None


def group(name):
    version = {"groupVersion": name, "version": name.split("/")[1]}
    return {"name": name.split("/")[0], "versions": [version], "preferredVersion": version}


def resource(kind, plural):
    return {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": kind != "Namespace",
            "verbs": ["create", "delete", "get", "list", "patch", "update", "watch"]}


def is_collection(path):
    return any(path.endswith(f"/{plural}") for kinds in RESOURCES.values() for plural in kinds.values())


def listing(state, url):
    """Objects right below the path whose labels are all of the selector's `a=b,c=d`."""
    selector = parse_qs(url.query).get("labelSelector", [""])[0]
    wanted = dict(part.split("=", 1) for part in selector.split(",") if "=" in part)
    items = [
        value for path, value in sorted(state.objects.items())
        if path.rpartition("/")[0] == url.path
        and wanted.items() <= value["metadata"].get("labels", {}).items()]
    kind = next(kind for kinds in RESOURCES.values() for kind, plural in kinds.items()
                if url.path.endswith(f"/{plural}"))
    return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}


def merged(value, patch):
    """RFC 7386: a null takes a member away."""
    if not isinstance(value, dict) or not isinstance(patch, dict):
        return patch
    result = {**value, **{name: merged(value.get(name), part) for name, part in patch.items()}}
    return {name: part for name, part in result.items() if part is not None}


class StandInServer:
    """Listens on a port of its own until closed."""

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.state = ClusterState()
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def state(self):
        return self._server.state

    @property
    def kubeconfig(self):
        """As YAML's subset JSON would be a path to Helm, in block form."""
        return "\n".join([
            "apiVersion: v1", "kind: Config", "current-context: stand-in", "clusters:",
            f"- {{name: stand-in, cluster: {{server: 'http://127.0.0.1:{self._server.server_port}'}}}}",
            "contexts:", "- {name: stand-in, context: {cluster: stand-in, user: nobody}}",
            "users:", "- {name: nobody, user: {}}", ""])

    def objects(self, plural):
        """{name: object} of all namespaces."""
        with self.state.lock:
            return {path.rpartition("/")[2]: value for path, value in self.state.objects.items()
                    if f"/{plural}/" in path}

    def close(self):
        self._server.shutdown()
        self._server.server_close()
