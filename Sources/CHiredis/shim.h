#pragma once
#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <event2/event.h>
#include <hiredis/adapters/libevent.h>
