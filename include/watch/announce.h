/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Carries one issue into one channel exactly once: the outbox, under the lock that all who announce
 * take. */
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

enum announce_result {
    ANNOUNCE_FAILED,  /* the fault; the next try settles what is still in doubt */
    ANNOUNCE_IN_VAIN, /* the fault of the last request, which was in doubt and left no message */
    ANNOUNCE_POSTED,  /* now */
    ANNOUNCE_ADOPTED, /* found in the channel, recorded */
    ANNOUNCE_KNOWN,   /* recorded before */
    ANNOUNCE_EDITED,
    ANNOUNCE_UNCHANGED, /* it has this text already, and was not edited */
};

/* Posts an announcement (its kind, month, channel, its name, topic, content, data, fresh projects)
 * unless the issue is announced there already. Its message and topic are then those that it has
 * there; strings may be in the arena. */
enum announce_result announce_post(struct arena *arena, const struct announcer *announcer,
                                   struct outbox_entry *entry, struct fault *fault);

/* Rewrites the announcement's text where it is; never posts. ABSENT: there is none that could be
 * read; REFUSED: Zulip does not allow it (any more). */
enum announce_result announce_edit(struct arena *arena, const struct announcer *announcer,
                                   struct outbox_entry *entry, struct fault *fault);

/* Looks whether an issue is announced in a channel, in the record and else there, and records what
 * it finds. `url` is the issue's. */
bool announce_find(struct arena *arena, const struct announcer *announcer, int month,
                   const char *url, const struct org_channel *channel, bool *found,
                   struct fault *fault);

#endif
