#!/usr/bin/env bash
# Proves that an installed cluster keeps its promises; exits with 0 only if all of them hold:
#
#   1. a plain redis-cli PUBLISH shows on the chat-servers and on the log;
#   2. restarting all chat-servers under a steady load of writes and reads loses no request and no message,
#      and the new pods have all messages and the log's digest;
#   3. deleting the replication-log's pod, then Redis', under load loses no acknowledged message.
#
#   k8s/verify.sh
#   BASE_URL=https://chat.example.com NAMESPACE=chat k8s/verify.sh
# shellcheck source-path=SCRIPTDIR source=cluster.sh
source "$(dirname "$0")/cluster.sh"
# shellcheck source-path=SCRIPTDIR source=load.sh
source k8s/load.sh

readonly BASE_URL="${BASE_URL:-http://localhost:$INGRESS_PORT}"
readonly SERVERS=deployment/chat-server-deployment
readonly LOG=statefulset/replication-log
readonly REDIS=deployment/message-broker-deployment
readonly ROLLOUT_WITHIN="${ROLLOUT_WITHIN:-10m}"
# How long the news may take to reach everybody.
readonly AGREE_SECONDS=60
# Writes that must be acknowledged around each disturbance, so that there really is a load.
readonly WRITES_BETWEEN=20

WORK="$(mktemp -d)"
readonly WORK
# Of this run only, so that it can be repeated.
CHANNEL="verify-$(date +%s)-$$"
readonly CHANNEL

kube() { kubectl ${NAMESPACE:+--namespace "$NAMESPACE"} "$@"; }

selector() { echo "app.kubernetes.io/name=chat-cluster,app.kubernetes.io/component=$1"; }

# What runs and is not being stopped.
chat_server_pods() {
    kube get pods --selector "$(selector chat-server)" --field-selector status.phase=Running --output \
        'jsonpath={range .items[*]}{.metadata.name} {.metadata.deletionTimestamp}{"\n"}{end}' |
        awk 'NF == 1 { print $1 }' | sort
}

messages_of() { curl -sSf --max-time 30 "$1/messages/$CHANNEL"; }

# "epoch offset digest" of a service's /state.
position_of() {
    local state
    state="$(curl -sSf --max-time 10 "$1/state")" || return 1
    echo "$(field epoch "$state") $(field offset "$state") $(field digest "$state")"
}

# A member of a JSON object; the first one of that name.
field() { grep -oE "\"$1\":\"?[0-9a-f]+" <<<"$2" | head -1 | sed -E 's/.*[:"]//'; }

# Runs a command with one more argument: a URL that leads to this pod and to no other.
with_pod() {
    local pod="$1" port="" forward
    shift
    # Not through kube(): the process to end must be kubectl itself, not a shell that waits for it.
    kubectl ${NAMESPACE:+--namespace "$NAMESPACE"} port-forward "pod/$pod" :8000 >"$WORK/forward" 2>&1 &
    forward=$!
    for _ in $(seq 100); do
        port="$(sed -nE 's/.*127\.0\.0\.1:([0-9]+) -> .*/\1/p' "$WORK/forward")"
        [[ -z "$port" ]] || break
        sleep 0.1
    done
    local result=1
    if [[ -n "$port" ]]; then "$@" "http://127.0.0.1:$port" && result=0; fi
    kill "$forward" 2>/dev/null || true
    wait "$forward" 2>/dev/null || true
    return "$result"
}

# Repeats a command until it succeeds; fails with the sentence when it does not within the time.
await() {
    local what="$1" until=$((SECONDS + AGREE_SECONDS))
    shift
    until "$@" >"$WORK/attempt" 2>&1; do
        if ((SECONDS >= until)); then
            cat "$WORK/attempt" >&2
            fail "FAILED: waited $AGREE_SECONDS s in vain: $what"
        fi
        sleep 0.2
    done
}

shows() { messages_of "$BASE_URL/$1" | grep -qF "$2"; }

plain_publish_arrives() {
    local text
    text="published at $(date -u +%H:%M:%S) by redis-cli"
    kube exec service/message-broker-service -- redis-cli PUBLISH "$CHANNEL" "$text" >/dev/null
    await "the chat-servers show what redis-cli published" shows chat-server "$text"
    await "the replication-log shows what redis-cli published" shows replication-log "$text"
    say "1. redis-cli PUBLISH is seen on /chat-server/messages and on /replication-log/messages"
}

# Each pod stands where the log stands, with the same digest and the same bytes of our messages.
pods_agree() {
    local pod wanted found
    wanted="$(position_of "$BASE_URL/replication-log")" || return 1
    messages_of "$BASE_URL/replication-log" >"$WORK/log-messages" || return 1
    for pod in $(chat_server_pods); do
        found="$(with_pod "$pod" position_of)" || return 1
        if [[ "$found" != "$wanted" ]]; then
            echo "$pod is at $found, the log at $wanted"
            return 1
        fi
        with_pod "$pod" messages_of >"$WORK/pod-messages" || return 1
        cmp "$WORK/log-messages" "$WORK/pod-messages" || return 1
    done
}

agreement() {
    await "all chat-servers have all messages and the log's digest" pods_agree
    local epoch offset digest
    read -r epoch offset digest <<<"$(position_of "$BASE_URL/replication-log")"
    say "   $(chat_server_pods | count) chat-servers are where the log is: epoch $epoch, offset $offset," \
        "digest $digest"
}

nothing_acknowledged_is_lost() {
    local missing
    messages_of "$BASE_URL/replication-log" | grep -oE '"id":"[^"]*"' | cut -d'"' -f4 | sort >"$WORK/stored"
    [[ -z "$(uniq -d "$WORK/stored")" ]] || fail "FAILED: written twice: $(uniq -d "$WORK/stored" | head -3)"
    acknowledged | sort >"$WORK/acknowledged"
    missing="$(comm -23 "$WORK/acknowledged" "$WORK/stored")"
    [[ -z "$missing" ]] ||
        fail "FAILED: $(count <<<"$missing") acknowledged messages are lost: $(head -3 <<<"$missing" | xargs)"
    say "   all of $(count <"$WORK/acknowledged") acknowledged messages are there, each once"
}

rollout_loses_nothing() {
    local before after
    before="$(chat_server_pods)"
    start_load
    await_writes "$WRITES_BETWEEN"
    kube rollout restart "$SERVERS" >/dev/null
    kube rollout status "$SERVERS" "--timeout=$ROLLOUT_WITHIN" >/dev/null
    await_writes "$WRITES_BETWEEN"
    stop_load
    say "2. restarted the chat-servers under load: $(load_figures)"
    [[ "$(refused_count)" -eq 0 ]] || fail "FAILED: requests were lost: $(refused | head -3 | xargs)"
    await "the old pods are gone" old_pods_are_gone "$before"
    after="$(chat_server_pods)"
    [[ -n "$after" ]] || fail "FAILED: no chat-server is left"
    agreement
    nothing_acknowledged_is_lost
}

old_pods_are_gone() { [[ -z "$(comm -12 <(echo "$1") <(chat_server_pods))" ]]; }

deletions_lose_nothing() {
    start_load
    await_writes "$WRITES_BETWEEN"
    kube delete pod --selector "$(selector replication-log)" >/dev/null
    kube rollout status "$LOG" "--timeout=$ROLLOUT_WITHIN" >/dev/null
    await_writes "$WRITES_BETWEEN"
    kube delete pod --selector "$(selector message-broker)" >/dev/null
    kube rollout status "$REDIS" "--timeout=$ROLLOUT_WITHIN" >/dev/null
    await_writes "$WRITES_BETWEEN"
    stop_load
    say "3. deleted the replication-log's pod, then Redis', under load: $(load_figures)"
    agreement
    nothing_acknowledged_is_lost
}

clean_up() {
    kill ${load_pids[@]+"${load_pids[@]}"} 2>/dev/null || true
    stop_load
    rm -rf "$WORK"
}

main() {
    need kubectl curl awk sed
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    kube get "$SERVERS" >/dev/null || fail "the chart is not installed here (kubectl get $SERVERS)"
    kube rollout status "$SERVERS" "--timeout=$ROLLOUT_WITHIN" >/dev/null
    plain_publish_arrives
    rollout_loses_nothing
    deletions_lose_nothing
    say "everything holds"
}

main "$@"
