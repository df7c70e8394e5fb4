/* Clients of one connection: large answers, and large batches of writes. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { head_bytes_max = 16384, discard_bytes = 1 << 18, drafts_per_batch = 2000, draft_names_bytes = 128 };

static const char chunked_end[] = "\r\n0\r\n\r\n";

/* Receives a header block and what comes with it; returns how many bytes of the body that is. */
static size_t receive_head(int socket, char *text, struct head *head) {
    size_t received = 0;
    while (1) {
        ssize_t count = recv(socket, text + received, head_bytes_max - 1 - received, 0);
        if (count <= 0) fail("the answer ends in its header block");
        received += (size_t)count;
        text[received] = 0;
        if (parse_head(text, head)) return received - head->bytes;
        if (received == head_bytes_max - 1) fail("an endless header block");
    }
}

/* Discards in the kernel, without a copy (tcp(7), MSG_TRUNC): the server is measured, not its reader. */
static void discard(int socket, long bytes) {
    while (bytes > 0) {
        size_t wanted = bytes < discard_bytes ? (size_t)bytes : discard_bytes;
        ssize_t count = recv(socket, NULL, wanted, MSG_TRUNC);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("the answer ends %ld bytes early", bytes);
        bytes -= count;
    }
}

/* Until the last chunk; its mark is looked for at the end of what has come, which the sender pauses after. */
static long discard_chunked(int socket, const char *first, size_t count) {
    static char scratch[discard_bytes];
    const size_t mark = sizeof chunked_end - 1;
    char last[sizeof chunked_end - 1] = {0};
    long bytes = 0;
    memcpy(scratch, first, count);
    while (1) {
        bytes += (long)count;
        size_t kept = count < mark ? mark - count : 0;
        memmove(last, last + mark - kept, kept);
        memcpy(last + kept, scratch + count - (mark - kept), mark - kept);
        if (memcmp(last, chunked_end, mark) == 0) return bytes;
        ssize_t received = recv(socket, scratch, sizeof scratch, 0);
        if (received <= 0) fail("the answer ends before its last chunk");
        count = (size_t)received;
    }
}

static long drain_http(int socket, const char *target) {
    static char text[head_bytes_max];
    struct head head;
    int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
    send_all(socket, text, (size_t)length);
    size_t early = receive_head(socket, text, &head);
    if (head.status / 100 != 2) fail("status %d for %s", head.status, target);
    if (head.is_chunked) return discard_chunked(socket, text + head.bytes, early);
    discard(socket, head.content_length - (long)early);
    return head.content_length;
}

void command_drain(int count, char **arguments) {
    (void)count;
    int socket = connect_to((uint16_t)atoi(arguments[0]));
    long known = atol(arguments[2]), bytes = 0;
    double start = now();
    for (int times = atoi(arguments[3]); times > 0; times--) {
        if (known == 0) {
            bytes += drain_http(socket, arguments[1]);
            continue;
        }
        send_all(socket, arguments[1], strlen(arguments[1]));
        send_all(socket, "\r\n", 2);
        discard(socket, known);
        bytes += known;
    }
    printf("{\"bytes\": %ld, \"seconds\": %.6f}\n", bytes, now() - start);
}

/* One body of /append with messages from `first` on. */
static size_t write_batch(char *body, long first, int drafts, size_t text_bytes) {
    size_t at = 0;
    for (int index = 0; index < drafts; index++) {
        long number = first + index;
        at += (size_t)sprintf(
            body + at,
            "{\"channel\":\"channel-%ld\",\"author\":\"author-%ld\",\"id\":\"m-%ld\",\"message_text\":\"",
            number % 100, number % 1000, number);
        memset(body + at, 'a' + (int)(number % 26), text_bytes);
        at += text_bytes;
        memcpy(body + at, "\"}\n", 3);
        at += 3;
    }
    return at;
}

void command_fill(int count, char **arguments) {
    (void)count;
    static char text[head_bytes_max];
    long lines = atol(arguments[1]);
    size_t text_bytes = strtoul(arguments[2], NULL, 10);
    int socket = connect_to((uint16_t)atoi(arguments[0]));
    char *body = malloc(drafts_per_batch * (text_bytes + draft_names_bytes));
    if (!body) fail("out of memory");
    double start = now();
    for (long first = 0; first < lines; first += drafts_per_batch) {
        int drafts = lines - first < drafts_per_batch ? (int)(lines - first) : drafts_per_batch;
        size_t bytes = write_batch(body, first, drafts, text_bytes);
        int length = snprintf(
            text, sizeof text, "POST /append HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
            bytes);
        send_all(socket, text, (size_t)length);
        send_all(socket, body, bytes);
        struct head head;
        size_t early = receive_head(socket, text, &head);
        if (head.status != 200 || head.content_length < 0) fail("status %d for a batch", head.status);
        discard(socket, head.content_length - (long)early);
    }
    printf("{\"count\": %ld, \"seconds\": %.6f}\n", lines, now() - start);
}
