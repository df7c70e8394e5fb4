// What Swift's Glibc module leaves out. Includes no system header: two modules that see one differently clash.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// accept4(2) into `address` (a sockaddr_storage); the new socket is non-blocking and close-on-exec.
int csystem_accept(int listener, void *address, uint32_t *length);

/// eventfd(2), non-blocking and close-on-exec.
int csystem_eventfd(void);

/// sendfile(2) of up to `count` bytes from `offset`.
ptrdiff_t csystem_sendfile(int socket, int file, int64_t offset, size_t count);

/// Names the calling thread, as `ps -L` and `perf` show it; at most 15 bytes.
void csystem_name_thread(const char *name);
