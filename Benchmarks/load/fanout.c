/* What it costs a server to send messages to all of its subscribers, and how soon they have them. */
#define _GNU_SOURCE
#include "fanout.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { events_max = 512, messages_max = 100000 };
static const double settle_seconds = 0.3, idle_seconds = 0.5, patience_seconds = 60;
static const uint64_t publisher_mark = UINT64_MAX;

/* So many bursts of so many messages, each begun when the one before it has arrived everywhere, at most so
   many in a second. */
struct regime {
    uint32_t burst, count;
    double rate;
};

static int poll_descriptor;
static clockid_t cpu_clock;
static double sent_at[messages_max];
static uint32_t sent;
/* Of the messages of the regime under way; the newest receive came at `received_at`. */
static double *latencies, received_at;
static size_t arrivals, arrivals_max;

/* Seconds that all threads of the measured process have run. */
static double cpu(void) {
    struct timespec time;
    if (clock_gettime(cpu_clock, &time) != 0) fail("the process is gone");
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static long resident_bytes(const char *process) {
    char path[64], line[256];
    long kilobytes = -1;
    snprintf(path, sizeof path, "/proc/%s/smaps_rollup", process);
    FILE *file = fopen(path, "r");
    if (!file) fail("%s", path);
    while (fgets(line, sizeof line, file) && sscanf(line, "Rss: %ld", &kilobytes) != 1) {}
    fclose(file);
    return kilobytes * 1024;
}

static void arrived(uint32_t number) {
    if (arrivals == arrivals_max) fail("more messages than were sent");
    latencies[arrivals++] = received_at - sent_at[number];
}

static void receive_for(double seconds) {
    struct epoll_event events[events_max];
    int milliseconds = seconds <= 0 ? 0 : (int)(seconds * 1e3) + 1;
    int ready = epoll_wait(poll_descriptor, events, events_max, milliseconds);
    for (int index = 0; index < ready; index++) {
        received_at = now();
        if (events[index].data.u64 == publisher_mark) {
            read_answers();
        } else {
            receive((uint32_t)events[index].data.u64, arrived);
        }
    }
}

static void receive_until(double time) {
    for (double left; (left = time - now()) > 0;) receive_for(left);
}

static void send_burst(uint32_t count) {
    if (sent + count > messages_max) fail("more than %d messages", messages_max);
    double time = now();
    for (uint32_t index = 0; index < count; index++) sent_at[sent + index] = time;
    publish_burst(sent, count);
    sent += count;
}

static void run(struct regime regime, uint32_t subscribers, double idle_share) {
    arrivals = 0;
    arrivals_max = (size_t)regime.burst * regime.count * subscribers;
    latencies = calloc(arrivals_max + 1, sizeof *latencies);
    double start = now(), cpu_start = cpu();
    for (uint32_t number = 1; number <= regime.count; number++) {
        double begun = now();
        send_burst(regime.burst);
        while (arrivals < (size_t)regime.burst * number * subscribers || !is_answered()) {
            receive_for(1);
            if (now() - begun > patience_seconds) fail("messages are lost: %zu arrived", arrivals);
        }
        receive_until(begun + 1 / regime.rate);
    }
    double used = cpu() - cpu_start - idle_share * (now() - start);
    printf(
        "{\"burst\": %u, \"messages\": %u, \"cpu\": %.9f, \"p50\": %.9f, \"p99\": %.9f}", regime.burst,
        regime.burst * regime.count, used, percentile(latencies, arrivals, 0.5),
        percentile(latencies, arrivals, 0.99));
    free(latencies);
}

/* The share of the time that the process runs while nothing is to be done. */
static double measure_idle(void) {
    double start = now(), cpu_start = cpu();
    receive_until(start + idle_seconds);
    return (cpu() - cpu_start) / (now() - start);
}

static struct regime parse_regime(const char *text) {
    struct regime regime;
    if (sscanf(text, "%u:%u:%lf", &regime.burst, &regime.count, &regime.rate) != 3) {
        fail("'%s' is not BURST:COUNT:RATE", text);
    }
    return regime;
}

void command_fanout(int count, char **arguments) {
    const char *process = arguments[5];
    uint32_t subscribers = (uint32_t)atoi(arguments[6]);
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (poll_descriptor < 0) fail("epoll_create1");
    if (clock_getcpuclockid(atoi(process), &cpu_clock) != 0) fail("no process %s", process);
    open_publisher(poll_descriptor, publisher_mark, arguments[3], (uint16_t)atoi(arguments[4]));
    long before = resident_bytes(process);
    subscribe(poll_descriptor, arguments[0], (uint16_t)atoi(arguments[1]), arguments[2], subscribers);
    receive_until(now() + settle_seconds);
    long connected = resident_bytes(process);
    double idle_share = measure_idle();
    printf("{\"idle_share\": %.6f, \"regimes\": [", idle_share);
    for (int index = 7; index < count; index++) {
        if (index > 7) printf(", ");
        run(parse_regime(arguments[index]), subscribers, idle_share);
    }
    receive_until(now() + settle_seconds);
    printf(
        "], \"resident_before\": %ld, \"resident_connected\": %ld, \"resident_after\": %ld}\n", before,
        connected, resident_bytes(process));
}
