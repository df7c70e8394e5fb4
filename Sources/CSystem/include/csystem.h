// What Swift's Glibc module leaves out.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

/// accept4(2) without its transparent union; the new socket is non-blocking and close-on-exec.
int csystem_accept(int listener, struct sockaddr_storage *address, socklen_t *length);
