#!/usr/bin/env bash
# Removes what create_cluster.sh made, with its registry and everything in it. A second run finds nothing
# to do.
# shellcheck source-path=SCRIPTDIR source=cluster.sh
source "$(dirname "$0")/cluster.sh"

need docker k3d
need_docker_daemon

if cluster_exists; then
    k3d cluster delete "$CLUSTER"
else
    say "there is no cluster $CLUSTER"
fi
rm -f "$PUBLISHED_IMAGES"
