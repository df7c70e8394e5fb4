/* The receivers: WebSocket clients (RFC 6455) and readers of Server-Sent Events, which miss nothing. */
#define _GNU_SOURCE
#include "fanout.h"
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { receive_bytes = 1 << 17, rest_bytes_max = 1 << 12 };

struct subscriber {
    int socket;
    uint32_t next;
    /* Of a message that has not arrived whole. */
    uint32_t rest_bytes;
    char *rest;
};

static struct subscriber *subscribers;
static int is_websocket;
static char scratch[receive_bytes + 1];
static void (*told)(uint32_t number);

/* Anything but our messages, such as a greeting, is passed over. */
static void take(struct subscriber *subscriber, const char *bytes, size_t count) {
    const char *mark = memmem(bytes, count, MARK, mark_bytes);
    if (!mark) return;
    uint32_t number = (uint32_t)strtoul(mark + mark_bytes, NULL, 10);
    if (number != subscriber->next) {
        fail("subscriber %zd got message %u where %u was due", subscriber - subscribers, number,
             subscriber->next);
    }
    subscriber->next++;
    told(number);
}

/* A whole frame at the beginning: how long it is; 0: it is not complete. */
static size_t take_frame(struct subscriber *subscriber, const unsigned char *bytes, size_t count) {
    static const unsigned char pong[] = {0x8A, 0x80, 0, 0, 0, 0};
    if (count < 2) return 0;
    size_t length = bytes[1], head = 2;
    if (length > 126) fail("a frame that is masked or longer than 64 KB");
    if (length == 126) {
        if (count < 4) return 0;
        length = (size_t)bytes[2] << 8 | bytes[3];
        head = 4;
    }
    if (count < head + length) return 0;
    switch (bytes[0]) {
    case 0x81: take(subscriber, (const char *)bytes + head, length); break;
    case 0x89: send_all(subscriber->socket, pong, sizeof pong); break;
    default: fail("a frame that begins with %02x: %.*s", bytes[0], (int)length, bytes + head);
    }
    return head + length;
}

/* The same of an event. What frames it as a chunk stands before its first line and means nothing to it. */
static size_t take_event(struct subscriber *subscriber, const char *bytes, size_t count) {
    const char *end = memmem(bytes, count, "\n\n", 2);
    if (!end) return 0;
    take(subscriber, bytes, (size_t)(end - bytes));
    return (size_t)(end - bytes) + 2;
}

/* Returns how many bytes belong to what is not complete. */
static size_t take_all(struct subscriber *subscriber, const char *bytes, size_t count) {
    size_t used;
    do {
        used = is_websocket ? take_frame(subscriber, (const unsigned char *)bytes, count)
                            : take_event(subscriber, bytes, count);
        bytes += used;
        count -= used;
    } while (used > 0 && count > 0);
    return count;
}

static void keep(struct subscriber *subscriber, const char *bytes, size_t count) {
    if (count > rest_bytes_max) fail("%zu bytes without an end", count);
    if (count > 0 && !subscriber->rest) subscriber->rest = malloc(rest_bytes_max);
    memcpy(subscriber->rest, bytes, count);
    subscriber->rest_bytes = (uint32_t)count;
    if (count > 0) return;
    free(subscriber->rest);
    subscriber->rest = NULL;
}

void receive(uint32_t index, void (*arrived)(uint32_t number)) {
    struct subscriber *subscriber = &subscribers[index];
    size_t count = subscriber->rest_bytes;
    if (count > 0) memcpy(scratch, subscriber->rest, count);
    ssize_t came = recv(subscriber->socket, scratch + count, receive_bytes - count, MSG_DONTWAIT);
    if (came < 0 && errno == EAGAIN) return;
    if (came <= 0) fail("subscriber %u was closed", index);
    count += (size_t)came;
    told = arrived;
    size_t rest = take_all(subscriber, scratch, count);
    if (rest > 0 || subscriber->rest) keep(subscriber, scratch + count - rest, rest);
}

static void arrived_early(uint32_t number) { fail("message %u came before it was sent", number); }

static void open_one(struct subscriber *subscriber, uint16_t port, const char *request) {
    struct linger at_once = {.l_onoff = 1};
    struct head head = {0};
    size_t count = 0;
    subscriber->socket = connect_to(port);
    /* Ends with a reset: thousands of ports would wait for a minute else. */
    setsockopt(subscriber->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    send_all(subscriber->socket, request, strlen(request));
    do {
        ssize_t came = recv(subscriber->socket, scratch + count, receive_bytes - count, 0);
        if (came <= 0) fail("subscriber %zd is not answered", subscriber - subscribers);
        count += (size_t)came;
        scratch[count] = 0;
    } while (!parse_head(scratch, &head));
    if (head.status != (is_websocket ? 101 : 200)) fail("status %d for a subscriber", head.status);
    told = arrived_early;
    size_t rest = take_all(subscriber, scratch + head.bytes, count - head.bytes);
    if (rest > 0) keep(subscriber, scratch + count - rest, rest);
}

void subscribe(int poll, const char *protocol, uint16_t port, const char *path, uint32_t count) {
    char request[1024];
    is_websocket = strcmp(protocol, "ws") == 0;
    snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", path,
        is_websocket ? "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     : "Accept: text/event-stream\r\n");
    subscribers = calloc(count + 1, sizeof *subscribers);
    for (uint32_t index = 0; index < count; index++) {
        open_one(&subscribers[index], port, request);
        watch(poll, subscribers[index].socket, index);
    }
}
