/* The least server that could take appends: it receives, appends, syncs and answers, and looks at nothing.
   What it reaches is the limit that the kernel, the disk and the load generator set together. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connections_max = 1024, receive_bytes = 1 << 16, line_bytes = 230, answer_body_bytes = 117 };

static char lines[connections_max * line_bytes];
static char answer[512];
static size_t answer_bytes;

/* 1: what came is taken for one whole request. */
static int receive(int client) {
    static char scratch[receive_bytes];
    ssize_t count = recv(client, scratch, sizeof scratch, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) close(client);
    return count > 0;
}

/* One turn of the loop is one group. `file` -1: nothing is written. */
static void turn(int poll, int listener, int file) {
    struct epoll_event events[connections_max];
    int clients[connections_max], group = 0;
    int ready = epoll_wait(poll, events, connections_max, -1);
    for (int index = 0; index < ready; index++) {
        int descriptor = (int)events[index].data.u64;
        if (descriptor == listener) {
            for (int client; (client = accept_one(listener)) >= 0;) watch(poll, client, (uint64_t)client);
        } else if (receive(descriptor)) {
            clients[group++] = descriptor;
        }
    }
    size_t bytes = (size_t)group * line_bytes;
    if (group > 0 && file >= 0 && (write(file, lines, bytes) != (ssize_t)bytes || fdatasync(file) != 0)) {
        fail("write");
    }
    for (int index = 0; index < group; index++) send(clients[index], answer, answer_bytes, MSG_NOSIGNAL);
}

void command_serve(int count, char **arguments) {
    (void)count;
    uint16_t port = (uint16_t)strtoul(arguments[0], NULL, 10);
    int file = -1;
    if (strcmp(arguments[1], "-") != 0) {
        file = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        if (file < 0) fail("%s", arguments[1]);
    }
    memset(lines, 'x', sizeof lines);
    int head = snprintf(
        answer, sizeof answer - answer_body_bytes,
        "HTTP/1.1 201 Created\r\ndate: Fri, 20 Nov 2026 06:31:00 GMT\r\n"
        "content-type: application/json\r\ncontent-length: %d\r\n\r\n", answer_body_bytes);
    memset(answer + head, 'x', answer_body_bytes);
    answer_bytes = (size_t)head + answer_body_bytes;
    int listener = listen_on(port), poll = epoll_create1(EPOLL_CLOEXEC);
    if (poll < 0) fail("epoll_create1");
    watch(poll, listener, (uint64_t)listener);
    while (1) turn(poll, listener, file);
}
