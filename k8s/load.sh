# A steady load of writes and reads, for verify.sh, which sources it and sets BASE_URL, CHANNEL and WORK.
# Every request has a connection of its own, and every write an id under which it is sent until it is
# acknowledged. Outcomes are lines in files of each writer's and reader's own.
# shellcheck shell=bash disable=SC2153
readonly WRITERS=3
readonly READERS=2
# Between a client's requests.
readonly PACE_SECONDS=0.05
readonly REQUEST_SECONDS_MAX=20
# How long a write may be refused before the run counts as failed.
readonly OUTAGE_SECONDS_MAX="${OUTAGE_SECONDS_MAX:-300}"

load_pids=()
load_run=0

start_load() {
    local number
    load_run=$((load_run + 1))
    rm -f "$WORK/stop"
    for number in $(seq "$WRITERS"); do
        write_steadily "$load_run-$number" &
        load_pids+=($!)
    done
    for number in $(seq "$READERS"); do
        read_steadily "$load_run-$number" &
        load_pids+=($!)
    done
}

# Every write that was begun is acknowledged first.
stop_load() {
    touch "$WORK/stop"
    wait ${load_pids[@]+"${load_pids[@]}"} || true
    load_pids=()
}

# Prints the status, 000 where there was no answer.
status_of() {
    curl -s --max-time "$REQUEST_SECONDS_MAX" --output /dev/null --write-out '%{http_code}' "$@" || true
}

write_steadily() {
    local name="$1" count=0 id status
    while [[ ! -e "$WORK/stop" ]]; do
        count=$((count + 1))
        id="verify-$name-$count"
        until
            status="$(status_of --data "{\"message_text\":\"$id\",\"author\":\"verify\",\"id\":\"$id\"}" \
                --header 'Content-Type: application/json' "$BASE_URL/chat-server/messages/$CHANNEL")"
            [[ "$status" == 20[01] ]]
        do
            echo "write:$status" >>"$WORK/refused.$name"
            sleep 0.2
        done
        echo "$id" >>"$WORK/acknowledged.$name"
        sleep "$PACE_SECONDS"
    done
}

read_steadily() {
    local name="$1" status
    while [[ ! -e "$WORK/stop" ]]; do
        status="$(status_of "$BASE_URL/chat-server/messages/$CHANNEL?last=10")"
        if [[ "$status" == 200 ]]; then
            echo "$name" >>"$WORK/read.$name"
        else
            echo "read:$status" >>"$WORK/refused.r$name"
        fi
        sleep "$PACE_SECONDS"
    done
}

# All runs' ids.
acknowledged() { cat "$WORK"/acknowledged.* 2>/dev/null || true; }

# What was not answered with success, of the last run.
refused() { cat "$WORK/refused.$load_run-"* "$WORK/refused.r$load_run-"* 2>/dev/null || true; }

count() { wc -l | tr -d ' '; }
refused_count() { refused | count; }

load_figures() {
    local writes reads
    writes="$(cat "$WORK/acknowledged.$load_run-"* 2>/dev/null | count)"
    reads="$(cat "$WORK/read.$load_run-"* 2>/dev/null | count)"
    echo "$writes writes acknowledged, $reads reads answered, $(refused_count) requests refused"
}

# Until so many writes more are acknowledged.
await_writes() {
    local wanted until=$((SECONDS + OUTAGE_SECONDS_MAX))
    wanted=$(($(acknowledged | count) + $1))
    until (($(acknowledged | count) >= wanted)); do
        ((SECONDS < until)) || fail "FAILED: no $1 writes were acknowledged within $OUTAGE_SECONDS_MAX s"
        sleep 0.2
    done
}
