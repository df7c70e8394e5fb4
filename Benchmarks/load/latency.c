/* How long it takes from sending a POST until its answer, and until every live tail has the line. */
#define _GNU_SOURCE
#include "load.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { tails_max = 16, receive_bytes = 1 << 16, samples_max = 1000000, poll_milliseconds = 5000 };

struct tail {
    uint16_t port;
    int socket;
    /* Lines that came since the head that it began behind. */
    long lines;
    /* Between two bytes of lines: heartbeats are blank lines and not counted. */
    int is_in_line;
    double *seconds;
};

static char scratch[receive_bytes];

static void open_tail(struct tail *tail, const char *head) {
    char request[256];
    struct head answer = {0};
    size_t received = 0;
    tail->socket = connect_to(tail->port);
    int length = snprintf(
        request, sizeof request, "GET /log/tail?after=%s HTTP/1.0\r\nHost: localhost\r\n\r\n", head);
    send_all(tail->socket, request, (size_t)length);
    while (!parse_head(scratch, &answer)) {
        ssize_t count = recv(tail->socket, scratch + received, 1, 0);
        if (count <= 0) fail("the tail of port %u ends", tail->port);
        received += (size_t)count;
        scratch[received] = 0;
    }
    if (answer.status != 200) fail("status %d for a tail", answer.status);
    scratch[0] = 0;
}

/* Counts the lines that came; the newest is that of the sample under way. */
static void receive_lines(struct tail *tail, double sent, long samples) {
    ssize_t count = recv(tail->socket, scratch, sizeof scratch, MSG_DONTWAIT);
    if (count == 0) fail("the tail of port %u ended", tail->port);
    for (ssize_t index = 0; index < count; index++) {
        if (scratch[index] != '\n') {
            tail->is_in_line = 1;
        } else if (tail->is_in_line) {
            tail->is_in_line = 0;
            if (tail->lines < samples) tail->seconds[tail->lines++] = now() - sent;
        }
    }
}

/* Sends one message and waits until it is answered and on all tails; returns the time until the answer. */
static double measure_one(int writer, struct tail *tails, int tail_count, long number, long samples) {
    static const char body[] = "{\"message_text\":\"how long does it take until everybody has read this?\"}";
    char request[512];
    struct pollfd sources[tails_max + 1] = {{.fd = writer, .events = POLLIN}};
    for (int index = 0; index < tail_count; index++) {
        sources[index + 1] = (struct pollfd){.fd = tails[index].socket, .events = POLLIN};
    }
    int length = snprintf(
        request, sizeof request,
        "POST /messages/latency HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s",
        sizeof body - 1, body);
    double sent = now(), answered = 0;
    send_all(writer, request, (size_t)length);
    for (int missing = 1; missing;) {
        if (poll(sources, (nfds_t)tail_count + 1, poll_milliseconds) <= 0) {
            fail("message %ld does not arrive", number);
        }
        if (sources[0].revents) {
            if (recv(writer, scratch, sizeof scratch, 0) <= 0) fail("the writer's connection ended");
            if (strncmp(scratch, "HTTP/1.1 201", 12) != 0) fail("message %ld was refused", number);
            answered = now() - sent;
        }
        missing = answered == 0;
        for (int index = 0; index < tail_count; index++) {
            if (sources[index + 1].revents) receive_lines(&tails[index], sent, samples);
            missing |= tails[index].lines <= number;
        }
    }
    return answered;
}

static void print_percentiles(const char *name, double *seconds, long count) {
    printf("\"%s\": {\"p50\": %.9f, \"p99\": %.9f}", name, percentile(seconds, (size_t)count, 0.5),
           percentile(seconds, (size_t)count, 0.99));
}

void command_latency(int count, char **arguments) {
    struct tail tails[tails_max] = {0};
    int tail_count = count - 4;
    long samples = atol(arguments[1]);
    struct timespec pause = {.tv_nsec = atol(arguments[2]) * 1000};
    if (tail_count > tails_max || samples < 1 || samples > samples_max) fail("too many tails or samples");
    for (int index = 0; index < tail_count; index++) {
        tails[index].port = (uint16_t)atoi(arguments[4 + index]);
        tails[index].seconds = calloc((size_t)samples, sizeof(double));
        open_tail(&tails[index], arguments[3]);
    }
    double *answers = calloc((size_t)samples, sizeof(double));
    int writer = connect_to((uint16_t)atoi(arguments[0]));
    for (long number = 0; number < samples; number++) {
        answers[number] = measure_one(writer, tails, tail_count, number, samples);
        nanosleep(&pause, NULL);
    }
    printf("{");
    print_percentiles("answer", answers, samples);
    for (int index = 0; index < tail_count; index++) {
        char name[32];
        snprintf(name, sizeof name, "tail %d", index + 1);
        printf(", ");
        print_percentiles(name, tails[index].seconds, samples);
    }
    printf("}\n");
}
