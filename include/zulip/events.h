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

/* Most events of one answer that are read, and most bytes of a queue's name. */
#define EVENTS_MAX       10000
#define EVENTS_QUEUE_MAX 200

struct events {
    struct chat_messages messages; /* new ones, as they came; edits are not */
    int64_t last; /* highest event id received; what was acknowledged when there was none */
    bool any;     /* there was an event with an id, a heartbeat at least */
};

/* The server's clock, known from the times of its messages and advanced by the time that passes
 * here (stop_elapsed()). The Date header is not used: it may be that of a proxy with another clock.
 * Zeroed at declaration: the time is unknown, and nothing is old. */
struct events_clock {
    double server_at, seen_mono; /* what it showed, and when that was here */
    int64_t last;                /* newest message seen */
    bool old;                    /* what was seen last was old */
};

/* Messages came together. The newest of them was sent now, unless an earlier one says that it is
 * later. When they are older than `age_s` twice in a row, the server's clock was set back. */
void events_see_time(struct events_clock *clock, const struct chat_messages *messages, double age_s,
                     double now_mono);

/* Seconds since 1970; 0: not known. */
double events_server_time(const struct events_clock *clock, double now_mono);

/* What registering a queue tells of the server. */
struct events_server {
    char version[40]; /* printable */
    int64_t feature_level;
    size_t max_message_length, max_topic_length; /* code points */
    int64_t edit_seconds;                        /* -1: no limit; 0: no edits */
};

/* Asks for that alone. */
bool events_ask_server(struct api *api, struct events_server *server, struct fault *fault);

/* A queue of message events, raw text, no narrow, kept by the server for `keep_s` seconds without a
 * reader. */
struct events_queue {
    char id[EVENTS_QUEUE_MAX + 1];
    int64_t last; /* event id */
    struct events_server server;
};
bool events_register(struct api *api, int keep_s, struct events_queue *queue, struct fault *fault);

/* Waits up to `wait_s` for events after `events->last`; nothing in that time: true, none. ABSENT:
 * there is no such queue, it does not know that event, or more events than can be read: register
 * again. */
bool events_poll(struct arena *arena, struct api *api, const char *queue, double wait_s,
                 struct events *events, struct fault *fault);

/* Reads an answer of GET /events; `events` is zeroed but for `last`. An event or message that lacks
 * what is needed is left out, its event id counted; what is over EVENTS_MAX is neither read nor
 * counted, so that it comes again. INPUT: no list of events. */
bool events_read(struct arena *arena, const struct json *answer, struct events *events,
                 struct fault *fault);

#endif
