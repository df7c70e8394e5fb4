#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/async.h>

/// What `context` has received and not parsed.
static inline size_t chiredis_buffered_bytes(const redisAsyncContext *context) {
    return context->c.reader ? context->c.reader->len : 0;
}
