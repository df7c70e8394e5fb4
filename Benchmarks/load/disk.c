/* The limits that the disk and the loopback device set. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { line_bytes_max = 1 << 20, receive_bytes = 1 << 16 };

static double cpu_seconds(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void command_sync(int count, char **arguments) {
    (void)count;
    static char line[line_bytes_max];
    size_t bytes = strtoul(arguments[1], NULL, 10);
    double seconds = strtod(arguments[2], NULL);
    if (bytes < 1 || bytes > sizeof line) fail("a line has 1 to %zu bytes", sizeof line);
    memset(line, 'x', bytes);
    line[bytes - 1] = '\n';
    int file = open(arguments[0], O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) fail("%s", arguments[0]);
    double start = now(), end = start;
    long appends = 0;
    while ((end = now()) < start + seconds) {
        if (write(file, line, bytes) != (ssize_t)bytes || fdatasync(file) != 0) fail("%s", arguments[0]);
        appends++;
    }
    printf("{\"count\": %ld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", appends, end - start,
           cpu_seconds(RUSAGE_SELF));
}

static void send_file(const char *path, uint16_t port) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) fail("%s", path);
    int target = connect_to(port);
    off_t offset = 0;
    while (offset < status.st_size) {
        if (sendfile(target, file, &offset, (size_t)(status.st_size - offset)) <= 0) fail("sendfile");
    }
    exit(0);
}

/* Reads with a real copy, as whoever wants the bytes has to. */
void command_cat(int count, char **arguments) {
    (void)count;
    static char scratch[receive_bytes];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        fail("listen");
    }
    double start = now();
    pid_t sender = fork();
    if (sender < 0) fail("fork");
    if (sender == 0) send_file(arguments[0], ntohs(address.sin_port));
    int source = accept(listener, NULL, NULL);
    if (source < 0) fail("accept");
    long bytes = 0;
    for (ssize_t received; (received = recv(source, scratch, sizeof scratch, 0)) > 0; bytes += received) {
    }
    double seconds = now() - start;
    waitpid(sender, NULL, 0);
    printf("{\"bytes\": %ld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", bytes, seconds,
           cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN));
}
