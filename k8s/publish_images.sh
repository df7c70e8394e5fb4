#!/usr/bin/env bash
# Builds all images, pushes them to the cluster's registry and tells the chart which they are.
#
#   k8s/publish_images.sh
#   REGISTRY=registry.example.com/team k8s/publish_images.sh    to another registry, after docker login
# shellcheck source-path=SCRIPTDIR source=cluster.sh
source "$(dirname "$0")/cluster.sh"
readonly IMAGES=(replication-log chat-server chatctl)

# What a Git checkout is at; `-dirty` when something in it is not committed.
revision() { git describe --always --abbrev=12 --dirty --match '' 2>/dev/null || echo unversioned; }

build_and_push() {
    local image="$1" to="$2"
    say "building $image"
    docker build --target "$image" --tag "$to" \
        --build-arg "VERSION=$tag" --build-arg "REVISION=$commit" --build-arg "CREATED=$created" .
    say "pushing $to"
    docker push "$to"
}

# Written aside and moved, so that a broken run leaves what was noted before.
note_for_chart() {
    printf 'image:\n  registry: %s\n  tag: "%s"\n' "$1" "$tag" >"$PUBLISHED_IMAGES.new"
    mv "$PUBLISHED_IMAGES.new" "$PUBLISHED_IMAGES"
}

need docker
need_docker_daemon
[[ -d "$(dirname "$PUBLISHED_IMAGES")" ]] || fail "there is no chart in $(dirname "$PUBLISHED_IMAGES")"
# The same registry has one address for this machine and one inside of the cluster.
push_to="${REGISTRY:-localhost:$REGISTRY_PORT}"
pull_from="${REGISTRY:-$REGISTRY_NAME:$REGISTRY_PORT}"
if [[ -z "${REGISTRY:-}" ]]; then
    need k3d
    cluster_exists || fail "there is no cluster $CLUSTER: make it with k8s/create_cluster.sh, or set REGISTRY"
fi

commit="$(git rev-parse HEAD 2>/dev/null || echo unversioned)"
created="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
tag="$(revision)-$(date -u -d "$created" +%Y%m%d%H%M%S 2>/dev/null || date -u +%Y%m%d%H%M%S)"
for image in "${IMAGES[@]}"; do
    build_and_push "$image" "$push_to/$image:$tag"
done
note_for_chart "$pull_from"

say "the images are $pull_from/NAME:$tag; noted in $PUBLISHED_IMAGES. Next:"
echo "  helm upgrade --install chat-cluster ./helm/chat-cluster --values $PUBLISHED_IMAGES"
echo "  k8s/verify.sh"
