/* The clients and the limits that scripts/bench measures with. Each command prints one JSON object. */
#include "load.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int arguments;
    const char *usage;
    void (*run)(int count, char **arguments);
} commands[] = {
    {"sync", 3, "sync FILE LINE_BYTES SECONDS: append and fdatasync, one line at a time", command_sync},
    {"cat", 1, "cat FILE: send a file through a loopback socket to a reader", command_cat},
    {"drain", 4, "drain PORT TARGET 0 TIMES: GET and discard; drain PORT COMMAND BYTES TIMES: of Redis",
     command_drain},
    {"fill", 3, "fill PORT LINES TEXT_BYTES: append that many messages in large batches", command_fill},
    {"latency", 5, "latency WRITE_PORT SAMPLES MICROSECONDS HEAD TAIL_PORT...: from a POST to each live tail",
     command_latency},
    {"serve", 2, "serve PORT FILE: receive, append, sync (FILE - : neither), answer; until it is ended",
     command_serve},
    {"spread", 2, "spread ws|sse PORT: send what a POST brings to all who sent a GET; until it is ended",
     command_spread},
    {"fanout", 8,
     "fanout ws|sse PORT PATH PUBLISHER PUBLISHER_PORT PID CONNECTIONS BURST:COUNT:RATE...: PUBLISHER is "
     "append, post or lines",
     command_fanout},
};

int main(int count, char **arguments) {
    for (size_t index = 0; index < sizeof commands / sizeof *commands; index++) {
        if (count < 2 || strcmp(arguments[1], commands[index].name) != 0) continue;
        if (count - 2 < commands[index].arguments) fail("usage: load %s", commands[index].usage);
        commands[index].run(count - 2, arguments + 2);
        return 0;
    }
    for (size_t index = 0; index < sizeof commands / sizeof *commands; index++) {
        fprintf(stderr, "load %s\n", commands[index].usage);
    }
    return 2;
}
