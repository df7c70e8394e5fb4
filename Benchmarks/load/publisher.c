/* Who publishes, in the manner of the server that is measured. */
#define _GNU_SOURCE
#include "fanout.h"
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A line of the log has so many bytes besides its text (in the channel `fanout`, with an offset of six
   digits). */
enum { line_overhead_bytes = 105, request_bytes_max = 1 << 16, bursts_max = 64 };

enum kind {
    /* One request of the replication-log with all drafts. */
    append,
    /* One request each, all sent at once: nchan. */
    post,
    /* Lines: see spread.c. */
    lines,
};

static const char *const kinds[] = {"append", "post", "lines"};
static enum kind kind;
static int publisher;
static long unanswered;

void open_publisher(int poll, uint64_t mark, const char *name, uint16_t port) {
    while (strcmp(kinds[kind], name) != 0) {
        if (kind == lines) fail("no publisher '%s'", name);
        kind++;
    }
    publisher = connect_to(port);
    watch(poll, publisher, mark);
    if (kind == lines) send_all(publisher, "POST", 4);
}

/* Ends with NUL. */
static void write_text(char *text, uint32_t number) {
    int bytes = message_bytes - (kind == append ? line_overhead_bytes : 0);
    int head = snprintf(text, message_bytes + 1, MARK "%0*u:", number_digits, number);
    memset(text + head, 'x', (size_t)(bytes - head));
    text[bytes] = 0;
}

/* Returns its length. */
static size_t write_one(char *out, size_t room, uint32_t number) {
    static const char *const forms[] = {
        "{\"channel\":\"fanout\",\"message_text\":\"%s\"}\n",
        "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n%s", "%s\n"};
    char text[message_bytes + 1];
    write_text(text, number);
    int bytes = snprintf(out, room, forms[kind], text);
    if (bytes < 0 || (size_t)bytes >= room) fail("a burst is too long");
    return (size_t)bytes;
}

void publish_burst(uint32_t first, uint32_t count) {
    static char body[request_bytes_max];
    size_t bytes = 0;
    if (count > bursts_max) fail("bursts of more than %d messages", bursts_max);
    for (uint32_t index = 0; index < count; index++) {
        bytes += write_one(body + bytes, sizeof body - bytes, first + index);
    }
    if (kind == append) {
        char head[256];
        int head_bytes = snprintf(
            head, sizeof head, "POST /append HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
            bytes);
        send_all(publisher, head, (size_t)head_bytes);
    }
    send_all(publisher, body, bytes);
    unanswered += kind == append ? 1 : kind == post ? (long)count : 0;
}

/* Counts the status lines; one may have begun with what came before. */
void read_answers(void) {
    static const char good[] = "HTTP/1.1 20";
    static char answers[request_bytes_max];
    static size_t kept;
    ssize_t came = recv(publisher, answers + kept, sizeof answers - kept, MSG_DONTWAIT);
    if (came < 0 && errno == EAGAIN) return;
    if (came <= 0) fail("the publisher's connection ended");
    const char *rest = answers, *end = answers + kept + came, *next;
    if (memmem(answers, (size_t)(end - answers), "\"error\"", 7)) fail("refused: %.300s", answers);
    while ((next = memmem(rest, (size_t)(end - rest), good, sizeof good - 1))) {
        rest = next + sizeof good - 1;
        unanswered--;
    }
    kept = (size_t)(end - rest) < sizeof good ? (size_t)(end - rest) : sizeof good - 2;
    memmove(answers, end - kept, kept);
}

int is_answered(void) { return unanswered <= 0; }
