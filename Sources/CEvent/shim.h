#pragma once
// The C library's own header first, so that its types are those of Swift's Glibc module: libevent's
// configuration defines _GNU_SOURCE, which changes `fd_set`, and the compiler refuses a type that two modules
// define differently.
#include <stdlib.h>
#include <event2/event.h>
