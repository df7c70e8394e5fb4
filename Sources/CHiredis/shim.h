#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
