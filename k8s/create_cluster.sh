#!/usr/bin/env bash
# Makes a Kubernetes cluster in Docker, with an image registry on localhost:8050 and the ingress on
# localhost:8081. A second run starts what is stopped and changes nothing else.
# shellcheck source-path=SCRIPTDIR source=cluster.sh
source "$(dirname "$0")/cluster.sh"
readonly AGENTS=2
readonly READY_WITHIN=180s

need docker k3d kubectl helm
need_docker_daemon

if cluster_exists; then
    say "the cluster $CLUSTER is there already"
    k3d cluster start "$CLUSTER" --wait
else
    k3d cluster create "$CLUSTER" --agents "$AGENTS" --wait \
        --registry-create "$REGISTRY_NAME:127.0.0.1:$REGISTRY_PORT" \
        --port "$INGRESS_PORT:80@loadbalancer"
fi
k3d kubeconfig merge "$CLUSTER" --kubeconfig-merge-default --kubeconfig-switch-context >/dev/null
kubectl wait --for=condition=Ready nodes --all "--timeout=$READY_WITHIN"

say "the cluster $CLUSTER is ready. Next:"
echo "  k8s/publish_images.sh"
