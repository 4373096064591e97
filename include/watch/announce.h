/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Brings one issue into one channel exactly once: the outbox, under a lock that everybody who
 * announces takes. */
#ifndef TMRO_WATCH_ANNOUNCE_H
#define TMRO_WATCH_ANNOUNCE_H

#include "state/outbox.h"

#include <stdbool.h>

struct arena;
struct fault;
struct org_channel;
struct stop;

struct announcer {
    struct outbox outbox;
    const struct stop *stop;
    bool once; /* what Zulip refuses is forgotten; else it waits for the next try */
};

enum announce_task {
    ANNOUNCE_POST, /* unless the issue is announced there already */
    ANNOUNCE_EDIT, /* rewrite the announcement's text where it is; never post */
    ANNOUNCE_FIND, /* look whether it is there, in the record and else in the channel; record it */
};

enum announce_result {
    ANNOUNCE_FAILED,  /* the fault; the next try settles what is still in doubt */
    ANNOUNCE_IN_VAIN, /* the fault of the last request, which was in doubt and left no message */
    ANNOUNCE_POSTED,  /* now */
    ANNOUNCE_ADOPTED, /* found in the channel, recorded */
    ANNOUNCE_KNOWN,   /* recorded before */
    ANNOUNCE_EDITED,
    ANNOUNCE_UNCHANGED, /* it has this text already, and was not edited */
    ANNOUNCE_ABSENT,    /* not found */
};

/* Does this with an announcement: its kind, month, channel, its name, topic, content, data, fresh
 * projects; to find one, a content with its title line is enough. The channel is NULL if the bot
 * cannot see it at present. What was posted or found has its message and topic then; strings may be
 * in the arena. For an edit: ABSENT, there is none that could be read; REFUSED, Zulip does not
 * allow it (any more). SETUP: the channel cannot be read. */
enum announce_result announce_carry(struct arena *arena, const struct announcer *announcer,
                                    enum announce_task task, const struct org_channel *channel,
                                    struct outbox_entry *entry, struct fault *fault);

#endif
