#pragma once
// The C library's own header first, so that its types are those of Swift's Glibc module: libevent's
// configuration defines _GNU_SOURCE, which changes `fd_set`, and the compiler refuses a type that two modules
// define differently.
#include <stdlib.h>
#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>

/// What `context` has received and not parsed.
static inline size_t chiredis_buffered_bytes(const redisAsyncContext *context) {
    return context->c.reader ? context->c.reader->len : 0;
}
