/* The least server that could fan out: what a publisher's connection brings is framed once and written to
   every subscriber, all that came at once with one system call each. It keeps nothing and looks at nothing,
   so what it costs is the limit that the kernel sets. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    descriptors_max = 1 << 16, events_max = 512, receive_bytes = 1 << 16, frames_max = 64,
    frame_bytes_max = 1024
};

static int poll_descriptor, is_websocket, publisher = -1;
static int subscribers[descriptors_max], subscriber_count;
/* Where a descriptor stands among the subscribers, plus 1. */
static int places[descriptors_max];

static char received[receive_bytes];
static size_t received_bytes;

static char frames[frames_max][frame_bytes_max];
static struct iovec pieces[frames_max];
static int frame_count;
static unsigned long offset;

/* A text frame (RFC 6455 5.2), or an event with an id in a chunk, as the pods send them. */
static void add_frame(const char *line, size_t bytes) {
    char *frame = frames[frame_count];
    size_t head;
    if (bytes < 126 || bytes + 128 > frame_bytes_max || frame_count == frames_max) {
        fail("a message of %zu bytes, number %d of a burst", bytes, frame_count);
    }
    if (is_websocket) {
        char header[] = {(char)0x81, 126, (char)(bytes >> 8), (char)bytes};
        memcpy(frame, header, head = sizeof header);
        memcpy(frame + head, line, bytes);
    } else {
        char id[64];
        int id_bytes = snprintf(id, sizeof id, "id: 0123456789abcdef:%lu\ndata: ", ++offset);
        head = (size_t)snprintf(frame, 128, "%zx\r\n%s", (size_t)id_bytes + bytes + 2, id);
        memcpy(frame + head, line, bytes);
        memcpy(frame + head + bytes, "\n\n\r\n", 4);
        bytes += 4;
    }
    pieces[frame_count++] = (struct iovec){.iov_base = frame, .iov_len = head + bytes};
}

/* A subscriber that does not take everything at once has no place in this measurement. */
static void spread(void) {
    size_t bytes = 0;
    for (int index = 0; index < frame_count; index++) bytes += pieces[index].iov_len;
    for (int index = 0; index < subscriber_count; index++) {
        ssize_t sent = frame_count == 1
            ? send(subscribers[index], pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL)
            : writev(subscribers[index], pieces, frame_count);
        if (sent != (ssize_t)bytes) fail("a subscriber took %zd bytes of %zu", sent, bytes);
    }
    frame_count = 0;
}

static void end(int client) {
    int place = places[client];
    if (client == publisher) publisher = -1;
    if (place > 0) {
        int last = subscribers[--subscriber_count];
        subscribers[place - 1] = last;
        places[last] = place;
        places[client] = 0;
    }
    close(client);
}

static void publish(void) {
    ssize_t count = recv(publisher, received + received_bytes, sizeof received - received_bytes, 0);
    if (count <= 0) return end(publisher);
    received_bytes += (size_t)count;
    char *line = received, *stop = received + received_bytes;
    for (char *newline; (newline = memchr(line, '\n', (size_t)(stop - line))); line = newline + 1) {
        add_frame(line, (size_t)(newline - line));
    }
    received_bytes = (size_t)(stop - line);
    memmove(received, line, received_bytes);
    if (frame_count > 0) spread();
}

/* A GET makes a subscriber, anything else the publisher, whose lines follow. */
static void begin(int client) {
    static const char websocket[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    static const char events[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    char request[4096];
    ssize_t count = recv(client, request, sizeof request, 0);
    if (count < 4) return end(client);
    if (memcmp(request, "GET ", 4) != 0) {
        publisher = client;
        received_bytes = 0;
        return;
    }
    const char *answer = is_websocket ? websocket : events;
    send(client, answer, strlen(answer), MSG_NOSIGNAL);
    subscribers[subscriber_count] = client;
    places[client] = ++subscriber_count;
}

static void turn(int listener) {
    struct epoll_event events[events_max];
    int ready = epoll_wait(poll_descriptor, events, events_max, -1);
    for (int index = 0; index < ready; index++) {
        int descriptor = (int)events[index].data.u64;
        if (descriptor == listener) {
            for (int client; (client = accept_one(listener)) >= 0;) {
                if (client >= descriptors_max) fail("too many connections");
                watch(poll_descriptor, client, (uint64_t)client);
            }
        } else if (descriptor == publisher) {
            publish();
        } else if (places[descriptor] > 0) {
            end(descriptor);
        } else {
            begin(descriptor);
        }
    }
}

void command_spread(int count, char **arguments) {
    (void)count;
    is_websocket = strcmp(arguments[0], "ws") == 0;
    int listener = listen_on((uint16_t)atoi(arguments[1]));
    poll_descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (poll_descriptor < 0) fail("epoll_create1");
    watch(poll_descriptor, listener, (uint64_t)listener);
    while (1) turn(listener);
}
