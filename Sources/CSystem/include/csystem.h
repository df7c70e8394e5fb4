// What Swift's Glibc module leaves out. Includes no system header: two modules that see one differently
// clash.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// accept4(2) into `address` (a sockaddr_storage); the new socket is non-blocking and close-on-exec.
int csystem_accept(int listener, void *address, uint32_t *length);

/// eventfd(2), non-blocking and close-on-exec.
int csystem_eventfd(void);
/// timerfd_create(2) of the monotonic clock, non-blocking and close-on-exec.
int csystem_timerfd(void);
/// timerfd_settime(2): fires once after this time, which must not be zero.
void csystem_timerfd_arm(int descriptor, int64_t seconds, int64_t nanoseconds);

/// sendfile(2) of up to `count` bytes from `offset`.
ptrdiff_t csystem_sendfile(int socket, int file, int64_t offset, size_t count);

/// Names the calling thread, as `ps -L` and `perf` show it; at most 15 bytes.
void csystem_name_thread(const char *name);

/// Starts `path` with `arguments` and `environment` (both end with NULL), its stdout and stderr going to
/// `output`, in a process group of its own, and ending with the calling thread (SIGTERM). Returns its id, or
/// -1 and errno.
int csystem_spawn(const char *path, char *const arguments[], char *const environment[], int output);

/// Whether the wait status says that the process exited by itself; `*code` is its exit code, else the signal.
int csystem_exited(int status, int *code);

/// Keeps a descriptor from children.
void csystem_close_on_exec(int descriptor);
