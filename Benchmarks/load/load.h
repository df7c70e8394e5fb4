/* Parts of the load generator: what a client in Python would be too slow for.
   Every failure ends the process. */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

/* Ends the process with a message and, when errno is set, its text. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Seconds on the monotonic clock. */
double now(void);

/* The value at `share` (0…1) of `count` values, which it sorts. */
double percentile(double *values, size_t count, double share);

/* A connected TCP socket to 127.0.0.1 without Nagle's algorithm. */
int connect_to(uint16_t port);

/* A non-blocking socket that listens on 127.0.0.1. */
int listen_on(uint16_t port);

/* A connection without Nagle's algorithm and non-blocking; -1: there is none. */
int accept_one(int listener);

/* Has `poll` tell of input on the descriptor by `mark`. */
void watch(int poll, int descriptor, uint64_t mark);

void send_all(int socket, const void *bytes, size_t count);

/* What a response's header block says. */
struct head {
    int status;
    /* Of the header block, with its blank line. */
    size_t bytes;
    /* -1: none. */
    long content_length;
    int is_chunked;
};

/* Parses a header block; 0: it is not complete yet. `text` ends with a NUL. */
int parse_head(const char *text, struct head *head);

/* The program's commands; see main.c. */
void command_sync(int count, char **arguments);
void command_cat(int count, char **arguments);
void command_drain(int count, char **arguments);
void command_fill(int count, char **arguments);
void command_latency(int count, char **arguments);
void command_serve(int count, char **arguments);
void command_spread(int count, char **arguments);
void command_fanout(int count, char **arguments);

#endif
