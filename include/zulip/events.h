/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The event queue: what people write to the bot, and the server's limits. Faults are those of
 * api.h, and ABSENT where it is named. */
#ifndef TMRO_ZULIP_EVENTS_H
#define TMRO_ZULIP_EVENTS_H

#include "zulip/chat.h"

#include <stdbool.h>
#include <stdint.h>

struct api;
struct arena;
struct fault;
struct json;

/* Most events read from one answer, and most bytes of a queue's name. */
#define EVENTS_MAX       10000
#define EVENTS_QUEUE_MAX 200

struct events {
    struct chat_messages messages; /* new messages in the order they came; no edits */
    int64_t last; /* highest event id received; without any, the one acknowledged last */
    bool any;     /* an event with an id was received, if only a heartbeat */
};

/* The server's clock, read from the times of its messages and advanced by stop_elapsed(). The Date
 * header is not used: it may come from a proxy with another clock. Zeroed: the time is unknown, and
 * no message is old. */
struct events_clock {
    double server_at, seen_mono; /* the server's time, and ours when it was read */
    int64_t last;                /* newest message seen */
    bool old;                    /* the last messages seen were old */
};

/* Reads the clock from messages that came together: the newest was sent now, unless the clock is
 * already past that. When they are older than `age_s` twice in a row, the server's clock was set
 * back, and is read from them. */
void events_see_time(struct events_clock *clock, const struct chat_messages *messages, double age_s,
                     double now_mono);

/* Seconds since 1970; 0: not known. */
double events_server_time(const struct events_clock *clock, double now_mono);

/* What the server says about itself when a queue is registered. */
struct events_server {
    char version[40]; /* printable */
    int64_t feature_level;
    size_t max_message_length, max_topic_length; /* code points */
    int64_t edit_seconds;                        /* -1: no limit; 0: no edits */
};

/* Asks for that without keeping a queue. */
bool events_ask_server(struct api *api, struct events_server *server, struct fault *fault);

/* Registers a queue of message events: raw text, no narrow. The server keeps it for `keep_s`
 * seconds without a reader. */
struct events_queue {
    char id[EVENTS_QUEUE_MAX + 1];
    int64_t last; /* event id */
    struct events_server server;
};
bool events_register(struct api *api, int keep_s, struct events_queue *queue, struct fault *fault);

/* Waits up to `wait_s` seconds for events after `events->last`. If none come, it returns true and
 * adds none. ABSENT: register again, because the server does not know the queue or the event, or
 * the answer is too large. */
bool events_poll(struct arena *arena, struct api *api, const char *queue, double wait_s,
                 struct events *events, struct fault *fault);

/* Reads an answer of GET /events; `events` must be zeroed except `last`. A message that lacks
 * something is left out, but its event counts. Events over EVENTS_MAX are not read and do not
 * count, so they come again. INPUT: there is no list of events. */
bool events_read(struct arena *arena, const struct json *answer, struct events *events,
                 struct fault *fault);

#endif
