/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people write to the bot: the event queue, the history, and answering where it was written.
 *
 * Faults are those of api.h, and ABSENT where it is named. */
#ifndef TMRO_CHAT_H
#define TMRO_CHAT_H

#include "zulip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault;
struct json;

/* Most events of one answer that are read, and most bytes of a queue's name. */
#define CHAT_EVENTS_MAX 10000
#define CHAT_QUEUE_MAX  200

/* Where a message is: in a channel's topic, or among people. Owns its parts. */
struct chat_place {
    int64_t channel; /* 0: a direct message */
    char *topic;     /* "" of a direct message */
    int64_t *people; /* of a direct message, its sender and the bot among them; rising */
    size_t people_count;
};

struct chat_message {
    int64_t id, sender;
    bool system;     /* by a bot of the server's own */
    bool mentioned;  /* the server says that it names the bot, or a group that the bot is in */
    double sent_at;  /* seconds since 1970, by the server's clock */
    char client[60]; /* what it was sent with, printable; "" */
    struct chat_place place;
    char *content; /* raw Markdown, valid UTF-8 */
};

struct chat_messages {
    struct chat_message *message; /* as they came */
    size_t count;
};

struct chat_events {
    struct chat_messages messages; /* new ones; edits are none */
    int64_t last; /* highest event id received; what was acknowledged when there was none */
    bool any;     /* there was an event with an id, a heartbeat at least */
};

/* The server's clock, known from the times of its messages and advanced by the time that passes
 * here. The Date header is not used: it may be that of a proxy with another clock. Zeroed at
 * declaration: the time is unknown, and nothing is old. */
struct chat_clock {
    double time, elapsed; /* the server's, and stop_elapsed() at that moment */
    int64_t last;         /* newest message seen */
    bool behind;          /* what was seen last was old */
};

/* Messages came together. The newest of them was sent now, unless an earlier one says that it is
 * later. When they are older than `age_s` twice in a row, the server's clock was set back. */
void chat_clock_see(struct chat_clock *clock, const struct chat_messages *messages, double age_s,
                    double elapsed);

/* Seconds since 1970; 0: not known. */
double chat_clock_now(const struct chat_clock *clock, double elapsed);

/* Into a zeroed place, which the caller finishes. False: LOCAL. */
bool chat_place_copy(struct chat_place *to, const struct chat_place *from, struct fault *fault);
void chat_place_finish(struct chat_place *place);
void chat_message_finish(struct chat_message *message);
void chat_messages_finish(struct chat_messages *messages);

/* Reads an answer of GET /events; `events` is zeroed but for `last`. An event or message that lacks
 * what is needed is left out, its event id counted; what is over CHAT_EVENTS_MAX is neither read
 * nor counted, so that it comes again. INPUT: no list of events; LOCAL. The caller finishes
 * `events->messages` in every case. */
bool chat_read_events(const struct json *answer, struct chat_events *events, struct fault *fault);

/* Two conversations are the same one; topics are compared as the server does, but for the case of
 * letters beyond ASCII. */
bool chat_place_equal(const struct chat_place *a, const struct chat_place *b);

/* A queue of message events, raw text, no narrow, kept by the server for `keep_s` seconds without a
 * reader. */
struct chat_queue {
    char id[CHAT_QUEUE_MAX + 1];
    int64_t last; /* event id */
    struct zulip_server server;
};
bool chat_register(struct zulip *zulip, int keep_s, struct chat_queue *queue, struct fault *fault);

/* Waits up to `wait_s` for events after `events->last`; nothing in that time: true, none. ABSENT:
 * there is no such queue, it does not know that event, or more events than can be read: register
 * anew. */
bool chat_poll(struct zulip *zulip, const char *queue, double wait_s, struct chat_events *events,
               struct fault *fault);

/* The newest message the bot received, if there is one. The caller finishes a zeroed list in every
 * case. */
bool chat_newest(struct zulip *zulip, struct chat_messages *messages, struct fault *fault);

/* What the bot missed: messages above `after` that mention it, and direct ones, by rising id, none
 * twice; of each the newest CHAT_MISSED_MAX, and no further page after a message sent before
 * `since` (seconds since 1970, by the server's clock). `feature_level` as registering told it. The
 * caller finishes a zeroed list in every case. */
#define CHAT_MISSED_MAX 300
bool chat_missed(struct zulip *zulip, int64_t feature_level, int64_t after, double since,
                 struct chat_messages *messages, struct fault *fault);

/* A message as it is now, which the caller finishes; ABSENT: deleted, or the bot may not read
 * there. */
bool chat_read_message(struct zulip *zulip, int64_t id, struct chat_message *message,
                       struct fault *fault);

/* Where `sender` wrote `text` (NULL: anything) in a place after message `after`, by rising id; in a
 * channel in all its topics, because messages are moved between them. Of the newest CHAT_OWN_MAX
 * messages there, more than a bot says while one may be answered. The caller finishes a zeroed list
 * in every case. */
#define CHAT_OWN_MAX 1000
bool chat_find_own(struct zulip *zulip, int64_t feature_level, const struct chat_place *place,
                   int64_t sender, int64_t after, const char *text, struct chat_messages *messages,
                   struct fault *fault);

/* Whether `sender`, which is the bot, wrote `text` after message `after` in any conversation of its
 * own or channel that it is subscribed to. */
bool chat_has_said(struct zulip *zulip, int64_t sender, int64_t after, const char *text, bool *said,
                   struct fault *fault);

/* Posts to a place, as zulip_send(). */
enum api_outcome chat_post(struct zulip *zulip, const struct chat_place *place, const char *content,
                           int64_t after, int64_t *message, struct fault *fault);

/* Adds an emoji to a message; one that is there already is fine. */
bool chat_react(struct zulip *zulip, int64_t message, const char *emoji, struct fault *fault);

/* Whether two messages are the same text after the server's changes to it: white space at the end
 * and newlines at the beginning dropped. */
bool chat_same_text(const char *a, const char *b);

#endif
