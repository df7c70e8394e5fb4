# What the scripts beside this one share; they source it.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly CLUSTER=mycluster
readonly REGISTRY_NAME=mycluster-registry
readonly REGISTRY_PORT=8050
readonly INGRESS_PORT=8081
# Which images publish_images.sh pushed last: values for the chart. Git ignores it.
readonly PUBLISHED_IMAGES=helm/chat-cluster/published-images.yaml

say() { echo "$(basename "$0" .sh): $*"; }

fail() {
    echo "$(basename "$0" .sh): $*" >&2
    exit 1
}

where_to_get() {
    case "$1" in
    docker) echo "https://docs.docker.com/engine/install" ;;
    k3d) echo "https://k3d.io" ;;
    kubectl) echo "https://kubernetes.io/docs/tasks/tools" ;;
    helm) echo "https://helm.sh/docs/intro/install" ;;
    *) echo "your system's packages" ;;
    esac
}

# Names all of the commands that are missing, not only the first.
need() {
    local tool missing=""
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+="
  $tool: get it from $(where_to_get "$tool")"
    done
    [[ -z "$missing" ]] || fail "this needs commands that are not on the PATH:$missing"
}

need_docker_daemon() {
    docker info >/dev/null 2>&1 || fail "docker is installed, but its daemon does not answer (docker info)"
}

cluster_exists() { k3d cluster list "$CLUSTER" >/dev/null 2>&1; }
