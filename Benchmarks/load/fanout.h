/* What the parts of the command `fanout` know of each other. */
#ifndef FANOUT_H
#define FANOUT_H

#include <stdint.h>

/* A message, as subscribers get it, has so many bytes (where offsets have six digits). */
enum { message_bytes = 200 };

/* Stands in each text, with the message's number in `number_digits` digits behind it. */
#define MARK "fanout:"
enum { mark_bytes = sizeof MARK - 1, number_digits = 10 };

/* Opens `count` connections that are sent messages from now on, and has `poll` tell of each by its index. */
void subscribe(int poll, const char *protocol, uint16_t port, const char *path, uint32_t count);

/* Receives what has come for a subscriber: calls `arrived` for each message. A message that comes twice, or
   not in its order, ends the process. */
void receive(uint32_t subscriber, void (*arrived)(uint32_t number));

/* Opens the publisher's connection; `poll` tells of it by `mark`. */
void open_publisher(int poll, uint64_t mark, const char *kind, uint16_t port);

/* Sends `count` messages at once, the first one with this number. */
void publish_burst(uint32_t first, uint32_t count);

/* Reads what the publisher is answered; anything but success ends the process. */
void read_answers(void);

/* Whether every request is answered. */
int is_answered(void);

#endif
